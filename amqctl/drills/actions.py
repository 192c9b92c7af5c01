"""The script of a drill: actions, performed in order. Plain frozen data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class AwaitLoad:
    """Until `total` sends are acknowledged, `last_second` of them in the last second."""

    total: int
    last_second: int = 0


@dataclass(frozen=True, slots=True)
class AwaitLoadAfter:
    """Until `count` sends are acknowledged since the takeover, or since all were back, and `total` in all."""

    count: int
    total: int


@dataclass(frozen=True, slots=True)
class Kill:
    """SIGKILL to the group's master of that moment."""

    group: str


@dataclass(frozen=True, slots=True)
class Stop:
    """SIGTERM to the group's master of that moment."""

    group: str


@dataclass(frozen=True, slots=True)
class RestartEngine:
    """The container engine is restarted, and with it all brokers; the load is on this group."""

    group: str


@dataclass(frozen=True, slots=True)
class BounceStore:
    """The server of the group's store is stopped, and started again after `seconds`; the load is on this group."""

    group: str
    seconds: float


@dataclass(frozen=True, slots=True)
class RollUpgrade:
    """The group's brokers are moved to another version, one at a time; the load is on this group."""

    group: str


@dataclass(frozen=True, slots=True)
class AwaitServed:
    """Until anybody acknowledges a send that was begun after the store was back."""

    group: str


@dataclass(frozen=True, slots=True)
class LookIntoStore:
    """What stands in the store's tables is recorded, the script's queues counted."""

    group: str


@dataclass(frozen=True, slots=True)
class AwaitTakeover:
    group: str


@dataclass(frozen=True, slots=True)
class AwaitAllBack:
    """Until every group has one master and all others wait, though nobody starts them."""


@dataclass(frozen=True, slots=True)
class Send:
    """`count` acknowledged messages, one after the other, to the group's master. size: bytes of each, of
    which a digest is recorded; 0 for small ones without."""

    group: str
    count: int
    queue: str = "main"
    size: int = 0


@dataclass(frozen=True, slots=True)
class Post:
    """`count` non-persistent messages: a master that dies takes them along, as it may."""

    group: str
    count: int
    queue: str


@dataclass(frozen=True, slots=True)
class Consume:
    """`count` messages, one by one (prefetch 1, client-individual), at the group's master."""

    group: str
    count: int
    queue: str = "main"


# ── traffic that goes on while the script does (`audience`)


@dataclass(frozen=True, slots=True)
class Listen:
    """`count` consumers NAME-1, NAME-2, … at the group's master, one message after the other acknowledged; they
    follow their group to its next master. Performed once all have subscribed. exclusive: as exclusive consumers."""

    group: str
    name: str
    queue: str = "main"
    count: int = 1
    prefetch: int = 1
    exclusive: bool = False


@dataclass(frozen=True, slots=True)
class Stream:
    """`count` producers NAME-1, NAME-2, …, each sending a message every `every` seconds, numbered, until it is told
    to leave. message_groups: so many JMSXGroupIDs in turn; 0: none. slowest: seconds, the longest pause between two
    attempts to connect."""

    group: str
    name: str
    queue: str = "main"
    count: int = 1
    every: float = 0.005
    message_groups: int = 0
    slowest: float = 0.1


@dataclass(frozen=True, slots=True)
class Leave:
    """Those that were begun under this name end."""

    name: str


@dataclass(frozen=True, slots=True)
class AwaitReceived:
    """Until those who listen to the queue have received `count` messages; None: all that streams had acknowledged.
    fresh: of those that are sent from now on. within: seconds, None for the usual."""

    queue: str = "main"
    count: int | None = None
    fresh: bool = False
    within: float | None = None


@dataclass(frozen=True, slots=True)
class AwaitEach:
    """Until each stream of this name has a message acknowledged that it begins to send from now on."""

    name: str


@dataclass(frozen=True, slots=True)
class AwaitDepth:
    """Until `count` messages of the queue lie at the group."""

    group: str
    count: int
    queue: str = "main"


@dataclass(frozen=True, slots=True)
class AwaitRest:
    """Until `count` messages of the queue lie over all groups together. What a bridge has under way is counted at
    both of its ends, so then it rests: no message of it comes a second time when a master dies."""

    count: int
    queue: str = "main"


@dataclass(frozen=True, slots=True)
class Reach:
    """A consumer at each group, on a queue of its own; a message from every group to each of these queues. Until
    all that have a way came, and then as long again as they took, for those that must not come."""

    groups: tuple[str, ...]
    ways: tuple[Way, ...]

    @property
    def queues(self) -> tuple[str, ...]:
        return tuple(f"reach-{number}" for number in range(len(self.groups)))


@dataclass(frozen=True, slots=True)
class Way:
    """From one group to another over declared links. groups: those on a shortest way, both ends included; empty
    where there is none. stops: why a message would not get through, by the links' own settings; "" where it does."""

    from_group: str
    to_group: str
    groups: tuple[str, ...] = ()
    stops: str = ""


# ── more harm, and its undoing within the script


@dataclass(frozen=True, slots=True)
class KillSlave:
    """SIGKILL to a waiting broker of the group."""

    group: str


@dataclass(frozen=True, slots=True)
class StopGroup:
    """SIGTERM to all brokers of the group, its master last."""

    group: str


@dataclass(frozen=True, slots=True)
class Heal:
    """What was hurt so far is started again, until the cluster is whole."""


@dataclass(frozen=True, slots=True)
class StartInOrder:
    """All brokers of these groups are stopped, then started one after the other, each when the one before is
    master or waits."""

    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AwaitMembers:
    """Until each group has bridges with exactly those it is to find. `without`: groups that are away."""

    without: tuple[str, ...] = ()


# ── members of a replicated store, and their ZooKeeper


@dataclass(frozen=True, slots=True)
class KillBelowQuorum:
    """SIGKILL to members of a replicated group, its master among them: one fewer than the quorum is left."""

    group: str


@dataclass(frozen=True, slots=True)
class Hold:
    """The group is left alone for as long as its takeover may take, and `more` seconds."""

    group: str
    more: float = 0.5


@dataclass(frozen=True, slots=True)
class RegainQuorum:
    """One of those that were killed is started."""

    group: str


@dataclass(frozen=True, slots=True)
class HurtEnsemble:
    """Servers of the group's ZooKeeper are stopped or frozen, and come back after `seconds`, or, where that is 0, after
    `sessions` times the session that brokers have with it."""

    group: str
    how: Literal["stop", "pause"]
    which: Literal["one", "most", "all"]
    seconds: float = 0.0
    sessions: float = 0.0


Action = (
    AwaitLoad | AwaitLoadAfter | Kill | Stop | RestartEngine | BounceStore | RollUpgrade | AwaitTakeover | AwaitServed
    | AwaitAllBack | LookIntoStore | Send | Post | Consume | Listen | Stream | Leave | AwaitReceived | AwaitEach
    | AwaitDepth | AwaitRest | Reach
    | KillSlave | StopGroup | Heal | StartInOrder | AwaitMembers
    | KillBelowQuorum | Hold | RegainQuorum | HurtEnsemble
)  # fmt: skip


def queues(script: Iterable[Action]) -> tuple[str, ...]:
    """All that the script's messages go to, each once."""
    found: list[str] = []
    for action in script:
        one = getattr(action, "queue", None)
        found += getattr(action, "queues", ()) if one is None else (one,)
    return tuple(dict.fromkeys(found)) or ("main",)
