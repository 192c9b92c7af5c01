"""Network connectors: who declares them, where they lead, how they look for the other side."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from amqctl.topology import discovery, multicast, shapes
from amqctl.topology.ends import End, Ends, speaks_openwire
from amqctl.topology.model.link import Link
from amqctl.topology.notes import CapsLike, Notes, text
from amqctl.topology.profiles import Profile
from amqctl.topology.settled import LinkDestination, Origin, Row, SettledGroup, SettledLink
from amqctl.topology.yamltext import Path

Via = Literal["masterslave", "static", "failover", "multicast", "uri"]

# attributes of <networkConnector> that are said elsewhere, and where
RESERVED = {
    "name": "it is the link's `name:`",
    "uri": "it is made of `to:`, `via:` and `options:`",
    "discoveryURI": "it is made of `to:`, `via:` and `options:`",
    "duplex": "write `duplex:` on the link itself",
    "userName": "it is security.network.user",
    "password": "amqctl generates it",
    "remoteUserName": "it is security.network.user",
    "remotePassword": "amqctl generates it",
}
_PRIORITY = "decreaseNetworkConsumerPriority"


@dataclass(frozen=True, slots=True)
class _Item:
    """One entry of `network:`, or one link of a shape. given: attributes that come with the shape, unless written."""

    link: Link
    path: Path
    part_of: str = ""
    given: Mapping[str, str] | None = None


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
        _check_set(link, path, self.notes)
        if link.shape is not None:
            self._shape(link, path)
        elif link.multicast is not None:
            self._multicast(link, path)
        else:
            self._one(_Item(link, path))

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
            self._one(_Item(one, path, f"{form} {link.name}", given))

    def _one(self, item: _Item) -> None:
        link, path, notes = item.link, item.path, self.notes
        source = self.ends.find(link.from_ or "", (*path, "from"), notes)
        target = self.ends.find(link.to, (*path, "to"), notes) if link.to is not None else None
        if link.uri is not None and (wrong := discovery.fault(link.uri)):
            notes.problem(*wrong, (*path, "uri"), value=True)
        if source and (target or link.uri is not None):
            settled, rows = _link(item, source, target, self.profile, self.caps, notes)
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
        for source in looking:
            item = _Item(link, path, f"multicast {link.name}")
            common, rows = _common(item, source, self.profile, self.caps, notes)
            whole = f"network.{link.name}"
            rows = [Row(f"{whole}.via", "multicast", notes.origin((*path, "multicast"))), *rows]
            rows += [Row(f"{whole}.{row.key}", row.value, row.origin) for row in option_rows]
            announced = tuple(broker.name for broker in brokers)
            # of somebody that is found and not looked for in this file, nothing is known
            others: list[End | None] = [end for end in found if end.group != source.group]
            for target in others or [None]:
                one = SettledLink(
                    name=f"{link.name}-{source.name}-{target.name}" if target else f"{link.name}-{source.name}",
                    to=target.name if target else "",
                    to_group=target.group if target else "",
                    targets=tuple(b.name for b in target.brokers) if target else (),
                    via="multicast",
                    options=options,
                    connector=link.name,
                    announced_by=announced,
                    uri=address,
                    **common,
                )
                self._add(one, rows)
                rows = []

    def _add(self, link: SettledLink, rows: list[Row]) -> None:
        self.settled.append(link)
        for name in link.declared_by:
            self.rows.setdefault(name, []).extend(rows)


def _known(names: Sequence[str]) -> str:
    return "known: " + ", ".join(names[:20])


def _link(
    item: _Item,
    source: End,
    target: End | None,
    profile: Profile,
    caps: Callable[[str], CapsLike | None],
    notes: Notes,
) -> tuple[SettledLink, list[Row]]:
    """target: None for an address that is not of this file."""
    link, path = item.link, item.path
    if target is not None and source.group == target.group:
        what = f"{link.name} leads from {source.group} to itself"
        fix = "the members of a group share one store; a link joins two groups"
        notes.problem(what, fix, (*path, "to"), value=True)
    if target is not None:
        speaks_openwire(link.name, target, (*path, "to"), notes)
    _check_own(link, path, source, notes)
    via, via_origin = _via(link, path, target, notes)
    options, option_rows = _options(link, path, profile, notes)
    common, rows = _common(item, source, profile, caps, notes)
    whole = f"network.{link.name}"
    where = "to" if target is not None else "uri"
    first = [
        Row(f"{whole}.{where}", link.to or link.uri or "", notes.origin((*path, where))),
        Row(f"{whole}.via", via, via_origin),
        *(Row(f"{whole}.{row.key}", row.value, row.origin) for row in option_rows),
    ]
    settled = SettledLink(
        name=link.name,
        to=target.name if target else "",
        to_group=target.group if target else "",
        targets=tuple(b.name for b in target.brokers) if target else (),
        via=via,
        options=options if target else {},
        uri=link.uri or "",
        **common,
    )
    return settled, [*first, *rows]


def _common(
    item: _Item, source: End, profile: Profile, caps: Callable[[str], CapsLike | None], notes: Notes
) -> tuple[dict[str, Any], list[Row]]:
    """What links of all kinds have, as values of SettledLink."""
    link, path = item.link, item.path
    whole = f"network.{link.name}"
    rows = [Row(f"{whole}.partOf", item.part_of, notes.origin(path))] if item.part_of else []
    duplex_origin = notes.origin((*path, "duplex")) if "duplex" in link.model_fields_set else Origin("default")
    rows.append(Row(f"{whole}.duplex", text(link.duplex), duplex_origin))
    attributes, attribute_rows = _attributes(item, source, caps, notes)
    transport, transport_rows = _transport(link, path, profile, notes)
    destinations, destination_rows = _destinations(link, path, notes)
    found = (*transport_rows, *attribute_rows, *destination_rows)
    rows += [Row(f"{whole}.{row.key}", row.value, row.origin) for row in found]
    values: dict[str, Any] = {
        "from_": source.name,
        "from_group": source.group,
        "declared_by": tuple(b.name for b in source.brokers),
        "duplex": link.duplex,
        "attributes": attributes,
        "transport": transport,
        "destinations": destinations,
        "part_of": item.part_of,
    }
    return values, rows


def _transport(link: Link, path: Path, profile: Profile, notes: Notes) -> tuple[Mapping[str, str], list[Row]]:
    if link.uri is not None:
        return {}, []
    written = link.transport or {}
    values = dict(profile.link_transport) | {key: text(value) for key, value in written.items()}
    rows = []
    for key, value in values.items():
        origin = notes.origin((*path, "transport", key)) if key in written else Origin("profile", profile.name)
        rows.append(Row(f"transport.{key}", value, origin))
    return values, rows


def _destinations(link: Link, path: Path, notes: Notes) -> tuple[tuple[LinkDestination, ...], list[Row]]:
    found: list[LinkDestination] = []
    rows = []
    roles: tuple[Literal["included", "excluded", "static"], ...] = ("included", "excluded", "static")
    for role in roles:
        for number, one in enumerate(getattr(link.destinations, role, None) or ()):
            kind: Literal["queue", "topic"] = "queue" if one.queue is not None else "topic"
            pattern = one.queue or one.topic or ""
            found.append(LinkDestination(role, kind, pattern))
            origin = notes.origin((*path, "destinations", role, number))
            rows.append(Row(f"destinations.{role}", f"{kind} {pattern}", origin))
    return tuple(found), rows


def _check_own(link: Link, path: Path, source: End, notes: Notes) -> None:
    """From a group that runs from files of its own, a link says what those files declare: so that its state
    can be shown, and drills know of it. Nothing of it is rendered."""
    owns = [broker.own for broker in source.brokers if broker.own]
    if not owns:
        return
    for own in owns:
        found = next((network for network in own.networks if network.name == link.name), None)
        file = f"{own.directory}/activemq.xml"
        if found is None:
            known = ", ".join(network.name for network in own.networks) or "none"
            what = f"{file} has no network connector {link.name}"
            fix = f"declare it there; it has: {known}"
            notes.problem(what, fix, (*path, "name"), value=True)
        elif found.duplex != link.duplex:
            what = f"{file} has the network connector {link.name} with duplex {text(found.duplex)}"
            notes.problem(what, f"write `duplex: {text(found.duplex)}` here too", path)
    for key in sorted({"via", "set", "options", "transport", "destinations"} & link.model_fields_set):
        notes.problem(f"{key} is not read beside conf: its activemq.xml says it", f"remove `{key}`", (*path, key))


def _via(link: Link, path: Path, target: End | None, notes: Notes) -> tuple[Via, Origin]:
    if target is None:
        return "uri", notes.origin((*path, "uri"))
    several = len(target.brokers) > 1
    if link.via is None:
        if several:
            return "masterslave", Origin("default", "to a group of several")
        return "static", Origin("default", "to a single broker")
    if link.via == "masterslave" and not several:
        what = f"masterslave: needs two brokers to choose from; {link.to} is one"
        notes.problem(what, "write `via: static`, or leave it out", (*path, "via"), value=True)
    return link.via, notes.origin((*path, "via"))


def _options(link: Link, path: Path, profile: Profile, notes: Notes) -> tuple[Mapping[str, str], list[Row]]:
    if link.uri is not None:
        return {}, []  # it has them itself
    written = link.options or {}
    options = dict(profile.link_options) | {key: text(value) for key, value in written.items()}
    rows = []
    for key, value in options.items():
        origin = notes.origin((*path, "options", key)) if key in written else Origin("profile", profile.name)
        rows.append(Row(f"options.{key}", value, origin))
    return options, rows


def _attributes(
    item: _Item, source: End, caps: Callable[[str], CapsLike | None], notes: Notes
) -> tuple[Mapping[str, str], list[Row]]:
    link, path = item.link, item.path
    written = {key: text(value) for key, value in (link.set or {}).items() if key not in RESERVED}
    rows = [Row(f"set.{key}", value, notes.origin((*path, "set", key))) for key, value in written.items()]
    for version in dict.fromkeys(broker.version for broker in source.brokers):
        known = caps(version)
        for key in written:
            if known and (since := known.absent.get("networkConnector", {}).get(key)):
                what = f"ActiveMQ {version} has no {key} on a network connector"
                notes.problem(what, f"it came with {since}: remove it, or take a newer version", (*path, "set", key))
    by_shape = {key: value for key, value in (item.given or {}).items() if key not in written}
    if "networkTTL" in written:  # which is both, where they are not written
        by_shape = {key: value for key, value in by_shape.items() if key not in ("messageTTL", "consumerTTL")}
    rows += [Row(f"set.{key}", value, Origin("default", item.part_of)) for key, value in by_shape.items()]
    written |= by_shape
    # whose default changed from one version to the next, so it is always written out; in a group of
    # mixed versions the first listed broker's holds for all, or takeover would change the routing
    first = caps(source.brokers[0].version)
    if first and _PRIORITY not in written:
        written[_PRIORITY] = first.defaults[f"networkConnector.{_PRIORITY}"]
        rows.append(Row(f"set.{_PRIORITY}", written[_PRIORITY], Origin("version", first.version)))
    return written, rows


def _check_set(link: Link, path: Path, notes: Notes) -> None:
    for key in link.set or {}:
        if key in RESERVED:
            notes.problem(f"{key} cannot be set here: {RESERVED[key]}", f"remove {key}", (*path, "set", key))


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
