"""A cluster that amqctl did not start, known by addresses only. Nothing here writes to a broker.

What a plan says of a cluster of ours is found here by asking: brokerNames, versions, stores, links. A link
that was seen once is remembered, so that one whose bridge died is seen to be down.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, cast

from amqctl import beside
from amqctl.cluster import jolokia, observation
from amqctl.cluster.jolokia import Jolokia, NoAnswer
from amqctl.cluster.model import Address, Login, Role, Trust
from amqctl.cluster.observation import QUICK, Observation, Seen
from amqctl.cluster.sight.model import Look
from amqctl.cluster.tls import NotAdmitted, refusal
from amqctl.plan.model import NodeSpec, Place, Plan
from amqctl.plan.state import NodeState, State
from amqctl.runtimes.seam import LogLine
from amqctl.topology.attach import KINDS, AttachedBroker, AttachFile
from amqctl.topology.own import OwnConf
from amqctl.topology.settled import (
    Connector,
    ConnectorKind,
    JvmSettings,
    PasswordSource,
    Settled,
    SettledBroker,
    SettledGroup,
    SettledLink,
    SettledUser,
    Tls,
    UsageLimits,
)
from amqctl.topology.settledstores import KahaDBStore

RUNTIME = "attached"
UNKNOWN = "?"  # the other end of a connector without a bridge: brokers before 5.19.9, 6.2.8 and 6.3.0 do not say
_STORES = {
    "KahaDBPersistenceAdapter": "kahadb", "MultiKahaDBPersistenceAdapter": "kahadb", "JDBCPersistenceAdapter": "jdbc",
    "MemoryPersistenceAdapter": "memory", "LevelDBPersistenceAdapter": "leveldb",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Answer:
    """What one broker's Jolokia says of what it is. refused: why it says nothing."""

    broker_name: str | None = None
    version: str | None = None
    store: str | None = None
    connectors: Mapping[str, bool] = field(default_factory=dict)  # name -> duplex
    refused: NotAdmitted | None = None


