"""One look at a whole cluster: who is master, who waits, which links are up. All nodes asked side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from amqctl import beside
from amqctl.cluster import handshake, servers
from amqctl.cluster.jolokia import Jolokia, NoAnswer, broker, keys
from amqctl.cluster.model import Address, Login, Role
from amqctl.cluster.tls import NotAdmitted
from amqctl.plan.model import NodeSpec, Plan
from amqctl.plan.state import NodeState, State
from amqctl.topology.settled import SettledLink

QUICK = 2.0  # seconds for one handshake or one request on this machine


@dataclass(frozen=True, slots=True)
class Seen:
    """What one node answered. serving: a handshake was completed. slave: the broker's own Slave
    attribute, None where its Jolokia does not answer (yet). store: its store is open, so it has the lock
    (KahaDBPersistenceAdapter.doStart registers its MBean, after preStart has acquired the lock).
    bridges, clients: see `link_up`."""

    alive: bool
    serving: bool = False
    slave: bool | None = None
    store: bool = False
    version: str | None = None
    bridges: tuple[tuple[str, str, bool], ...] = ()  # (connector or "", remote broker, created by duplex)
    clients: tuple[str, ...] = ()  # client ids connected to its transport connectors
    duplex: frozenset[str] = frozenset()  # its own network connectors that are
    behind: str = ""  # of a member that keeps messages of its own: why it could not take over
    refused: NotAdmitted | None = None  # somebody is there who does not let us in, or whom we do not trust


@dataclass(frozen=True, slots=True)
class Observation:
    state: State
    seen: Mapping[str, Seen]
    roles: Mapping[str, Role]
    masters: Mapping[str, str]  # group -> node
    links: Mapping[str, bool | None]
    double: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # groups with several masters
    assumed: frozenset[str] = frozenset()  # who is taken for waiting, since nobody there can be asked
    companions: Mapping[str, str] = field(default_factory=dict)  # "" where ready, else what was seen instead


def observe(
    plan: Plan, state: State, login: Login, *, links: bool = True, known: Mapping[str, Seen] | None = None
) -> Observation:
    """Ask every node. links: look at the bridges too (one Jolokia request a node). known: of nodes that are not
    to be asked now, what they answered before."""
    known = known or {}
    one_way = {link.from_group for link in plan.settled.links if not link.duplex}

    def ask(node: NodeSpec) -> Seen:
        asked = bool(links and plan.settled.links)
        return look(node, state.nodes.get(node.name), login, asked, one_way=node.group in one_way)

    asked = [n for n in plan.nodes if n.name not in known]
    answers = dict(zip((n.name for n in asked), beside.each(ask, asked), strict=True))
    seen = {n.name: known.get(n.name) or answers[n.name] for n in plan.nodes}
    serving: dict[str, list[str]] = {}
    for node in plan.nodes:
        if seen[node.name].serving:
            serving.setdefault(node.group, []).append(node.name)
    masters = {group: names[0] for group, names in serving.items()}
    return Observation(
        state=state,
        seen=seen,
        roles={n.name: role(seen[n.name], n.group in masters, own=n.broker.own is not None) for n in plan.nodes},
        assumed=frozenset(n.name for n in plan.nodes if n.group in masters and _is_assumed(n, seen[n.name])),
        masters=masters,
        links={link.name: link_up(link, seen, masters) for link in plan.settled.links},
        double={group: tuple(names) for group, names in serving.items() if len(names) > 1},
        companions=servers.answering(plan, state),
    )


def _is_assumed(node: NodeSpec, seen: Seen) -> bool:
    silent = seen.alive and not seen.serving and seen.slave is None and seen.refused is None
    return node.broker.own is not None and silent


def role(seen: Seen, group_has_master: bool, *, own: bool = False) -> Role:
    """A broker reports Slave=true from its construction until its connectors are open (BrokerService.slave),
    so that alone does not tell a waiting slave from one that has the lock and is still recovering.

    own: it runs from somebody's own files, in which the console, if there is one, comes after the broker. Then
    nobody can be asked, and whoever lives beside a master is taken for waiting.
    """
    if not seen.alive:
        return "down"
    if seen.serving:
        return "master"
    if own and seen.slave is None and seen.refused is None and group_has_master:
        return "waiting"
    return "waiting" if seen.slave and not seen.store and group_has_master and not seen.behind else "starting"


def look(node: NodeSpec, state: NodeState | None, login: Login, links: bool, *, one_way: bool = False) -> Seen:
    """links: its bridges and clients too. one_way: which of its connectors are duplex, for links that must not be."""
    if state is None or state.status != "running":
        return Seen(alive=False)
    try:
        serving = _admitted(node, login, QUICK)
    except NotAdmitted as exc:
        return Seen(alive=True, refused=exc)
    me = broker(node.group)
    wanted: list[tuple[str, list[str]]] = [
        (me, ["Slave", "BrokerVersion"]),
        (f"{me},service=PersistenceAdapter,instanceName=*", ["Name"]),
    ]
    if node.replica:
        wanted.append((f"{me},service=PersistenceAdapter,instanceName=*,view=Replication", _REPLICA))
    if links and serving:
        wanted += [
            (f"{me},connector=*,networkConnectorName=*,networkBridge=*", ["RemoteBrokerName"]),
            (f"{me},connector=clientConnectors,connectorName=*,connectionViewType=clientId,"
             "connectionName=*", ["ClientId"]),
        ]  # fmt: skip
        if one_way:
            wanted.append((f"{me},connector=networkConnectors,networkConnectorName=*", ["Name", "Duplex"]))
    try:
        facts, store, *rest = Jolokia(console(node), login, QUICK).read_all(wanted)
    except NoAnswer:
        return Seen(alive=True, serving=serving)
    replica = rest.pop(0) if node.replica else {}
    bridges, clients = rest[:2] if rest else ({}, {})
    connectors = rest[2] if rest[2:] else {}
    return Seen(
        alive=True,
        serving=serving,
        slave=facts.get("Slave"),
        store=bool(store),
        behind=_behind(replica) if node.replica and not serving else "",
        version=facts.get("BrokerVersion"),
        bridges=tuple(sorted(_bridge(name, values) for name, values in bridges.items())),
        clients=tuple(sorted(str(values.get("ClientId")) for values in clients.values())),
        duplex=frozenset(str(values.get("Name")) for values in connectors.values() if values.get("Duplex")),
    )


_REPLICA = ["NodeRole", "Status"]  # ReplicatedLevelDBStoreView


def _behind(replica: Mapping[str, Mapping[str, Any]]) -> str:
    """ "" for a slave that has all that its master has; else what it is, in ActiveMQ's words."""
    values = next(iter(replica.values()), {})
    role, status = str(values.get("NodeRole") or "starting"), str(values.get("Status") or "")
    return "" if (role, status) == ("slave", "Attached") else f"{role} {status}".strip()


