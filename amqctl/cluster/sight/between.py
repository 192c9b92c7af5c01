"""What is between the messages of a queue and its consumers elsewhere: links, hops, paths. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from amqctl.cluster.sight.traced import Here, Reason, Traced, Way


def unwanted(here: Here, traced: Traced) -> Iterator[Reason]:
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
    short = next((w for n, w in enumerate(path) if w.consumer_ttl is not None and 0 <= w.consumer_ttl < hops - n), None)
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


def not_forwarded(here: Here, traced: Traced) -> Iterator[Reason]:
    """Bridges subscribe here and do not take what lies here: what way did it come?"""
    browsed = here.browsed
    if browsed is None:
        return
    routes = {path: n for path, n in browsed.routes.items() if path}
    ids = {o.broker_id: o.group for o in traced.groups if o.broker_id}
    for group, way in _led(here, traced.ways).items():
        theirs = next((o.broker_id for o in traced.groups if o.group == group), None)
        same = sum(n for path, n in routes.items() if theirs is not None and theirs in path)
        if same and not (here.replay and not here.real):
            text = f"{same} messages at {here.group} came from {group}, and are not sent back to it"
            fact = f"{here.master}: broker path of {same} of {browsed.count} messages names {group} ({theirs})"
            fix = "replayWhenNoConsumers=true with enableAudit=false, at a consumer that comes and goes"
            if here.replay:
                text += f" while {here.group} has consumers"
                fact += "; replayWhenNoConsumers is on"
                fix = f"take all of them at {here.group}, or end its consumers"
            yield Reason("came-from-there", here.group, text, fact, True, fix)
        if (ttl := way.message_ttl) is None or ttl < 0:
            continue
        far = {path: n for path, n in routes.items() if len(path) >= ttl and theirs not in path}
        if far:
            longest = max(far, key=len)
            text = f"{sum(far.values())} messages at {here.group} have come too many hops to go on to {group}"
            by = " > ".join(ids.get(p, p) for p in longest)
            fact = f"link {way.link}: MessageTTL = {ttl}; broker path {by} of {browsed.count} browsed"
            yield Reason("message-ttl", here.group, text, fact, True, f"messageTTL={len(longest) + 1}")


def _led(here: Here, ways: tuple[Way, ...]) -> dict[str, Way]:
    """Groups that ask for messages here over a link. Where a bridge leads nobody knows where, all neighbours."""
    asking = {here.leads.get(c.client) for c in here.bridges}
    near = {w.target: w for w in ways if w.source == here.group and w.up is not False}
    return near if None in asking else {group: way for group, way in near.items() if group in asking}


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
