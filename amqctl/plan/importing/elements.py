"""Elements that have no key of their own in a topology, as patches: XML text to append to what is rendered."""

from __future__ import annotations

from amqctl.activemq.brokerxml.sheet import raw
from amqctl.activemq.brokerxml.tree import Element


def xml(element: Element, namespace: str = "") -> str | None:
    """Its text, with every namespace declared. None where it cannot stand elsewhere: a placeholder would stay
    one (amqctl's activemq.xml resolves none), and a prefixed attribute would lose its prefix."""
    if element.prefixed or "${" in element.text or any("${" in v or "#{" in v for v in element.attributes.values()):
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
