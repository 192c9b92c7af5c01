"""What a drill is made of, as plain frozen data.

    Drill(claim, needs, script, checkers) ─run on a Target→ History ─checkers→ Verdicts → DrillResult

`actions` is what scripts are written in, `target` the cluster as drills see it, `results` what comes out.

The words are Jepsen's: an operation is invoked and ends ok (it happened), fail (it surely did not) or
info (no telling).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from amqctl.drills.actions import Action, Way
from amqctl.drills.target import Ability, Facts

OpPhase = Literal["invoke", "ok", "fail", "info"]


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
    all is well after what was hurt was started again. listen: a consumer has subscribed, {"queue", "exclusive"}; fail:
    it lost its connection. leave: it closes it, as it was told. sending, consuming, arriving: counts of the script,
    {"queue", "of", "done", "because"}. reach: {"from", "to", "ids", "groups", "stops"}, see `actions.Way`. lay:
    {"group", "queue", "depth", "of"}. members: {"found": group -> remote brokers, "expected": the same, "away"}.
    order: {"nodes", "roles"} after a start one by one.
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
