"""A <kahaDB> or an <mKahaDB> -> `store: {kahadb: …}`."""

from __future__ import annotations

from collections.abc import Sequence

from amqctl.activemq.brokerxml.facts import Store, placeholder, truth
from amqctl.activemq.brokerxml.tree import Element
from amqctl.activemq.lint import stores
from amqctl.plan.importing import adapters, datasource
from amqctl.plan.importing.model import Book, Found, Keys, Server
from amqctl.topology.kahadb import RESERVED

_SHARED, _LEASE = "shared-file-locker", "lease-database-locker"
_BOX = "filteredPersistenceAdapters"


def kahadb(group: str, found: Found, facts: Store, servers: Sequence[Server], book: Book) -> Keys | None:
    """None: nothing is written that amqctl would not do anyway."""
    keys = _locker(group, found, facts, servers, book) | adapters.times(facts)
    _leave_directory(found, facts, book)
    if facts.kind == "mKahaDB":
        keys["multi"] = _multi(found, facts, book)
    elif attributes := adapters.rest(found, facts.element, RESERVED, book, ("directory",)):
        keys["set"] = attributes
    adapters.leave_children(found, facts.element, ("locker", "databaseLocker", "property", _BOX), book)
    return {"kahadb": keys} if keys else None


def _leave_directory(found: Found, facts: Store, book: Book) -> None:
    directory = found.node.store or facts.attributes.get("directory")
    if directory:
        why = "messages that are there stay there: amqctl keeps a store of its own for the group"
        do = "`seed:` begins with a copy of it, `path:` uses it"
        book.leave(found, facts.element, f"{facts.kind} directory {directory}", why, do)


def _locker(group: str, found: Found, facts: Store, servers: Sequence[Server], book: Book) -> Keys:
    locker = facts.locker
    if locker is None or locker.name == _SHARED:
        adapters.leave_locker(found, locker, book)
        return {}
    bean, url = stores.source(found.node), stores.database_url(found.node)
    if locker.name != _LEASE or bean is None or url is None or placeholder(url):
        why = "the address of its database cannot be told" if locker.name == _LEASE else "it is not carried over"
        book.leave(found, locker, locker.name, why, "a lock file is used; write `locker: {lease: …}` for a lease")
        return {}
    adapters.leave_locker(found, locker, book)
    keys = datasource.where(group, found, bean, url, servers, book)
    keys |= datasource.pool(found, bean, book)
    keys |= datasource.prefix(found, locker.first("statements", "statements"), ("lockTableName",), book)
    return {"locker": {"lease": keys}}


def _multi(found: Found, facts: Store, book: Book) -> list[Keys]:
    for key, value in facts.attributes.items():
        if key not in (*adapters.TIMES, "directory"):
            what = f"{facts.kind} {key}={value}"
            book.leave(found, facts.element, what, "it has no key", "`patch:` at //amq:mKahaDB can set it")
    made: list[Keys] = []
    for element in facts.element.all(_BOX, "filteredKahaDB"):
        keys = _filtered(found, element, book)
        if keys is None:
            continue
        if any(_whose(keys) == _whose(other) for other in made):
            what = f"a second filteredKahaDB for {_shown(keys)}"
            book.leave(found, element, what, "both would have one directory", "nothing, or another pattern")
        else:
            made.append(keys)
    whose = [_whose(keys) for keys in made]
    if (None, None) not in whose and not {("queue", ">"), ("topic", ">")} <= set(whose):
        why = "ActiveMQ refuses messages to a destination that no entry is for"
        book.leave(found, facts.element, f"{facts.kind} without one for the rest", why, "nothing: one is added")
    return made


def _filtered(found: Found, element: Element, book: Book) -> Keys | None:
    keys: Keys = {}
    for key, value in element.attributes.items():
        if key in ("queue", "topic") and not placeholder(value):
            keys[key] = value
        elif key == "perDestination" and truth(value) is not None:
            keys |= {"perDestination": True} if truth(value) else {}
        else:
            book.leave(
                found, element, f"filteredKahaDB {key}={value}", "it has no key", "nothing is carried over of it"
            )
            return None
    if len(keys) > 1:
        # MultiKahaDBPersistenceAdapter: FilteredDestination has one destination, and perDestination is for the rest
        why = "ActiveMQ takes one of these alone"
        book.leave(found, element, f"filteredKahaDB {' and '.join(keys)}", why, "an entry for each")
        return None
    adapters.leave_children(found, element, ("persistenceAdapter", "property"), book)
    inner = next((e for box in element.all("persistenceAdapter") for e in box.children), None)
    if inner is not None and inner.name != "kahaDB":
        why = "a store in an mKahaDB is a KahaDB here"
        book.leave(found, inner, f"{inner.name} of a filteredKahaDB", why, "nothing")
    elif inner is not None:
        if attributes := adapters.rest(found, inner, RESERVED, book, ("directory",)):
            keys["set"] = attributes
        adapters.leave_children(found, inner, ("property",), book)
    return keys


def _whose(keys: Keys) -> tuple[str | None, str | None]:
    return next(((kind, keys[kind]) for kind in ("queue", "topic") if kind in keys), (None, None))


def _shown(keys: Keys) -> str:
    kind, pattern = _whose(keys)
    return f"{kind} {pattern}" if kind else "the rest"
