"""One network connector, or one link of a shape: what was written, with profile and version filled in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from amqctl.topology.ends import End, speaks_openwire
from amqctl.topology.model.link import Link
from amqctl.topology.notes import CapsLike, Notes, text
from amqctl.topology.profiles import Profile
from amqctl.topology.settled import LinkDestination, Origin, PasswordSource, Row, SettledLink
from amqctl.topology.users import source as password_source
from amqctl.topology.words import meant
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
    "remoteUserName": "it is security.network.user; with `uri`, write `user:`",
    "remotePassword": "amqctl generates it; with `uri`, write `password:`",
}
_PRIORITY = "decreaseNetworkConsumerPriority"


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of `network:`, or one link of a shape. given: attributes that come with the shape, unless written."""

    link: Link
    path: Path
    part_of: str = ""
    given: Mapping[str, str] | None = None


def settle_link(
    item: Item,
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
    values, rows = common(item, source, profile, caps, notes)
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
        user=link.user or "",
        password=_password(link, path, source, caps, notes),
        **values,
    )
    if link.user is not None:
        first.append(Row(f"{whole}.user", link.user, notes.origin((*path, "user"))))
    return settled, [*first, *rows]


def common(
    item: Item, source: End, profile: Profile, caps: Callable[[str], CapsLike | None], notes: Notes
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


def _password(
    link: Link, path: Path, source: End, caps: Callable[[str], CapsLike | None], notes: Notes
) -> PasswordSource | None:
    if link.password is None:
        return None
    for version in dict.fromkeys(broker.version for broker in source.brokers):
        known = caps(version)
        if known and (since := known.absent.get("networkConnector", {}).get("remotePassword")):
            what = f"ActiveMQ {version} logs in at both ends of a bridge as one user"
            fix = f"security.network.user, with its password, must be known there; or take {since} or later"
            notes.problem(what, fix, (*path, "user"))
    return password_source(link.password, path, notes)


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
    item: Item, source: End, caps: Callable[[str], CapsLike | None], notes: Notes
) -> tuple[Mapping[str, str], list[Row]]:
    link, path = item.link, item.path
    written = {key: text(value) for key, value in (link.set or {}).items() if key not in RESERVED}
    rows = [Row(f"set.{key}", value, notes.origin((*path, "set", key))) for key, value in written.items()]
    for version in dict.fromkeys(broker.version for broker in source.brokers):
        if known := caps(version):
            _check_known(written, known, (*path, "set"), notes)
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


def _check_known(written: Mapping[str, str], known: CapsLike, path: Path, notes: Notes) -> None:
    """What the version's own schema would refuse, said where it is written."""
    kinds = known.attributes["networkConnector"]
    for key, value in written.items():
        if since := known.absent["networkConnector"].get(key):
            what = f"ActiveMQ {known.version} has no {key} on a network connector"
            notes.problem(what, f"it came with {since}: remove it, or take a newer version", (*path, key))
        elif key not in kinds:
            what = f"a network connector has no {key}"
            free = [name for name in kinds if name not in RESERVED]
            notes.problem(what, meant(key, free) or "known: " + ", ".join(free), (*path, key))
        elif wrong := _MUST_BE[kinds[key]](value):
            notes.problem(f"{key} must be {wrong}; here it is {value}", "", (*path, key), value=True)


def _truth(value: str) -> str:
    return "" if value in ("true", "false") or _later(value) else "true or false"


def _number(value: str) -> str:
    return "" if value.removeprefix("-").isdecimal() or _later(value) else "a whole number"


def _later(value: str) -> bool:
    """Spring fills it in at the broker's start."""
    return "${" in value or "#{" in value


_MUST_BE: Mapping[str, Callable[[str], str]] = {"truth": _truth, "number": _number, "text": lambda value: ""}


def check_set(link: Link, path: Path, notes: Notes) -> None:
    for key in link.set or {}:
        if key in RESERVED:
            notes.problem(f"{key} cannot be set here: {RESERVED[key]}", f"remove {key}", (*path, "set", key))
