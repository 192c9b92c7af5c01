"""Rules for what bridges may do where clients must log in: as whom, and what they may read."""

from __future__ import annotations

from collections.abc import Iterator

from amqctl.activemq.brokerxml.facts import truth
from amqctl.activemq.brokerxml.tree import Element
from amqctl.activemq.lint.cluster import Cluster, Link
from amqctl.activemq.lint.model import Node
from amqctl.activemq.lint.rule import Hit, Rule

PAGE = "ActiveMQ's page Networks of Brokers"


def no_credentials(node: Node, cluster: Cluster) -> Iterator[Hit]:
    for connector in node.facts.networks:
        if connector.has_user:
            continue
        guarded = next((p for p in (node, *cluster.peers(node, connector)) if _guard(p) is not None), None)
        if guarded is not None:
            who = "this broker" if guarded.name == node.name else guarded.name
            yield Hit(f"connector {connector.called} has no userName, and {who} asks for one", connector.element)


def _guard(node: Node) -> Element | None:
    plugin = node.facts.plugin("simpleAuthenticationPlugin", "jaasAuthenticationPlugin")
    if plugin is not None and truth(plugin.attributes.get("anonymousAccessAllowed")) is True:
        return None
    return plugin


def advisory_rights(node: Node, cluster: Cluster) -> Iterator[Hit]:
    plugin = node.facts.plugin("authorizationPlugin")
    if plugin is None or _unreadable(plugin):
        return
    here = [link for link in cluster.links if link.target == cluster.group(node)]
    if not here and not node.facts.networks:
        return
    entries = [e for e in plugin.walk() if e.name == "authorizationEntry" and _covers(e.attributes.get("topic", ""))]
    if not entries:
        yield Hit("no <authorizationEntry> is for topic ActiveMQ.Advisory.Consumer.>", plugin)
        return
    readers = {name.strip() for e in entries for name in e.attributes.get("read", "").split(",")}
    for user in dict.fromkeys(_visitor(link) for link in here):
        groups = _groups_of(user, node)
        if groups and not groups & readers and not readers & {"*", ">"}:
            yield Hit(f"{user} ({', '.join(sorted(groups))}) may not read ActiveMQ.Advisory.Consumer.>", plugin)


def _visitor(link: Link) -> str:
    """As whom a bridge logs in where it looks for consumers: of a duplex one's way back, at its own broker."""
    said = link.connector.attributes
    there = said.get("remoteUserName") if link.forward else None
    return there or said.get("userName", "")


def _groups_of(user: str, node: Node) -> set[str]:
    """Where the broker's own file says so; nothing for a user of a properties file or of LDAP."""
    plugin = node.facts.plugin("simpleAuthenticationPlugin")
    for one in plugin.walk() if plugin is not None and user else ():
        if one.name == "authenticationUser" and one.attributes.get("username") == user:
            return {name.strip() for name in one.attributes.get("groups", "").split(",") if name.strip()}
    return set()


def _covers(pattern: str) -> bool:
    """Whether it is for the advisories of every consumer, or for those of some: queues alone are enough for some."""
    for word, there in zip(pattern.split("."), ("ActiveMQ", "Advisory", "Consumer"), strict=False):
        if word == ">":
            return True
        if word not in (there, "*"):
            return False
    return pattern.count(".") >= 3


def _unreadable(plugin: Element) -> bool:
    """Entries from LDAP or a bean are not here to see."""
    return not any(e.name == "authorizationEntry" for e in plugin.walk())


RULES = (
    Rule("bridge-without-credentials", "warning", "A bridge cannot log in",
         "It connects to its own broker and to the other as a client; where clients must log in, so must it.",
         "ActiveMQ's page Security; apache/activemq#2055", "userName and password at the connector", "network",
         no_credentials),
    Rule("bridge-without-advisory-rights", "warning", "Advisories are not permitted",
         "The bridge's user must read ActiveMQ.Advisory.Consumer.> and create what is not there.",
         PAGE + "; apache/activemq#2055",
         '<authorizationEntry topic="ActiveMQ.Advisory.>" read="…" write="…" admin="…"/>', "network",
         advisory_rights),
)  # fmt: skip
