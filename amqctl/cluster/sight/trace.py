"""Why a queue does not drain: reasons, each with the fact it was read from. Pure over a Traced.

Nothing is concluded from silence: what no broker said is `unknown`, and stays one of the answers.
"""

from __future__ import annotations

from collections.abc import Iterator

from amqctl.cluster.sight.between import not_forwarded, unwanted
from amqctl.cluster.sight.model import Queue, Subscription
from amqctl.cluster.sight.traced import Here, Reason, Traced


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
    if here.queue is None or here.depth <= 0:
        return
    if (out := _drained(here)) > 0:
        fact = f"{here.master}: DequeueCount grew by {out} in {traced.seconds:g} s"
        yield Reason("draining", here.group, f"{here.depth} messages at {here.group}, and they are leaving", fact)
        return
    reasons_ = list(_stuck(here, traced))
    yield from reasons_
    if not reasons_:
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
    if not here.consumers:
        yield from unwanted(here, traced)
        return
    held = list(_held(here, queue, traced.seconds))
    grouped = list(_grouped(here, queue))
    unselected = list(_unselected(here))
    yield from (*held, *grouped, *unselected)
    # of what a consumer here would take, no bridge need take anything
    forwarded = list(not_forwarded(here, traced)) if here.bridges and (unselected or not here.real) else []
    yield from forwarded
    yield from _exclusive(here, queue)
    if not (held or grouped or unselected or forwarded):
        yield from _audit(here, queue)


def _held(here: Here, queue: Queue, seconds: float) -> Iterator[Reason]:
    """Given out and not acknowledged: as many as there are, or as a consumer takes at once."""
    for one in here.consumers:
        held = one.held or 0
        full = one.prefetch is not None and 0 < one.prefetch <= held
        if not held or not (full or queue.in_flight >= queue.depth):
            continue
        fact = f"{here.master}: {_consumer(here, one)}; InFlightCount {queue.in_flight}"
        if one.network:
            none = f"the other side took none in {seconds:g} s"
            text = f"the bridge {one.client} holds {held} of {queue.depth} messages; {none}"
            yield Reason("bridge-stalled", here.group, text, fact, False, "look at the other side's memory and store")
        else:
            text = f"{one.client} holds {held} of {queue.depth} messages and acknowledged none in {seconds:g} s"
            yield Reason("not-acknowledged", here.group, text, fact, True, "look at that client, or end it")


def _consumer(here: Here, one: Subscription) -> str:
    address = here.addresses.get(one.client)
    return (
        f"consumer {one.client}{f' from {address}' if address else ''} has {one.held or 0} unacknowledged"
        f" (MessageCountAwaitingAcknowledge), prefetch {one.prefetch}, acknowledged so far {one.taken}"
    )


def _grouped(here: Here, queue: Queue) -> Iterator[Reason]:
    """Messages of a group are for one consumer, however many others have nothing to do."""
    browsed = here.browsed
    if browsed is None or len(here.consumers) < 2:
        return
    for one in here.consumers:
        mine = {group: n for group, n in browsed.groups.items() if queue.groups.get(group) == one.ident}
        number, held = sum(mine.values()), one.held or 0
        if number <= held:
            continue
        few = sorted(mine, key=lambda group: -mine[group])[:3]
        more = f" and {len(mine) - len(few)} more" if len(mine) > len(few) else ""
        called = f"group{'s' if len(mine) > 1 else ''} {', '.join(few)}{more}"
        who = f"{'the bridge ' if one.network else ''}{one.client}"
        does = f"has not acknowledged {held}" if held else "is given none of them"
        text = f"{number} messages of {called} at {here.group} wait for {who}, which {does}"
        fact = (
            f"{here.master}: MessageGroups has {few[0]} at {one.ident}, {_consumer(here, one)};"
            f" {number} of {browsed.count} messages browsed are of {called}"
        )
        fix = "look at that client, or end it: another consumer gets its groups then"
        yield Reason("message-group", here.group, text, fact, held > 0, fix)