class Attached:
    """passwords: by broker. trust: where all of it is TLS."""

    runtime = RUNTIME

    def __init__(self, file: AttachFile, passwords: Mapping[str, str], trust: Trust | None = None) -> None:
        self._file = file
        self._logins = {b.name: Login(b.who.user, passwords[b.name], trust) for b in file.brokers}
        self._known: dict[str, _Answer] = {}  # the last that each answered
        self._links: dict[tuple[str, str, str], SettledLink] = {}
        for declared in file.links:
            self._remember(declared.name, declared.from_, declared.to, declared.duplex)

    def login(self, node: str) -> Login:
        return self._logins[node]

    def lock_lines(self, seen: Observation) -> Mapping[str, LogLine]:
        return {}  # its logs are not ours to read

    def look(self, *, links: bool = True) -> Look:
        brokers = self._file.brokers
        answers = dict(zip((b.name for b in brokers), beside.each(self._contact, brokers), strict=True))
        for name, answer in answers.items():
            if answer.refused is None:
                self._known[name] = answer
        nodes = {b.name: self._node(b) for b in brokers}
        found = beside.each(lambda b: self._see(b, nodes[b.name], answers[b.name], links), brokers)
        names = {b.name: self._name(b) for b in brokers}
        seen = {b.name: _in_groups(one, self._file, names) for b, one in zip(brokers, found, strict=True)}
        masters: dict[str, list[str]] = {}
        for broker in brokers:
            if seen[broker.name].serving:
                masters.setdefault(broker.group, []).append(broker.name)
        led = {group: nodes_[0] for group, nodes_ in masters.items()}
        if links:
            self._discover(answers, seen, led)
        plan = self._plan(nodes)
        return Look(plan, self._observation(plan, seen, masters, led), names)

    # --- one broker

    def _contact(self, broker: AttachedBroker) -> _Answer:
        if "console" not in broker.ports:
            return _Answer(refused=NotAdmitted(f"no console is named for {broker.name}: what it does is not known"))
        address = Address(broker.host, broker.ports["console"])
        name = broker.broker_name or "*"
        me = jolokia.broker(name)
        wanted = [
            (f"{me},service=PersistenceAdapter,instanceName=*", ["Name"]),
            (f"{me},connector=networkConnectors,networkConnectorName=*", ["Name", "Duplex"]),
            (jolokia.broker("*"), ["BrokerVersion"]),
        ]
        try:
            store, connectors, brokers = Jolokia(address, self._logins[broker.name], QUICK).read_all(wanted)
        except NoAnswer as exc:
            trust = self._logins[broker.name].tls
            if trust and isinstance(exc.__cause__, OSError) and (untrusted := refusal(exc.__cause__, address, trust)):
                return _Answer(refused=untrusted)
            return _Answer(refused=_refusal(broker, address, str(exc)))
        here = {jolokia.keys(mbean).get("brokerName", ""): values for mbean, values in brokers.items()}
        if broker.broker_name is not None:
            here = {n: v for n, v in here.items() if n == broker.broker_name}
        if len(here) != 1:
            known = ", ".join(sorted(here))
            said = f"several brokers: {known}" if here else "no broker" + (f" {name}" if name != "*" else "")
            hint = "brokerName: says which one is meant" if here else "is it still starting?"
            return _Answer(refused=NotAdmitted(f"{address} has {said}", hint=hint))
        ((broker_name, facts),) = here.items()
        return _Answer(
            broker_name=broker_name,
            version=str(facts.get("BrokerVersion") or "?"),
            store=next((_STORES.get(str(v.get("Name")).partition("[")[0], "other") for v in store.values()), None),
            connectors={str(v.get("Name")): v.get("Duplex") is True for v in connectors.values()},
        )

    def _see(self, broker: AttachedBroker, node: NodeSpec, answer: _Answer, links: bool) -> Seen:
        """By the same look as at a broker of ours, under the name that it has."""
        alive = NodeState(broker.name, "running")
        named = replace(node, group=self._name(broker))
        seen = observation.look(named, alive, self._logins[broker.name], links and answer.refused is None)
        if seen.refused is not None:
            return replace(seen, refused=_theirs(seen.refused))
        if answer.refused is None:
            return seen
        listens = seen.serving or any(_listens(Address(broker.host, port)) for port in broker.ports.values())
        return replace(seen, alive=listens, refused=_theirs(answer.refused))

    def _name(self, broker: AttachedBroker) -> str:
        known = self._known.get(broker.name)
        return (known.broker_name if known else None) or broker.broker_name or broker.group

    # --- the cluster

    def _discover(self, answers: Mapping[str, _Answer], seen: Mapping[str, Seen], led: Mapping[str, str]) -> None:
        """Links that there are: connectors of masters, and where their bridges lead."""
        for group, node in led.items():
            answer = answers[node]
            for connector, duplex in answer.connectors.items():
                remotes = [r for name, r, passive in seen[node].bridges if not passive and name == connector]
                known = [k for k in self._links if k[0] == connector and k[1] == group and k[2] != UNKNOWN]
                for remote in remotes:
                    self._remember(connector, group, remote, duplex)
                if remotes or known:
                    self._links.pop((connector, group, UNKNOWN), None)
                else:
                    self._remember(connector, group, UNKNOWN, duplex)

    def _remember(self, connector: str, from_: str, to: str, duplex: bool) -> None:
        members = tuple(b.name for b in self._file.brokers if b.group == from_)
        targets = tuple(b.name for b in self._file.brokers if b.group == to)
        self._links[(connector, from_, to)] = SettledLink(
            name=connector, from_=from_, to=to, from_group=from_, to_group=to if targets else "", declared_by=members,
            targets=targets, via="static", duplex=duplex, options={}, attributes={}, connector=connector,
        )  # fmt: skip

    def _named(self) -> tuple[SettledLink, ...]:
        """Connectors of several brokers may have one name, and one may lead to several: links need their own."""
        used = [connector for connector, _, _ in self._links]
        return tuple(
            link if used.count(key[0]) == 1 else replace(link, name=f"{key[0]}@{key[1]}-{key[2]}")
            for key, link in sorted(self._links.items())
        )

    def _plan(self, nodes: Mapping[str, NodeSpec]) -> Plan:
        groups = tuple(
            SettledGroup(g, self._store(g), tuple(n.broker for n in nodes.values() if n.group == g), False)
            for g in self._file.groups
        )
        user = self._file.brokers[0].who.user
        links = self._named()
        users = (SettledUser(user, PasswordSource("generated"), ()),)
        tls = Tls() if self._file.trust else None
        # neither profile: its brokers are as somebody else made them
        settled = Settled(
            self._file.name, "stock", groups, links, users, user, user, "auto", self._file.source, tls=tls
        )
        return Plan(self._file.name, settled, tuple(nodes.values()), "")

    def _store(self, group: str) -> KahaDBStore:
        """Its kind is what its brokers say; the rest of it is nobody's business here."""
        said = [a.store for b in self._file.brokers if b.group == group and (a := self._known.get(b.name))]
        kind = next((s for s in said if s), "unknown")
        return KahaDBStore(cast(Literal["kahadb"], kind), None, 0, 0, {})

    def _node(self, broker: AttachedBroker) -> NodeSpec:
        place = Place(broker.host, broker.host, broker.host, "", "")
        known = self._known.get(broker.name)
        named = [Connector(cast(ConnectorKind, k), broker.ports[k], {}) for k in KINDS if k in broker.ports]
        members = [b.name for b in self._file.brokers if b.group == broker.group]
        own = OwnConf(
            directory="", broker_name=known.broker_name if known else None, transports=(),
            console="console" in broker.ports, store="other", acquire_sleep=0, keep_alive=0, lease=False, pool="",
            scheduler=False, networks=(), jars=(),
        )  # fmt: skip
        settled = SettledBroker(
            name=broker.name, group=broker.group, index=0, preferred=members[0] == broker.name,
            version=(known.version if known else None) or "?", jvm=JvmSettings("", "normal"), connectors=tuple(named),
            console=broker.ports.get("console", 0), attributes={}, usage=UsageLimits(), policies=(), patches=(),
            own=own,
        )  # fmt: skip
        return NodeSpec(broker.name, broker.group, place, settled, ())

    def _observation(
        self, plan: Plan, seen: Mapping[str, Seen], masters: Mapping[str, list[str]], led: Mapping[str, str]
    ) -> Observation:
        roles: dict[str, Role] = {}
        for node in plan.nodes:
            one = seen[node.name]
            told = one.serving or one.slave is not None
            roles[node.name] = observation.role(one, node.group in led) if told else "unknown"
        return Observation(
            state=State(None, {n: NodeState(n, "running") for n, one in seen.items() if one.alive}),
            seen=seen,
            roles=roles,
            masters=led,
            links={link.name: observation.link_up(link, seen, led) for link in plan.settled.links},
            double={g: tuple(names) for g, names in masters.items() if len(names) > 1},
        )


