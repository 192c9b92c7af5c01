"""A running cluster as drills see it: `Target` over a Cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from amqctl import beside
from amqctl.activemq import stores
from amqctl.cluster import observation, servers, tables
from amqctl.cluster.cluster import Cluster
from amqctl.cluster.model import Address, Login, Role, StoreLook
from amqctl.cluster.observation import Seen
from amqctl.cluster.queues import at_masters
from amqctl.drills.target import Ability, GroupView, LinkView
from amqctl.errors import AmqctlError, CannotRun
from amqctl.plan.model import NodeSpec
from amqctl.plan.plan import ensemble
from amqctl.runtimes.pausing import Pauses
from amqctl.runtimes.seam import LogLine
from amqctl.topology.clients import DEFAULTS
from amqctl.topology.leveldbstore import LevelDBStore
from amqctl.topology.settled import SettledGroup, SettledLink
from amqctl.wait import NotYet, until

ENGINE_BACK = 60.0  # seconds for an engine to answer once its command has ended
STORE_GRACE = 30.0  # seconds a database gets to stop by itself
STORE_BACK = 60.0  # seconds for it to answer again
HANDSHAKE = 0.5  # seconds; a broker on this machine answers in a few milliseconds or is stuck


class LiveTarget:
    """Satisfies `drills.target.Target` and the protocols of all abilities. engine: restarts the container engine.

    client: stomp or jms, who drills; a group's budget includes what that one may take to come back. roll: a version,
    and what moves a group to it and returns the cluster by its new plan.
    """

    def __init__(
        self,
        cluster: Cluster,
        engine: Callable[[], None] | None = None,
        client: str = "stomp",
        roll: tuple[str, Callable[[str], Cluster]] | None = None,
    ) -> None:
        self._roll = roll
        self._cluster = cluster
        self._client = client
        self._engine = engine
        self._plan = cluster.plan

    @property
    def name(self) -> str:
        return self._plan.cluster

    @property
    def profile(self) -> str:
        return self._plan.settled.profile

    def groups(self) -> Sequence[GroupView]:
        return [self._group(g) for g in self._plan.settled.groups]

    def links(self) -> Sequence[LinkView]:
        return [_link(link) for link in self._plan.settled.links if link.to_group]

    def login(self) -> Login:
        return self._cluster.login

    def master(self, group: str) -> str | None:
        return next((n.name for n in self._plan.members(group) if self._serves(n)), None)

    def roles(self) -> Mapping[str, Role]:
        return self._cluster.observe(links=False).roles

    def pid(self, node: str) -> int | None:
        state = self._cluster.runtime.observe().nodes.get(node)
        return state.pid if state else None

    def kill(self, node: str) -> None:
        self._cluster.kill(node)

    def stop(self, node: str, grace: float) -> None:
        self._cluster.stop(node, grace)

    def start(self, node: str) -> None:
        self._cluster.start(node)

    def wait_ready(self, within: float) -> None:
        self._cluster.wait_ready(within)

    def logs(self, node: str, since: float | None) -> Iterable[LogLine]:
        return self._cluster.runtime.logs(node, since=since)

    def peers(self) -> Mapping[str, tuple[str, ...] | None]:
        seen = self._cluster.observe()
        return {group: found_by(self._plan.settled.links, seen.seen[node]) for group, node in seen.masters.items()}

    def queue_depths(self, destination: str) -> Mapping[str, int | None]:
        masters = {g.name: m for g in self._plan.settled.groups if (m := self.master(g.name))}
        facts, unknown = at_masters(self._plan, masters, self._cluster.login)
        depths: dict[str, int | None] = {g.name: 0 for g in self._plan.settled.groups}  # no such queue: nothing in it
        depths |= {f.group: f.depth for f in facts if f.queue == destination}
        # after a takeover a LevelDB's QueueSize is a few above what it has (seen: 2 and 3 of 2,400, by as many as were
        # in flight, and nothing came of them within a minute): no end to read a queue to
        miscounted = [g.name for g in self._plan.settled.groups if g.store.kind == "leveldb"]
        return depths | dict.fromkeys(unknown) | dict.fromkeys(miscounted)

    def handshake(self, node: str) -> bool:
        return self._serves(self._plan.node(node))

    def lacks(self) -> Mapping[Ability, str]:
        lacking: dict[Ability, str] = {}
        if self._cluster.runtime.name == "local":
            lacking["restart-engine"] = "the local runtime has no engine"
        elif self._engine is None:
            lacking["restart-engine"] = "no command to restart the engine was given (--engine-restart-command)"
        if not any(group.server for group in self.groups()):
            lacking["bounce-store"] = lacking["look-into-store"] = "no store is in a database that amqctl started"
        if not any(group.ensemble for group in self.groups()):
            lacking["stop-zookeeper"] = lacking["pause-zookeeper"] = "no group has a ZooKeeper that amqctl started"
        elif not isinstance(self._cluster.runtime, Pauses):
            lacking["pause-zookeeper"] = f"the runtime {self._cluster.runtime.name} cannot freeze a node"
        if self._roll is None:
            lacking["upgrade"] = "no version to move to was given (--to)"
        return lacking

    def restart_engine(self) -> None:
        if self._engine is None:
            raise AmqctlError("no command to restart the engine was given")
        self._engine()
        until(self._engine_answers, what="the engine answers again", within=ENGINE_BACK)

    def stop_store(self, server: str) -> None:
        self._cluster.stop(server, STORE_GRACE)

    def start_store(self, server: str) -> None:
        self.start_servers([server])

    def stop_servers(self, servers: Sequence[str]) -> None:
        beside.each(lambda server: self._cluster.stop(server, STORE_GRACE), servers)

    def start_servers(self, servers: Sequence[str]) -> None:
        for server in servers:
            self._cluster.start(server)
        self._await_servers(servers)

    def pause_servers(self, servers: Sequence[str]) -> None:
        for server in servers:
            self._pausing().pause(server)

    def resume_servers(self, servers: Sequence[str]) -> None:
        for server in servers:
            self._pausing().resume(server)
        self._await_servers(servers)

    def _pausing(self) -> Pauses:
        runtime = self._cluster.runtime
        if not isinstance(runtime, Pauses):
            raise AmqctlError(f"the runtime {runtime.name} cannot freeze a node")
        return runtime

    def _await_servers(self, names: Sequence[str]) -> None:
        def probe() -> None:
            seen = servers.answering(self._plan, self._cluster.runtime.observe())
            if lacking := [f"{name}: {seen[name]}" for name in names if seen[name]]:
                raise NotYet("; ".join(lacking))

        until(probe, what=f"{', '.join(names)} answer again", within=STORE_BACK)

    @property
    def upgrade_to(self) -> str:
        return self._roll[0] if self._roll else ""

    def upgrade(self, group: str) -> Mapping[str, str]:
        if self._roll is None:
            raise AmqctlError("no version to move to was given")
        self._cluster = self._roll[1](group)
        self._plan = self._cluster.plan
        seen = self._cluster.observe(links=False).seen
        return {n.name: seen[n.name].version or "" for n in self._plan.members(group)}

    def look_into_store(self, group: str, queues: Sequence[str]) -> StoreLook:
        return tables.look(self._plan, self._cluster.access, group, queues)

    def _engine_answers(self) -> None:
        try:
            self._cluster.runtime.observe()
        except CannotRun as exc:
            raise NotYet(str(exc)) from exc

    def _serves(self, node: NodeSpec) -> bool:
        return observation.handshakes(node, self._cluster.login, HANDSHAKE)

    def _failover(self) -> Mapping[str, str]:
        """What `urls` gives applications."""
        return {**DEFAULTS, **self._plan.settled.failover}

    def _back(self) -> float:
        """Seconds until a client over failover: looks again (FailoverTransport: 30 s where nothing is said)."""
        return int(self._failover().get("maxReconnectDelay", "30000")) / 1000 if self._client == "jms" else 0.0

    def _group(self, group: SettledGroup) -> GroupView:
        nodes = self._plan.members(group.name)
        facts = stores.facts(group.store.kind)
        replication = group.store.replication if isinstance(group.store, LevelDBStore) else None
        servers_ = ensemble(self._plan, replication.companion or "") if replication else ()
        return GroupView(
            name=group.name,
            nodes=tuple(n.name for n in nodes),
            budget_seconds=facts.takeover_budget(group.store).seconds + self._back(),
            stomp={n.name: Address(n.place.dial, n.ports["stomp"]) for n in nodes if "stomp" in n.ports},
            store_kind=group.store.kind,
            version=", ".join(sorted({b.version for b in group.brokers})),
            locker=facts.locker_name(group.store),
            file_system=facts.medium(group.store) or self._cluster.runtime.store_file_system(nodes[0]),
            caveats=facts.caveats(group.store),
            server=tables.server_of(self._plan, group.name),
            quorum=replication.quorum if replication else 0,
            ensemble=tuple(spec.name for spec in servers_),
            session_seconds=max(replication.session, replication.least_session) / 1000 if replication else 0.0,
            openwire={n.name: Address(n.place.dial, n.ports["openwire"]) for n in nodes if "openwire" in n.ports},
            client=self._client,
            failover=self._failover(),
        )


def found_by(links: Sequence[SettledLink], at: Seen) -> tuple[str, ...] | None:
    """The remote broker of each bridge that a connector which looks by multicast has made; None where unknown.

    Where links are of both kinds, one to an address, or one that the other side declared, has found nobody."""
    if at.slave is None:  # who answers no question about itself answered none about its bridges either
        return None
    looking = {link.called for link in links if link.via == "multicast"}
    return tuple(remote for connector, remote, passive in at.bridges if not passive and connector in looking)


def _link(link: SettledLink) -> LinkView:
    """What is not written is ActiveMQ's own (NetworkBridgeConfiguration, SimpleDiscoveryAgent)."""
    said, hops = link.attributes, link.attributes.get("networkTTL", "1")
    quickest, longest = (
        int(link.options.get(key, usual)) / 1000
        for key, usual in (("initialReconnectDelay", "1000"), ("maxReconnectDelay", "30000"))
    )
    grows = link.options.get("useExponentialBackOff", "true") == "true"
    return LinkView(
        name=link.name,
        from_group=link.from_group,
        to_group=link.to_group,
        duplex=link.duplex,
        message_ttl=int(said.get("messageTTL", hops)),
        consumer_ttl=int(said.get("consumerTTL", hops)),
        conduit=said.get("conduitSubscriptions", "true") == "true",
        local_first=said.get("decreaseNetworkConsumerPriority", "false") == "true",
        retry_seconds=longest if grows else quickest,
        discovers=link.via == "multicast",
        # what is static crosses besides, except where nothing else does
        chooses=said.get("staticBridge") == "true" or any(one.role != "static" for one in link.destinations),
    )
