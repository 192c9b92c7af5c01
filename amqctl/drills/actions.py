"""The script of a drill: actions, performed in order. Plain frozen data."""

from __future__ import annotations

from dataclasses import dataclass


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


Action = (
    AwaitLoad | AwaitLoadAfter | Kill | Stop | RestartEngine | BounceStore | RollUpgrade | AwaitTakeover | AwaitServed
    | AwaitAllBack | LookIntoStore | Send | Post | Consume
)  # fmt: skip
