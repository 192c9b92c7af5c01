"""What is read of one queue, and the reasons it gives for not draining, as plain frozen data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from amqctl.cluster.sight.model import Queue, Subscription

Kind = Literal[
    "empty", "draining", "no-master", "not-asked", "paused", "memory-full", "no-demand", "one-way", "no-link",
    "bridge-down", "consumer-ttl", "message-ttl", "came-from-there", "selector", "conduit-selector", "audit",
    "exclusive", "message-group", "not-acknowledged", "bridge-stalled", "expired", "dead-letters", "unknown",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reason:
    """fact: what a broker said, and where. sure: the facts leave no other reading. fix: what to do, "" for none.
    group: where the messages lie."""

    kind: Kind
    group: str | None
    text: str
    fact: str
    sure: bool = True
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Browsed:
    """What a look at the first messages of a queue said. routes: broker path -> how many came that way; () came
    from a client. matching: selector -> how many of them it selects. groups: message group -> how many are of it, of
    groups that a consumer has."""

    count: int
    whole: bool  # all of them were seen
    routes: Mapping[tuple[str, ...], int] = field(default_factory=dict)
    matching: Mapping[str, int] = field(default_factory=dict)
    groups: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Here:
    """The queue in one group. why: it could not be asked. later: the queue a moment after. audit, replay: what its
    policy says of enableAudit and replayWhenNoConsumers, None where that is not known. browsed: None where nobody
    could look. leads: client of a bridge -> group it leads to. addresses: client -> where it connects from."""

    group: str
    master: str | None
    why: str | None = None
    broker_id: str | None = None
    queue: Queue | None = None
    later: Queue | None = None
    consumers: tuple[Subscription, ...] = ()
    browsed: Browsed | None = None
    audit: bool | None = None
    replay: bool | None = None
    leads: Mapping[str, str] = field(default_factory=dict)
    addresses: Mapping[str, str] = field(default_factory=dict)

    @property
    def depth(self) -> int:
        now = self.later or self.queue
        return now.depth if now else 0

    @property
    def real(self) -> tuple[Subscription, ...]:
        return tuple(c for c in self.consumers if not c.network)

    @property
    def bridges(self) -> tuple[Subscription, ...]:
        return tuple(c for c in self.consumers if c.network)


@dataclass(frozen=True, slots=True)
class Way:
    """A direction of a link in which messages may go. up: None is not known."""

    link: str
    source: str
    target: str
    up: bool | None
    message_ttl: int | None = None
    consumer_ttl: int | None = None
    conduit: bool | None = None


@dataclass(frozen=True, slots=True)
class Traced:
    """dlq: depth of the dead-letter queues by group."""

    queue: str
    seconds: float  # between the two looks
    groups: tuple[Here, ...]
    ways: tuple[Way, ...] = ()
    dlq: Mapping[str, int] = field(default_factory=dict)
