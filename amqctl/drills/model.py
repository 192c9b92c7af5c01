"""What a drill is made of, as plain frozen data, and what it needs of a cluster.

    Drill(claim, needs, script, checkers) ─run on a Target→ History ─checkers→ Verdicts → DrillResult

The words are Jepsen's: an operation is invoked and ends ok (it happened), fail (it surely did not) or
info (no telling).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, runtime_checkable

from amqctl.cluster.model import Address, Login, Role, StoreLook
from amqctl.drills.actions import Action as Action
from amqctl.drills.actions import AwaitAllBack as AwaitAllBack
from amqctl.drills.actions import AwaitLoad as AwaitLoad
from amqctl.drills.actions import AwaitLoadAfter as AwaitLoadAfter
from amqctl.drills.actions import AwaitServed as AwaitServed
from amqctl.drills.actions import AwaitTakeover as AwaitTakeover
from amqctl.drills.actions import BounceStore as BounceStore
from amqctl.drills.actions import Consume as Consume
from amqctl.drills.actions import Hold as Hold
from amqctl.drills.actions import HurtEnsemble as HurtEnsemble
from amqctl.drills.actions import Kill as Kill
from amqctl.drills.actions import KillBelowQuorum as KillBelowQuorum
from amqctl.drills.actions import LookIntoStore as LookIntoStore
from amqctl.drills.actions import Post as Post
from amqctl.drills.actions import RegainQuorum as RegainQuorum
from amqctl.drills.actions import RestartEngine as RestartEngine
from amqctl.drills.actions import RollUpgrade as RollUpgrade
from amqctl.drills.actions import Send as Send
from amqctl.drills.actions import Stop as Stop
from amqctl.drills.actions import Way as Way
from amqctl.runtimes.seam import LogLine

OpPhase = Literal["invoke", "ok", "fail", "info"]
Outcome = Literal["valid", "invalid", "unknown", "skipped"]
Ability = Literal[
    "restart-engine", "bounce-store", "look-into-store", "stop-zookeeper", "pause-zookeeper", "upgrade"
]  # what some targets cannot do


@dataclass(frozen=True, slots=True)
class Op:
    """One thing that began or ended. at: seconds since the run began, by one monotonic clock.

    what and value: send, receive, browse: a message id, or {"id", "persistent": false}; of a big message
    {"id", "bytes", "digest"}. post: a non-persistent send that is promised nothing. sample: a
    handshake that began at value["from"] and was answered or not. kill, stop, start: {"pid"}.
    restart-engine, stop-store, upgrade: {"pid", "pids"}, back: {"roles", "pids"}, of all nodes; the end of an
    upgrade: {"to", "versions", "pids"}. start-store: the server. transport: {"state": "interrupted", "resumed",
    "lost" or "refused"} of a client over failover:, by its own word. rows: how many messages that nobody delivers
    the database has. look: what stood in the store, see `StoreLook`. log: a broker's own line, at its own time.
    kill-most: {"pid", "pids", "nodes"} of those that were killed, regain: the one that came back. stop-zookeeper,
    pause-zookeeper: {"pid", "pids", "servers", "seconds"}, zookeeper-back: the servers.
    setup: see `history.setup`. end: the run came to its end. node: the broker concerned.

    Of networks: kill-slave, stop-group: {"pid"} of a broker that is not the master of the hurt group. whole: whether
    all is well after what was hurt was started again. listen: a consumer has subscribed, {"queue", "exclusive"}.
    sending, consuming, arriving: counts of the script, {"queue", "of", "done", "because"}. reach: {"from", "to", "ids",
    "groups", "stops"}, see `actions.Way`. lay: {"group", "queue", "depth", "of"}. members: {"found": group -> remote
    brokers, "expected": the same, "away"}. order: {"nodes", "roles"} after a start one by one.
    """

    at: float
    who: str
    what: str
    phase: OpPhase
    value: Any = None
    node: str = ""


History = tuple[Op, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """valid None: we do not know. because: one clause, fit for a terminal."""

    claim: str
    valid: bool | None
    because: str
    evidence: Mapping[str, Any] = field(default_factory=dict)


Checker = Callable[[History], Verdict]


@dataclass(frozen=True, slots=True)
class GroupView:
    """One master/slave group. nodes: in the topology's order. budget_seconds: what its store allows a
    takeover to take. stomp: node -> address, empty without STOMP connectors. caveats: sentences about
    what a run on this store and locker cannot show. server: the companion that its store is in, or "". quorum: members
    that must be there for a master, where each keeps messages of its own, else 0. ensemble: the servers of the
    ZooKeeper that amqctl started for it; session_seconds: how long that waits for a silent member. openwire: as
    stomp. client: who drills, stomp or jms. failover: options of the URL of applications."""

    name: str
    nodes: tuple[str, ...]
    budget_seconds: float
    stomp: Mapping[str, Address] = field(default_factory=dict)
    store_kind: str = ""
    version: str = ""
    locker: str = ""
    file_system: str = ""
    caveats: tuple[str, ...] = ()
    server: str = ""
    quorum: int = 0
    ensemble: tuple[str, ...] = ()
    session_seconds: float = 0.0
    openwire: Mapping[str, Address] = field(default_factory=dict)
    client: str = "stomp"
    failover: Mapping[str, str] = field(default_factory=dict)

    @property
    def dial(self) -> Mapping[str, Address]:
        """Where the drills' client connects, by node."""
        return self.openwire if self.client == "jms" else self.stomp

    @property
    def no_connector(self) -> str:
        return f"no {'OpenWire' if self.client == 'jms' else 'STOMP'} connector"


