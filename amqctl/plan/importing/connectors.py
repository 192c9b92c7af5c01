"""Transport connectors of a file -> `connectors:`, one a protocol."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import cast

from amqctl.activemq.brokerxml.facts import Transport, placeholder
from amqctl.activemq.ownconf import kind
from amqctl.plan.importing.elements import append
from amqctl.plan.importing.model import Book, Found, Keys, scalar
from amqctl.topology.settled import ConnectorKind

_PLAIN = ("tcp", "stomp", "ws", "amqp", "mqtt")
_SECURE = ("ssl", "stomp+ssl", "wss", "amqp+ssl", "mqtt+ssl")
_CLIENT_AUTH = ("needClientAuth", "transport.needClientAuth")


def protocol(transport: Transport) -> tuple[ConnectorKind | None, bool]:
    """(as which connector amqctl has it, whether it is encrypted). None for what amqctl has not."""
    parts = transport.uri.scheme.split("+")
    if transport.uri.scheme == "wss":
        return "ws", True
    if "ssl" not in parts:
        return kind(transport), False
    names = [part for part in parts if part not in ("auto", "nio", "ssl")]
    if len(names) > 1 or (names and names[0] not in _PLAIN[1:]):
        return None, True
    return cast(ConnectorKind, names[0]) if names else "openwire", True


def asks_clients(transport: Transport) -> bool:
    """Whether an encrypted one lets nobody in without a certificate."""
    return any(transport.uri.options.get(key) == "true" for key in _CLIENT_AUTH)


def transports(found: Found, *, tls: bool) -> Mapping[str, Transport]:
    """By kind, those that become connectors: the first of each, with `tls:` the first encrypted one."""
    chosen: dict[str, Transport] = {}
    for transport in found.node.facts.transports:
        name, secure = protocol(transport)
        if name is None or (secure and not tls):
            continue
        if name not in chosen or (secure and not protocol(chosen[name])[1]):
            chosen[name] = transport
    return chosen


def connectors(found: Found, patches: list[Keys], book: Book, *, tls: bool, announced: bool = False) -> Keys:
    """patches: grows, of what has no key. tls: `tls:` is written. announced: a link by multicast says that of
    openwire."""
    chosen = transports(found, tls=tls)
    for transport in found.node.facts.transports:
        name, secure = protocol(transport)
        if name is None or transport is not chosen.get(name):
            _leave(found, transport, chosen.get(name or ""), book)
            continue
        what = _what(transport)
        if transport.uri.scheme not in (*_PLAIN, *_SECURE):
            why = f"{transport.uri.scheme}: becomes {name} with a thread for each connection"
            book.leave(found, transport.element, what, why, "nothing, below some hundred connections")
        if tls and not secure:
            why = "`tls:` is for all connectors, and this one was in plain text"
            book.leave(found, transport.element, what, why, "its clients must speak TLS")
        _rest(found, transport, name, patches, book, announced and name == "openwire")
    return {name: _options(found, one, book, tls=tls) for name, one in chosen.items()} or {"openwire": {}}


def _leave(found: Found, transport: Transport, instead: Transport | None, book: Book) -> None:
    name, secure = protocol(transport)
    why, do = f"{transport.uri.scheme}: is not carried over", "add it with `patch:` if it is needed"
    if secure and (instead is None or not protocol(instead)[1]):
        do = "`tls:` encrypts all connectors"
    elif name is not None:
        why = "it is a second one of its kind"
    book.leave(found, transport.element, _what(transport), why, do)


def _rest(found: Found, transport: Transport, name: str, patches: list[Keys], book: Book, announced: bool) -> None:
    at = f'//amq:transportConnector[@name="{name}"]'
    rest = {k: v for k, v in transport.attributes.items() if k not in ("name", "uri")}
    if rest.pop("discoveryUri", None) and not announced:
        why = "discoveryUri: it announces itself by multicast"
        book.leave(found, transport.element, _what(transport), why, "links name groups: write `network:`")
    for key in [key for key, value in rest.items() if placeholder(value)]:
        what = f"{key} of {_what(transport)}"
        book.leave(found, transport.element, what, f"what {rest.pop(key)} is cannot be told", "write its value")
    if rest:
        patches.append({"at": at, "set": {key: scalar(value) for key, value in rest.items()}})
    for child in transport.element.children:
        if child.name != "property":
            append(found, child, at, patches, book)


def _options(found: Found, transport: Transport, book: Book, *, tls: bool) -> Keys:
    options: Keys = {}
    for key, value in transport.uri.options.items():
        if tls and key in _CLIENT_AUTH:
            continue  # `clientAuth:`
        if placeholder(value) or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9._-]*", key):
            what, why = f"{key} of {transport.name}", f"what {value} is cannot be told"
            book.leave(found, transport.element, what, why, "write its value")
        else:
            options[key] = scalar(value)
    return options


def _what(transport: Transport) -> str:
    return f"transportConnector {transport.name or transport.uri.text}"
