"""Any activemq.xml -> BrokerFacts: ours, ActiveMQ's own, somebody else's; 5.9 to 6.3.

Read by local names: with or without prefix, also where the namespace was forgotten. What ActiveMQ's
schema would refuse is not this module's to say (see xmlschema); it takes what it knows and keeps the
elements for the rest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from amqctl.activemq.brokerxml import tree
from amqctl.activemq.brokerxml.facts import (
    DEFAULT_NAME,
    Bean,
    BrokerFacts,
    Destination,
    Import,
    Network,
    Policy,
    Store,
    Transport,
)
from amqctl.activemq.brokerxml.tree import Comment, Element
from amqctl.activemq.brokerxml.uri import BadUri, Uri
from amqctl.activemq.brokerxml.uri import parse as parse_uri
from amqctl.errors import BadTopology, Problem

AMQ = "http://activemq.apache.org/schema/core"
BEANS = "http://www.springframework.org/schema/beans"
SPRING_P = "http://www.springframework.org/schema/p"


@dataclass(frozen=True, slots=True)
class BrokerFile:
    """A file's facts and its comments, in which its author may talk to lint. others: what is beside <broker> and
    neither a bean nor an import."""

    facts: BrokerFacts
    comments: tuple[Comment, ...]
    others: tuple[Element, ...] = ()


def read(text: str | bytes, file: str | None = None, properties: Mapping[str, str] | None = None) -> BrokerFile:
    """properties: what ${…} stands for where it is known; other placeholders stay as they are.

    Raises BadTopology with every problem of the file, each with its place.
    """
    document = tree.parse(text, file)
    root = _resolved(document.root, properties) if properties else document.root
    brokers = [e for e in root.walk() if e.name == "broker" and e.namespace in (AMQ, "")]
    if len(brokers) != 1:
        raise BadTopology([_not_one(brokers, root, file)])
    reader = _Reader(file)
    facts = reader.broker(brokers[0], root)
    if reader.problems:
        raise BadTopology(reader.problems)
    known = ("bean", "broker", "description", "import")
    return BrokerFile(facts, document.comments, tuple(e for e in root.children if e.name not in known))


def _not_one(brokers: list[Element], root: Element, file: str | None) -> Problem:
    if brokers:
        what = f"{len(brokers)} <broker> elements; the second is here"
        return Problem(what, "one file a broker", file, brokers[1].line, brokers[1].column)
    other = next((e for e in root.walk() if e.name == "broker"), None)
    if other is not None:
        fix = f'<broker xmlns="{AMQ}">'
        return Problem(f"<broker> is of the namespace {other.namespace}", fix, file, other.line, other.column)
    what = f"<{root.name}> has no <broker>"
    return Problem(what, "an activemq.xml is asked for; jetty.xml and camel.xml are not", file, root.line, root.column)


def _resolved(element: Element, properties: Mapping[str, str]) -> Element:
    def fill(text: str) -> str:
        return re.sub(r"\$\{([^}:]+)\}", lambda m: properties.get(m[1], m[0]), text) if "${" in text else text

    return Element(
        element.namespace,
        element.name,
        {k: fill(v) for k, v in element.attributes.items()},
        tuple(_resolved(child, properties) for child in element.children),
        fill(element.text),
        {k: fill(v) for k, v in element.prefixed.items()},
        element.line,
        element.column,
    )


class _Reader:
    def __init__(self, file: str | None) -> None:
        self._file = file
        self.problems: list[Problem] = []

    def broker(self, broker: Element, root: Element) -> BrokerFacts:
        attributes = attributes_of(broker)
        context = next(iter(broker.all("managementContext", "managementContext")), None)
        return BrokerFacts(
            name=attributes.get("brokerName") or DEFAULT_NAME,
            attributes=attributes,
            store=_store(broker),
            transports=tuple(self._transport(e) for e in broker.all("transportConnectors", "transportConnector")),
            networks=tuple(self._network(e) for box in broker.all("networkConnectors") for e in box.children),
            policies=tuple(_policies(broker)),
            plugins=tuple(e for box in broker.all("plugins") for e in box.children),
            limits=_limits(broker),
            ssl=broker.first("sslContext"),
            management=context,
            io_handler=_only_child(broker, "ioExceptionHandler"),
            temp_store=_only_child(broker, "tempDataStore"),
            job_store=_only_child(broker, "jobSchedulerStore"),
            imports=tuple(Import(e.attributes.get("resource", ""), e) for e in root.all("import")),
            beans=tuple(_beans(root)),
            element=broker,
        )

    def _transport(self, element: Element) -> Transport:
        attributes = attributes_of(element)
        uri = self._uri(attributes.get("uri"), element) or Uri("", "")
        return Transport(attributes.get("name"), uri, attributes, element)

    def _network(self, element: Element) -> Network:
        attributes = attributes_of(element)
        return Network(
            kind=element.name,
            name=attributes.get("name"),
            uri=self._uri(attributes.get("uri"), element),
            attributes=attributes,
            included=_destinations(element, "dynamicallyIncludedDestinations"),
            excluded=_destinations(element, "excludedDestinations"),
            static=_destinations(element, "staticallyIncludedDestinations"),
            element=element,
        )

    def _uri(self, text: str | None, element: Element) -> Uri | None:
        if not text:
            return None
        try:
            return parse_uri(text)
        except BadUri as exc:
            what = f"<{element.name}> has the uri {_short(text)}: {exc}"
            self.problems.append(Problem(what, "", self._file, element.line, element.column))
            return None


def _short(text: str) -> str:
    return text if len(text) < 120 else text[:100] + "…"


def attributes_of(element: Element) -> Mapping[str, str]:
    """Those written as attributes and those written as Spring's <property name= value=>."""
    nested = {
        c.attributes["name"]: c.attributes["value"]
        for c in element.all("property")
        if {"name", "value"} <= set(c.attributes)
    }
    return {**nested, **element.attributes}


