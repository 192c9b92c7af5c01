"""Network connectors: who declares them, where they lead, how they look for the other side."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from amqctl.topology import discovery, multicast, shapes
from amqctl.topology.connector import Item, check_set, common, settle_link
from amqctl.topology.ends import End, Ends
from amqctl.topology.model.link import Link
from amqctl.topology.notes import CapsLike, Notes
from amqctl.topology.profiles import Profile
from amqctl.topology.settled import Row, SettledGroup, SettledLink
from amqctl.topology.yamltext import Path


def settle_links(
    links: Sequence[Link],
    groups: Sequence[SettledGroup],
    profile: Profile,
    caps: Callable[[str], CapsLike | None],
    notes: Notes,
    cluster: str,
) -> tuple[tuple[SettledLink, ...], dict[str, list[Row]]]:
    """The links, and for each broker the rows of those it declares. cluster: its name."""
    book = _Book(Ends(groups), profile, caps, notes, cluster)
    for number, link in enumerate(links):
        book.item(link, ("network", number))
    _check_double(book.settled, book.seen, notes)
    return tuple(book.settled), book.rows


class _Book:
    """Settles one entry after another; `settled` and `rows` grow. seen: where each name was written."""

    def __init__(
        self, ends: Ends, profile: Profile, caps: Callable[[str], CapsLike | None], notes: Notes, cluster: str
    ) -> None:
        self.ends, self.profile, self.caps, self.notes, self.cluster = ends, profile, caps, notes, cluster
        self.settled: list[SettledLink] = []
        self.rows: dict[str, list[Row]] = {}
        self.seen: dict[str, Path] = {}
        self.announced: dict[str, str] = {}  # broker -> the link by which others find it

    def item(self, link: Link, path: Path) -> None:
        self._name(link.name, path)
        check_set(link, path, self.notes)
        if link.shape is not None:
            self._shape(link, path)
        elif link.multicast is not None:
            self._multicast(link, path)
        else:
            self._one(Item(link, path))

    def _name(self, name: str, path: Path) -> None:
        if name in self.seen:
            what = f"a second link is named {name}{self.notes.line((*self.seen[name], 'name'))}"
            self.notes.problem(what, "ActiveMQ tells bridges apart by this name: choose another", (*path, "name"))
        self.seen.setdefault(name, path)

    def _shape(self, link: Link, path: Path) -> None:
        form = link.shape
        assert form is not None
        ends = self.ends.several(link.groups, path, self.notes, least=shapes.LEAST[form], what=f"a {form}")
        names = [end.name for end in ends]
        if ends and link.hub is not None and link.hub not in names:
            self.notes.problem(f"hub names {link.hub}, which is not among groups", _known(names), (*path, "hub"))
            return
        given = shapes.attributes(form, len(ends)) if ends else {}
        for one in shapes.expanded(link, names) if ends else ():
            self._name(one.name, path)
            self._one(Item(one, path, f"{form} {link.name}", given))

    def _one(self, item: Item) -> None:
        link, path, notes = item.link, item.path, self.notes
        source = self.ends.find(link.from_ or "", (*path, "from"), notes)
        target = self.ends.find(link.to, (*path, "to"), notes) if link.to is not None else None
        if link.uri is not None and (wrong := discovery.fault(link.uri)):
            notes.problem(*wrong, (*path, "uri"), value=True)
        if source and (target or link.uri is not None):
            settled, rows = settle_link(item, source, target, self.profile, self.caps, notes)
            self._add(settled, rows)

    def _multicast(self, link: Link, path: Path) -> None:
        notes = self.notes
        looking, found = multicast.ends_of(link, path, self.ends, notes)
        address, options, option_rows = multicast.options(link, path, self.cluster, self.profile, notes)
        brokers = [broker for end in found for broker in end.brokers]
        for broker in brokers:
            other = self.announced.setdefault(broker.name, link.name)
            if other != link.name:
                what = f"{broker.name} announces itself for {other}{notes.line(self.seen[other])} already"
                notes.problem(what, "a connector announces itself once: one link for all of `groups`", path)
            row = Row("connectors.openwire.discoveryUri", f"multicast, link {link.name}", notes.origin(path))
            self.rows.setdefault(broker.name, []).append(row)
        announced = tuple(broker.name for broker in brokers)
        for source in looking:
            item = Item(link, path, f"multicast {link.name}")
            values, rows = common(item, source, self.profile, self.caps, notes)
            values |= {"options": options, "announced_by": announced, "uri": address}
            whole = f"network.{link.name}"
            rows = [Row(f"{whole}.via", "multicast", notes.origin((*path, "multicast"))), *rows]
            rows += [Row(f"{whole}.{row.key}", row.value, row.origin) for row in option_rows]
            for broker in source.brokers:
                self.rows.setdefault(broker.name, []).extend(rows)
            self._pairs(item, source, [end for end in found if end.group != source.group], values)

    def _pairs(self, item: Item, source: End, others: list[End], values: dict[str, Any]) -> None:
        """A link for each that must be found; one to nowhere where nobody of this file is to be."""
        ends: list[End | None] = [*others] or [None]
        for target in ends:
            name = "-".join(filter(None, (item.link.name, source.name, target.name if target else "")))
            self._name(name, item.path)
            self.settled.append(
                SettledLink(
                    name=name,
                    to=target.name if target else "",
                    to_group=target.group if target else "",
                    targets=tuple(b.name for b in target.brokers) if target else (),
                    via="multicast",
                    connector=item.link.name,
                    **values,
                )
            )

    def _add(self, link: SettledLink, rows: list[Row]) -> None:
        self.settled.append(link)
        for name in link.declared_by:
            self.rows.setdefault(name, []).extend(rows)


def _known(names: Sequence[str]) -> str:
    return "known: " + ", ".join(names[:20])


def _check_double(links: Sequence[SettledLink], seen: Mapping[str, Path], notes: Notes) -> None:
    """A duplex link carries messages both ways; a second one declared from the other side doubles each bridge."""
    duplex: dict[tuple[str, str], str] = {}
    for link in links:
        if not link.duplex or link.from_group == link.to_group or not link.to_group:
            continue
        other = duplex.get((link.to_group, link.from_group))
        if other is not None:
            both = f"{link.called} and {other}{notes.line(seen[other])}"
            what = f"{both} are both duplex between {link.from_group} and {link.to_group}"
            fix = "one duplex link is two bridges already: remove one, or write `duplex: false` on both"
            notes.problem(what, fix, (*seen[link.called], "duplex"))
        duplex.setdefault((link.from_group, link.to_group), link.called)
