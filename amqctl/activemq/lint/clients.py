"""Rules for what clients and the console meet: connectors, addresses they are told, limits, versions of files."""

from __future__ import annotations

import re
from collections.abc import Iterator

from amqctl.activemq.brokerxml.facts import Transport, number, placeholder, size, truth
from amqctl.activemq.lint import changes, stores
from amqctl.activemq.lint.cluster import ANY, Cluster
from amqctl.activemq.lint.model import Node
from amqctl.activemq.lint.rule import Hit, Rule
from amqctl.activemq.versions import caps
from amqctl.errors import BadUsage

FAILOVER = "ActiveMQ's page Failover Transport Reference (Broker side options)"
_NAME = re.compile(r"[a-zA-Z0-9._\-:]+")
_JMX_PORT = 1099
# SystemUsage's own; see DefaultUsageCapacity and BrokerService.getSystemUsage
_DEFAULT = {"store": 100 << 30, "temp": 50 << 30}
_LOG_QUERY = {"io.fabric8.insight": ((5, 11), (5, 16)), "org.fusesource.insight": ((5, 9), (5, 10))}


def update_addresses(node: Node, cluster: Cluster) -> Iterator[Hit]:
    for transport in node.facts.transports:
        on = [k for k in ("updateClusterClients", "rebalanceClusterClients") if truth(transport.attributes.get(k))]
        if on and (host := _told(node, transport)):
            what = f"connector {transport.name or transport.uri.text}: {on[0]} tells clients {host}"
            yield Hit(what, transport.element)


def _told(node: Node, transport: Transport) -> str:
    """The host that clients are told and may not reach; "" where they do, or where nobody can say.

    Of what amqctl renders, only a runtime says: where a topology is read alone, it may come to run on this machine.
    """
    if node.rendered and node.clients is None:
        return ""
    host, names = transport.uri.host, node.clients
    if mapped := transport.host_mapping:
        strangers = sorted(set(mapped) - (names or set(mapped)))
        return strangers[0] if strangers else ""
    if host in ANY:
        # a name with its domain, or an address, is of use outside of a machine, and of no use outside of an engine
        found = transport.publishes in ("FQDN", "IPADDRESS") and names is None
        return "" if found else f"the {'machine' if names is None else 'container'}'s own name"
    if names is None or placeholder(host) or host in names:
        return ""
    return f"{host}, which is a name of the containers' own network" if host in node.hosts else ""


def rebalance_alone(node: Node, cluster: Cluster) -> Iterator[Hit]:
    for transport in node.facts.transports:
        on = {k for k in ("updateClusterClients", "rebalanceClusterClients") if truth(transport.attributes.get(k))}
        if on == {"rebalanceClusterClients"}:
            name = transport.name or transport.uri.text
            yield Hit(f"connector {name}: rebalanceClusterClients without updateClusterClients", transport.element)


def transport_names(node: Node, cluster: Cluster) -> Iterator[Hit]:
    seen: set[str] = set()
    for transport in node.facts.transports:
        if transport.name in seen:
            yield Hit(f"a second transport connector is named {transport.name}", transport.element)
        if transport.name:
            seen.add(transport.name)


def bean_names(node: Node, cluster: Cluster) -> Iterator[Hit]:
    """xbean makes a bean of every connector, by its name; that two of one kind clash are rules of their own."""
    taken = {bean.ident: "a bean" for bean in node.facts.beans if bean.ident}
    taken |= {node.facts.attributes["id"]: "the broker's bean"} if "id" in node.facts.attributes else {}
    for transport in node.facts.transports:
        if transport.name in taken:
            yield Hit(
                f"transport connector {transport.name} has the name of {taken[transport.name]}", transport.element
            )
    taken |= {transport.name: "a transport connector" for transport in node.facts.transports if transport.name}
    for connector in node.facts.networks:
        if connector.name in taken:
            yield Hit(f"network connector {connector.name} has the name of {taken[connector.name]}", connector.element)


