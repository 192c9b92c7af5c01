"""The links of a topology as they will be declared: those of a shape one by one, with where they come from."""

from __future__ import annotations

from collections.abc import Sequence

from amqctl.topology.settled import SettledLink


def lines(links: Sequence[SettledLink]) -> list[str]:
    """Only of what the file does not say link by link."""
    return [_line(link) for link in links if link.part_of]


def _line(link: SettledLink) -> str:
    ttl = link.attributes.get("messageTTL")
    far = f", messageTTL {ttl}" if ttl else ""
    way = "<->" if link.duplex else "->"
    return f"link {link.name}: {link.from_} {way} {link.leads_to}, {link.via}{far} (of {link.part_of})"


def as_json(links: Sequence[SettledLink]) -> list[dict[str, object]]:
    return [
        {
            "name": link.name,
            "from": link.from_,
            "to": link.leads_to,
            "duplex": link.duplex,
            "via": link.via,
            "connector": link.called,
            "declaredBy": list(link.declared_by),
            "attributes": dict(link.attributes),
            "outside": not link.to_group,
            "partOf": link.part_of or None,
        }
        for link in links
    ]
