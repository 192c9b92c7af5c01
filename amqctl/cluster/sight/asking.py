"""Asking every broker closely, all side by side. One request a broker, of attributes by name: a waiting
broker refuses some (BrokerView.safeGetBroker), and a network connector's MBean has a password."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from amqctl import beside
from amqctl.cluster.jolokia import Jolokia, NoAnswer, broker, keys
from amqctl.cluster.model import Login
from amqctl.cluster.observation import console
from amqctl.cluster.sight.model import (
    Bridge,
    Connection,
    Connector,
    Look,
    NodeLook,
    Queue,
    Sight,
    Subscription,
    Usage,
)
from amqctl.plan.model import NodeSpec

PATIENCE = 5.0  # seconds for one broker's answer: thousands of queues take their time

_BROKER = [
    "BrokerVersion", "BrokerId", "MemoryPercentUsage", "StorePercentUsage", "TempPercentUsage", "StoreLimit",
    "CurrentConnectionsCount", "TotalEnqueueCount", "TotalDequeueCount", "TransportConnectors",
]  # fmt: skip
_BRIDGE = ["RemoteBrokerName", "RemoteAddress", "EnqueueCounter", "DequeueCounter", "ReceivedCounter"]
_CONNECTOR = [
    "Name", "Duplex", "MessageTTL", "ConsumerTTL", "ConduitSubscriptions", "DynamicOnly", "PrefetchSize",
    "SuppressDuplicateQueueSubscriptions", "DecreaseNetworkConsumerPriority",
]  # fmt: skip
_CONNECTION = ["ClientId", "RemoteAddress", "Slow", "Blocked", "DispatchQueueSize"]
_QUEUE = [
    "Name", "QueueSize", "ConsumerCount", "ProducerCount", "EnqueueCount", "DequeueCount", "InFlightCount",
    "DispatchCount", "ExpiredCount", "ForwardCount", "DuplicateFromStoreCount", "Paused", "DLQ",
    "MemoryPercentUsage", "CursorFull",
]  # fmt: skip
_SUBSCRIPTION = [
    "ClientId", "DestinationName", "Network", "Selector", "PrefetchSize", "MessageCountAwaitingAcknowledge",
    "DequeueCounter", "Priority", "Exclusive", "SlowConsumer",
]  # fmt: skip


def sight(look: Look, login_of: Callable[[str], Login], *, consumers: bool = True, groups: bool = False) -> Sight:
    """Ask every node that lives. consumers: also who consumes each queue, which costs most. groups: also which of
    them has which message group, of which a queue may know 1,024."""
    nodes = look.plan.nodes
    found = beside.each(lambda n: ask(n, look, login_of(n.name), consumers, groups), nodes)
    return Sight(look, dict(zip((n.name for n in nodes), found, strict=True)), time.time())


def ask(node: NodeSpec, look: Look, login: Login, consumers: bool, groups: bool = False) -> NodeLook:
    """What one node says of itself; of one that could not be asked, why."""
    seen = look.observation.seen.get(node.name)
    if seen is not None and seen.refused is not None:
        return NodeLook(node.name, node.group, why=str(seen.refused))
    if seen is None or not seen.alive:
        return NodeLook(node.name, node.group, why="it is down")
    if "console" not in node.ports:
        return NodeLook(node.name, node.group, why="it has no console to ask")
    me = broker(look.names[node.name])
    wanted: list[tuple[str, list[str]]] = [
        (me, _BROKER),
        ("java.lang:type=Runtime", ["StartTime"]),
        (f"{me},service=PersistenceAdapter,instanceName=*", ["Name"]),
        (f"{me},connector=networkConnectors,networkConnectorName=*", _CONNECTOR),
    ]
    serving = seen.serving
    if serving:
        wanted += [
            (f"{me},connector=*,networkConnectorName=*,networkBridge=*", _BRIDGE),
            (f"{me},connector=clientConnectors,connectorName=*,connectionViewType=clientId,connectionName=*",
             _CONNECTION),
            (f"{me},endpoint=dynamicProducer,clientId=*,producerId=*", ["ClientId", "SentCount"]),
            (f"{me},destinationType=Queue,destinationName=*", [*_QUEUE, *(["MessageGroups"] if groups else [])]),
        ]  # fmt: skip
        if consumers:
            one = f"{me},destinationType=Queue,destinationName=*,endpoint=Consumer,clientId=*,consumerId=*"
            wanted.append((one, _SUBSCRIPTION))
    try:
        answers = Jolokia(console(node), login, PATIENCE).read_all(wanted)
    except NoAnswer as exc:
        return NodeLook(node.name, node.group, why=f"its Jolokia does not answer: {exc}")
    return node_look(node, answers)


def node_look(node: NodeSpec, answers: list[dict[str, Any]]) -> NodeLook:
    """answers: as ask() wants them, the last five only of a master."""
    facts, java, store, connectors, *rest = answers
    bridges, connections, producers, queues, consumers = [*rest, {}, {}, {}, {}, {}][:5]
    started = _number(java.get("StartTime"))
    transports = facts.get("TransportConnectors")
    return NodeLook(
        node=node.name,
        group=node.group,
        version=_text(facts.get("BrokerVersion")),
        broker_id=_text(facts.get("BrokerId")),
        store=next((str(v.get("Name")).partition("[")[0] for v in store.values()), None),
        usage=Usage(
            memory=_number(facts.get("MemoryPercentUsage")),
            store=_number(facts.get("StorePercentUsage")),
            temp=_number(facts.get("TempPercentUsage")),
            store_limit=_number(facts.get("StoreLimit")),
            connections=_number(facts.get("CurrentConnectionsCount")),
            started_at=None if started is None else started / 1000,
            enqueued=_number(facts.get("TotalEnqueueCount")),
            dequeued=_number(facts.get("TotalDequeueCount")),
        ),
        bridges=tuple(sorted((_bridge(n, v) for n, v in bridges.items()), key=lambda b: (b.connector, b.address))),
        connectors=tuple(sorted((_connector(v) for v in connectors.values()), key=lambda c: c.name)),
        connections=tuple(sorted((_connection(v) for v in connections.values()), key=lambda c: c.client)),
        sent=_sent(producers.values()),
        queues=tuple(sorted((_queue(v) for v in queues.values()), key=lambda q: q.name)),
        subscriptions=tuple(sorted((_subscription(n, v) for n, v in consumers.items()), key=lambda s: s.ident)),
        transports={str(k): str(v) for k, v in transports.items()} if isinstance(transports, dict) else {},
    )


def _bridge(name: str, values: Mapping[str, Any]) -> Bridge:
    of = keys(name)
    passive = of.get("connector") == "duplexNetworkConnectors"
    return Bridge(
        connector="" if passive else of.get("networkConnectorName", ""),
        remote=_text(values.get("RemoteBrokerName")) or "?",
        address=_text(values.get("RemoteAddress")) or "",
        enqueued=_number(values.get("EnqueueCounter")),
        dequeued=_number(values.get("DequeueCounter")),
        received=_number(values.get("ReceivedCounter")),
    )


def _connector(values: Mapping[str, Any]) -> Connector:
    return Connector(
        name=_text(values.get("Name")) or "NC",
        duplex=_truth(values.get("Duplex")),
        message_ttl=_number(values.get("MessageTTL")),
        consumer_ttl=_number(values.get("ConsumerTTL")),
        conduit=_truth(values.get("ConduitSubscriptions")),
        dynamic_only=_truth(values.get("DynamicOnly")),
        prefetch=_number(values.get("PrefetchSize")),
        suppress_queues=_truth(values.get("SuppressDuplicateQueueSubscriptions")),
        decrease_priority=_truth(values.get("DecreaseNetworkConsumerPriority")),
    )


def _connection(values: Mapping[str, Any]) -> Connection:
    return Connection(
        client=_text(values.get("ClientId")) or "",
        address=_text(values.get("RemoteAddress")) or "",
        slow=_truth(values.get("Slow")),
        blocked=_truth(values.get("Blocked")),
        waiting=_number(values.get("DispatchQueueSize")),
    )


def _sent(producers: Any) -> dict[str, int]:
    sent: dict[str, int] = {}
    for values in producers:
        client = _text(values.get("ClientId")) or ""
        sent[client] = sent.get(client, 0) + (_number(values.get("SentCount")) or 0)
    return sent


def _queue(values: Mapping[str, Any]) -> Queue:
    def counted(key: str) -> int:
        return _number(values.get(key)) or 0

    return Queue(
        name=_text(values.get("Name")) or "?",
        depth=counted("QueueSize"),
        consumers=counted("ConsumerCount"),
        producers=counted("ProducerCount"),
        enqueued=counted("EnqueueCount"),
        dequeued=counted("DequeueCount"),
        in_flight=counted("InFlightCount"),
        dispatched=_number(values.get("DispatchCount")),
        expired=_number(values.get("ExpiredCount")),
        forwarded=_number(values.get("ForwardCount")),
        duplicates=_number(values.get("DuplicateFromStoreCount")),
        paused=_truth(values.get("Paused")),
        dlq=_truth(values.get("DLQ")),
        memory=_number(values.get("MemoryPercentUsage")),
        cursor_full=_truth(values.get("CursorFull")),
        groups=_groups(values.get("MessageGroups")),
    )


def _groups(value: object) -> dict[str, str]:
    """Owners as MBeans' names have them, which cannot have colons (JMXSupport.encodeObjectNamePart)."""
    owners = value if isinstance(value, dict) else {}
    return {str(group): str(owner).replace(":", "_") for group, owner in owners.items()}


