"""What trace reads from a cluster: two looks a moment apart, and the messages themselves, which are only browsed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress

from amqctl.cluster import stomp
from amqctl.cluster.model import Address, Login
from amqctl.cluster.sight.model import Connector, NodeLook, Sight
from amqctl.cluster.sight.traced import Browsed, Here, Traced, Way
from amqctl.plan.model import NodeSpec
from amqctl.topology.settled import SettledLink

MOST = 400  # messages browsed: ActiveMQ pages in this many for a browser (BaseDestination.MAX_BROWSE_PAGE_SIZE)
PATIENCE = 3.0  # seconds for a browse
LONGEST = 8  # hops that are told apart
DLQ = "ActiveMQ.DLQ"


def traced(queue: str, before: Sight, after: Sight, login_of: Callable[[str], Login]) -> Traced:
    """Never raises for a broker that does not answer: what it would have said is not known."""
    ids = [look.broker_id for look in after.nodes.values() if look.broker_id]
    groups = tuple(_here(queue, g.name, before, after, login_of, ids) for g in after.plan.settled.groups)
    return Traced(
        queue=queue,
        seconds=round(after.at - before.at, 1),
        groups=groups,
        ways=tuple(way for link in after.plan.settled.links for way in ways(link, after)),
        dlq={g.group: n for g in groups if (n := _dead(after.master(g.group), queue))},
    )


def ways(link: SettledLink, sight: Sight) -> Iterator[Way]:
    near = sight.master(link.from_group)
    connector = next((c for c in near.connectors if c.name == link.called), None) if near else None
    connector = connector or Connector(link.called)
    up = sight.observation.links.get(link.name)
    there = link.to_group or link.leads_to
    ends = [(link.from_group, there)] + ([(there, link.from_group)] if link.duplex else [])
    for source, target in ends:
        yield Way(
            link.name, source, target, up, connector.message_ttl, connector.consumer_ttl, connector.conduit
        )  # fmt: skip


def known(sight: Sight) -> list[str]:
    """Names of all queues."""
    return sorted({q.name for look in sight.nodes.values() for q in look.queues})


def _dead(look: NodeLook | None, queue: str) -> int:
    return sum(q.depth for q in look.queues if q.name != queue and (q.dlq or q.name == DLQ)) if look else 0


def _here(
    queue: str, group: str, before: Sight, after: Sight, login_of: Callable[[str], Login], ids: list[str]
) -> Here:
    look, first = after.master(group), before.master(group)
    if look is None:
        return Here(group, None, _nobody(after, group))
    now = look.queue(queue)
    consumers = look.consumers(queue)
    browsed = None
    if now is not None and now.depth and look.answered:
        node = after.plan.node(look.node)
        selectors = [c.selector for c in consumers if c.selector]
        browsed = _browse(node, login_of(node.name), queue, list(dict.fromkeys(selectors)), ids)
    then = first.queue(queue) if first is not None and first.node == look.node else None
    return Here(
        group, look.node, look.why, look.broker_id, then or now, now, consumers, browsed, _audit(after, group, queue)
    )


def _nobody(sight: Sight, group: str) -> str | None:
    """Why it is not known whether somebody is master; None where all have been asked."""
    silent = [n.name for n in sight.plan.members(group) if sight.observation.roles[n.name] == "unknown"]
    return "; ".join(f"{name}: {sight.nodes[name].why}" for name in silent) or None


def _audit(sight: Sight, group: str, queue: str) -> bool | None:
    """As the topology's policies say it, where one does; no MBean does."""
    for broker in sight.plan.settled.group(group).brokers:
        for policy in broker.policies:
            wanted = policy.pattern.rstrip(">")
            if policy.destination == "queue" and (queue == policy.pattern or queue.startswith(wanted)):
                written = policy.attributes.get("enableAudit")
                return None if written is None else written == "true"
    return None


def _browse(node: NodeSpec, login: Login, queue: str, selectors: list[str], ids: list[str]) -> Browsed | None:
    """None where there is no STOMP to do it by. Broker paths are told apart by selectors, since STOMP does not
    show them: JMSActiveMQBrokerPath is a message's path as Arrays.toString writes it, "null" where there is none
    (PropertyExpression)."""
    if "stomp" not in node.ports:
        return None
    address = Address(node.place.dial, node.ports["stomp"])

    def count(selector: str | None) -> int:
        with stomp.connect(address, login, PATIENCE) as client:
            headers = {"selector": selector} if selector else None
            client.browse(f"/queue/{queue}", headers=headers)
            seen = 0
            while (message := client.receive(PATIENCE)) is not None and not message.end_of_browse:
                seen += 1
            if message is None:
                raise stomp.Indeterminate(f"{address}: the browse did not end")
            return seen

    with suppress(stomp.ClientError):
        total = count(None)
        matching = {s: count(s) for s in selectors}
        routes: dict[tuple[str, ...], int] = {}
        travelled = count("JMSActiveMQBrokerPath <> 'null'")
        if total - travelled:
            routes[()] = total - travelled
        for path in _paths(ids, LONGEST) if travelled else ():
            wanted = "[" + ", ".join(path) + "]"
            if number := count(f"JMSActiveMQBrokerPath = '{wanted}'"):
                routes[path] = number
            if sum(routes.values()) >= total:
                break
        if (rest := total - sum(routes.values())) > 0:
            routes[("a broker that is not known",)] = rest
        return Browsed(total, total < MOST, routes, matching)
    return None


def _paths(ids: list[str], longest: int) -> Iterator[tuple[str, ...]]:
    """Every order in which brokers that are known may have been passed, short ones first; not more than 200."""
    from itertools import islice, permutations

    every = (path for length in range(1, min(longest, len(ids)) + 1) for path in permutations(ids, length))
    yield from islice(every, 200)
