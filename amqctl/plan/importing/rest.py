"""What else is in <broker>, and beside it: patches, or entries in the book."""

from __future__ import annotations

from amqctl.activemq.brokerxml.facts import BrokerFacts, truth
from amqctl.activemq.brokerxml.tree import Element
from amqctl.activemq.lint import stores
from amqctl.plan.importing.elements import append
from amqctl.plan.importing.model import Book, Found, Keys

# children of <broker> that other keys stand for, or that are amqctl's own in every file
_ELSEWHERE = (
    "destinationPolicy", "managementContext", "networkConnectors", "persistenceAdapter", "persistenceFactory",
    "plugins", "systemUsage", "transportConnectors", "shutdownHooks", "property", "jobSchedulerStore", "sslContext",
    "tempDataStore", "ioExceptionHandler",
)  # fmt: skip
_LEASE = "lease-database-locker"
_LEASE_HANDLERS = ("leaseLockerIOExceptionHandler", "jDBCIOExceptionHandler")  # from and before 5.11
# beans that amqctl's own file has, or does not need
_KNOWN = ("PropertyPlaceholderConfigurer", "PropertySourcesPlaceholderConfigurer", "SpringContextHook")
_VERBATIM = "`conf:` runs these files as they are"


def rest(found: Found, patches: list[Keys], book: Book) -> None:
    facts = found.node.facts
    for child in facts.element.children:
        if child.name not in _ELSEWHERE:
            append(found, child, "//amq:broker", patches, book)
    _io_handler(found, patches, book)
    _own_places(found, facts, book)
    _management(found, facts.management, book)
    for hook in facts.element.all("shutdownHooks"):
        for child in hook.children:
            if child.attributes.get("class", "").rpartition(".")[2] not in _KNOWN:
                book.leave(found, child, "shutdownHooks", "amqctl renders its own", "`patch:` can append it")
    _beside(found, facts, book)


def _io_handler(found: Found, patches: list[Keys], book: Book) -> None:
    """With a lease amqctl writes the one that closes the connectors while the lease is in doubt."""
    facts = found.node.facts
    handler, locker = facts.io_handler, facts.store.locker if facts.store else None
    if handler is None:
        return
    if locker is None or locker.name != _LEASE:
        append(found, facts.element.all("ioExceptionHandler")[0], "//amq:broker", patches, book)
    elif handler.name not in _LEASE_HANDLERS or handler.attributes:
        why = "with a lease amqctl writes the handler that closes the connectors while it is in doubt"
        book.leave(found, handler, f"ioExceptionHandler {handler.name}", why, "`patch:` can change it")


def _own_places(found: Found, facts: BrokerFacts, book: Book) -> None:
    if facts.temp_store is not None:
        why = "it names a directory of another machine"
        book.leave(found, facts.temp_store, "tempDataStore", why, "nothing: each broker has its own")
    if facts.job_store is not None:
        why = "the group's scheduler store is amqctl's to place"
        book.leave(found, facts.job_store, "jobSchedulerStore", why, "`broker: {schedulerSupport: true}`")


def _management(found: Found, context: Element | None, book: Book) -> None:
    if context is None:
        return
    said = {key for key in context.attributes if key != "createConnector"}
    if said or truth(context.attributes.get("createConnector")):
        why = "amqctl renders its own: Jolokia, no RMI connector"
        book.leave(found, context, "managementContext", why, "`patch:` if RMI is needed")


def _beside(found: Found, facts: BrokerFacts, book: Book) -> None:
    for one in facts.imports:
        console = one.resource.rpartition("/")[2].startswith("jetty")
        why = "amqctl renders its own console and Jolokia" if console else "imported files are not looked into"
        book.leave(found, one.element, one.resource, why, _VERBATIM)
    source = stores.source(found.node)
    inside = list(facts.element.walk())
    for bean in facts.beans:
        simple = bean.cls.rpartition(".")[2]
        if simple not in _KNOWN and bean != source and bean.element not in inside:
            what = f"bean {bean.ident or simple}"
            book.leave(found, bean.element, what, "amqctl renders no beans of others", _VERBATIM)
    for element in found.others:
        book.leave(found, element, element.name, "amqctl renders <broker> alone", _VERBATIM)
