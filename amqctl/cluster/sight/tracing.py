"""What trace reads from a cluster: two looks a moment apart, and the messages themselves, which are only browsed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from amqctl.activemq.brokerxml.facts import truth
from amqctl.activemq.destinations import nearest
from amqctl.cluster.model import Address, Login
from amqctl.cluster.sight.browsing import Next, browse
from amqctl.cluster.sight.model import Connector, NodeLook, Sight
from amqctl.cluster.sight.traced import Here, Traced, Way
from amqctl.topology.settled import SettledBroker, SettledLink

DLQ = "ActiveMQ.DLQ"


def traced(queue: str, before: Sight, after: Sight, login_of: Callable[[str], Login]) -> Traced:
    """Never raises for a broker that does not answer: what it would have said is not known."""
    every = [way for link in after.plan.settled.links for way in ways(link, after)]
    groups = tuple(_here(queue, g.name, before, after, login_of, every) for g in after.plan.settled.groups)
    return Traced(
        queue=queue,
        seconds=round(after.at - before.at, 1),
        groups=groups,
        ways=tuple(every),
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
    queue: str, group: str, before: Sight, after: Sight, login_of: Callable[[str], Login], every: list[Way]
) -> Here:
    look, first = after.master(group), before.master(group)
    if look is None:
        return Here(group, None, _nobody(after, group))
    now = look.queue(queue)
    consumers = look.consumers(queue)
    node = after.plan.node(look.node)
    browsed = None
    if now is not None and now.depth and look.answered and "stomp" in node.ports:
        selectors = list(dict.fromkeys(c.selector for c in consumers if c.selector))
        address = Address(node.place.dial, node.ports["stomp"])
        browsed = browse(address, login_of(node.name), queue, selectors, now.groups, onward(after, every))
    then = first.queue(queue) if first is not None and first.node == look.node else None
    audit, replay = policy(node.broker, queue)
    return Here(
        group=group,
        master=look.node,
        why=look.why,
        broker_id=look.broker_id,
        queue=then or now,
        later=now,
        consumers=consumers,
        browsed=browsed,
        audit=audit,
        replay=replay,
        leads={c.client: to for c in consumers if c.network and (to := leads(c.client, after))},
        addresses={c.client: c.address for c in look.connections},
    )


def _nobody(sight: Sight, group: str) -> str | None:
    """Why it is not known whether somebody is master; None where all have been asked."""
    silent = [n.name for n in sight.plan.members(group) if sight.observation.roles[n.name] == "unknown"]
    return "; ".join(f"{name}: {sight.nodes[name].why}" for name in silent) or None


def onward(sight: Sight, every: Sequence[Way]) -> Next:
    """Where messages may go from a broker: the masters that links lead to first. Links that are no more, or that lead
    nobody knows where, leave the others."""
    group_of = {look.broker_id: look.group for look in sight.nodes.values() if look.broker_id}

    def after(path: Sequence[str]) -> Sequence[str]:
        near = {w.target for w in every if path and w.source == group_of[path[-1]]}
        return sorted(group_of, key=lambda broker: group_of[broker] not in near)

    return after


def leads(client: str, sight: Sight) -> str | None:
    """The group at the other side of a bridge, by its client's name (DemandForwardingBridgeSupport,
    `CONNECTOR_REMOTE_inbound_LOCAL`). None where that may be several."""
    names = {name: sight.plan.node(node).group for node, name in sight.look.names.items()}
    found = {group for name, group in names.items() if f"_{name}_inbound_" in client}
    return found.pop() if len(found) == 1 else None


def policy(broker: SettledBroker, queue: str) -> tuple[bool | None, bool | None]:
    """enableAudit and replayWhenNoConsumers of the queue's policy, which no MBean tells: as the topology says it, and
    where it is silent ActiveMQ's own. None where the broker's files may say otherwise."""
    if broker.own is not None or any("olicy" in f"{p.at}{p.append}" or "*" in p.at for p in broker.patches):
        return None, None
    entries = {p.pattern: p for p in broker.policies if p.destination == "queue"}
    near = [entries[pattern] for pattern in nearest(entries, queue)]
    audits = {truth(entry.attributes.get("enableAudit", "true")) for entry in near} or {True}
    replays = {entry.replay_when_no_consumers for entry in near} or {False}
    return (audits.pop() if len(audits) == 1 else None), (replays.pop() if len(replays) == 1 else None)