def port_taken(node: Node, cluster: Cluster) -> Iterator[Hit]:
    seen: dict[int, str] = {}
    for transport in node.facts.transports:
        port = transport.uri.port
        if port and port in seen and not transport.uri.scheme.startswith(("multicast", "udp", "vm")):
            yield Hit(f"port {port} is {seen[port]}'s already", transport.element)
        if port:
            seen.setdefault(port, transport.name or transport.uri.text)


def broker_name(node: Node, cluster: Cluster) -> Iterator[Hit]:
    name = node.facts.name
    if not placeholder(name) and not _NAME.fullmatch(name):
        better = re.sub(r"[^a-zA-Z0-9._\-:]", "_", name)
        yield Hit(f"brokerName {name!r} will be {better}", node.facts.element, f'brokerName="{better}"')


def jmx_port(node: Node, cluster: Cluster) -> Iterator[Hit]:
    mine = _jmx(node)
    for other in cluster.nodes:
        if mine is not None and other.name < node.name and _jmx(other) == mine and cluster.same_machine(node, other):
            yield Hit(f"{other.name} has JMX on port {mine} too", node.facts.management or node.facts.element)
            return


def _jmx(node: Node) -> int | None:
    context = node.facts.management
    if context is None or truth(context.attributes.get("createConnector")) is not True:
        return None
    return number(context.attributes.get("connectorPort", str(_JMX_PORT)))


def limits(node: Node, cluster: Cluster) -> Iterator[Hit]:
    for kind, free in (("store", node.host.store_free), ("temp", node.host.temp_free)):
        element = node.facts.limits.get(kind)
        written = size(element.attributes.get("limit")) if element is not None else None
        if element is not None and written is not None and free is not None and written > free and _on_disk(node, kind):
            what = f"{kind}Usage is limited to {_gb(written)}, and its disk has {_gb(free)} left"
            yield Hit(what, element)


def default_limits(node: Node, cluster: Cluster) -> Iterator[Hit]:
    for kind, free in (("store", node.host.store_free), ("temp", node.host.temp_free)):
        if kind not in node.facts.limits and free is not None and _DEFAULT[kind] > free and _on_disk(node, kind):
            what = f"{kind}Usage is ActiveMQ's own {_gb(_DEFAULT[kind])}, and its disk has {_gb(free)} left"
            yield Hit(what, node.facts.element)


def _on_disk(node: Node, kind: str) -> bool:
    return kind == "temp" or (node.facts.persistent and not stores.is_jdbc(node))


def _gb(count: int) -> str:
    return f"{count / (1 << 30):.1f} GB"


def java(node: Node, cluster: Cluster) -> Iterator[Hit]:
    if node.version is None or node.host.java is None:
        return
    try:
        need = caps(node.version).java_min
    except BadUsage:
        return  # a version that amqctl does not run: its Java is not known here
    if node.host.java < need:
        yield Hit(f"ActiveMQ {node.version} needs Java {need}, here is {node.host.java}", node.facts.element)


def jetty_xml(node: Node, cluster: Cluster) -> Iterator[Hit]:
    if node.rendered:
        return  # what amqctl calls jetty.xml there is written for the Jetty that is there
    for imported in node.facts.imports:
        if imported.resource.endswith("jetty.xml") and changes.has(node.version, "jetty-xml-gone"):
            yield Hit(f"ActiveMQ {node.version} has no jetty.xml, and cannot load an older one", imported.element)


def broker_bean(node: Node, cluster: Cluster) -> Iterator[Hit]:
    imports = any(i.resource.endswith(("jetty.xml", "jetty-spring.xml")) for i in node.facts.imports)
    if imports and "id" not in node.facts.attributes and changes.has(node.version, "console-waits-for-broker-bean"):
        yield Hit(f"the jetty.xml of {node.version} depends on a bean named broker", node.facts.element)


def log_query(node: Node, cluster: Cluster) -> Iterator[Hit]:
    line = changes.line(node.version)
    for bean in node.facts.beans:
        for package, (first, last) in _LOG_QUERY.items():
            if bean.cls.startswith(package) and line is not None and not first <= line <= last:
                yield Hit(f"ActiveMQ {node.version} has no {bean.cls}", bean.element)


