"""From a settled topology and the world a runtime offers, to what will run where."""

from __future__ import annotations

from dataclasses import replace

from amqctl.activemq import stores
from amqctl.activemq.companions import image_of
from amqctl.activemq.versions import caps
from amqctl.plan.model import CompanionSpec, NodeSpec, Place, PlaceOf, Plan
from amqctl.topology.settled import JdbcStore, Settled, SettledBroker, SettledGroup


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
                )
            )
    companions = tuple(CompanionSpec(c.name, place(c.name, settled), c) for c in settled.companions)
    return Plan(cluster=settled.name, settled=settled, nodes=tuple(nodes), intent=intent, companions=companions)


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
    if isinstance(group.store, JdbcStore):
        return None
    return group.store.path or f"{place.stores}/{group.name}/kahadb"


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
