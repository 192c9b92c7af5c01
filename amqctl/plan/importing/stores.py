"""A group's persistence adapter -> `store:`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from amqctl.activemq import engines
from amqctl.activemq.brokerxml.facts import Bean, number, placeholder
from amqctl.activemq.brokerxml.facts import Store as StoreFacts
from amqctl.activemq.lint import stores
from amqctl.plan.importing.model import Book, Found, Keys, Server, scalar
from amqctl.topology.jdbc import RESERVED as JDBC_RESERVED
from amqctl.topology.kahadb import RESERVED as KAHADB_RESERVED

_TIMES = ("lockAcquireSleepInterval", "lockKeepAlivePeriod")
_URL = re.compile(r"jdbc:(\w+):(?://)?([\w.-]+)(?::(\d+))?/([\w$-]+)(?:[?;](.*))?")
_LOGIN = ("url", "jdbcUrl", "URL", "username", "user", "password")
_LOCKERS = {"shared-file-locker": None, "database-locker": "database", "lease-database-locker": "lease"}
_KINDS = {"mysql": "mysql", "mariadb": "mariadb", "postgresql": "postgres"}


def store(group: str, found: Found, servers: Sequence[Server], book: Book) -> Keys | None:
    """None: as it is where nothing is written, a KahaDB on a directory that amqctl keeps."""
    facts = found.node.facts.store
    if facts is None:
        return None
    if facts.kind == "kahaDB":
        return _kahadb(found, facts, book)
    if facts.kind == "jdbcPersistenceAdapter":
        return _jdbc(group, found, facts, servers, book)
    if facts.kind != "memoryPersistenceAdapter":
        book.leave(found, facts.element, facts.kind, "it is not carried over", "a KahaDB is used; see `store:`")
    else:
        book.leave(found, facts.element, facts.kind, "it keeps nothing", "`broker: {persistent: false}`")
    return None


def _kahadb(found: Found, facts: StoreFacts, book: Book) -> Keys | None:
    keys = _times(facts)
    directory = found.node.store or facts.attributes.get("directory")
    if directory:
        why = "messages that are there stay there: amqctl keeps a store of its own for the group"
        book.leave(
            found,
            facts.element,
            f"kahaDB directory {directory}",
            why,
            "`seed:` begins with a copy of it, `path:` uses it",
        )
    rest = _rest(found, facts, KAHADB_RESERVED, book)
    if rest:
        keys["set"] = rest
    return {"kahadb": keys} if keys else None


def _jdbc(group: str, found: Found, facts: StoreFacts, servers: Sequence[Server], book: Book) -> Keys | None:
    bean = stores.source(found.node)
    url = stores.database_url(found.node)
    if bean is None or url is None or placeholder(url):
        book.leave(
            found,
            facts.element,
            facts.kind,
            "the address of its database cannot be told",
            "write `store: {jdbc: …}`; a KahaDB is used",
        )
        return None
    keys = _where(group, found, bean, url, servers, book)
    lock = facts.locker.name if facts.locker else "database-locker"
    engine = engines.of_url(url)
    if _LOCKERS.get(lock) == "lease":
        keys["locker"] = "lease"
    elif _LOCKERS.get(lock) == "database":
        if why := engines.no_row_lock(engine):
            book.leave(found, facts.locker or facts.element, lock, why, "nothing: a lease is used")
    else:
        book.leave(found, facts.locker, lock, "it is not carried over", "the database-locker is used")
    keys |= _times(facts)
    if "dbcp2" not in bean.cls and "dbcp" in bean.cls:
        keys["pool"] = "dbcp1"
    rest = _rest(found, facts, JDBC_RESERVED, book, ("dataDirectory", "adapter"))
    if rest:
        keys["set"] = rest
    if facts.adapter is not None and engine == engines.OTHER:
        book.leave(
            found,
            facts.element,
            f"adapter {facts.adapter}",
            "amqctl does not know this database",
            "`patch:` can append it",
        )
    known = (*_LOGIN, "driverClassName", "driverClass", "poolPreparedStatements", "maxActive", "maxTotal")
    for name in sorted(set(bean.properties) - set(known)):
        book.leave(found, bean.element, f"{name} of the data source", "it has no key", "`patch:` can set it")
    for name in ("maxActive", "maxTotal"):
        if name in bean.properties:
            book.leave(
                found,
                bean.element,
                f"{name} {bean.properties[name]} of the data source",
                "amqctl's brokers have 40 connections",
                "`patch:` can set it",
            )
    return {"jdbc": keys}


def _where(group: str, found: Found, bean: Bean, url: str, servers: Sequence[Server], book: Book) -> Keys:
    match = _URL.match(url)
    user = next((bean.properties[k] for k in ("username", "user") if k in bean.properties), "")
    password = bean.properties.get("password", "")
    server = next((s for s in servers if match and s.name.lower() == match[2].lower()), None)
    if server is not None and match and _KINDS.get(match[1]) == server.kind:
        keys: Keys = {"server": server.name}
        if re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", match[4]):
            keys["database"] = match[4]
        if user and user not in ("root", "postgres"):
            keys["user"] = user
        own = {k: str(v).lower() for k, v in engines.params(engines.of_url(url)).items()}
        pairs = dict(p.split("=", 1) for p in re.split("[&;]", match[5] or "") if "=" in p)
        if params := {k: scalar(v) for k, v in pairs.items() if own.get(k) != v.lower()}:
            keys["params"] = params
        why = "amqctl makes the database, its user and a password of its own"
        book.leave(found, bean.element, f"password of {user or 'the database'}", why, "nothing")
        return keys
    keys = {"url": url, "user": user or "activemq"}
    if not password or placeholder(password) or password.startswith("ENC("):
        why = "it cannot be told" if password else "there is none"
        book.leave(found, bean.element, "password of the data source", why, f"write it into {_file(group)}")
        password = ""
    keys["password"] = book.secret(f"db-{group}", password)
    if engines.of_url(url) == engines.OTHER:
        book.leave(found, bean.element, "driver", "amqctl knows none for this database", "write `driver:`")
    return keys


def _file(group: str) -> str:
    return f"secrets/db-{group}"


def _times(facts: StoreFacts) -> Keys:
    """Also those that stand on the locker: ActiveMQ reads them there first."""
    keys: Keys = {}
    for key in _TIMES:
        for attributes in (facts.locker.attributes if facts.locker else {}, facts.attributes):
            found = number(attributes.get(key))
            if found is not None and key not in keys:
                keys[key] = found
    return keys


def _rest(
    found: Found, facts: StoreFacts, reserved: object, book: Book, silent: tuple[str, ...] = ("directory",)
) -> Keys:
    rest: Keys = {}
    assert isinstance(reserved, dict)
    for key, value in facts.attributes.items():
        if key in silent or key in _TIMES or key in ("dataSource", "lockDataSource"):
            continue
        what = f"{facts.kind} {key}={value}"
        if key in reserved:
            book.leave(found, facts.element, what, reserved[key], "nothing")
        elif placeholder(value):
            book.leave(found, facts.element, what, "what stands for it cannot be told", "write its value")
        else:
            rest[key] = scalar(value)
    return rest
