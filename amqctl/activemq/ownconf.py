"""Somebody's own configuration directory: what amqctl must know of it before it can run it. Pure.

The files come from the caller, by name; what is said of them is `OwnConf`, and everything that is in the way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from amqctl.activemq.brokerxml import read, tree
from amqctl.activemq.brokerxml.facts import BrokerFacts, Transport, number, placeholder, truth
from amqctl.activemq.brokerxml.tree import Element
from amqctl.errors import BadTopology, Problem
from amqctl.topology.own import OwnConf, OwnNetwork, OwnPool, OwnStore, OwnTransport
from amqctl.topology.settled import ConnectorKind

MAIN = "activemq.xml"

# the protocol behind a transport's scheme, for those that amqctl speaks; "nio" is how it is served
_KINDS: Mapping[str, ConnectorKind] = {
    "tcp": "openwire", "nio": "openwire", "auto": "openwire",
    "stomp": "stomp", "ws": "ws", "amqp": "amqp", "mqtt": "mqtt",
}  # fmt: skip
_CONNECTORS = ("ServerConnector", "SelectChannelConnector", "NetworkTrafficServerConnector")
_STORES: Mapping[str, OwnStore] = {
    "kahaDB": "kahadb", "mKahaDB": "kahadb", "levelDB": "other",
    "jdbcPersistenceAdapter": "jdbc", "memoryPersistenceAdapter": "memory",
}  # fmt: skip

# ActiveMQ's own, in ms (AbstractLocker, KahaDBPersistenceAdapter, JDBCPersistenceAdapter)
_SLEEP, _ALIVE, _ALIVE_JDBC = 10_000, 0, 30_000


@dataclass(frozen=True, slots=True)
class OwnFiles:
    """A directory's content. texts: by file name; bytes that are no UTF-8 as surrogates (PEP 383), so that
    they can be written again as they were. jars: absolute paths."""

    directory: str
    texts: Mapping[str, str]
    jars: tuple[str, ...] = ()


def understood(own: OwnFiles) -> OwnConf:
    """Raises BadTopology with everything that keeps amqctl from running it."""
    facts = broker_facts(own)
    if problems := list(_problems(facts, own)):
        raise BadTopology(problems)
    store = facts.store
    alive = _ALIVE_JDBC if store and store.kind.startswith("jdbc") else _ALIVE
    return OwnConf(
        directory=own.directory,
        broker_name=None if placeholder(facts.name) else facts.name,
        transports=tuple(OwnTransport(_called(t), kind(t), t.uri.port or 0) for t in managed(facts)),
        console=any(True for _ in consoles(own, facts)),
        store=_store_kind(facts),
        acquire_sleep=_locking(facts, "lockAcquireSleepInterval", _SLEEP),
        keep_alive=_locking(facts, "lockKeepAlivePeriod", alive),
        lease=bool(store and store.locker and store.locker.name == "lease-database-locker"),
        pool=_pool(facts),
        scheduler=truth(facts.attributes.get("schedulerSupport")) is True,
        networks=tuple(OwnNetwork(n.called, n.duplex) for n in facts.networks),
        jars=own.jars,
    )


def _problems(facts: BrokerFacts, own: OwnFiles) -> Iterator[Problem]:
    place = f"{own.directory}/{MAIN}"
    for lacking in _lacking(facts, own):
        what = f"{MAIN} needs {lacking}, which is not in {own.directory}"
        fix = "copy it there (ActiveMQ ships one in conf/), or remove what refers to it"
        yield Problem(what, fix, place)
    for transport in facts.transports:
        if not transport.uri.scheme:
            what = f"the transport connector {transport.name or ''} has the uri {transport.uri.text!r}"
            fix = "write the address out: amqctl must choose its port"
            yield Problem(what, fix, place, transport.element.line, transport.element.column)


def _store_kind(facts: BrokerFacts) -> OwnStore:
    if not facts.persistent:
        return "memory"
    return _STORES.get(facts.store.kind, "other") if facts.store else "kahadb"


def broker_facts(own: OwnFiles) -> BrokerFacts:
    text = own.texts.get(MAIN)
    if text is None:
        fix = "conf: names a directory with an activemq.xml and what that needs"
        raise BadTopology([Problem(f"{own.directory} has no {MAIN}", fix)])
    return read(xml(own, MAIN), f"{own.directory}/{MAIN}").facts


def xml(own: OwnFiles, name: str) -> str:
    """Its text, of which places can be told: raises BadTopology for one in another encoding."""
    text = own.texts[name]
    if re.search("[\udc80-\udcff]", text):
        what = "not UTF-8: amqctl would not find the places of what it must change"
        raise BadTopology([Problem(what, "save it as UTF-8", f"{own.directory}/{name}", 1, 1)])
    return text.removeprefix("\ufeff")


def managed(facts: BrokerFacts) -> Sequence[Transport]:
    """Those that listen on a port of this machine."""
    return [t for t in facts.transports if t.uri.scheme not in ("vm", "peer", "") and not t.uri.composite]


def kind(transport: Transport) -> ConnectorKind | None:
    """None for TLS, too."""
    parts = transport.uri.scheme.split("+")
    return None if "ssl" in parts else _KINDS.get(parts[0])


def imported(facts: BrokerFacts, own: OwnFiles) -> Iterator[str]:
    """Names of the directory's files that activemq.xml imports."""
    for one in facts.imports:
        name = local_name(one.resource)
        if name in own.texts:
            yield name


