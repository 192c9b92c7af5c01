"""Rules for the way of messages over a network: hops, loops, what happens when a consumer moves."""

from __future__ import annotations

from collections.abc import Iterator

from amqctl.activemq.brokerxml.facts import Policy, truth
from amqctl.activemq.brokerxml.tree import Element
from amqctl.activemq.lint import changes
from amqctl.activemq.lint.cluster import Cluster, Link
from amqctl.activemq.lint.model import Node
from amqctl.activemq.lint.rule import Hit, Rule

PAGE = "ActiveMQ's page Networks of Brokers"
STUCK = PAGE + " (Stuck Messages); AMQ-2484, AMQ-2324"


def _own(node: Node, cluster: Cluster) -> Iterator[Link]:
    return (link for link in cluster.links if link.node.name == node.name)


def message_ttl(node: Node, cluster: Cluster) -> Iterator[Hit]:
    for link in _own(node, cluster):
        ttl = link.connector.ttl("messageTTL")
        start, hops = _furthest(link, cluster)
        if ttl is not None and hops > ttl:
            what = (
                f"connector {link.connector.called}: messages from {start} are at hop {hops} on their way to"
                f" {link.target}, messageTTL is {ttl}"
            )
            yield Hit(what, link.connector.element, f'messageTTL="{hops}"')


def consumer_ttl(node: Node, cluster: Cluster) -> Iterator[Hit]:
    """Demand travels against the messages: consumers of a far group, seen where the link begins."""
    for link in _own(node, cluster):
        ttl = link.connector.ttl("consumerTTL")
        far, hops = _furthest_consumer(link, cluster)
        if ttl is not None and hops > ttl:
            what = (
                f"connector {link.connector.called}: consumers at {far} are {hops} hops from {link.source},"
                f" consumerTTL is {ttl}"
            )
            yield Hit(what, link.connector.element, f'consumerTTL="{hops}"')


def _furthest(link: Link, cluster: Cluster) -> tuple[str, int]:
    """The group whose messages have come furthest when they cross this link on a shortest way, and their hops."""
    best = (link.source, 1)
    for start, reach in cluster.distances.items():
        here, there = reach.get(link.source), reach.get(link.target)
        if here is not None and there == here + 1 and there > best[1]:
            best = (start, there)
    return best


def _furthest_consumer(link: Link, cluster: Cluster) -> tuple[str, int]:
    best = (link.target, 1)
    for end, hops in cluster.distances[link.source].items():
        if cluster.distances[link.target].get(end) == hops - 1 and hops > best[1]:
            best = (end, hops)
    return best


def ttl_in_mesh(node: Node, cluster: Cluster) -> Iterator[Hit]:
    if not cluster.circular:
        return
    seen: set[int] = set()
    for link in _own(node, cluster):
        ttl = link.connector.ttl("consumerTTL")
        if ttl is not None and ttl > cluster.longest and id(link.connector) not in seen:
            seen.add(id(link.connector))
            far = f"no broker is more than {cluster.longest} away"
            what = f"connector {link.connector.called}: consumerTTL is {ttl}, and {far}"
            yield Hit(
                what, link.connector.element, f'consumerTTL="{cluster.longest}", messageTTL as long as it must be'
            )


def duplicate_subscriptions(node: Node, cluster: Cluster) -> Iterator[Hit]:
    if not cluster.circular:
        return
    seen: set[int] = set()
    for link in _own(node, cluster):
        ttl = link.connector.ttl("consumerTTL")
        off = truth(link.connector.attributes.get("suppressDuplicateQueueSubscriptions")) is not True
        if ttl is not None and ttl > 1 and off and id(link.connector) not in seen:
            seen.add(id(link.connector))
            what = f"connector {link.connector.called}: a consumer is seen on more than one way (consumerTTL {ttl})"
            yield Hit(what, link.connector.element)


def replay_audited(node: Node, cluster: Cluster) -> Iterator[Hit]:
    for policy in node.facts.policies:
        if _replays(policy) and truth(policy.attributes.get("enableAudit")) is not False:
            yield Hit(
                f'policy for {policy.destination} "{policy.pattern}" replays and has its audit on', policy.element
            )


