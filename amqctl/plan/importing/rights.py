"""Who may do what: entries of the files' authorizationPlugin -> `security.authorization`."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from amqctl.activemq.brokerxml.facts import placeholder
from amqctl.activemq.brokerxml.tree import Element
from amqctl.plan.importing.model import Book, Found, Keys
from amqctl.topology.model.scalars import PRINCIPAL

PLUGIN = "authorizationPlugin"
_RIGHTS = ("read", "write", "admin")
_OURS = {"admins", "bridges"}  # groups that amqctl makes, and that may do all


def rights(founds: Sequence[Found], groups: Collection[str], book: Book) -> list[Keys] | None:
    """groups: those that somebody is in. None where nothing is carried over; all brokers have one set of rights here,
    so files that differ are told and left."""
    plugins = [(found, plugin) for found in founds if (plugin := found.node.facts.plugin(PLUGIN)) is not None]
    if not plugins:
        return None
    found, plugin = plugins[0]
    if len(plugins) < len(founds) or any(other != plugin for _, other in plugins):
        _leave(plugins, "brokers have different rights in their files, and here one set is for all", book)
        return None
    entries = [e for e in plugin.walk() if e.name == "authorizationEntry"]
    if not entries:
        _leave(plugins, "its rights are kept somewhere else", book)
        return None
    made = [keys for entry in entries if (keys := _right(entry, found, {*groups, *_OURS}, book)) is not None]
    if any(e.name == "tempDestinationAuthorizationEntry" for e in plugin.walk()):
        why = "every group may use temporary destinations here: no request gets a reply without"
        book.note(found.file, "tempDestinationAuthorizationEntry", why, "nothing")
    if not made:  # an empty list would be amqctl's own rights, which are more than none
        _leave(plugins, "none of its entries can be carried over", book)
        return None
    return made


def _right(entry: Element, found: Found, groups: Collection[str], book: Book) -> Keys | None:
    kind = next((k for k in ("queue", "topic") if k in entry.attributes), None)
    pattern = entry.attributes.get(kind or "", "")
    if kind is None or placeholder(pattern) or any(placeholder(entry.attributes.get(right)) for right in _RIGHTS):
        book.leave(found, entry, "authorizationEntry", "it is for no queue or topic that can be told", "write a right")
        return None
    if kind == "topic" and pattern.startswith("ActiveMQ.Advisory"):
        why = "every group may use advisories here: bridges and temporary destinations need them"
        book.note(found.file, f"rights to {pattern}", why, "nothing")
        return None
    made: Keys = {kind: pattern}
    for right in _RIGHTS:
        made[right] = list(_known(right, entry, f"{kind} {pattern}", found, groups, book))
    return made


def _known(right: str, entry: Element, where: str, found: Found, groups: Collection[str], book: Book) -> Iterator[str]:
    for group in filter(None, re.split(r"\s*,\s*", entry.attributes.get(right, "").strip())):
        if group in groups and re.match(PRINCIPAL, group):
            yield group
        else:
            book.leave(found, entry, f"{right} of {where} for {group}", "nobody is in that group", "put a user into it")


def _leave(plugins: Sequence[tuple[Found, Element]], why: str, book: Book) -> None:
    for found, plugin in plugins:
        book.leave(found, plugin, PLUGIN, f"{why}: every user may do all", "write `security: {authorization: …}`")