def _subscription(name: str, values: Mapping[str, Any]) -> Subscription:
    return Subscription(
        queue=_text(values.get("DestinationName")) or "?",
        client=_text(values.get("ClientId")) or "",
        ident=keys(name).get("consumerId", ""),
        network=_truth(values.get("Network")) is True,
        selector=_selector(values.get("Selector")),
        prefetch=_number(values.get("PrefetchSize")),
        held=_number(values.get("MessageCountAwaitingAcknowledge")),
        taken=_number(values.get("DequeueCounter")),
        priority=_number(values.get("Priority")),
        exclusive=_truth(values.get("Exclusive")),
        slow=_truth(values.get("SlowConsumer")),
    )


def _selector(value: Any) -> str | None:
    """As its client wrote it: the broker marks those that came by STOMP (ProtocolConverter.onStompSubscribe), and would
    mark a marked one again, which it cannot read then."""
    text = _text(value)
    return text.removeprefix("convert_string_expressions:") if text else text


# With ignoreErrors Jolokia answers "ERROR: …" for what an MBean does not tell; that is not known, not a text.
def _text(value: object) -> str | None:
    return value if isinstance(value, str) and not value.startswith("ERROR: ") else None


def _number(value: object) -> int | None:
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _truth(value: object) -> bool | None:
    return value if isinstance(value, bool) else None
