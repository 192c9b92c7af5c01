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


RULES = (
    Rule("network-prefetch-zero", "error", "A bridge that fetches nothing",
         "Consumers of a network do not poll, so with a prefetch of 0 they are never given a message.",
         "ActiveMQ's page Networks of Brokers (prefetchSize must be > 0)", 'prefetchSize="1" or more', "network",
         prefetch_zero),
    Rule("replay-ignores-selectors", "info", "A consumer whose selector fits nothing keeps messages",
         "A message goes back only where its queue has no consumer at all; one with another selector counts as one.",
         "AMQ-6907 (5.16 on)", 'selectorAware="true" beside replayWhenNoConsumers, where consumers have selectors',
         "network", replay_without_selectors),
)  # fmt: skip