def console(node: NodeSpec) -> Address:
    return Address(node.place.dial, node.broker.console)


def handshakes(node: NodeSpec, login: Login, timeout: float = QUICK) -> bool:
    """One handshake on the node's best suited connector."""
    try:
        return _admitted(node, login, timeout)
    except NotAdmitted:
        return False


def _admitted(node: NodeSpec, login: Login, timeout: float) -> bool:
    """Raises NotAdmitted where somebody is there who refuses us, or whom we do not trust."""
    for kind in handshake.PREFERENCE:
        connector = node.broker.connector(kind)
        if connector is not None:
            address = Address(node.place.dial, connector.port)
            return handshake.admitted(kind, address, login, timeout)
    return False


def refusals(observation: Observation) -> dict[str, NotAdmitted]:
    """By node: that somebody answers there who does not let us in, or whom we do not trust."""
    return {name: seen.refused for name, seen in observation.seen.items() if seen.refused is not None}


def _bridge(name: str, values: Mapping[str, Any]) -> tuple[str, str, bool]:
    of = keys(name)
    passive = of.get("connector") == "duplexNetworkConnectors"
    return ("" if passive else of.get("networkConnectorName", "")), str(values.get("RemoteBrokerName")), passive


def link_up(link: SettledLink, seen: Mapping[str, Seen], masters: Mapping[str, str]) -> bool | None:
    """Both ends must see it. duplex: a bridge MBean at each; one-way: the bridge at the declarer and its
    `<connector>_<broker>_outbound` client at the peer (DemandForwardingBridgeSupport.startRemoteBridge)."""
    here, there = masters.get(link.from_group), masters.get(link.to_group)
    if not link.to_group and here is not None and here in link.declared_by:
        return _leads_out(link, seen[here])
    if here is None or there is None or here not in link.declared_by:
        return False
    near, far = seen[here], seen[there]
    if near.slave is None or far.slave is None:
        return None
    if not any(
        name == link.called and remote == link.to_group for name, remote, passive in near.bridges if not passive
    ):
        return False
    if link.duplex:
        return any(passive and remote == link.from_group for _, remote, passive in far.bridges)
    if link.called in near.duplex:
        return False  # it is to be one way; for a moment the client of a duplex bridge looks like one
    return any(client.startswith(f"{link.called}_{link.from_group}_outbound") for client in far.clients)


def _leads_out(link: SettledLink, near: Seen) -> bool | None:
    """To brokers that are not of this cluster: only its own end can be seen."""
    if near.slave is None:
        return None
    return any(name == link.called for name, _, passive in near.bridges if not passive)


def missing(
    plan: Plan, observation: Observation, *, links: bool = True, without: frozenset[str] = frozenset()
) -> list[str]:
    """What keeps the cluster from being ready, in words; nothing when it is. links: they count too.
    without: nodes of which nothing is expected; with all of a group, nor is anything of its links."""
    out = [
        f"{name} is not ready ({seen})" for name, seen in observation.companions.items() if seen and name not in without
    ]
    out += [f"{name}: {why.message}" for name, why in refusals(observation).items() if name not in without]
    absent = {g.name for g in plan.settled.groups if all(b.name in without for b in g.brokers)}
    for group in plan.settled.groups:
        if group.name in absent:
            continue
        if group.name in observation.double:
            out.append(f"{group.name} has {len(observation.double[group.name])} masters")
        elif group.name not in observation.masters:
            out.append(f"{group.name} has no master")
        for member in group.brokers:
            if member.name in without:
                continue
            role_ = observation.roles[member.name]
            if role_ not in ("master", "waiting") and group.name in observation.masters:
                out.append(f"{member.name} is {role_}")
    if not links:
        return out
    for link in plan.settled.links:
        up = observation.links[link.name]
        if not link.to_group:
            continue  # whether somebody is there is not this cluster's doing
        if not up and not absent & {link.from_group, link.to_group}:
            out.append(f"link {link.name} is {'unknown' if up is None else 'not up'}")
    return out


def to_blame(plan: Plan, observation: Observation, without: frozenset[str] = frozenset()) -> list[str]:
    """Whose log may say why the cluster is not ready: of those that are not as they should be; where all are, of the
    masters that should have the bridges which are not there. without: as in `missing`."""
    stuck = [n for n, r in observation.roles.items() if r in ("starting", "down") and n not in without]
    dead = [link for link in plan.settled.links if link.to_group and not observation.links[link.name]]
    masters = observation.masters
    return stuck or list(dict.fromkeys(masters[k.from_group] for k in dead if k.from_group in masters))