def local_name(resource: str) -> str:
    """`jetty.xml` of "jetty.xml", "file:${activemq.conf}/jetty.xml" and "${activemq.base}/conf/jetty.xml"."""
    return re.sub(r"^(file:)?(//)?(\$\{activemq\.conf\}|\$\{activemq\.(base|home)\}/conf)?/?(\./)?", "", resource)


def consoles(own: OwnFiles, facts: BrokerFacts) -> Iterator[tuple[str, Element]]:
    """(file, bean) of everything that says on which port and address the web console listens."""
    for name in (MAIN, *imported(facts, own)):
        for element in tree.parse(xml(own, name), f"{own.directory}/{name}").root.walk():
            cls = element.attributes.get("class", "").rpartition(".")[2]
            if element.name == "bean" and (cls == "WebConsolePort" or cls in _CONNECTORS):
                yield name, element


def _called(transport: Transport) -> str:
    return transport.name or transport.uri.scheme


def _lacking(facts: BrokerFacts, own: OwnFiles) -> list[str]:
    """What the XML files refer to by ${activemq.conf}, or import, and the directory has not."""
    wanted = [local_name(one.resource) for one in facts.imports]
    for name in (MAIN, *imported(facts, own)):
        for element in tree.parse(xml(own, name), name).root.walk():
            for text in (*element.attributes.values(), element.text):
                wanted += re.findall(r"\$\{activemq\.(?:conf|(?:base|home)\}/conf)\}?/([\w.-]+)", text)
    rendered = ("login.config", "jolokia-access.xml", "log4j.properties", "log4j2.properties")
    return [
        name
        for name in dict.fromkeys(wanted)
        if name not in own.texts and name not in rendered and not name.startswith("classpath:")
    ]


def _locking(facts: BrokerFacts, key: str, otherwise: int) -> int:
    """Of the store or its locker; both have been taken by ActiveMQ since 5.7."""
    store = facts.store
    if store is None:
        return otherwise
    for attributes in (store.locker.attributes if store.locker else {}, store.attributes):
        found = number(attributes.get(key))
        if found is not None:
            return found
    return otherwise


def _pool(facts: BrokerFacts) -> OwnPool:
    bean = facts.bean(facts.store.source) if facts.store and facts.store.source else None
    cls = bean.cls if bean else ""
    if cls.startswith("org.apache.commons.dbcp2."):
        return "dbcp2"
    return "dbcp1" if cls.startswith("org.apache.commons.dbcp.") else ""