RULES = (
    Rule("cluster-clients-address", "warning", "Clients are told an address they may not reach",
         "With updateClusterClients brokers send clients their own host names: behind a published port, a container's"
         " id. A <publishedAddressPolicy> that asks for HOSTNAME says the same.",
         FAILOVER + "; PublishedAddressPolicy",
         "<publishedAddressPolicy> with a hostMapping to what clients reach (from 5.15 on), a uri with such a host, or"
         " leave the clients their own list",
         "clients and console", update_addresses),
    Rule("rebalance-without-update", "info", "Nothing is rebalanced",
         "rebalanceClusterClients acts on the list that updateClusterClients sends.", FAILOVER,
         'updateClusterClients="true" as well', "clients and console", rebalance_alone),
    Rule("transport-name-taken", "error", "Two transport connectors of one name",
         "The second is refused as a bean and the broker does not start.",
         "seen with 5.18.3: Bean name is already used", "a name of its own for each", "clients and console",
         transport_names),
    Rule("connector-name-of-a-bean", "error", "A connector has the name of something else",
         "Every connector is a bean by its name, and bean names are unique; the broker does not start.",
         "seen with 5.18.3: Bean name is already used", "another name", "clients and console", bean_names),
    Rule("port-taken-twice", "error", "Two connectors on one port",
         "The second cannot listen and the broker does not start.", "TcpTransportServer.bind",
         "a port of its own for each", "clients and console", port_taken),
    Rule("broker-name-characters", "warning", "brokerName is changed by ActiveMQ",
         "Characters other than letters, digits and . _ - : become an underscore, with an ERROR in the log; what names"
         " the broker elsewhere does not find it.",
         "BrokerService.setBrokerName", "letters, digits, . _ - :", "clients and console", broker_name),
    Rule("jmx-port-taken", "warning", "Two brokers have one JMX port",
         "The second has no JMX connector, and after a takeover neither may.",
         "ManagementContext.createConnector", "a connectorPort each, or createConnector=\"false\"",
         "clients and console", jmx_port),
    Rule("limit-above-disk", "warning", "Limit is above what the disk has",
         "ActiveMQ lowers it at its start, with a WARN; the disk may be full before producers are held back.",
         "HealthView; rmohr/docker-activemq#48", "a limit below what is free, or percentLimit", "clients and console",
         limits),
    Rule("default-limit-above-disk", "info", "ActiveMQ's own limit is above what the disk has",
         "It is 100 GB for the store and 50 GB for temporary messages; ActiveMQ lowers it at its start, with a WARN.",
         "HealthView; rmohr/docker-activemq#48", "<systemUsage> with limits of your own", "clients and console",
         default_limits),
    Rule("java-too-old", "error", "Java is too old for this version",
         "The broker does not start.", "ActiveMQ's release notes; pom.xml of each line", "a newer Java",
         "clients and console", java),
    Rule("jetty-xml-of-older-version", "error", "jetty.xml is of another version",
         "Since 6.3 there are conf/jetty-spring.xml and conf/jetty/*.xml; classes that a jetty.xml names are gone.",
         "conf/ of 6.3.0 (Jetty 12.1)", '<import resource="jetty-spring.xml"/>', "clients and console", jetty_xml),
    Rule("broker-bean-without-id", "warning", "Console waits for a bean that is not there",
         "From 5.19.6 and 6.2.5 on the shipped jetty.xml depends on the bean broker; without it nothing starts.",
         "conf/jetty.xml of 5.19.6 and 6.2.5 (commit 2b91f01e81)", '<broker id="broker" …>', "clients and console",
         broker_bean),
    Rule("log-query-bean", "error", "Bean of another version",
         "Its class is not there and nothing starts.", "conf/activemq.xml of 5.9 to 5.17",
         "remove the bean logQuery", "clients and console", log_query),
)  # fmt: skip
