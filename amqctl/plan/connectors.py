"""The network connectors of a node, and how others find it, as the template of activemq.xml wants them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from amqctl.activemq import uris
from amqctl.plan.model import NodeSpec, Plan
from amqctl.topology.settled import SettledLink

# of <networkConnector>, by what the topology calls them
BOXES = {
    "included": "dynamicallyIncludedDestinations",
    "excluded": "excludedDestinations",
    "static": "staticallyIncludedDestinations",
}
# of the networkConnector's uri alone: who only announces itself connects to nobody
_LOOKING = (
    "initialReconnectDelay",
    "maxReconnectDelay",
    "backOffMultiplier",
    "useExponentialBackOff",
    "maxReconnectAttempts",
)


def network_connectors(plan: Plan, node: NodeSpec, passwords: Mapping[str, str]) -> list[dict[str, Any]]:
    """One each, however many links it makes."""
    declared = {link.called: link for link in plan.settled.links if node.name in link.declared_by}
    user = plan.settled.network_user
    return [
        {
            "name": name,
            "uri": _uri(plan, node, link),
            "duplex": "true" if link.duplex else "false",
            "user": user,
            "password": passwords[user],
            "attributes": link.attributes,
            "boxes": _boxes(link),
        }
        for name, link in declared.items()
    ]


def announcement(plan: Plan, node: NodeSpec, kind: str) -> dict[str, str]:
    """Attributes of a <transportConnector> by which others find the broker: of the one that bridges come to."""
    link = next((link for link in plan.settled.links if node.name in link.announced_by), None)
    if link is None or kind != "openwire":
        return {}
    said = {key: value for key, value in link.options.items() if key not in _LOOKING}
    return {"discoveryUri": uris.multicast(link.uri, {**said, **node.place.multicast.options})}


def _uri(plan: Plan, node: NodeSpec, link: SettledLink) -> str:
    if link.via == "uri":
        return link.uri
    if link.via == "multicast":
        found = uris.discovered(link.transport)
        return uris.multicast(link.uri, {**link.options, **node.place.multicast.options, **found})
    scheme = "tcp" if plan.settled.tls is None else "ssl"
    options = uris.query(link.transport)
    targets = [plan.node(name) for name in link.targets]
    addresses = [f"{scheme}://{t.place.inside}:{t.ports['openwire']}{options}" for t in targets]
    return uris.discovery(link.via, addresses, link.options)


def _boxes(link: SettledLink) -> list[tuple[str, list[tuple[str, str]]]]:
    """Element -> its destinations, in the order of the documentation; those that have none are left out."""
    found: dict[str, list[tuple[str, str]]] = {role: [] for role in BOXES}
    for one in link.destinations:
        found[one.role].append((one.kind, one.pattern))
    return [(BOXES[role], destinations) for role, destinations in found.items() if destinations]
