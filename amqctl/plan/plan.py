"""From a settled topology and the world a runtime offers, to what will run where."""

from __future__ import annotations

from amqctl.plan.model import NodeSpec, Place, PlaceOf, Plan
from amqctl.topology.settled import Settled, SettledGroup


def make_plan(settled: Settled, place: PlaceOf, intent: str) -> Plan:
    """Pure: the same settled topology and places give the same plan."""
    nodes = []
    for group in settled.groups:
        for broker in group.brokers:
            at = place(broker.name, settled)
            nodes.append(
                NodeSpec(
                    name=broker.name,
                    group=group.name,
                    place=at,
                    broker=broker,
                    shared=shared_directories(group, at),
                )
            )
    return Plan(cluster=settled.name, settled=settled, nodes=tuple(nodes), intent=intent)


def store_directory(group: SettledGroup, place: Place) -> str:
    """Where the group's KahaDB lies; the same for every member, and the only thing they share."""
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
    scheduler = scheduler_directory(group, place)
    return (store_directory(group, place), *((scheduler,) if scheduler else ()))
