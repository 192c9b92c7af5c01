"""Somebody's activemq.xml files, and a compose file's services -> a topology, and what could not be carried.

    founds, servers -> Cluster (who shares a store) -> groups -> keys, stores, links, users -> Imported

Pure. What has a key of the topology becomes one; what has none becomes a `patch:`, if its text can stand in
another file; everything else is in the book, with its place and what to do. It is in this room, and not in
topology/, because it reads BrokerFacts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from amqctl.activemq.brokerxml.facts import placeholder
from amqctl.activemq.lint.cluster import Cluster
from amqctl.activemq.versions import caps
from amqctl.errors import BadUsage
from amqctl.plan.importing import brokers, stores, users
from amqctl.plan.importing.connectors import transports
from amqctl.plan.importing.links import Links
from amqctl.plan.importing.model import (
    Book,
    Found,
    Imported,
    Keys,
    Server,
    group_name,
    host_name,
    unique,
)
from amqctl.plan.importing.tls import tls

__all__ = ["Found", "Imported", "Server", "imported"]


def imported(name: str, founds: Sequence[Found], servers: Sequence[Server] = (), source: str = "") -> Imported:
    """name: of the cluster. source: the file that says of servers, for what is told of them. founds: at least one."""
    book = Book()
    cluster = Cluster([found.node for found in founds])
    groups = _groups(cluster, founds, book)
    names = _node_names(groups)
    encrypted = tls(founds, names, book)
    links = Links(cluster, groups, names, book, tls=encrypted is not None)
    network = links.all()
    keys = {found.node.name: _broker(found, links, book, tls=encrypted is not None) for found in founds}
    ports = _ports(groups, book, tls=encrypted is not None)
    top: Keys = {"apiVersion": "amqctl/v1", "name": host_name(name), "profile": "stock"}
    _hoist(top, "activemq", keys)
    security = users.security(founds, book)
    if security:
        top["security"] = security
    if encrypted is not None:
        top["tls"] = encrypted
    hoisted = _common(list(keys.values())) if len(groups) > 1 else {}
    if hoisted:
        top["defaults"] = hoisted
    if companions := _companions(servers, source, book):
        top["companions"] = companions
    top["groups"] = {}
    for group, members in groups.items():
        body = _body(members, keys, hoisted)
        if store := stores.store(group, members[0], servers, book):
            body = {"store": store} | body
        body["brokers"] = _members(members, names, body, keys, hoisted, ports)
        top["groups"][group] = body
        book.origins[f"groups.{group}"] = ", ".join(found.file for found in members)
    if network:
        top["network"] = network
    left = tuple(sorted(book.left, key=lambda left: (left.file, left.line or 0)))
    return Imported(top, book.origins, book.secrets, left, book.files)


def _groups(cluster: Cluster, founds: Sequence[Found], book: Book) -> Mapping[str, Sequence[Found]]:
    """Groups by the name that will be their brokerName; members in the order they were given."""
    by_label: dict[str, list[Found]] = {}
    for found in founds:
        by_label.setdefault(cluster.group(found.node), []).append(found)
    groups: dict[str, Sequence[Found]] = {}
    for label, members in by_label.items():
        groups[_group_name(label, members, list(groups), book)] = members
    return groups


def _group_name(label: str, members: Sequence[Found], taken: list[str], book: Book) -> str:
    """What the first of them calls itself, as far as it can; of who is called otherwise then it is told."""
    first, *others = (found.node.facts for found in members)
    written = first.name
    name = group_name(label if placeholder(written) else written)
    chosen = unique(name, taken)
    if placeholder(written):
        why, do = "what stands for it cannot be told", f"nothing, or rename the group {chosen}"
        book.leave(members[0], first.element, f"brokerName {written}", why, do)
    elif chosen != written:
        why = "another group has that brokerName" if chosen != name else "such a name is no host name or directory"
        book.leave(members[0], first.element, f"brokerName {written}", why, f"nothing: it is {chosen} here")
    for found, other in zip(members[1:], others, strict=True):
        if other.name != written:
            why = f"the members of a group have one brokerName, here {chosen}"
            do = "clients see it in message ids and advisories only"
            book.leave(found, other.element, f"brokerName {other.name}", why, do)
    return chosen


def _broker(found: Found, links: Links, book: Book, *, tls: bool) -> Keys:
    keys = brokers.broker_keys(found, book, tls=tls, announced=found.node.name in links.announced)
    patches: list[Keys] = [*keys.pop("patch", []), *links.patches.get(found.node.name, [])]
    users.plugins(found, patches, book)
    if patches:
        keys["patch"] = patches
    version = found.node.version
    if version is not None:
        try:
            caps(version)
            keys["activemq"] = version
        except BadUsage as exc:
            book.note(found.file, f"ActiveMQ {version}", exc.message, "the default of amqctl is used; see `activemq:`")
    elif found.image:
        why = "which version that is cannot be told from its name"
        book.note(found.file, f"image {found.image}", why, "write `activemq:`; the default of amqctl is used")
    else:
        book.note(found.file, "the version of ActiveMQ", "no file says it", "write `activemq:`, or --activemq here")
    return keys


def _ports(groups: Mapping[str, Sequence[Found]], book: Book, *, tls: bool) -> Mapping[str, Keys]:
    """Each broker's, as its clients know them: as published, else as written. None where two want the same."""
    wanted: dict[str, Keys] = {}
    for members in groups.values():
        for found in members:
            ports = {}
            for name, transport in transports(found, tls=tls).items():
                if transport.uri.port and (not found.published or transport.uri.port in found.published):
                    ports[name] = found.published.get(transport.uri.port, transport.uri.port)
            if console := found.published.get(8161):
                ports["console"] = console
            wanted[found.node.name] = ports
    every = [port for ports in wanted.values() for port in ports.values()]
    if len(every) == len(set(every)):
        return wanted
    first = next(iter(groups.values()))[0]
    why = "brokers that were on machines of their own have the same ones, and here they are on one"
    book.note(first.file, "ports", why, "amqctl chooses them (amqctl urls); write `ports:` where clients know them")
    return {name: {} for name in wanted}


