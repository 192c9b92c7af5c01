"""(Topology, caps) -> Settled: every value filled in, each with where it came from.

Pure: relative paths become absolute by arithmetic on the topology file's name, nothing is opened.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from amqctl.errors import BadTopology, BadUsage, Problem
from amqctl.topology import broker as brokers
from amqctl.topology import conf
from amqctl.topology.authorization import settle_authorization
from amqctl.topology.clients import settle_clients
from amqctl.topology.companions import Servers
from amqctl.topology.conf import Confs, Own
from amqctl.topology.docker import docker_image, settle_docker
from amqctl.topology.encryption import check_encryption, settle_encryption
from amqctl.topology.engines import EnginesLike
from amqctl.topology.kahadb import check_versions
from amqctl.topology.leveldb import check_leveldb
from amqctl.topology.links import settle_links
from amqctl.topology.load import in_file_order
from amqctl.topology.merge import Traced, broker_keys, merged
from amqctl.topology.model import Group, Topology
from amqctl.topology.model.broker import Broker
from amqctl.topology.model.scalars import HOST
from amqctl.topology.names import check_names
from amqctl.topology.not_yet import not_yet
from amqctl.topology.notes import CapsLike, Notes
from amqctl.topology.owner import Around, Owner
from amqctl.topology.ports import PortBook
from amqctl.topology.profiles import PROFILES
from amqctl.topology.protection import Authorization, Encryption
from amqctl.topology.settled import Origin, Row, Settled, SettledBroker, SettledGroup, SettledUser, Tls
from amqctl.topology.store import check_apart, settle_store
from amqctl.topology.tls import check_own, settle_tls
from amqctl.topology.users import settle_users
from amqctl.topology.yamltext import Marks, Path
from amqctl.topology.zookeeper import Ensembles


def settle(
    topology: Topology,
    marks: Marks,
    *,
    caps: Callable[[str], CapsLike],
    engines: EnginesLike,
    source: str | None,
    name: str | None = None,
    port_offset: int = 0,
    confs: Confs | None = None,
    versions: Mapping[str, str] | None = None,
) -> Settled:
    """Fill in what the topology leaves out.

    marks: where its parts stand (NO_MARKS for one that was not read from a text). caps: raises
    BadUsage for a version that cannot be run. engines: what is known of databases. confs: what is known of directories
    that `conf` names. versions: by node name, instead of what the file says (`upgrade --to`). source: the topology
    file; relative paths are relative to its directory. name, port_offset: what `up --name --port-offset`
    got; the offset is added to `ports.offset`.

    Raises BadTopology with every problem, in the order of the file.
    """
    notes = Notes(marks, source)
    settled = settle_into(notes, topology, Given(caps, engines, name, port_offset, confs, versions or {}))
    if notes.problems:
        raise BadTopology(in_file_order(notes.problems))
    return settled


@dataclass(frozen=True, slots=True)
class Given:
    """What a topology is settled with, as settle() says."""

    caps: Callable[[str], CapsLike]
    engines: EnginesLike
    name: str | None
    port_offset: int
    confs: Confs | None
    versions: Mapping[str, str]


def settle_into(notes: Notes, topology: Topology, given: Given) -> Settled:
    """As settle(), for a caller that looks at notes.problems itself; with any, the result is of no use."""
    notes.problems += not_yet(topology, notes.marks, notes.source)
    name = given.name or topology.name
    ports, profile = _port_book(topology, notes, given.port_offset), PROFILES[topology.profile]
    servers = Servers(topology, given.engines, profile, ports, notes)
    ensembles = Ensembles(topology, given.engines, profile, ports, notes)
    desk = _Desk(topology, notes, given, Around(name, profile, servers, ensembles, ports, notes))
    docker, docker_rows = settle_docker(topology.runtime.docker, notes)
    cluster = _cluster_rows(topology, given.name, notes)
    people = _people(topology, notes)
    failover, client_rows = settle_clients(topology, notes)
    groups = tuple(desk.group(key, group) for key, group in topology.groups.items())
    check_names(groups, topology, [c.name for c in ensembles.settled], notes)
    _check_groups(groups, people, desk.versions, notes)
    links, link_rows = settle_links(topology.network, groups, profile, desk.versions, notes, name)
    shared = (*people.rows, *docker_rows, *client_rows)
    rows = {broker: (*cluster, *own, *link_rows.get(broker, ()), *shared) for broker, own in desk.rows.items()}
    rows |= {companion: (*cluster, *own) for companion, own in (servers.rows() | ensembles.rows).items()}
    return Settled(
        name=name,
        profile=topology.profile,
        groups=groups,
        links=links,
        users=people.users,
        admin_user=conf.administrator(topology, [broker for group in groups for broker in group.brokers]),
        network_user=topology.security.network.user,
        java=topology.runtime.local.java,
        source=notes.source,
        rows=rows,
        docker=docker,
        companions=(*servers.settled(), *ensembles.settled),
        lint_ignore={one.id: one.reason for one in topology.lint.ignore},
        plugin=topology.security.plugin,
        authorization=people.authorization,
        tls=people.tls,
        failover=failover,
        encryption=people.encryption,
    )


@dataclass(frozen=True, slots=True)
class _People:
    """Who is let in, to what, and who reads along. rows: of all that, for each broker."""

    users: tuple[SettledUser, ...]
    authorization: Authorization | None
    tls: Tls | None
    encryption: Encryption | None
    rows: tuple[Row, ...]


def _people(topology: Topology, notes: Notes) -> _People:
    users, user_rows = settle_users(topology, notes)
    authorization, right_rows = settle_authorization(topology, users, notes)
    tls, tls_rows = settle_tls(topology, notes)
    encryption, encryption_rows = settle_encryption(topology, notes)
    rows = (*user_rows, *right_rows, *encryption_rows, *tls_rows)
    return _People(users, authorization, tls, encryption, rows)


def _check_groups(groups: Sequence[SettledGroup], people: _People, versions: _Versions, notes: Notes) -> None:
    """What can only be seen of all of them."""
    brokers_ = [broker for group in groups for broker in group.brokers]
    check_own(people.tls, brokers_, notes)
    check_encryption(people.encryption, ((b, versions(b.version)) for b in brokers_), notes)
    check_apart([(g.name, g.store, ("groups", g.name)) for g in groups], notes)


class _Versions:
    """caps, asked once a version; a version that is refused is a problem at the line that asks for it."""

    def __init__(self, caps: Callable[[str], CapsLike], notes: Notes) -> None:
        self._caps = caps
        self._notes = notes
        self._known: dict[str, CapsLike | None] = {}
        self._refused: dict[str, BadUsage] = {}

    def __call__(self, version: str) -> CapsLike | None:
        if version not in self._known:
            try:
                self._known[version] = self._caps(version)
            except BadUsage as exc:
                self._known[version], self._refused[version] = None, exc
        return self._known[version]

    def check(self, version: str, path: Path) -> None:
        """One problem a line, however many brokers inherit it."""
        self(version)
        if refused := self._refused.get(version):
            self._notes.problem(refused.message, refused.hint, path, value=True)


class _Desk:
    """Settles one group after another; `rows` grows by a list for each broker."""

    def __init__(self, topology: Topology, notes: Notes, given: Given, around: Around) -> None:
        top = Traced({}, ())
        if topology.activemq is not None:
            top = Traced({"activemq": Traced(topology.activemq, ("activemq",))}, ())
        self._defaults = merged(merged(docker_image(topology), top), broker_keys(topology.defaults, ("defaults",)))
        self._notes = notes
        self._around = around
        self._own = Own(given.confs, notes)
        self._instead = given.versions
        self._index = 0
        self._profile = around.profile
        self.versions = _Versions(given.caps, notes)
        self.rows: dict[str, list[Row]] = {}

    def group(self, name: str, group: Group) -> SettledGroup:
        path: Path = ("groups", name)
        listed = _members(name, group, path, self._notes)
        names = [node for node, _, _ in listed]
        store, store_rows = settle_store(Owner(name, names, self._index, path, self._around), group.store)
        keys = merged(self._defaults, broker_keys(group, path))
        members: list[SettledBroker] = []
        for node, one, node_path in listed:
            own = merged(keys, broker_keys(one, node_path))
            rows = [Row("broker.brokerName", name, self._notes.origin(path))]
            members.append(self._broker(node, name, own, one, node_path, not members, rows))
            self.rows[node] = rows
        store, store_rows = self._own.store(store, store_rows, members, group, path)
        check_versions(store, members, self.versions, path, self._notes)
        check_leveldb(store, members, self.versions, path, self._notes)
        for member in members:
            self.rows[member.name].extend(store_rows)
        scheduled = any(member.attributes.get("schedulerSupport") == "true" for member in members)
        return SettledGroup(name, store, tuple(members), scheduled)

    def _broker(
        self, name: str, group: str, keys: Traced, one: Broker, path: Path, preferred: bool, rows: list[Row]
    ) -> SettledBroker:
        notes = self._notes
        index, self._index = self._index, self._index + 1
        version = brokers.version(keys, notes, rows, self._instead.get(name))
        self.versions.check(version, written.path if (written := keys.get("activemq")) else path)
        jvm = brokers.jvm(keys, self._profile, notes, rows)
        own = self._own.of(keys, group, path)
        on = brokers.connectors(keys, self._profile, notes, rows, name) if own is None else conf.kinds(own)
        ports, port_rows = self._around.ports.assign(name, index, [*on, "console"], one.ports, path)
        rows += port_rows
        broker = SettledBroker(
            name=name,
            group=group,
            index=index,
            preferred=preferred,
            version=version,
            jvm=jvm,
            connectors=brokers.numbered(on, ports),
            console=ports["console"],
            attributes=brokers.attributes(keys, notes, rows),
            usage=brokers.usage(keys, self._profile, version, notes, rows),
            policies=brokers.policies(keys, notes, rows),
            patches=brokers.patches(keys, notes, rows),
            image=brokers.image(keys, notes, rows),
        )
        if own is None:
            return broker
        others = conf.ports(own, ports, partial(self._around.ports.own, name, index, path))
        written = keys.get("conf")
        return conf.verbatim(broker, own, others, rows, notes.origin(written.path if written else path))


def _members(name: str, group: Group, path: Path, notes: Notes) -> list[tuple[str, Broker, Path]]:
    """Each broker's name, what was written of it, and where; `brokers: 2` is <group>-1 and <group>-2."""
    here: Path = (*path, "brokers")
    if isinstance(group.brokers, dict):
        return [(node, one, (*here, node)) for node, one in group.brokers.items()]
    count = group.brokers
    if not re.match(HOST, f"{name}-1") or len(f"{name}-{count}") > 63:
        what = f"{name}-1 cannot be a host name"
        notes.problem(what, "rename the group, or write its brokers by name", here)
    return [(f"{name}-{number}", Broker(), here) for number in range(1, count + 1)]


def _port_book(topology: Topology, notes: Notes, port_offset: int) -> PortBook:
    by = []
    if topology.ports.offset:
        by.append(f"ports.offset {topology.ports.offset}")
    if port_offset:
        by.append(f"--port-offset {port_offset}")
    return PortBook(notes, topology.ports.offset + port_offset, " and ".join(by))


def _cluster_rows(topology: Topology, name: str | None, notes: Notes) -> list[Row]:
    if name is not None and (not re.match(HOST, name) or len(name) > 63):
        notes.problems.append(Problem(f"--name {name} is not a host name", "letters, digits and `-`", notes.source))
    profile = notes.origin(("profile",)) if "profile" in topology.model_fields_set else Origin("default")
    return [
        Row("name", name or topology.name, Origin("option", "--name") if name else notes.origin(("name",))),
        Row("profile", topology.profile, profile),
    ]