@dataclass(frozen=True, slots=True)
class LinkView:
    """duplex and all that follows: what the topology claims. message_ttl, consumer_ttl: hops. conduit: all consumers
    of a broker are one to the other side. local_first: a broker's own consumers come before those over the link.
    retry_seconds: the longest pause between two attempts to connect. discovers: it looks for its peers by multicast.
    chooses: it carries some destinations only, or some never.
    """

    name: str
    from_group: str
    to_group: str
    duplex: bool
    message_ttl: int = 1
    consumer_ttl: int = 1
    conduit: bool = True
    local_first: bool = False
    retry_seconds: float = 0.0
    discovers: bool = False
    chooses: bool = False


class Target(Protocol):
    """A running cluster as drills see it. Each comment is a promise."""

    @property
    def name(self) -> str: ...
    @property
    def profile(self) -> str: ...
    def groups(self) -> Sequence[GroupView]: ...
    def links(self) -> Sequence[LinkView]: ...
    def login(self) -> Login: ...  # may send to, receive from and create any queue
    def master(self, group: str) -> str | None: ...  # who completes a handshake now; the first of several
    def roles(self) -> Mapping[str, Role]: ...  # of every node, observed now
    def pid(self, node: str) -> int | None: ...  # of the JVM; None when it is down or cannot be known
    def kill(self, node: str) -> None: ...  # SIGKILL; gone on return, stays gone until start()
    def stop(self, node: str, grace: float) -> None: ...  # SIGTERM, after `grace` seconds SIGKILL; gone on return
    def start(self, node: str) -> None: ...  # returns when launched
    def wait_ready(self, within: float) -> None: ...  # one master a group, the rest wait, links up; else raises
    def logs(self, node: str, since: float | None) -> Iterable[LogLine]: ...  # since: seconds since the epoch
    def bridges_up(self) -> Mapping[str, bool | None]: ...  # by link name; None: unknown
    def peers(self) -> Mapping[str, tuple[str, ...] | None]: ...  # by group: brokers its master has bridges with
    def queue_depths(self, destination: str) -> Mapping[str, int | None]: ...  # of a queue, by group; None: unknown
    def handshake(self, node: str) -> bool: ...  # one quick protocol handshake; thread-safe
    def lacks(self) -> Mapping[Ability, str]: ...  # what it cannot do, each with the reason


@runtime_checkable
class RestartsEngine(Protocol):
    """The ability restart-engine: a target whose brokers live in a container engine.

    While the engine is away, what asks it raises `errors.NoEngine`; handshakes just fail.
    """

    def restart_engine(self) -> None: ...  # returns when the engine answers again, not when brokers do


@runtime_checkable
class BouncesStore(Protocol):
    """The ability bounce-store: a target that has the server of a group's store in its hands."""

    def stop_store(self, server: str) -> None: ...  # asked to stop, as for maintenance; gone on return
    def start_store(self, server: str) -> None: ...  # returns when it answers its own protocol; running is fine


@runtime_checkable
class LooksIntoStore(Protocol):
    """The ability look-into-store: a target that may ask a group's database itself."""

    def look_into_store(self, group: str, queues: Sequence[str]) -> StoreLook: ...


@runtime_checkable
class HoldsEnsemble(Protocol):
    """The ability stop-zookeeper: a target that has the servers of a group's ZooKeeper in its hands."""

    def stop_servers(self, servers: Sequence[str]) -> None: ...  # all at once; gone on return
    def start_servers(self, servers: Sequence[str]) -> None: ...  # returns when all answer; running is fine


