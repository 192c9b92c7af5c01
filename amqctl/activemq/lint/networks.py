"""Rules for network connectors: each by itself, and with what is at the other end."""

from __future__ import annotations

import re
from collections.abc import Iterator

from amqctl.activemq.brokerxml.facts import DEFAULT_CONNECTOR, Network, placeholder, truth
from amqctl.activemq.brokerxml.tree import Element
from amqctl.activemq.brokerxml.uri import Uri
from amqctl.activemq.lint.cluster import Cluster
from amqctl.activemq.lint.model import Node
from amqctl.activemq.lint.rule import Hit, Rule

PAGE = "ActiveMQ's page Networks of Brokers"
MULTICAST = "ActiveMQ's page How to disable multicast discovery"

# META-INF/services/org/apache/activemq/transport/discoveryagent of 5.9 to 6.3
DISCOVERY = ("static", "simple", "masterslave", "multicast", "zeroconf", "http", "https", "rendezvous", "fabric")
OTHER_PROTOCOLS = re.compile(r"(stomp|amqp|mqtt|ws|wss)(\+|$)")


def _static_lists(connector: Network) -> Iterator[Uri]:
    """static: lists of the connector's own; masterslave: and failover: inside make one bridge of theirs."""
    if connector.uri is not None and connector.uri.scheme in ("static", "simple"):
        yield connector.uri


def unnamed(node: Node, cluster: Cluster) -> Iterator[Hit]:
    for connector in node.facts.networks:
        if not connector.name:
            text = f" to {connector.uri.text}" if connector.uri else ""
            yield Hit(f"a <{connector.kind}> without a name{text}", connector.element)


def same_name(node: Node, cluster: Cluster) -> Iterator[Hit]:
    registered = truth(node.facts.attributes.get("useJmx")) is not False
    seen: set[str] = set()
    for connector in node.facts.networks:
        if connector.called in seen and (connector.name or registered):
            how = "" if connector.name else f", which is what ActiveMQ calls one without a name ({DEFAULT_CONNECTOR})"
            yield Hit(f"a second network connector is named {connector.called}{how}", connector.element)
        seen.add(connector.called)


def to_itself(node: Node, cluster: Cluster) -> Iterator[Hit]:
    for connector in node.facts.networks:
        for peer in cluster.peers(node, connector):
            if connector.uri and connector.uri.scheme != "multicast" and cluster.group(peer) == cluster.group(node):
                who = "this broker itself" if peer.name == node.name else f"{peer.name}, of its own group"
                yield Hit(f"{_said(connector)} leads to {who}: {connector.uri.text}", connector.element)
                break


def static_to_group(node: Node, cluster: Cluster) -> Iterator[Hit]:
    for connector in node.facts.networks:
        for listed in _static_lists(connector):
            leaves = [part for part in listed.parts if not part.composite]
            if len(leaves) > 1 and not _own(node, cluster, leaves) and cluster.one_group(node, leaves):
                what = f"{_said(connector)} opens a bridge to each member of a group: {listed.text}"
                instead = "masterslave:(" + ",".join(leaf.text for leaf in leaves) + ")"
                yield Hit(what, connector.element, instead)


def _own(node: Node, cluster: Cluster, leaves: list[Uri]) -> bool:
    """A list over its own group is another rule's."""
    return any((peer := cluster.at(node, leaf)) and cluster.group(peer) == cluster.group(node) for leaf in leaves)


def lone_masterslave(node: Node, cluster: Cluster) -> Iterator[Hit]:
    for connector, part in _parts(node):
        if part.scheme == "masterslave" and len(part.parts) < 2 and not placeholder(part.text):
            yield Hit(f"{_said(connector)}: {part.text} lists {len(part.parts)} broker", connector.element)


def endless_failover(node: Node, cluster: Cluster) -> Iterator[Hit]:
    for connector, part in _parts(node):
        if part.scheme == "failover" and part.options.get("maxReconnectAttempts") != "0":
            yield Hit(f"{_said(connector)}: {part.text} never gives up a connection", connector.element)


def failover_any_order(node: Node, cluster: Cluster) -> Iterator[Hit]:
    for connector, part in _parts(node):
        if part.scheme == "failover" and len(part.parts) > 1 and truth(part.options.get("randomize")) is not False:
            yield Hit(f"{_said(connector)}: {part.text} begins anywhere in its list", connector.element)


def no_discovery(node: Node, cluster: Cluster) -> Iterator[Hit]:
    for connector in node.facts.networks:
        uri = connector.uri
        if uri is None or connector.kind != "networkConnector" or placeholder(uri.text.split(":")[0]):
            continue
        if uri.scheme not in DISCOVERY:
            instead = f"static:({uri.text})"
            yield Hit(f"{_said(connector)}: {uri.text} is no discovery URI", connector.element, instead)


def _parts(node: Node) -> Iterator[tuple[Network, Uri]]:
    for connector in node.facts.networks:
        for part in connector.uri.walk() if connector.uri else ():
            yield connector, part


