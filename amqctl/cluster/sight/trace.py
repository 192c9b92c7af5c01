"""Why a queue does not drain: reasons, each with the fact it was read from. Pure over a Traced.

Nothing is concluded from silence: what no broker said is `unknown`, and stays one of the answers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from amqctl.cluster.sight.model import Queue, Subscription

Kind = Literal[
    "empty", "draining", "no-master", "not-asked", "paused", "memory-full", "no-demand", "one-way", "no-link",
    "bridge-down", "consumer-ttl", "message-ttl", "came-from-there", "selector", "conduit-selector", "audit",
    "exclusive", "not-acknowledged", "bridge-stalled", "expired", "dead-letters", "unknown",
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
    from a client. matching: selector -> how many of them it selects."""

    count: int
    whole: bool  # all of them were seen
    routes: Mapping[tuple[str, ...], int] = field(default_factory=dict)
    matching: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Here:
    """The queue in one group. why: it could not be asked. later: the queue a moment after. audit: enableAudit of
    its policy, where the topology says it. browsed: None where nobody could look."""

    group: str
    master: str | None
    why: str | None = None
    broker_id: str | None = None
    queue: Queue | None = None
    later: Queue | None = None
    consumers: tuple[Subscription, ...] = ()
    browsed: Browsed | None = None
    audit: bool | None = None

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


def reasons(traced: Traced) -> list[Reason]:
    """All that hold, group by group; never empty."""
    found = [reason for here in traced.groups for reason in _of(here, traced)]
    found += list(_gone(traced))
    if not found:
        where = "no broker that answers has messages of it"
        found = [Reason("empty", None, f"{traced.queue} has no messages", f"QueueSize: {where}")]
    return found


def _of(here: Here, traced: Traced) -> Iterator[Reason]:
    if here.why is not None:
        text = f"{here.master} cannot be asked" if here.master else f"nobody can tell who is master of {here.group}"
        yield Reason("not-asked", here.group, text, here.why)
        return
    if here.master is None:
        text = f"{here.group} has no master: what lies in its store waits for one"
        yield Reason("no-master", here.group, text, "no broker of it completes a handshake", True, "amqctl status")
        return
    if here.queue is None or not here.depth:
        return
    if (out := _drained(here)) > 0:
        fact = f"{here.master}: DequeueCount grew by {out} in {traced.seconds:g} s"
        yield Reason("draining", here.group, f"{here.depth} messages at {here.group}, and they are leaving", fact)
        return
    reasons_ = list(_stuck(here, traced))
    yield from reasons_
    if not any(r.sure for r in reasons_) and not reasons_:
        fact = (
            f"{here.master}: QueueSize {here.depth}, ConsumerCount {here.queue.consumers},"
            f" InFlightCount {here.queue.in_flight}"
        )
        text = f"{here.depth} messages at {here.group} do not move, and no fact says why"
        yield Reason("unknown", here.group, text, fact, False, f"amqctl logs {here.master}")


def _drained(here: Here) -> int:
    return here.later.dequeued - here.queue.dequeued if here.later and here.queue else 0


def _stuck(here: Here, traced: Traced) -> Iterator[Reason]:
    queue = here.later or here.queue
    assert queue is not None
    at = here.master
    if queue.paused:
        text = f"{queue.name} is paused at {here.group}: its broker gives nothing out"
        yield Reason("paused", here.group, text, f"{at}: Paused = true", True, "resume() on the queue's MBean")
        return
    if queue.memory is not None and queue.memory >= 100 and not queue.in_flight:
        text = f"no memory is left at {here.group} to read messages from the store"
        yield Reason("memory-full", here.group, text, f"{at}: MemoryPercentUsage = {queue.memory}", False)
    if queue.dlq:
        text = f"{queue.name} is a dead-letter queue: what is in it was given up elsewhere"
        yield Reason("dead-letters", here.group, text, f"{at}: DLQ = true")
    if here.consumers:
        yield from _held(here, queue, traced.seconds)
        yield from _unselected(here, queue)
        yield from _exclusive(here, queue)
    if not here.consumers:
        yield from _unwanted(here, traced)
    elif not here.real:
        yield from _not_forwarded(here, traced)
    yield from _audit(here, queue)