@runtime_checkable
class PausesEnsemble(Protocol):
    """The ability pause-zookeeper: it can also make them stand still."""

    def pause_servers(self, servers: Sequence[str]) -> None: ...  # frozen on return
    def resume_servers(self, servers: Sequence[str]) -> None: ...  # returns when all answer; not frozen is fine


@runtime_checkable
class Upgrades(Protocol):
    """The ability upgrade: a target whose brokers can be moved to another version, which was said before."""

    @property
    def upgrade_to(self) -> str: ...
    def upgrade(self, group: str) -> Mapping[str, str]: ...  # node -> version that runs then; AmqctlError: went back


@dataclass(frozen=True, slots=True)
class Facts:
    """The target's static side: what `Drill.needs` decides from."""

    groups: tuple[GroupView, ...]
    links: tuple[LinkView, ...]
    lacks: Mapping[Ability, str] = field(default_factory=dict)

    def group(self, name: str) -> GroupView:
        return next(g for g in self.groups if g.name == name)


@dataclass(frozen=True, slots=True)
class Skip:
    group: str
    reason: str


@dataclass(frozen=True, slots=True)
class Subject:
    """What one run of a drill is about. label: `group` in the report. group: the one that is hurt.

    to_group, link, forward, reverse: of drills between two groups; the directions the link(s) between them claim.
    groups, ways: of drills over all of a network. budget: seconds, where the drill has one of its own. asks: what
    the drill is to be strict about, by its own words.
    """

    label: str
    group: str
    to_group: str = ""
    link: str = ""
    forward: bool = False
    reverse: bool = False
    groups: tuple[str, ...] = ()
    ways: tuple[Way, ...] = ()
    budget: float = 0.0
    asks: str = ""


@dataclass(frozen=True, slots=True)
class Standard:
    """What a run must have seen before "nothing lost" means anything. Counts of acknowledged sends."""

    acknowledged: int = 2000
    producers: int = 4
    last_second: int = 100  # in the second before the fault
    before: int = 1200  # when the fault comes, at the earliest
    after: int = 300  # after the takeover
    in_flight: int = 1


def always(facts: Facts) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Drill:
    """load: producers run from before the script until after the healing. ability: without it the drill
    is only run when it is asked for by name, and then skipped with the reason. usual: whether it is among those
    that run when none is named."""

    name: str
    claim: str
    needs: Callable[[Facts], Sequence[Subject | Skip]]
    script: Callable[[Subject, Standard], tuple[Action, ...]]
    checkers: tuple[Checker, ...]
    load: bool = True
    ability: Ability | None = None
    usual: Callable[[Facts], bool] = always


# ── what comes out ──────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Messages:
    """lost: acknowledged, not received. duplicated: extra deliveries. unexpected: received, never
    attempted. recovered: received though no acknowledgement came."""

    attempted: int = 0
    acknowledged: int = 0
    received: int = 0
    lost: int = 0
    duplicated: int = 0
    unexpected: int = 0
    recovered: int = 0


@dataclass(frozen=True, slots=True)
class DrillResult:
    """Seconds count from the fault (`history.takeover`): lock until the lock was had, recovery from there
    until the store was recovered, connectors from there until the first connector was open; None where
    not seen. client: stomp or jms. reconnect: the longest that a connection over failover: was interrupted."""

    name: str
    group: str
    verdict: Outcome
    because: str
    claim: str = ""
    takeover_seconds: float | None = None
    lock_seconds: float | None = None
    recovery_seconds: float | None = None
    connectors_seconds: float | None = None
    messages: Messages = Messages()
    history: str | None = None  # path
    verdicts: tuple[Verdict, ...] = ()
    client: str = "stomp"
    reconnect_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """facts: what the runs stood on, group -> words (version, store, locker, file system).

    caveats: sentences about what the run does not show. started: UTC, ISO 8601. folder: path.
    """

    cluster: str
    profile: str
    drills: tuple[DrillResult, ...]
    facts: Mapping[str, str] = field(default_factory=dict)
    caveats: tuple[str, ...] = ()
    started: str = ""
    folder: str | None = None

    @property
    def verdict(self) -> Outcome:
        seen = {d.verdict for d in self.drills}
        order: tuple[Outcome, ...] = ("invalid", "unknown", "valid")
        return next((outcome for outcome in order if outcome in seen), "skipped")
