"""(Topology, caps) -> Settled: every value filled in, each with where it came from.

Pure: relative paths become absolute by arithmetic on the topology file's name, nothing is opened.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
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
from amqctl.topology.not_yet import not_yet
from amqctl.topology.notes import CapsLike, Notes
from amqctl.topology.ports import PortBook
from amqctl.topology.profiles import PROFILES, Profile
from amqctl.topology.settled import Origin, Row, Settled, SettledBroker, SettledGroup
from amqctl.topology.store import Around, check_apart, settle_store
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
    settled = settle_into(notes, topology, caps, engines, name, port_offset, confs, versions)
    if notes.problems:
        raise BadTopology(in_file_order(notes.problems))
    return settled


def settle_into(
    notes: Notes,
    topology: Topology,
    caps: Callable[[str], CapsLike],
    engines: EnginesLike,
    name: str | None,
    port_offset: int,
    confs: Confs | None = None,
    versions: Mapping[str, str] | None = None,
) -> Settled:
    """As settle(), for a caller that looks at notes.problems itself; with any, the result is of no use."""
    marks, source = notes.marks, notes.source
    notes.problems += not_yet(topology, marks, source)
    ports = _port_book(topology, notes, port_offset)
    profile = PROFILES[topology.profile]
    servers = Servers(topology, engines, profile, ports, notes)
    ensembles = Ensembles(topology, engines, profile, ports, notes)
    around = Around(name or topology.name, profile, servers, ensembles, ports)
    desk = _Desk(topology, notes, profile, _Versions(caps, notes), around, Own(confs, notes), versions or {})
    docker, docker_rows = settle_docker(topology.runtime.docker, notes)
    cluster = _cluster_rows(topology, name, notes)
    users, user_rows = settle_users(topology, notes)
    authorization, right_rows = settle_authorization(topology, users, notes)
    tls, tls_rows = settle_tls(topology, notes)
    failover, client_rows = settle_clients(topology, notes)
    encryption, encryption_rows = settle_encryption(topology, notes)
    shared = (*user_rows, *right_rows, *encryption_rows, *tls_rows, *docker_rows, *client_rows)
    groups = tuple(desk.group(key, group) for key, group in topology.groups.items())
    _check_names(groups, topology, [c.name for c in ensembles.settled], notes)
    check_own(tls, (b for g in groups for b in g.brokers), notes)
    check_encryption(encryption, ((b, desk.versions(b.version)) for g in groups for b in g.brokers), notes)
    check_apart([(g.name, g.store, ("groups", g.name)) for g in groups], notes)
    links, link_rows = settle_links(topology.network, groups, profile, desk.versions, notes, name or topology.name)
    rows = {broker: (*cluster, *own, *link_rows.get(broker, ()), *shared) for broker, own in desk.rows.items()}
    rows |= {companion: (*cluster, *own) for companion, own in (servers.rows() | ensembles.rows).items()}
    return Settled(
        name=name or topology.name,
        profile=topology.profile,
        groups=groups,
        links=links,
        users=users,
        admin_user=conf.administrator(topology, [broker for group in groups for broker in group.brokers]),
        network_user=topology.security.network.user,
        java=topology.runtime.local.java,
        source=source,
        rows=rows,
        docker=docker,
        companions=(*servers.settled(), *ensembles.settled),
        lint_ignore={one.id: one.reason for one in topology.lint.ignore},
        plugin=topology.security.plugin,
        authorization=authorization,
        tls=tls,
        failover=failover,
        encryption=encryption,
    )


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

    def __init__(
        self,
        topology: Topology,
        notes: Notes,
        profile: Profile,
        versions: _Versions,
        around: Around,
        own: Own,
        instead: Mapping[str, str],
    ) -> None:
        top = Traced({}, ())
        if topology.activemq is not None:
            top = Traced({"activemq": Traced(topology.activemq, ("activemq",))}, ())
        self._defaults = merged(merged(docker_image(topology), top), broker_keys(topology.defaults, ("defaults",)))
        self._notes = notes
        self._around = around
        self._own = own
        self._instead = instead
        self._index = 0
        self.profile = profile
        self.versions = versions
        self.rows: dict[str, list[Row]] = {}

    def group(self, name: str, group: Group) -> SettledGroup:
        path: Path = ("groups", name)
        listed = _members(name, group, path, self._notes)
        names = [node for node, _, _ in listed]
        store, store_rows = settle_store(name, group, names, self._index, path, self._around, self._notes)
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
        jvm = brokers.jvm(keys, self.profile, notes, rows)
        own = self._own.of(keys, group, path)
        on = brokers.connectors(keys, self.profile, notes, rows, name) if own is None else conf.kinds(own)
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
            usage=brokers.usage(keys, self.profile, version, notes, rows),
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


def _check_names(groups: tuple[SettledGroup, ...], topology: Topology, servers: Sequence[str], notes: Notes) -> None:
    """Names end up as host names, directories and link ends: case does not tell them apart there."""
    seen: dict[str, tuple[str, Path]] = {}
    for group in groups:
        path: Path = ("groups", group.name)
        if group.name.casefold() in seen:
            other, where = seen[group.name.casefold()]
            what = f"groups {other}{notes.line(where)} and {group.name} differ in case only"
            notes.problem(what, "their stores would be one directory on some file systems: rename one", path)
        seen.setdefault(group.name.casefold(), (group.name, path))
    nodes: dict[str, tuple[str, Path]] = {}
    # an ensemble's servers have names of their own, beside the ensemble's
    own: dict[str, Path] = {
        server: ("companions", server.rpartition("-")[0]) for server in servers if server not in topology.companions
    }
    places: dict[str, Path] = {companion: ("companions", companion) for companion in topology.companions} | own
    for companion, place in places.items():
        _check_companion(companion, place, seen, nodes, notes)
    for group in groups:
        for broker in group.brokers:
            _check_node(group, broker, _where(group, broker, topology), seen, nodes, notes)


def _check_companion(
    name: str, path: Path, groups: dict[str, tuple[str, Path]], nodes: dict[str, tuple[str, Path]], notes: Notes
) -> None:
    fold = name.casefold()
    if fold in groups:
        what = f"companion {name} has the name of group {groups[fold][0]}{notes.line(groups[fold][1])}"
        notes.problem(what, "commands could mean either: rename one", path)
    if fold in nodes:
        what = f"companions {nodes[fold][0]}{notes.line(nodes[fold][1])} and {name} differ in case only"
        notes.problem(what, "a companion's name is its host name: rename one", path)
    nodes.setdefault(fold, (name, path))


def _where(group: SettledGroup, broker: SettledBroker, topology: Topology) -> Path:
    by_name = isinstance(topology.groups[group.name].brokers, dict)
    return ("groups", group.name, "brokers", *([broker.name] if by_name else []))


def _check_node(
    group: SettledGroup,
    broker: SettledBroker,
    path: Path,
    groups: dict[str, tuple[str, Path]],
    nodes: dict[str, tuple[str, Path]],
    notes: Notes,
) -> None:
    fold = broker.name.casefold()
    if fold in nodes:
        other, where = nodes[fold]
        what = f"a second broker is named {broker.name}; {other} is in {where[1]}{notes.line(where)}"
        if where[0] == "companions":
            what = f"broker {broker.name} has the name of companion {other}{notes.line(where)}"
        notes.problem(what, "a broker's name is its host name: unique in the file, whatever the case", path)
    nodes.setdefault(fold, (broker.name, path))
    # a group of one may share its broker's name: both mean the same
    if fold in groups and not (groups[fold][0] == group.name and len(group.brokers) == 1):
        what = f"broker {broker.name} has the name of group {groups[fold][0]}{notes.line(groups[fold][1])}"
        notes.problem(what, "links and commands could mean either: rename one", path)