def _held(here: Here, queue: Queue, seconds: float) -> Iterator[Reason]:
    """Given out and not acknowledged: as many as there are, or as a consumer takes at once."""
    for one in here.consumers:
        held = one.held or 0
        full = one.prefetch is not None and 0 < one.prefetch <= held
        if not held or not (full or queue.in_flight >= queue.depth):
            continue
        fact = (
            f"{here.master}: consumer {one.client} has {held} unacknowledged (MessageCountAwaitingAcknowledge),"
            f" prefetch {one.prefetch}, acknowledged so far {one.taken}; InFlightCount {queue.in_flight}"
        )
        if one.network:
            none = f"the other side took none in {seconds:g} s"
            text = f"the bridge {one.client} holds {held} of {queue.depth} messages; {none}"
            yield Reason("bridge-stalled", here.group, text, fact, False, "look at the other side's memory and store")
        else:
            text = f"{one.client} holds {held} of {queue.depth} messages and acknowledged none in {seconds:g} s"
            yield Reason("not-acknowledged", here.group, text, fact, True, "look at that client, or end it")


def _unselected(here: Here, queue: Queue) -> Iterator[Reason]:
    """Consumers here, each with a selector that takes none of what lies here."""
    if not here.real or here.bridges or any(c.selector is None for c in here.real):
        return
    selectors = tuple(dict.fromkeys(c.selector or "" for c in here.real))
    counted = here.browsed.matching if here.browsed else {}
    if any(counted.get(s) for s in selectors):
        return
    sure = here.browsed is not None and here.browsed.whole and all(s in counted for s in selectors)
    said = "; ".join(f"{s!r} selects {counted.get(s, 'an unknown number')}" for s in selectors)
    seen = f" of {here.browsed.count} messages browsed" if here.browsed else ""
    came = sum(n for path, n in (here.browsed.routes if here.browsed else {}).items() if path)
    if came:
        text = f"{came} messages came over a bridge that does not know the selectors of {here.group}'s consumers"
        fix = "conduitSubscriptions=false on the connector (it then forwards with each consumer's selector)"
        yield Reason("conduit-selector", here.group, text, f"{here.master}: {said}{seen}", sure, fix)
    else:
        text = f"no consumer at {here.group} selects what lies there"
        yield Reason("selector", here.group, text, f"{here.master}: {said}{seen}", sure, "a consumer without selector")


def _exclusive(here: Here, queue: Queue) -> Iterator[Reason]:
    first = next((c for c in here.consumers if c.exclusive), None)
    if first is not None and len(here.consumers) > 1 and not queue.in_flight:
        text = f"only one of {len(here.consumers)} consumers is served, which is an exclusive one"
        yield Reason("exclusive", here.group, text, f"{here.master}: {first.client} has Exclusive = true", False)


def _unwanted(here: Here, traced: Traced) -> Iterator[Reason]:
    """Nobody asks for messages here. Who consumes elsewhere, and what is between?"""
    at, depth = here.master, here.depth
    none = f"{at}: ConsumerCount = 0"
    far = [o for o in traced.groups if o.group != here.group and o.real]
    if not far:
        unasked = [o.group for o in traced.groups if o.why is not None or o.master is None]
        text = f"{depth} messages at {here.group}, and nobody consumes {traced.queue} anywhere"
        fact = none + (f"; not known of {', '.join(unasked)}" if unasked else ", and no consumer in any group")
        yield Reason("no-demand", here.group, text, fact, not unasked, "start a consumer")
        return
    for other in far:
        who = f"{len(other.real)} consumers at {other.group} ({other.master}: ConsumerCount)"
        path = _path(here.group, other.group, [w for w in traced.ways if w.up is not False])
        broken = _path(here.group, other.group, list(traced.ways))
        back = _path(other.group, here.group, list(traced.ways))
        if path is None and broken is not None:
            down = [w.link for w in broken if w.up is False]
            text = f"{depth} messages at {here.group} cannot go to {other.group}: {', '.join(down)} is down"
            fact = f"link {', '.join(down)}: no bridge at both ends; {who}"
            yield Reason("bridge-down", here.group, text, fact, True, "amqctl status; amqctl logs")
        elif path is None and back is not None:
            text = f"links lead from {other.group} to {here.group} and none back"
            fact = f"{', '.join(w.link for w in back)}: one-way; {who}"
            yield Reason("one-way", here.group, text, fact, True, "duplex: true, or a link the other way")
        elif path is None:
            text = f"no link leads from {here.group} to {other.group}"
            yield Reason("no-link", here.group, text, who, True, "a link, or the consumers where the messages are")
        else:
            yield from _no_demand_seen(here, other, path, who)