def _unselected(here: Here) -> Iterator[Reason]:
    """Real consumers here, each with a selector, and messages that none of them takes."""
    if not here.real or any(c.selector is None for c in here.real):
        return
    selectors = tuple(dict.fromkeys(c.selector or "" for c in here.real))
    browsed = here.browsed
    counted = browsed.matching if browsed else {}
    # what two selectors take may be the same messages: at least as many are left
    left = browsed.count - sum(counted.get(s, 0) for s in selectors) if browsed else here.depth
    if left <= 0:
        return
    sure = browsed is not None and (browsed.whole or any(counted.values())) and all(s in counted for s in selectors)
    said = "; ".join(f"{s!r} selects {counted.get(s, 'an unknown number')}" for s in selectors)
    fact = f"{here.master}: {said}" + (f" of {browsed.count} messages browsed" if browsed else "")
    came = sum(n for path, n in (browsed.routes if browsed else {}).items() if path)
    if came:
        text = f"{came} messages came over a bridge that does not know the selectors of {here.group}'s consumers"
        fix = "conduitSubscriptions=false on the connector (it then forwards with each consumer's selector)"
        yield Reason("conduit-selector", here.group, text, fact, sure, fix)
    else:
        what = "what lies there" if browsed is None or left == browsed.count else f"{left} of the messages there"
        text = f"no consumer at {here.group} selects {what}"
        yield Reason("selector", here.group, text, fact, sure, "a consumer without selector")


def _exclusive(here: Here, queue: Queue) -> Iterator[Reason]:
    first = next((c for c in here.consumers if c.exclusive), None)
    if first is not None and len(here.consumers) > 1 and not queue.in_flight:
        text = f"only one of {len(here.consumers)} consumers is served, which is an exclusive one"
        yield Reason("exclusive", here.group, text, f"{here.master}: {first.client} has Exclusive = true", False)


def _audit(here: Here, queue: Queue) -> Iterator[Reason]:
    """Never sure: a broker forgets what it forwards (AMQ-4607, 5.9.0), so that what comes home is mostly delivered."""
    if here.browsed is None or queue.in_flight >= queue.depth or here.broker_id is None:
        return
    home = sum(n for path, n in here.browsed.routes.items() if here.broker_id in path)
    if home and here.audit is not False:
        text = f"{home} messages came back to {here.group}, where its audit may have seen them before"
        said = "enableAudit is on" if here.audit else "whether enableAudit is on, no MBean says"
        fact = f"{here.master}: broker path of {home} of {here.browsed.count} messages names itself; {said}"
        yield Reason("audit", here.group, text, fact, False, "enableAudit=false")


def _gone(traced: Traced) -> Iterator[Reason]:
    """What is no more in the queue, since that is where people look for it."""
    for here in traced.groups:
        queue = here.later or here.queue
        if queue is None:
            continue
        if queue.expired:
            text = f"{queue.expired} messages of {traced.queue} expired at {here.group}"
            yield Reason("expired", here.group, text, f"{here.master}: ExpiredCount = {queue.expired}")
        if queue.duplicates:
            yield _duplicates(here, queue.name, queue.duplicates)
        if (queue.expired or queue.duplicates) and (dead := traced.dlq.get(here.group)):
            text = f"dead-letter queues at {here.group} hold {dead} messages"
            fact = f"{here.master}: QueueSize of ActiveMQ.DLQ and queues with DLQ = true"
            yield Reason("dead-letters", here.group, text, fact, False)


def _duplicates(here: Here, queue: str, number: int) -> Reason:
    """Given up by the cursor (BaseDestination.duplicateFromStore), which has either seen them, or got them from a
    store whose index still had their first copies."""
    text = f"{number} messages of {queue} were taken for duplicates at {here.group}, and given up"
    fact = (
        f"{here.master}: DuplicateFromStoreCount = {number}; "
        + {
            True: "enableAudit is on",
            False: "enableAudit is off: its store still had them",
            None: "whether enableAudit is on, no MBean says",
        }[here.audit]
    )
    fix = "" if here.audit is False else "enableAudit=false beside replayWhenNoConsumers"
    return Reason("audit", here.group, text, fact, False, fix)
