"""sslContext of the files -> `tls:` with their own key stores, where one key stands behind all that is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from amqctl.activemq.brokerxml.facts import placeholder
from amqctl.activemq.brokerxml.tree import Element
from amqctl.plan.importing.connectors import asks_clients, protocol
from amqctl.plan.importing.model import Book, Found, Keys

# of Spring's SpringSslContext: what `tls:` says, or what a key store shows by itself
_CARRIED = ("keyStore", "keyStorePassword", "trustStore", "trustStorePassword")
_SEEN = ("id", "keyStoreType", "trustStoreType")
_FOLDER = "keys"


@dataclass(frozen=True, slots=True)
class _Side:
    """key, trust: the stores' bytes."""

    found: Found
    element: Element
    key: bytes
    trust: bytes
    key_password: str
    trust_password: str


def tls(founds: Sequence[Found], names: Mapping[str, str], book: Book) -> Keys | None:
    """names: of the nodes in the topology. None where nothing is encrypted, or it cannot be carried over; the book
    says why. The stores become files beside the topology, as passwords do."""
    contexts = [(found, found.node.facts.ssl) for found in founds if found.node.facts.ssl is not None]
    if not contexts:
        return None
    sides, why = _sides(founds)
    if not why:
        why = _differs(sides)
    if why:
        for found, element in contexts:
            do = "`tls:`, with a generated CA or these key stores"
            book.leave(found, element, "sslContext", why, do)
        return None
    _leave_rest(sides, book)
    return {
        "keyStore": _store(sides, "keystore", [side.key for side in sides], sides[0].key_password, names, book),
        "trustStore": _store(sides, "truststore", [sides[0].trust], sides[0].trust_password, names, book),
        **({"clientAuth": True} if _client_auth(sides, book) else {}),
    }


def _sides(founds: Sequence[Found]) -> tuple[list[_Side], str]:
    """With why it cannot be, in which case not all are there."""
    sides: list[_Side] = []
    for found in founds:
        context = found.node.facts.ssl.first("sslContext") if found.node.facts.ssl is not None else None
        if context is None:
            return sides, "not every broker has one, and `tls:` is for all"
        if not any(protocol(transport)[1] for transport in found.node.facts.transports):
            return sides, "no transport connector uses it, and `tls:` encrypts all of them"
        said = context.attributes
        for key in _CARRIED:
            if why := _untold(key, said.get(key), found):
                return sides, why
        if said.get("keyStoreKeyPassword", said["keyStorePassword"]) != said["keyStorePassword"]:
            return sides, "the key has another password than its key store"
        sides.append(
            _Side(
                found, context, found.stores[said["keyStore"]], found.stores[said["trustStore"]],
                said["keyStorePassword"], said["trustStorePassword"],
            )
        )  # fmt: skip
    return sides, ""


def _untold(key: str, value: str | None, found: Found) -> str:
    if value is None:
        return f"it has no {key}"
    if key.endswith("Password"):
        return f"what {key} is cannot be told" if placeholder(value) or value.startswith("ENC(") else ""
    return "" if value in found.stores else f"{key} {value} is not a file beside it"


def _differs(sides: Sequence[_Side]) -> str:
    for what, values in (
        ("trust stores", {side.trust for side in sides}),
        ("passwords of their trust stores", {side.trust_password for side in sides}),
        ("passwords of their key stores", {side.key_password for side in sides}),
    ):
        if len(values) > 1:
            return f"brokers have different {what}, and `tls:` has one for all"
    return ""


def _store(
    sides: Sequence[_Side], what: str, stores: Sequence[bytes], password: str, names: Mapping[str, str], book: Book
) -> Keys:
    if len(set(stores)) == 1:
        file = f"{_FOLDER}/{what}"
        book.files[file] = stores[0]
    else:
        file = f"{_FOLDER}/{{node}}.{what}"
        for side, store in zip(sides, stores, strict=True):
            book.files[file.replace("{node}", names[side.found.node.name])] = store
    return {"file": file, "password": book.secret(what, password)}


def _client_auth(sides: Sequence[_Side], book: Book) -> bool:
    encrypted = [(side, t) for side in sides for t in side.found.node.facts.transports if protocol(t)[1]]
    asking = [transport for _, transport in encrypted if asks_clients(transport)]
    if not asking or len(asking) == len(encrypted):
        return bool(asking)
    for side, transport in encrypted:
        if not asks_clients(transport):
            why = "it asked for no certificate; `clientAuth` is for all connectors"
            what = f"transportConnector {transport.name or transport.uri.text}"
            book.leave(side.found, transport.element, what, why, "its clients need one, or remove `clientAuth`")
    return True


def _leave_rest(sides: Sequence[_Side], book: Book) -> None:
    for side in sides:
        for key, value in _others(side.element):
            what = f"sslContext {key}={value}"
            do = "`patch:` at //amq:sslContext/amq:sslContext can set it"
            book.leave(side.found, side.element, what, "it has no key", do)


def _others(element: Element) -> Iterator[tuple[str, str]]:
    for key, value in element.attributes.items():
        if key not in (*_CARRIED, *_SEEN, "keyStoreKeyPassword"):
            yield key, value
