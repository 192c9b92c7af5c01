"""Rules for what a bridge does with consumers: its prefetch, and selectors when messages go back."""

from __future__ import annotations

from collections.abc import Iterator

from amqctl.activemq.brokerxml.facts import number, truth
from amqctl.activemq.lint import changes
from amqctl.activemq.lint.cluster import Cluster
from amqctl.activemq.lint.model import Node
from amqctl.activemq.lint.rule import Hit, Rule


def prefetch_zero(node: Node, cluster: Cluster) -> Iterator[Hit]:
    for connector in node.facts.networks:
        written = number(connector.attributes.get("prefetchSize"))
        if written is not None and written <= 0:
            yield Hit(f"connector {connector.called} has prefetchSize {written}", connector.element)


def replay_without_selectors(node: Node, cluster: Cluster) -> Iterator[Hit]:
    """Told where a bridge keeps consumers apart, which is for the sake of their selectors."""
    apart = any(truth(c.attributes.get("conduitSubscriptions")) is False for c in node.facts.networks)
    if not apart or not changes.has(node.version, "replay-looks-at-selectors"):
        return
    for policy in node.facts.policies:
        for element in policy.element.walk():
            replays = truth(element.attributes.get("replayWhenNoConsumers")) is True
            if replays and truth(element.attributes.get("selectorAware")) is not True:
                what = f'policy for {policy.destination} "{policy.pattern}" replays by the number of consumers alone'
                yield Hit(what, element)


def dies_in_handshake(node: Node, cluster: Cluster) -> Iterator[Hit]:
    """Told once for all brokers of a version: nothing at one of them can mend it."""
    if not node.facts.networks or changes.has(node.version, "bridge-survives-its-handshake") is not False:
        return
    if node is next(n for n in cluster.nodes if n.facts.networks and n.version == node.version):
        what = f"a bridge of ActiveMQ {node.version} that breaks off in its handshake may not be tried again"
        yield Hit(what, node.facts.networks[0].element)


RULES = (
    Rule("network-prefetch-zero", "error", "A bridge that fetches nothing",
         "Consumers of a network do not poll, so with a prefetch of 0 they are never given a message.",
         "ActiveMQ's page Networks of Brokers (prefetchSize must be > 0)", 'prefetchSize="1" or more', "network",
         prefetch_zero),
    Rule("replay-ignores-selectors", "info", "A consumer whose selector fits nothing keeps messages",
         "A message goes back only where its queue has no consumer at all; one with another selector counts as one.",
         "AMQ-6907 (5.16 on)", 'selectorAware="true" beside replayWhenNoConsumers, where consumers have selectors',
         "network", replay_without_selectors),
    Rule("bridge-dies-in-handshake", "info", "A bridge may end in silence",
         "A connection that breaks before the brokers have told each other who they are ends its bridge, and nobody"
         " connects again until the broker is restarted.",
         "apache/activemq#1864", "5.19.9, 6.2.8, 6.3.0 or newer; or look at the bridges: amqctl status, metrics",
         "network", dies_in_handshake),
)  # fmt: skip
