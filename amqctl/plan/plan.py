"""From a settled topology and the world a runtime offers, to what will run where."""

from __future__ import annotations

from dataclasses import replace

from amqctl.activemq import stores
from amqctl.activemq.companions import image_of
from amqctl.activemq.repairs import StartRepair
from amqctl.activemq.stores import leveldb
from amqctl.activemq.versions import caps
from amqctl.plan.model import CompanionSpec, NodeSpec, Place, PlaceOf, Plan
from amqctl.topology.leveldbstore import LevelDBStore
from amqctl.topology.settled import Settled, SettledBroker, SettledCompanion, SettledGroup
from amqctl.topology.settledstores import JdbcStore


def make_plan(settled: Settled, place: PlaceOf, intent: str) -> Plan:
    """Pure: the same settled topology and places give the same plan."""
    nodes = []
    for group in settled.groups:
        for broker in group.brokers:
            at = place(broker.name, settled)
            broker = _by_multicast(settled, broker, at)
            nodes.append(
                NodeSpec(
                    name=broker.name,
                    group=group.name,
                    place=at,
                    broker=broker,
                    shared=shared_directories(group, at),
                    jars=_jars(settled, group, broker),
                    replica=replica_directory(group, broker.name, at),
                    repairs=_repairs(group, broker),
                    replication=_replication(group, broker.name),
                )
            )
    companions = tuple(
        CompanionSpec(c.name, place(c.name, settled), c, _peers(c, place, settled)) for c in settled.companions
    )
    return Plan(cluster=settled.name, settled=settled, nodes=tuple(nodes), intent=intent, companions=companions)


def _peers(companion: SettledCompanion, place: PlaceOf, settled: Settled) -> dict[str, str | int]:
    """`server.N` of each server of its ensemble, and `myid`; nothing for one that is alone."""
    ensemble = companion.ensemble
    if ensemble is None or len(ensemble.members) == 1:
        return {}
    servers: dict[str, str | int] = {
        f"server.{number}": f"{place(member.node, settled).inside}:{member.quorum}:{member.election}"
        for number, member in enumerate(ensemble.members, 1)
    }
    return {**servers, "myid": ensemble.number}


def _repairs(group: SettledGroup, broker: SettledBroker) -> tuple[StartRepair, ...]:
    store = group.store
    return leveldb.repairs(store, broker.version) if isinstance(store, LevelDBStore) else ()


def _replication(group: SettledGroup, node: str) -> int:
    store = group.store
    return store.replication.ports[node] if isinstance(store, LevelDBStore) and store.replication else 0


def ensemble_address(plan: Plan, name: str) -> str:
    """HOST:PORT of each server of a ZooKeeper companion, as brokers reach it, with commas."""
    return ",".join(f"{s.place.inside}:{s.companion.port}" for s in ensemble(plan, name))


def ensemble(plan: Plan, name: str) -> tuple[CompanionSpec, ...]:
    """The servers of a ZooKeeper companion."""
    return tuple(s for s in plan.companions if s.companion.ensemble is not None and s.companion.ensemble.name == name)


def _by_multicast(settled: Settled, broker: SettledBroker, place: Place) -> SettledBroker:
    """With what its JVM needs there to find others, or be found."""
    links = [link for link in settled.links if link.via == "multicast"]
    if not any(broker.name in (*link.declared_by, *link.announced_by) for link in links):
        return broker
    return replace(broker, jvm=replace(broker.jvm, args=(*place.multicast.args, *broker.jvm.args)))


def companion_image(settled: Settled, group: SettledGroup) -> str | None:
    """The user's own image of the server that has the group's store, or its lock."""
    source = group.store.source
    if source is None or source.companion is None:
        return None
    server = settled.companion(source.companion)
    return image_of(server.kind, server.image, server.version) if server.version else server.image


def store_directory(group: SettledGroup, place: Place) -> str | None:
    """Where the group's store lies, for one that is a directory; the same for every member."""
    store = group.store
    if isinstance(store, JdbcStore) or (isinstance(store, LevelDBStore) and store.replication is not None):
        return None
    return store.path or f"{place.stores}/{group.name}/{store.kind}"


def replica_directory(group: SettledGroup, node: str, place: Place) -> str | None:
    """Where a member keeps its own copy of the store, which outlives the node."""
    store = group.store
    if not isinstance(store, LevelDBStore) or store.replication is None:
        return None
    return f"{place.stores}/{group.name}/{node}"


def scheduler_directory(group: SettledGroup, place: Place) -> str | None:
    """Delayed messages live in a store of their own, which must fail over as well.

    Its default place is dataDirectory/<brokerName>/scheduler, and members do not share a
    dataDirectory (BrokerService.getSchedulerDirectoryFile; ActiveMQ's shared-file-system-master-slave
    page, "Scheduler Support").
    """
    if not group.shares_scheduler:
        return None
    if group.store.path:
        return f"{group.store.path}/scheduler"  # a named path may be all that is mounted
    return f"{place.stores}/{group.name}/scheduler"


def shared_directories(group: SettledGroup, place: Place) -> tuple[str, ...]:
    """All that its members share on disk; of a store in a database nothing, unless there is a scheduler."""
    return tuple(filter(None, (store_directory(group, place), scheduler_directory(group, place))))


def _jars(settled: Settled, group: SettledGroup, broker: SettledBroker) -> tuple[str, ...]:
    facts = stores.facts(group.store.kind)
    jars = facts.jars(group.store, companion_image(settled, group), caps(broker.version))
    return (*jars, *broker.own.jars) if broker.own else jars
