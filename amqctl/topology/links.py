"""Network connectors: who declares them, where they lead, how they look for the other side."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from amqctl.topology.model import Link
from amqctl.topology.notes import CapsLike, Notes, text
from amqctl.topology.profiles import Profile
from amqctl.topology.settled import Origin, Row, SettledBroker, SettledGroup, SettledLink
from amqctl.topology.words import meant
from amqctl.topology.yamltext import Path

Via = Literal["masterslave", "static", "failover"]

# attributes of <networkConnector> that are said elsewhere, and where
RESERVED = {
    "name": "it is the link's `name:`",
    "uri": "it is made of `to:`, `via:` and `options:`",
    "duplex": "write `duplex:` on the link itself",
    "userName": "it is security.network.user",
    "password": "amqctl generates it",
    "remoteUserName": "it is security.network.user",
    "remotePassword": "amqctl generates it",
}
_PRIORITY = "decreaseNetworkConsumerPriority"


@dataclass(frozen=True, slots=True)
class _End:
    """What `from` or `to` names: a group with all its brokers, or one broker."""

    group: str
    brokers: tuple[SettledBroker, ...]
    whole: bool


class Ends:
    """Looks names of groups and brokers up."""

    def __init__(self, groups: Sequence[SettledGroup]) -> None:
        self._ends: dict[str, _End] = {}
        for group in groups:
            for broker in group.brokers:
                self._ends[broker.name] = _End(group.name, (broker,), False)
        for group in groups:
            self._ends[group.name] = _End(group.name, group.brokers, True)

    def find(self, name: str, path: Path, notes: Notes) -> _End | None:
        end = self._ends.get(name)
        if end is None:
            fix = meant(name, self._ends) or "known: " + ", ".join(list(self._ends)[:20])
            notes.problem(f"{path[-1]} names {name}, which is neither a group nor a broker", fix, path, value=True)
        return end


def settle_links(
    links: Sequence[Link],
    groups: Sequence[SettledGroup],
    profile: Profile,
    caps: Callable[[str], CapsLike | None],
    notes: Notes,
) -> tuple[tuple[SettledLink, ...], dict[str, list[Row]]]:
    """The links, and for each broker the rows of those it declares."""
    ends = Ends(groups)
    settled: list[SettledLink] = []
    rows: dict[str, list[Row]] = {}
    seen: dict[str, Path] = {}
    for number, link in enumerate(links):
        path: Path = ("network", number)
        if link.name in seen:
            what = f"a second link is named {link.name}{notes.line((*seen[link.name], 'name'))}"
            notes.problem(what, "ActiveMQ tells bridges apart by this name: choose another", (*path, "name"))
        seen.setdefault(link.name, path)
        source = ends.find(link.from_, (*path, "from"), notes)
        target = ends.find(link.to, (*path, "to"), notes) if link.to is not None else None
        _check_set(link, path, notes)
        if source and target:
            one, its_rows = _link(link, path, source, target, profile, caps, notes)
            settled.append(one)
            for broker in source.brokers:
                rows.setdefault(broker.name, []).extend(its_rows)
    _check_double(settled, seen, notes)
    return tuple(settled), rows


def _link(
    link: Link,
    path: Path,
    source: _End,
    target: _End,
    profile: Profile,
    caps: Callable[[str], CapsLike | None],
    notes: Notes,
) -> tuple[SettledLink, list[Row]]:
    if source.group == target.group:
        what = f"{link.name} leads from {source.group} to itself"
        fix = "the members of a group share one store; a link joins two groups"
        notes.problem(what, fix, (*path, "to"), value=True)
    for broker in target.brokers:
        if broker.connector("openwire") is None:
            here: Path = (*path, "to")
            what = f"{link.name} leads to {broker.name}, which has no openwire connector"
            notes.problem(what, "bridges speak OpenWire: write `openwire: {}` there", here, value=True, of_absence=True)
    _check_own(link, path, source, notes)
    via, via_origin = _via(link, path, target, notes)
    options, option_rows = _options(link, path, profile, notes)
    attributes, attribute_rows = _attributes(link, path, source, caps, notes)
    whole = f"network.{link.name}"
    duplex_origin = notes.origin((*path, "duplex")) if "duplex" in link.model_fields_set else Origin("default")
    rows = [
        Row(f"{whole}.to", link.to or "", notes.origin((*path, "to"))),
        Row(f"{whole}.via", via, via_origin),
        Row(f"{whole}.duplex", text(link.duplex), duplex_origin),
        *(Row(f"{whole}.{row.key}", row.value, row.origin) for row in (*option_rows, *attribute_rows)),
    ]
    settled = SettledLink(
        name=link.name,
        from_=link.from_,
        to=link.to or "",
        from_group=source.group,
        to_group=target.group,
        declared_by=tuple(b.name for b in source.brokers),
        targets=tuple(b.name for b in target.brokers),
        via=via,
        duplex=link.duplex,
        options=options,
        attributes=attributes,
    )
    return settled, rows


def _check_own(link: Link, path: Path, source: _End, notes: Notes) -> None:
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
    for key in sorted({"via", "set", "options"} & link.model_fields_set):
        notes.problem(f"{key} is not read beside conf: its activemq.xml says it", f"remove `{key}`", (*path, key))


def _via(link: Link, path: Path, target: _End, notes: Notes) -> tuple[Via, Origin]:
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
    written = link.options or {}
    options = dict(profile.link_options) | {key: text(value) for key, value in written.items()}
    rows = []
    for key, value in options.items():
        origin = notes.origin((*path, "options", key)) if key in written else Origin("profile", profile.name)
        rows.append(Row(f"options.{key}", value, origin))
    return options, rows


def _attributes(
    link: Link, path: Path, source: _End, caps: Callable[[str], CapsLike | None], notes: Notes
) -> tuple[Mapping[str, str], list[Row]]:
    written = {key: text(value) for key, value in (link.set or {}).items() if key not in RESERVED}
    rows = [Row(f"set.{key}", value, notes.origin((*path, "set", key))) for key, value in written.items()]
    for version in dict.fromkeys(broker.version for broker in source.brokers):
        known = caps(version)
        for key in written:
            if known and (since := known.absent.get("networkConnector", {}).get(key)):
                what = f"ActiveMQ {version} has no {key} on a network connector"
                notes.problem(what, f"it came with {since}: remove it, or take a newer version", (*path, "set", key))
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
        if not link.duplex or link.from_group == link.to_group:
            continue
        other = duplex.get((link.to_group, link.from_group))
        if other is not None:
            both = f"{link.name} and {other}{notes.line(seen[other])}"
            what = f"{both} are both duplex between {link.from_group} and {link.to_group}"
            fix = "one duplex link is two bridges already: remove one, or write `duplex: false` on both"
            notes.problem(what, fix, (*seen[link.name], "duplex"))
        duplex.setdefault((link.from_group, link.to_group), link.name)