def no_replay(node: Node, cluster: Cluster) -> Iterator[Hit]:
    """Told at every broker from which messages could go back: also where the other side declared a duplex link."""
    mine = cluster.group(node)
    for link in cluster.links:
        came = link.source == mine and mine in cluster.distances[link.target]
        if came and not any(map(_replays, node.facts.policies)):
            what = f"messages that came from {link.target} do not go back when their consumer does"
            own = link.node.name == node.name
            yield Hit(what, link.connector.element if own else node.facts.element)
            return


def _replays(policy: Policy) -> bool:
    return any(_replaying(e) for e in policy.element.walk())


def _replaying(element: Element) -> bool:
    return (
        element.name == "conditionalNetworkBridgeFilterFactory"
        and truth(element.attributes.get("replayWhenNoConsumers")) is True
    )


def priorities_differ(node: Node, cluster: Cluster) -> Iterator[Hit]:
    mine = changes.has(node.version, "network-consumers-rank-lower")
    near = [n for n in cluster.nodes if cluster.group(n) in cluster.distances[cluster.group(node)]]
    other = next((n for n in near if changes.has(n.version, "network-consumers-rank-lower") is (not mine)), None)
    if mine is None or other is None:
        return
    for connector in node.facts.networks:
        if "decreaseNetworkConsumerPriority" not in connector.attributes:
            word = "true" if mine else "false"
            what = (
                f"connector {connector.called}: decreaseNetworkConsumerPriority is {word} on {node.version} and not"
                f" on {other.version} ({other.name})"
            )
            yield Hit(what, connector.element)


RULES = (
    Rule("message-ttl-too-short", "warning", "Messages end on the way",
         "A bridge lets no message pass that has come as many hops as its TTL, 1 by default.",
         PAGE + " (networkTTL); ThreeBrokerQueueNetworkTest; AMQ-4607",
         "messageTTL at least the number of hops, consumerTTL apart from it", "network", message_ttl),
    Rule("consumer-ttl-too-short", "warning", "Consumers far away are not seen",
         "Messages go only where demand is known, and demand travels consumerTTL hops, 1 by default.",
         PAGE + " (networkTTL); AMQ-4607", "consumerTTL at least the number of hops", "network", consumer_ttl),
    Rule("consumer-ttl-in-mesh", "warning", "Consumers are seen in circles",
         "Where there is more than one way, a consumerTTL longer than the shortest ways lets subscriptions go round.",
         PAGE + " (consumerTTL 1 in a mesh); AMQ-4607", "consumerTTL of the longest of the shortest ways", "network",
         ttl_in_mesh),
    Rule("duplicate-subscriptions", "info", "A consumer counts twice",
         "It is seen on each way, and the same message may be sent along both.",
         "NoDuplicateOnTopicNetworkTest; ThreeBrokerQueueNetworkTest.testNoDuplicateQueueSubs",
         'suppressDuplicateQueueSubscriptions="true" at the connectors of a ring', "network",
         duplicate_subscriptions),
    Rule("replay-with-audit", "info", "Replayed messages may look like duplicates",
         "ActiveMQ's documentation has the audit off where messages come back. From 5.9 on it forgets what it forwards,"
         " and on 5.18.3 and 6.1.7 all were seen to come back with the audit on.",
         STUCK + "; AMQ-4607", 'enableAudit="false" beside replayWhenNoConsumers', "network", replay_audited),
    Rule("network-without-replay", "info", "Messages stay where their consumer was",
         "A message is not sent back to a broker it came from, where there is a way back at all.",
         STUCK,
         'conditionalNetworkBridgeFilterFactory replayWhenNoConsumers="true" with enableAudit="false"', "network",
         no_replay),
    Rule("priority-differs-by-version", "warning", "Brokers of one network route differently",
         "The default of decreaseNetworkConsumerPriority became true with 5.18: one side prefers its own consumers,"
         " the other does not.",
         "AMQ-5137; AMQ-7316", 'write decreaseNetworkConsumerPriority="true" everywhere', "network",
         priorities_differ),
)  # fmt: skip
