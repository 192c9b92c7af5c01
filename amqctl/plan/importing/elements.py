"""Elements that have no key of their own in a topology, as patches: XML text to append to what is rendered."""

from __future__ import annotations

from amqctl.activemq.brokerxml.sheet import raw
from amqctl.activemq.brokerxml.tree import Element
from amqctl.plan.importing.model import Book, Found, Keys

_REFERENCES = ("ref", "idref")  # of Spring


def xml(element: Element, namespace: str = "") -> str | None:
    """Its text, with every namespace declared. None where it cannot stand elsewhere: a placeholder would stay
    one (amqctl's activemq.xml resolves none), a bean would not be there, a topology holds no password, and a
    prefixed attribute would lose its prefix."""
    if element.prefixed or "${" in element.text or "#{" in element.text or element.name in _REFERENCES:
        return None
    if any(_stays(key, value) for key, value in element.attributes.items()):
        return None
    parts = []
    for child in element.children:
        inner = xml(child, element.namespace)
        if inner is None:
            return None
        parts.append(inner)
    declared = f' xmlns="{element.namespace}"' if element.namespace != namespace else ""
    attributes = "".join(f' {key}="{raw(value)}"' for key, value in element.attributes.items())
    body = raw(element.text).replace("&quot;", '"').replace("&apos;", "'") + "".join(parts)
    head = f"<{element.name}{declared}{attributes}"
    return f"{head}>{body}</{element.name}>" if body else f"{head}/>"


def _stays(key: str, value: str) -> bool:
    return "${" in value or value.startswith("#") or "#{" in value or key == "ref" or "password" in key.lower()


def append(found: Found, element: Element, at: str | None, patches: list[Keys], book: Book) -> None:
    """A patch that puts it there, or an entry in the book. at: XPath; None where there is none that fits."""
    text = xml(element)
    if text is None or at is None:
        why = "it has a password, a placeholder or another bean's name, which amqctl's own file cannot have"
        book.leave(found, element, element.name, why, "add it with `patch:`, with values")
    else:
        patches.append({"at": at, "append": text})
