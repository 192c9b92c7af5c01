"""Rules for the files beside activemq.xml that say who may use the console: jetty.xml and jolokia-access.xml."""

from __future__ import annotations

from collections.abc import Iterator

from amqctl.activemq.brokerxml.tree import Element
from amqctl.activemq.lint.cluster import ANY, Cluster
from amqctl.activemq.lint.model import Node
from amqctl.activemq.lint.rule import Hit, Rule

JETTY, ACCESS = "jetty.xml", "jolokia-access.xml"
BESIDE = (JETTY, ACCESS)
# path specs that the servlet specification holds for /api/jolokia: "/" is for all that no other has
_COVER_API = {"/", "/*", "/api/*", "/api/jolokia/*"}
_CHANGE = {"exec", "write"}


def _jetty(node: Node) -> Iterator[tuple[Element, Element]]:
    """jetty.xml, and where it is imported; nothing where activemq.xml does without."""
    found = next((i for i in node.facts.imports if i.resource.endswith(JETTY)), None)
    if found is not None and (root := node.beside.get(JETTY)) is not None:
        yield root, found.element


def api_open(node: Node, cluster: Cluster) -> Iterator[Hit]:
    for root, at in _jetty(node):
        specs = {p.strip() for e in _beans(root, "ConstraintMapping") for p in _value(e, "pathSpec").split(",")}
        if not specs & _COVER_API:
            held = ", ".join(sorted(filter(None, specs))) or "nothing"
            yield Hit(f"{JETTY} asks for a password at {held}, which is not /api/jolokia", at)


def console_everywhere(node: Node, cluster: Cluster) -> Iterator[Hit]:
    for root, at in _jetty(node):
        hosts = [_value(e, "host") for kind in ("WebConsolePort", "ServerConnector") for e in _beans(root, kind)]
        if hosts and all(host == "" or host in ANY for host in hosts):
            yield Hit(f"{JETTY}: the console listens on every address of its machine", at)


def jolokia_may_change(node: Node, cluster: Cluster) -> Iterator[Hit]:
    root = node.beside.get(ACCESS)
    at = next((at for _, at in _jetty(node)), None)
    if root is None or at is None:
        return
    commands = {e.text.strip() for e in root.all("commands", "command")}
    if not root.all("commands"):
        yield Hit(f"{ACCESS} has no <commands>: Jolokia may call every operation and set every attribute", at)
    elif wrong := sorted(commands & _CHANGE):
        yield Hit(f"{ACCESS} permits {' and '.join(wrong)}", at)


def jolokia_any_origin(node: Node, cluster: Cluster) -> Iterator[Hit]:
    root = node.beside.get(ACCESS)
    at = next((at for _, at in _jetty(node)), None)
    if root is not None and at is not None and root.first("cors", "strict-checking") is None:
        yield Hit(f"{ACCESS} has no <strict-checking/>", at)


def _beans(root: Element, kind: str) -> Iterator[Element]:
    return (e for e in root.walk() if e.name == "bean" and e.attributes.get("class", "").endswith(f".{kind}"))


def _value(bean: Element, name: str) -> str:
    """Of a property: its attribute, or the <value> below it; "" where there is none."""
    found = next((p for p in bean.all("property") if p.attributes.get("name") == name), None)
    if found is None:
        return ""
    below = found.first("value")
    return found.attributes.get("value", below.text.strip() if below is not None else "")


RULES = (
    Rule("console-api-open", "error", "Jolokia answers without a password",
         "Whoever reaches the port may read and, on older versions, do all that JMX can.",
         "CVE-2024-32114: the jetty.xml of 6.0.0 to 6.1.1", 'pathSpec="/" at the securityConstraintMapping',
         "clients and console", api_open),
    Rule("console-on-every-address", "info", "Console is open to the network",
         "It was so up to 5.15; since 5.16 ActiveMQ's own is for the machine itself.", "AMQ-8018",
         "host 127.0.0.1 at WebConsolePort, or passwords that nobody knows and TLS", "clients and console",
         console_everywhere),
    Rule("jolokia-may-change", "warning", "Jolokia may change things",
         "With a console's password, code can be run through operations like addNetworkConnector.",
         "CVE-2022-41678, CVE-2026-34197; jolokia-access.xml of 5.17.4 on",
         "<commands> with read, list, version and search alone", "clients and console", jolokia_may_change),
    Rule("jolokia-any-origin", "warning", "Pages of others can ask Jolokia",
         "A browser that is logged in to the console sends its password along, whatever page asks.",
         "AMQ-7434; jolokia-access.xml of 5.17.1 on", "<cors><strict-checking/></cors>; clients send an Origin header",
         "clients and console", jolokia_any_origin),
)  # fmt: skip
