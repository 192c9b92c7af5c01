"""What an activemq.xml says, as plain frozen data, whoever wrote it. Places make no difference: equal facts are equal.

Values are text as written; `truth`, `number` and `size` read them, and say None where only the broker's
own start would tell (a placeholder).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from amqctl.activemq.brokerxml.tree import Element
from amqctl.activemq.brokerxml.uri import Uri

DEFAULT_NAME = "localhost"  # BrokerService.DEFAULT_BROKER_NAME
DEFAULT_CONNECTOR = "NC"  # NetworkConnector's name where none is written


@dataclass(frozen=True, slots=True)
class Transport:
    """name: None where none is written; ActiveMQ then takes the URI."""

    name: str | None
    uri: Uri
    attributes: Mapping[str, str]
    element: Element

    @property
    def publishes(self) -> str:
        """Which name of its host others are told, as PublishedAddressPolicy spells it; DEFAULT without one."""
        for element in self._policy():
            if written := element.attributes.get("publishedHostStrategy"):
                return written.upper()
            if element.attributes.get("name") == "publishedHostStrategy":
                return (element.attributes.get("value") or element.text).strip().upper()
        return "DEFAULT"

    @property
    def host_mapping(self) -> tuple[str, ...]:
        """Hosts that others are told in place of its own, in lower case; "" for one that is not written plainly."""
        found = []
        for element in self._policy():
            if "hostMapping" in element.attributes:
                pairs = re.split(r"[,\n]", element.attributes["hostMapping"])
                found += [pair.partition("=")[2].strip().lower() for pair in pairs if "=" in pair]
            elif element.name == "hostMapping" or element.attributes.get("name") == "hostMapping":
                entries = [e for e in element.walk() if e.name == "entry"]
                found += [e.attributes.get("value", "").lower() for e in entries]
        return tuple(found)

    def _policy(self) -> Iterator[Element]:
        outer = self.element.first("publishedAddressPolicy")
        return outer.walk() if outer is not None else iter(())


@dataclass(frozen=True, slots=True)
class Destination:
    kind: str  # "queue", "topic", "tempQueue", "tempTopic"
    pattern: str


@dataclass(frozen=True, slots=True)
class Network:
    """A networkConnector. kind: its element; ldapNetworkConnector and multicastNetworkConnector are others.

    uri: None where the element has none.
    """

    kind: str
    name: str | None
    uri: Uri | None
    attributes: Mapping[str, str]
    included: tuple[Destination, ...]
    excluded: tuple[Destination, ...]
    static: tuple[Destination, ...]
    element: Element

    @property
    def called(self) -> str:
        return self.name or DEFAULT_CONNECTOR

    @property
    def duplex(self) -> bool:
        return truth(self.attributes.get("duplex")) is True

    @property
    def has_user(self) -> bool:
        return any(self.attributes.get(key) for key in ("userName", "remoteUserName"))

    def ttl(self, which: str) -> int | None:
        """Hops for "messageTTL" or "consumerTTL"; None where a placeholder stands."""
        written = self.attributes.get(which, self.attributes.get("networkTTL"))
        return 1 if written is None else number(written)


@dataclass(frozen=True, slots=True)
class Store:
    """A persistence adapter. kind: its element. locker: as written, None for the adapter's own.

    source: the name of the data source bean. adapter: of the JDBC adapter, an element's name or a bean's.
    """

    kind: str
    attributes: Mapping[str, str]
    locker: Element | None
    source: str | None
    adapter: str | None
    element: Element


@dataclass(frozen=True, slots=True)
class Policy:
    destination: str  # "queue" or "topic"
    pattern: str
    attributes: Mapping[str, str]
    element: Element


@dataclass(frozen=True, slots=True)
class Bean:
    """ident: id or name. properties: those with a plain value."""

    ident: str
    cls: str
    properties: Mapping[str, str]
    element: Element


@dataclass(frozen=True, slots=True)
class Import:
    resource: str
    element: Element


@dataclass(frozen=True, slots=True)
class BrokerFacts:
    """One broker. limits: of systemUsage, "memory", "store" and "temp", where written."""

    name: str
    attributes: Mapping[str, str]
    store: Store | None
    transports: tuple[Transport, ...]
    networks: tuple[Network, ...]
    policies: tuple[Policy, ...]
    plugins: tuple[Element, ...]
    limits: Mapping[str, Element]
    ssl: Element | None
    management: Element | None
    io_handler: Element | None
    temp_store: Element | None
    job_store: Element | None
    imports: tuple[Import, ...]
    beans: tuple[Bean, ...]
    element: Element

    @property
    def persistent(self) -> bool:
        if truth(self.attributes.get("persistent")) is False:
            return False
        return self.store is None or self.store.kind != "memoryPersistenceAdapter"

    @property
    def listens(self) -> Mapping[int, Transport]:
        """By port; those that the system chooses (0) and those behind a placeholder are not there."""
        return {t.uri.port: t for t in self.transports if t.uri.port}

    def bean(self, ident: str) -> Bean | None:
        return next((b for b in self.beans if b.ident == ident), None)

    def plugin(self, *names: str) -> Element | None:
        return next((p for p in self.plugins if p.name in names), None)


def truth(text: str | None) -> bool | None:
    """As Spring reads a boolean."""
    return {
        "true": True,
        "on": True,
        "yes": True,
        "1": True,
        "false": False,
        "off": False,
        "no": False,
        "0": False,
    }.get((text or "").strip().lower())


def number(text: str | None) -> int | None:
    match = re.fullmatch(r"\s*(-?\d{1,18})\s*", text or "")
    return int(match[1]) if match else None


def size(text: str | None) -> int | None:
    """Bytes, as org.apache.activemq.util.XBeanByteConverterUtil reads "100 gb"."""
    match = re.fullmatch(r"\s*(\d{1,15})\s*(?:([kmg])b?|b)?\s*", text or "", re.IGNORECASE)
    return int(match[1]) << {None: 0, "k": 10, "m": 20, "g": 30}[match[2] and match[2].lower()] if match else None


def placeholder(text: str | None) -> bool:
    return text is not None and "${" in text