def _only_child(broker: Element, name: str) -> Element | None:
    box = broker.first(name)
    return box.children[0] if box is not None and box.children else None


def _store(broker: Element) -> Store | None:
    boxes = broker.all("persistenceAdapter") + broker.all("persistenceFactory")
    found = next((e for box in boxes for e in box.children), None)
    if found is None:
        return None
    attributes = attributes_of(found)
    source = attributes.get("dataSource")
    return Store(
        kind=found.name,
        attributes=attributes,
        locker=next((e for box in found.all("locker") + found.all("databaseLocker") for e in box.children), None),
        source=source.removeprefix("#") if source is not None else _nested_source(found),
        adapter=_adapter(found, attributes),
        element=found,
    )


def _nested_source(store: Element) -> str | None:
    for box in store.all("dataSource"):
        for child in box.children:
            return child.attributes.get("bean") or child.attributes.get("id") or child.name
    return None


def _adapter(store: Element, attributes: Mapping[str, str]) -> str | None:
    written = attributes.get("adapter")
    if written is not None:
        return written.removeprefix("#")
    return next((child.name for box in store.all("adapter") for child in box.children), None)


def _destinations(connector: Element, box: str) -> tuple[Destination, ...]:
    found = (e for b in connector.all(box) for e in b.children)
    return tuple(Destination(e.name, e.attributes.get("physicalName", "")) for e in found)


def _policies(broker: Element) -> Iterator[Policy]:
    for box in broker.all("destinationPolicy", "policyMap"):
        for element in box.all("policyEntries", "policyEntry") + box.all("defaultEntry", "policyEntry"):
            kind = "topic" if "topic" in element.attributes else "queue"
            yield Policy(kind, element.attributes.get(kind, ">"), attributes_of(element), element)


def _limits(broker: Element) -> Mapping[str, Element]:
    found = {}
    for kind in ("memory", "store", "temp"):
        name = f"{kind}Usage"
        for element in broker.all("systemUsage", "systemUsage", name, name):
            found[kind] = element
    return found


def _beans(root: Element) -> Iterator[Bean]:
    for element in root.walk():
        if element.name == "bean" and element.namespace in (BEANS, ""):
            ident = element.attributes.get("id") or element.attributes.get("name", "")
            yield Bean(ident, element.attributes.get("class", ""), _properties(element), element)


def _properties(bean: Element) -> Mapping[str, str]:
    found = {k.rpartition(" ")[2]: v for k, v in bean.prefixed.items() if k.startswith(SPRING_P + " ")}
    for child in bean.all("property"):
        value = child.attributes.get("value")
        if value is None:
            inner = child.first("value")
            value = inner.text if inner is not None else None
        if value is not None and "name" in child.attributes:
            found[child.attributes["name"]] = value
    return found