def duplex_both(node: Node, cluster: Cluster) -> Iterator[Hit]:
    mine = cluster.group(node)
    for link in cluster.links:
        if link.node.name == node.name and link.forward and link.connector.duplex:
            back = [o for o in cluster.links if o.forward and o.source == link.target and o.target == mine]
            if back:
                other = back[0]
                kind = "duplex too" if other.connector.duplex else "one-way"
                theirs = f"{other.node.name} has {_said(other.connector)} back, {kind}"
                yield Hit(f"{_said(link.connector)} is duplex, and {theirs}", link.connector.element)


def same_broker_name(node: Node, cluster: Cluster) -> Iterator[Hit]:
    if placeholder(node.facts.name):
        return
    for other in _in_network(node, cluster):
        if other.facts.name == node.facts.name and cluster.group(other) != cluster.group(node):
            yield Hit(f"{other.name}, of another group, is named {node.facts.name} too", node.facts.element)
            return


def _in_network(node: Node, cluster: Cluster) -> Iterator[Node]:
    """Brokers of all groups with which its own exchanges messages, at any distance."""
    mine = cluster.group(node)
    for other in cluster.nodes:
        group = cluster.group(other)
        if group in cluster.distances[mine] or mine in cluster.distances[group]:
            yield other


def wrong_port(node: Node, cluster: Cluster) -> Iterator[Hit]:
    for connector, part in _parts(node):
        peer = cluster.at(node, part) if not part.composite else None
        listens = peer.facts.listens if peer is not None else {}
        if peer is None or part.port is None or not listens or part.port in listens or _fed(peer):
            continue
        ports = ", ".join(f"{t.uri.scheme} {p}" for p, t in listens.items())
        yield Hit(f"{_said(connector)}: {peer.name} does not listen on {part.port} but on {ports}", connector.element)


def _fed(node: Node) -> bool:
    """A container's ports may be published as others, which its file does not say."""
    return any(t.uri.port is None or t.uri.port == 0 for t in node.facts.transports)


def wrong_protocol(node: Node, cluster: Cluster) -> Iterator[Hit]:
    for connector, part in _parts(node):
        peer = cluster.at(node, part) if not part.composite else None
        there = peer.facts.listens.get(part.port) if peer is not None and part.port else None
        if peer is not None and there is not None and OTHER_PROTOCOLS.match(there.uri.scheme):
            what = f"{_said(connector)}: {part.address} is {peer.name}'s {there.uri.scheme} connector"
            yield Hit(what, connector.element)


def advisories_off(node: Node, cluster: Cluster) -> Iterator[Hit]:
    if truth(node.facts.attributes.get("advisorySupport")) is not False:
        return
    for link in cluster.links:
        if link.target == cluster.group(node) and not _static_only(link.connector):
            yield Hit(f"advisorySupport is off, and {link.node.name} has a bridge here", node.facts.element)
            return
    own = [c for c in node.facts.networks if c.duplex and not _static_only(c)]
    if own:
        yield Hit(f"advisorySupport is off, and {_said(own[0])} is duplex", node.facts.element)


def _static_only(connector: Network) -> bool:
    return bool(connector.static) or truth(connector.attributes.get("staticBridge")) is True


def static_bridge_empty(node: Node, cluster: Cluster) -> Iterator[Hit]:
    for connector in node.facts.networks:
        if truth(connector.attributes.get("staticBridge")) is True and not connector.static:
            yield Hit(f"{_said(connector)} has staticBridge and no static destination", connector.element)


def multicast_default(node: Node, cluster: Cluster) -> Iterator[Hit]:
    for text, element in _multicasts(node):
        if text.options.get("group", "default") == "default":
            yield Hit(f"{text.text} finds every broker of the network that was not told otherwise", element)


def multicast_interface(node: Node, cluster: Cluster) -> Iterator[Hit]:
    for uri, element in _multicasts(node):
        if "networkInterface" in uri.options and "joinNetworkInterface" not in uri.options:
            yield Hit(f"{uri.text} has networkInterface without joinNetworkInterface", element)


def multicast_silent(node: Node, cluster: Cluster) -> Iterator[Hit]:
    if any(t.attributes.get("discoveryUri") for t in node.facts.transports):
        return
    for connector in node.facts.networks:
        if connector.uri is not None and connector.uri.scheme == "multicast":
            yield Hit(f"{_said(connector)} listens for others, and no connector has a discoveryUri", connector.element)


def _multicasts(node: Node) -> Iterator[tuple[Uri, Element]]:
    from amqctl.activemq.brokerxml.uri import BadUri, parse

    for connector, part in _parts(node):
        if part.scheme == "multicast":
            yield part, connector.element
    for transport in node.facts.transports:
        text = transport.attributes.get("discoveryUri", "")
        try:
            uri = parse(text)
        except BadUri:
            continue  # the broker refuses it, and the rule is about those that work
        if uri.scheme == "multicast":
            yield uri, transport.element


def _said(connector: Network) -> str:
    return f"connector {connector.called}"