def _no_demand_seen(here: Here, other: Here, path: list[Way], who: str) -> Iterator[Reason]:
    """The way is open, and still no bridge subscribes here: demand did not come this far."""
    none = f"{here.master}: no bridge among its consumers; {who}"
    hops = len(path)
    short = next((w for n, w in enumerate(path) if w.consumer_ttl is not None and hops - n > w.consumer_ttl), None)
    if short is not None:
        text = (
            f"consumers at {other.group} are {hops} hops from {here.group}, and {short.link} lets demand travel fewer"
        )
        fact = f"link {short.link}: ConsumerTTL = {short.consumer_ttl}; {none}"
        yield Reason("consumer-ttl", here.group, text, fact, True, f"consumerTTL={hops}")
        return
    text = f"the bridge to {other.group} does not ask for {here.queue.name if here.queue else 'it'}"
    fix = "destinations of the connector (excluded, dynamicOnly), rights on ActiveMQ.Advisory.>, advisorySupport"
    yield Reason("unknown", here.group, text, none, False, fix)


def _not_forwarded(here: Here, traced: Traced) -> Iterator[Reason]:
    """Bridges subscribe here and do not take what lies here: what way did it come?"""
    targets = {w.target: w for w in traced.ways if w.source == here.group and w.up is not False}
    if here.browsed is None:
        return
    routes = {path: n for path, n in here.browsed.routes.items() if path}
    ids = {o.broker_id: o.group for o in traced.groups if o.broker_id}
    for group, way in targets.items():
        back = next((o for o in traced.groups if o.group == group), None)
        theirs = back.broker_id if back else None
        same = sum(n for path, n in routes.items() if theirs is not None and theirs in path)
        if same:
            text = f"{same} messages at {here.group} came from {group}, and are not sent back to it"
            fact = f"{here.master}: broker path of {same} of {here.browsed.count} messages names {group} ({theirs})"
            fix = "replayWhenNoConsumers=true with enableAudit=false, at a consumer that comes and goes"
            yield Reason("came-from-there", here.group, text, fact, True, fix)
        if (ttl := way.message_ttl) is not None:
            far = sum(n for path, n in routes.items() if len(path) >= ttl and theirs not in path)
            if far:
                longest = max(routes, key=len)
                text = f"{far} messages at {here.group} have come too many hops to go on to {group}"
                by = " > ".join(ids.get(p, p) for p in longest)
                fact = f"link {way.link}: MessageTTL = {ttl}; broker path {by} of {here.browsed.count} browsed"
                yield Reason("message-ttl", here.group, text, fact, True, f"messageTTL={len(longest) + 1}")


def _audit(here: Here, queue: Queue) -> Iterator[Reason]:
    if queue.duplicates:
        text = f"{here.group} took {queue.duplicates} messages for duplicates"
        fact = f"{here.master}: DuplicateFromStoreCount = {queue.duplicates}"
        yield Reason("audit", here.group, text, fact, False, "enableAudit=false beside replayWhenNoConsumers")
        return
    if here.browsed is None or not here.consumers or queue.in_flight >= queue.depth or here.broker_id is None:
        return
    home = sum(n for path, n in here.browsed.routes.items() if here.broker_id in path)
    if home and here.audit is not False:
        text = f"{home} messages came back to {here.group}, where its audit has seen them before"
        said = "enableAudit is on" if here.audit else "whether enableAudit is on, no MBean says"
        fact = f"{here.master}: broker path of {home} of {here.browsed.count} messages names itself; {said}"
        yield Reason("audit", here.group, text, fact, bool(here.audit), "enableAudit=false")


def _gone(traced: Traced) -> Iterator[Reason]:
    """What is no more in the queue, since that is where people look for it."""
    for here in traced.groups:
        queue = here.later or here.queue
        if queue is not None and queue.expired:
            text = f"{queue.expired} messages of {traced.queue} expired at {here.group}"
            yield Reason("expired", here.group, text, f"{here.master}: ExpiredCount = {queue.expired}")
            if traced.dlq.get(here.group):
                text = f"dead-letter queues at {here.group} hold {traced.dlq[here.group]} messages"
                fact = f"{here.master}: QueueSize of ActiveMQ.DLQ and queues with DLQ = true"
                yield Reason("dead-letters", here.group, text, fact, False)


def _path(start: str, end: str, ways: list[Way]) -> list[Way] | None:
    """A shortest way, by breadth."""
    reached: dict[str, list[Way]] = {start: []}
    edge = [start]
    while edge and end not in reached:
        nxt = []
        for group in edge:
            for way in ways:
                if way.source == group and way.target not in reached:
                    reached[way.target] = [*reached[group], way]
                    nxt.append(way.target)
        edge = nxt
    return reached.get(end)