def _in_groups(seen: Seen, file: AttachFile, names: Mapping[str, str]) -> Seen:
    """Brokers call each other by brokerName, and the file's groups may be called otherwise."""
    group_of = {names[b.name]: b.group for b in file.brokers}
    others = {name: group for name, group in group_of.items() if name != group}
    if not others:
        return seen

    def client(ident: str) -> str:
        for name, group in others.items():
            ident = ident.replace(f"_{name}_outbound", f"_{group}_outbound")
        return ident

    return replace(
        seen,
        bridges=tuple((connector, group_of.get(r, r), passive) for connector, r, passive in seen.bridges),
        clients=tuple(client(c) for c in seen.clients),
    )


def _refusal(broker: AttachedBroker, address: Address, said: str) -> NotAdmitted:
    """Why its Jolokia says nothing, in words for whoever wrote the file."""
    if "HTTP 401" in said or "HTTP 403" in said:
        code = "401" if "401" in said else "403"
        hint = "is that user an administrator of the console, and the password right?"
        return NotAdmitted(f"{address} refuses user {broker.who.user} (HTTP {code})", hint=hint)
    if "HTTP 404" in said:
        hint = "console: is the address of ActiveMQ's web console, which has Jolokia below /api/jolokia"
        return NotAdmitted(f"{address} has no Jolokia (HTTP 404)", hint=hint)
    if _listens(address):
        return NotAdmitted(f"{address} is no Jolokia: {said}", hint="console: is the address of the web console")
    hint = "it is down; or it waits: with ActiveMQ's own jetty.xml a waiting broker has no console yet"
    return NotAdmitted(f"nobody listens at {address}", hint=hint)


def _theirs(refused: NotAdmitted) -> NotAdmitted:
    """As it is told of a cluster that no amqctl mends."""
    if "amqctl up" not in (refused.hint or ""):
        return refused
    hint = "trust: is the PEM file with who signed their certificates; without TLS addresses are http:// and tcp://"
    return NotAdmitted(refused.message, hint=hint)


def _listens(address: Address) -> bool:
    try:
        with socket.create_connection((address.host, address.port), timeout=QUICK):
            return True
    except OSError:
        return False
