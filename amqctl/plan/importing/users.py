"""Who may log in: users of the files' plugins -> `security:`, with passwords in files beside the topology."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from amqctl.activemq.brokerxml.facts import placeholder
from amqctl.activemq.brokerxml.tree import Element
from amqctl.plan.importing import rights
from amqctl.plan.importing.elements import xml
from amqctl.plan.importing.model import Book, Found, Keys
from amqctl.plan.properties import parse
from amqctl.topology.model.scalars import PRINCIPAL

_SIMPLE = "simpleAuthenticationPlugin"
_JAAS = ("jaasAuthenticationPlugin", "jaasCertificateAuthenticationPlugin", "jaasDualAuthenticationPlugin")
_BRIDGE = "bridge"  # amqctl's own user for bridges, unless another is written


@dataclass(frozen=True, slots=True)
class _User:
    name: str
    password: str
    groups: tuple[str, ...]


def security(founds: Sequence[Found], book: Book) -> Keys:
    users: dict[str, _User] = {}
    asked = False
    for found in founds:
        facts = found.node.facts
        plugin = facts.plugin(_SIMPLE, *_JAAS)
        asked = asked or plugin is not None
        if plugin is None:
            continue
        for user in _simple(plugin) if plugin.name == _SIMPLE else _files(found, plugin, book):
            if not re.match(PRINCIPAL, user.name):
                book.leave(found, plugin, f"user {user.name}", "such a name cannot be carried over", "another name")
            elif users.setdefault(user.name, user) != user:
                why = "another broker has a user of that name with another password or other groups"
                book.leave(found, plugin, f"user {user.name}", why, "one of the two holds for all brokers")
        if plugin.attributes.get("anonymousAccessAllowed") == "true":
            why = "amqctl's brokers never answer without a login"
            book.leave(found, plugin, "anonymousAccessAllowed", why, "give those clients a user")
    if not asked:
        file = founds[0].file
        why = "amqctl's brokers never answer without one: there are users admin and app with generated passwords"
        book.note(file, "no authentication", why, "`amqctl urls` says what clients use; name users under `security:`")
    made: Keys = {}
    if users:
        made["users"] = {user.name: _keys(user, founds[0], book) for user in users.values()}
    may = rights.rights(founds, {group for user in users.values() for group in user.groups}, book)
    if may is not None:
        made["authorization"] = may
    if _BRIDGE in users:
        made["network"] = {"user": "amqctl-bridge"}
    return made


def plugins(found: Found, patches: list[Keys], book: Book) -> None:
    """The other plugins, as patches."""
    for plugin in found.node.facts.plugins:
        if plugin.name in (_SIMPLE, *_JAAS, rights.PLUGIN):
            continue
        text = xml(plugin)
        if text is None:
            book.leave(found, plugin, plugin.name, "it has a placeholder", "add it with `patch:`, with values")
        else:
            patches.append({"at": "//amq:broker/amq:plugins", "append": text})


def _keys(user: _User, found: Found, book: Book) -> Keys:
    password: object = "generated"
    if not user.password or placeholder(user.password) or user.password.startswith("ENC("):
        why = "its password cannot be told" if user.password else "it has no password"
        book.note(found.file, f"user {user.name}", why, "a new one is generated; `amqctl urls` says where it is")
    else:
        password = book.secret(user.name, user.password)
    groups = [group for group in user.groups if re.match(PRINCIPAL, group)]
    return {"password": password, "groups": groups}


def _simple(plugin: Element) -> Iterator[_User]:
    for one in plugin.all("users", "authenticationUser"):
        groups = tuple(filter(None, re.split(r"\s*,\s*", one.attributes.get("groups", "").strip())))
        yield _User(one.attributes.get("username", ""), one.attributes.get("password", ""), groups)


def _files(found: Found, plugin: Element, book: Book) -> Iterator[_User]:
    """Of the files that the shipped login.config names."""
    if "users.properties" not in found.texts:
        why = "users.properties is not beside the file, or login.config asks somebody else"
        book.leave(found, plugin, plugin.name, why, "write the users under `security:`")
        return
    groups = parse(found.texts.get("groups.properties", ""))
    for name, password in parse(found.texts["users.properties"]).items():
        its = tuple(g for g, members in groups.items() if name in re.split(r"\s*,\s*", members.strip()))
        yield _User(name, password, its)
