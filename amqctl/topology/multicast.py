"""Links that find the other side by multicast: who announces itself, who looks, and which pairs must come of it.

The options of multicast: URIs are those of MulticastDiscoveryAgent (5.13 to 6.3). Which network interface it is
to use is the runtime's to say: on a machine's own network card strangers would be found.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import AddressValueError, IPv4Address

from amqctl.topology.ends import End, Ends, speaks_openwire
from amqctl.topology.model.link import Link
from amqctl.topology.notes import Notes, text
from amqctl.topology.profiles import Profile
from amqctl.topology.settled import Origin, Row
from amqctl.topology.yamltext import Path

ANYWHERE = "default"  # 239.255.2.3, port 6155 (MulticastDiscoveryAgent.DEFAULT_HOST_IP, DEFAULT_PORT)
OPTIONS = (
    "keepAliveInterval",
    "initialReconnectDelay",
    "maxReconnectDelay",
    "backOffMultiplier",
    "useExponentialBackOff",
    "maxReconnectAttempts",
)
OF_RUNTIMES = ("interface", "networkInterface", "joinNetworkInterface", "timeToLive", "loopBackMode")
_GROUP = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")  # it stands in packets between dots and per cent signs


def ends_of(link: Link, path: Path, ends: Ends, notes: Notes) -> tuple[list[End], list[End]]:
    """Who looks for others, and who is to be found."""
    found = ends.several(link.groups, path, notes, least=1, what="multicast")
    source = ends.find(link.from_, (*path, "from"), notes) if link.from_ is not None else None
    looking = [source] if source else [] if link.from_ is not None else found
    if link.duplex and len(looking) > 1:
        what = f"{link.name} is duplex, and by multicast each side finds the other: every bridge would be there twice"
        notes.problem(what, "write `duplex: false`, or one group that looks for the others: `from:`", (*path, "duplex"))
    for end in found:
        speaks_openwire(link.name, end, path, notes)
    for end in {end.name: end for end in (*found, *looking)}.values():
        if any(broker.own for broker in end.brokers):
            what = f"{end.name} runs from its own activemq.xml, which says whom it finds"
            notes.problem(what, f"leave {end.name} out of `groups`, and write the connector there", path)
    return looking, found


def options(
    link: Link, path: Path, cluster: str, profile: Profile, notes: Notes
) -> tuple[str, Mapping[str, str], list[Row]]:
    """Address, options, and the rows of both. cluster: its name, which is the multicast group's too."""
    written = link.multicast or {}
    here: Path = (*path, "multicast")
    _check(written, here, notes)
    address = text(written.get("address", ANYWHERE))
    values = {"group": cluster} | dict(profile.link_options)
    values |= {key: text(value) for key, value in written.items() if key != "address"}
    values |= {key: text(value) for key, value in (link.options or {}).items()}
    rows = [Row("multicast.address", address, notes.origin((*here, "address")))] if "address" in written else []
    for key, value in values.items():
        if key in (link.options or {}):
            origin = notes.origin((*path, "options", key))
        elif key in written:
            origin = notes.origin((*here, key))
        else:
            origin = Origin("default", "the cluster's name") if key == "group" else Origin("profile", profile.name)
        rows.append(Row(f"multicast.{key}", value, origin))
    return address, values, rows


def _check(written: Mapping[str, object], path: Path, notes: Notes) -> None:
    for key, value in written.items():
        here: Path = (*path, key)
        if key in OF_RUNTIMES:
            what = f"{key} is for the runtime to say: loopback for JVMs of this machine, the cluster's own network"
            notes.problem(f"{what} for containers", f"remove {key}", here)
        elif key == "group":
            if not _GROUP.fullmatch(text(value)):
                notes.problem(f"{text(value)} is no multicast group", "letters, digits, `_` and `-`", here, value=True)
        elif key == "address":
            _check_address(text(value), here, notes)
        elif key not in OPTIONS:
            notes.problem(f"multicast has no option {key}", f"known: group, address, {', '.join(OPTIONS)}", here)


def _check_address(address: str, path: Path, notes: Notes) -> None:
    host, _, port = address.partition(":")
    try:
        multicast = host == ANYWHERE or IPv4Address(host).is_multicast
    except AddressValueError:
        multicast = False
    if not multicast or (port and not (port.isdigit() and 0 < int(port) < 65536)):
        fix = "write 239.255.0.1 to 239.255.255.255, with a port where it is not 6155: 239.255.2.4:6156"
        notes.problem(f"{address} is no multicast address", fix, path, value=True)
