"""A group's persistence adapter -> `store:`."""

from __future__ import annotations

from collections.abc import Sequence

from amqctl.activemq import engines
from amqctl.activemq.brokerxml.facts import Store, placeholder
from amqctl.activemq.lint import stores
from amqctl.plan.importing import adapters, datasource
from amqctl.plan.importing.kahadb import kahadb
from amqctl.plan.importing.model import Book, Found, Keys, Server
from amqctl.topology.jdbc import RESERVED

_LOCKERS = {"database-locker": "database", "lease-database-locker": "lease"}
_TABLES = ("messageTableName", "durableSubAcksTableName", "lockTableName")


def store(group: str, found: Found, servers: Sequence[Server], book: Book) -> Keys | None:
    """None: as it is where nothing is written, a KahaDB on a directory that amqctl keeps."""
    facts = found.node.facts.store
    if facts is None:
        return None
    if facts.kind in ("kahaDB", "mKahaDB"):
        return kahadb(group, found, facts, servers, book)
    if facts.kind == "jdbcPersistenceAdapter":
        return _jdbc(group, found, facts, servers, book)
    if facts.kind != "memoryPersistenceAdapter":
        book.leave(found, facts.element, facts.kind, "it is not carried over", "a KahaDB is used; see `store:`")
    else:
        book.leave(found, facts.element, facts.kind, "it keeps nothing", "`broker: {persistent: false}`")
    return None


def _jdbc(group: str, found: Found, facts: Store, servers: Sequence[Server], book: Book) -> Keys | None:
    bean = stores.source(found.node)
    url = stores.database_url(found.node)
    if bean is None or url is None or placeholder(url):
        why = "the address of its database cannot be told"
        book.leave(found, facts.element, facts.kind, why, "write `store: {jdbc: …}`; a KahaDB is used")
        return None
    keys = datasource.where(group, found, bean, url, servers, book)
    keys |= _locker(found, facts, url, book)
    keys |= adapters.times(facts)
    keys |= datasource.pool(found, bean, book)
    keys |= datasource.prefix(found, facts.element.first("statements", "statements"), _TABLES, book)
    if rest := adapters.rest(found, facts.element, RESERVED, book, ("dataDirectory", "adapter")):
        keys["set"] = rest
    if facts.adapter is not None and engines.of_url(url) == engines.OTHER:
        why = "amqctl does not know this database"
        book.leave(found, facts.element, f"adapter {facts.adapter}", why, "`patch:` can append it")
    known = ("adapter", "dataSource", "databaseLocker", "locker", "property", "statements")
    adapters.leave_children(found, facts.element, known, book)
    return {"jdbc": keys}


def _locker(found: Found, facts: Store, url: str, book: Book) -> Keys:
    lock = facts.locker.name if facts.locker else "database-locker"
    adapters.leave_locker(found, facts.locker, book)
    if _LOCKERS.get(lock) == "lease":
        return {"locker": "lease"}
    if _LOCKERS.get(lock) == "database":
        if why := engines.no_row_lock(engines.of_url(url)):
            book.leave(found, facts.locker or facts.element, lock, why, "nothing: a lease is used")
    else:
        book.leave(found, facts.locker, lock, "it is not carried over", "the database-locker is used")
    return {}
