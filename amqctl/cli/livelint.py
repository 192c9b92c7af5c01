"""Linting brokers that run, by what their MBeans say: a small activemq.xml is written of it and linted as any."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from xml.sax.saxutils import quoteattr

from amqctl.activemq.brokerxml import BrokerFile, read
from amqctl.activemq.lint.model import HostFacts, Node
from amqctl.cluster.sight.model import Bridge, NodeLook, Sight
from amqctl.topology.notes import text

# Rules that need no more than connectors, brokerNames and versions, which MBeans tell. The others would find
# missing what only was not asked (stores, policies, users).
RULES = frozenset(
    {
        "message-ttl-too-short", "consumer-ttl-too-short", "consumer-ttl-in-mesh", "duplicate-subscriptions",
        "duplex-and-back", "broker-names-not-unique", "bridge-to-own-group", "group-broker-names-differ",
        "leveldb-unsupported",
    }
)  # fmt: skip
_SPELLED = {
    "duplex": "duplex", "messageTTL": "message_ttl", "consumerTTL": "consumer_ttl",
    "conduitSubscriptions": "conduit", "dynamicOnly": "dynamic_only", "prefetchSize": "prefetch",
    "suppressDuplicateQueueSubscriptions": "suppress_queues", "decreaseNetworkConsumerPriority": "decrease_priority",
}  # fmt: skip


def live_nodes(
    sight: Sight, files: Mapping[str, BrokerFile], names: Mapping[str, str], attach: str, host: HostFacts
) -> tuple[list[Node], list[Node]]:
    """Those linted by their own file, and all that answered, by what they say. names: of the files."""
    plan = sight.plan
    written, live = [], []
    for spec in plan.nodes:
        look = sight.nodes[spec.name]
        node = Node(
            name=spec.name,
            facts=read(xml(look, sight), attach).facts,
            file=attach,
            rendered=True,
            version=look.version,
            hosts=frozenset({spec.name.lower(), spec.place.dial.lower()}),
            group=spec.group,
            host=host,
        )
        if look.answered:
            live.append(node)
        if (file := files.get(spec.name)) is not None:
            written.append(
                replace(node, facts=file.facts, file=names[spec.name], rendered=False, comments=file.comments)
            )
    return written, live


def xml(look: NodeLook, sight: Sight) -> str:
    """What a broker says of itself. Where a connector leads is where its bridges go: a group's members by name."""
    lines = [f"<broker xmlns='http://activemq.apache.org/schema/core' brokerName={quoteattr(_name(look, sight))}>"]
    lines.append("<transportConnectors>")
    for name, uri in look.transports.items():
        lines.append(f"<transportConnector name={quoteattr(name)} uri={quoteattr(uri)}/>")
    lines.append("</transportConnectors><networkConnectors>")
    for connector in look.connectors:
        told = {key: getattr(connector, field) for key, field in _SPELLED.items()}
        attributes = "".join(f" {key}={quoteattr(text(v))}" for key, v in told.items() if v is not None)
        uri = _uri([b for b in look.bridges if b.connector == connector.name], sight)
        lines.append(f"<networkConnector name={quoteattr(connector.name)} uri={quoteattr(uri)}{attributes}/>")
    return "\n".join([*lines, "</networkConnectors></broker>"])


def _uri(bridges: Sequence[Bridge], sight: Sight) -> str:
    groups = {sight.look.names[n]: sight.nodes[n].group for n in sight.nodes}
    peers = [n.name for b in bridges for n in sight.plan.nodes if n.group == groups.get(b.remote)]
    return "static:(" + ",".join(f"tcp://{peer}:1" for peer in dict.fromkeys(peers)) + ")"


def _name(look: NodeLook, sight: Sight) -> str:
    return sight.look.names[look.node]
