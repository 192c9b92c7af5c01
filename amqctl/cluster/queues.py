"""Queues over all brokers: depth, consumers, rates, read from the masters' MBeans."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from amqctl.cluster.jolokia import Jolokia, NoAnswer, broker
from amqctl.cluster.model import Login
from amqctl.cluster.observation import console
from amqctl.plan.model import Plan

ATTRIBUTES = ["Name", "QueueSize", "ConsumerCount", "ProducerCount", "EnqueueCount", "DequeueCount", "InFlightCount"]


@dataclass(frozen=True, slots=True)
class QueueFacts:
    """One queue at one master. enqueued and dequeued count since that broker became master."""

    group: str
    node: str
    queue: str
    depth: int
    consumers: int
    producers: int
    enqueued: int
    dequeued: int
    in_flight: int


def at_masters(plan: Plan, masters: Mapping[str, str], login: Login) -> tuple[list[QueueFacts], list[str]]:
    """All queues by group and name, and the groups that could not be asked."""
    facts: list[QueueFacts] = []
    unknown: list[str] = []
    for group in plan.settled.groups:
        node = masters.get(group.name)
        if node is None:
            unknown.append(group.name)
            continue
        pattern = f"{broker(group.name)},destinationType=Queue,destinationName=*"
        try:
            found = Jolokia(console(plan.node(node)), login).read(pattern, ATTRIBUTES)
        except NoAnswer:
            unknown.append(group.name)
            continue
        facts += sorted((_facts(group.name, node, v) for v in found.values()), key=lambda f: f.queue)
    return facts, unknown


def _facts(group: str, node: str, values: Mapping[str, object]) -> QueueFacts:
    def number(key: str) -> int:
        return int(str(values.get(key) or 0))

    return QueueFacts(
        group=group,
        node=node,
        queue=str(values.get("Name")),
        depth=number("QueueSize"),
        consumers=number("ConsumerCount"),
        producers=number("ProducerCount"),
        enqueued=number("EnqueueCount"),
        dequeued=number("DequeueCount"),
        in_flight=number("InFlightCount"),
    )
