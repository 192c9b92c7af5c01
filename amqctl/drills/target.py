"""The cluster as drills see it: its groups and links, what may be done to it, and what some of them cannot do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, runtime_checkable

from amqctl.cluster.model import Address, Login, Role, StoreLook
from amqctl.runtimes.seam import LogLine

Ability = Literal[
    "restart-engine", "bounce-store", "look-into-store", "stop-zookeeper", "pause-zookeeper", "upgrade"
]  # what some targets cannot do


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


@dataclass(frozen=True, slots=True)
class Facts:
    """The target's static side: what `Drill.needs` decides from."""

    groups: tuple[GroupView, ...]
    links: tuple[LinkView, ...]
    lacks: Mapping[Ability, str] = field(default_factory=dict)

    def group(self, name: str) -> GroupView:
        return next(g for g in self.groups if g.name == name)


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
    def peers(self) -> Mapping[str, tuple[str, ...] | None]: ...  # by group: whom its master found by multicast
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