RULES = (
    Rule("network-connector-unnamed", "warning", "Unnamed network connector",
         "It is called NC: with a second one the broker does not start, and JMX names, bridge client ids and durable"
         " subscriptions all carry the name.",
         "NetworkConnectorDefaultsTest; BrokerService.registerNetworkConnectorMBean",
         "a name= that says where it leads", "network", unnamed),
    Rule("network-connector-name-taken", "error", "Two network connectors of one name",
         "The second is refused, as a bean or in JMX, and the broker does not start.",
         "seen with 5.18.3; BrokerService.registerNetworkConnectorMBean; AMQ-3176", "a name of its own for each",
         "network", same_name),
    Rule("bridge-to-own-group", "warning", "A group is bridged to itself",
         "One member is master and the others do not listen, so the only broker it can reach is itself. It connects,"
         " notices, stops with a stack trace, and tries again.",
         "RegionBroker.addBroker; seen in the log of such a cluster",
         "remove it: members of a group need no connector to each other", "network", to_itself),
    Rule("static-to-group", "warning", "static: leads to the members of one group",
         "It opens one bridge an address and tries the waiting broker for ever, with waits of up to 30 s in which a new"
         " master has no bridge.",
         "AMQ-3564; " + PAGE + " (MasterSlave Discovery)", "masterslave:(…)", "network", static_to_group),
    Rule("masterslave-of-one", "error", "masterslave: with fewer than two brokers",
         "Expecting at least 2 arguments: the broker does not start.",
         "MasterSlaveDiscoveryAgent.configureServices", "static:(…) for one broker", "network", lone_masterslave),
    Rule("failover-never-gives-up", "warning", "failover: inside a network connector hangs",
         "The transport reconnects below the bridge, which then never learns that its peer is another broker now.",
         "AMQ-3542; " + PAGE, "…)?randomize=false&maxReconnectAttempts=0, or masterslave:(…)", "network",
         endless_failover),
    Rule("failover-in-any-order", "info", "A bridge begins anywhere in its list",
         "Which broker is tried first is left to chance, so how long a bridge takes to come back is too: one whose host"
         " is gone answers nobody until the connection times out.",
         PAGE + " (MasterSlave Discovery); MasterSlaveDiscoveryAgent", "…)?randomize=false&maxReconnectAttempts=0, or"
         " masterslave:(…)", "network", failover_any_order),
    Rule("network-uri-no-discovery", "error", "Not a discovery URI",
         "No agent is found for its scheme and the broker does not start.",
         "META-INF/services/org/apache/activemq/transport/discoveryagent", "static:(…)", "network", no_discovery),
    Rule("duplex-and-back", "warning", "A link is declared at both ends",
         "A duplex connector brings messages both ways already; a second one back doubles the bridge and its"
         " consumers.",
         "openshift/openshift-extras#307, #313, #314", "duplex at one end only, or one-way at both", "network",
         duplex_both),
    Rule("broker-names-not-unique", "error", "Two groups of a network have one brokerName",
         "Bridges tell brokers apart by name: their client ids are taken, connections flap, and messages stay where"
         " they are.",
         PAGE + "; DemandForwardingBridgeSupport.startRemoteBridge (InvalidClientIDException)",
         "a brokerName of its own for each group", "network", same_broker_name),
    Rule("bridge-to-closed-port", "warning", "Nobody listens where a bridge leads",
         "The bridge is tried for ever.", "SimpleDiscoveryAgent", "the port of the other broker's OpenWire connector",
         "network", wrong_port),
    Rule("bridge-to-other-protocol", "error", "A bridge leads to a connector of another protocol",
         "Bridges speak OpenWire.", PAGE, "the port of the other broker's OpenWire connector", "network",
         wrong_protocol),
    Rule("advisories-off", "error", "Bridges learn of no consumer",
         "A bridge follows the advisories of the broker it takes messages to; without them nothing crosses but static"
         " destinations.",
         PAGE + " (advisorySupport)", 'advisorySupport="true", or staticallyIncludedDestinations at the connector',
         "network", advisories_off),
    Rule("static-bridge-without-destinations", "warning", "A static bridge without destinations",
         "Such a bridge looks at no demand, so nothing crosses it.", "NetworkBridgeConfiguration.staticBridge",
         "<staticallyIncludedDestinations>", "network", static_bridge_empty),
    Rule("multicast-default-group", "warning", "Multicast group of everybody",
         "Any broker of the local network that was left at its example settings joins in.",
         MULTICAST, "multicast://default?group=NAME, at both discoveryUri and uri", "network", multicast_default),
    Rule("multicast-interface-alone", "warning", "Multicast may choose another network card",
         "networkInterface alone is for sending; which card joins the group is chosen apart, and may be another.",
         "measured by amqctl: MulticastDiscoveryAgent of 5.18.3", "joinNetworkInterface beside networkInterface",
         "network", multicast_interface),
    Rule("multicast-listens-only", "info", "A broker that others do not find",
         "It finds others; they find it by the discoveryUri of a transportConnector.",
         "ActiveMQ's page Multicast Transport Reference", "discoveryUri= at the OpenWire connector", "network",
         multicast_silent),
)  # fmt: skip