def _node_names(groups: Mapping[str, Sequence[Found]]) -> Mapping[str, str]:
    """Host names by the names of the nodes that were given: no group has one of them."""
    names: dict[str, str] = {}
    for group, members in groups.items():
        for number, found in enumerate(members, start=1):
            wanted = host_name(found.node.name)
            if wanted.casefold() in {g.casefold() for g in groups}:
                wanted = f"{host_name(group)}-{number}"
            names[found.node.name] = unique(wanted, [*groups, *names.values()])
    return names


def _body(members: Sequence[Found], keys: Mapping[str, Keys], hoisted: Keys) -> Keys:
    """What the members of a group say alike, but for what all groups do."""
    common = _common([keys[found.node.name] for found in members])
    return {key: value for key, value in common.items() if key not in hoisted}


def _members(
    members: Sequence[Found],
    names: Mapping[str, str],
    body: Keys,
    keys: Mapping[str, Keys],
    hoisted: Keys,
    ports: Mapping[str, Keys],
) -> Keys:
    made: Keys = {}
    for found in members:
        own = keys[found.node.name]
        rest = {key: value for key, value in own.items() if key not in body and key not in hoisted}
        if its_ports := ports[found.node.name]:
            rest["ports"] = its_ports
        made[names[found.node.name]] = rest
    return made


def _common(every: Sequence[Keys]) -> Keys:
    """What all of them say alike."""
    return {key: value for key, value in every[0].items() if all(one.get(key) == value for one in every)}


def _hoist(top: Keys, key: str, keys: Mapping[str, Keys]) -> None:
    values = [one.get(key) for one in keys.values()]
    if values[0] is not None and all(value == values[0] for value in values):
        top[key] = values[0]
        for one in keys.values():
            del one[key]


def _companions(servers: Sequence[Server], source: str, book: Book) -> Keys:
    found: Keys = {}
    for server in servers:
        if server.kind == "zookeeper":
            why, then = "a ZooKeeper is not carried over", "replicated LevelDB alone needs it: see store: leveldb"
            book.note(source, f"service {server.name}", why, then)
            continue
        name = host_name(server.name)
        found[name] = {server.kind: {"image": server.image}}
        why = "its data and passwords stay with the compose file's: amqctl makes new ones"
        book.note(source, f"service {server.name}", why, "dump and load what must come along")
    return found
