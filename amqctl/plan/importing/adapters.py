"""What persistence adapters have in common: lock times, attributes, lockers."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from amqctl.activemq.brokerxml import attributes_of
from amqctl.activemq.brokerxml.facts import Store, number, placeholder
from amqctl.activemq.brokerxml.tree import Element
from amqctl.plan.importing.model import Book, Found, Keys, scalar

TIMES = ("lockAcquireSleepInterval", "lockKeepAlivePeriod")
# of a locker, what amqctl writes itself
_OURS = (*TIMES, "dataSource", "leaseHolderId", "createTablesOnStartup", "name")


def times(facts: Store) -> Keys:
    """Also those that stand on the locker: ActiveMQ reads them there first."""
    keys: Keys = {}
    for key in TIMES:
        for attributes in (facts.locker.attributes if facts.locker else {}, facts.attributes):
            found = number(attributes.get(key))
            if found is not None and key not in keys:
                keys[key] = found
    return keys


def rest(found: Found, element: Element, reserved: Mapping[str, str], book: Book, silent: Collection[str] = ()) -> Keys:
    """Its attributes, for `set:`. reserved: those that are said elsewhere, and where. silent: nothing is said of."""
    kept: Keys = {}
    for key, value in attributes_of(element).items():
        if key in silent or key in TIMES or key in ("dataSource", "lockDataSource"):
            continue
        what = f"{element.name} {key}={value}"
        if key in reserved:
            book.leave(found, element, what, reserved[key], "nothing")
        elif placeholder(value):
            book.leave(found, element, what, "what stands for it cannot be told", "write its value")
        else:
            kept[key] = scalar(value)
    return kept


def leave_locker(found: Found, locker: Element | None, book: Book) -> None:
    """What a locker has besides its times."""
    if locker is None:
        return
    for key, value in locker.attributes.items():
        if key not in _OURS:
            what = f"{locker.name} {key}={value}"
            book.leave(found, locker, what, "it has no key", f"`patch:` at //amq:{locker.name} can set it")


def leave_children(found: Found, element: Element, known: Collection[str], book: Book) -> None:
    """Elements in `element` that nobody has looked at."""
    for child in element.children:
        if child.name not in known:
            book.leave(found, child, f"{child.name} of {element.name}", "it has no key", "`patch:` can append it")
