"""A queue over the network: what lies where, and who consumes it there, bridges and real consumers apart. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from amqctl.cluster.sight.model import Queue, Sight, Subscription


@dataclass(frozen=True, slots=True)
class Part:
    """One queue at one group's master. bridges, real: its consumers by kind, None where that is not known.
    held_by_bridges: in flight on them."""

    group: str
    node: str
    queue: Queue
    bridges: int | None
    real: int | None
    held_by_bridges: int | None


@dataclass(frozen=True, slots=True)
class Whole:
    """One queue over all groups that could be asked. groups: that have messages of it."""

    queue: str
    depth: int
    real: int | None
    bridges: int | None
    in_flight: int
    groups: tuple[str, ...]


def parts(sight: Sight) -> tuple[list[Part], list[str]]:
    """All queues by group and name, and the groups that could not be asked."""
    found: list[Part] = []
    unknown: list[str] = []
    for group in sight.plan.settled.groups:
        master = sight.master(group.name)
        if master is None or not master.answered:
            unknown.append(group.name)
            continue
        for queue in master.queues:
            mine = master.consumers(queue.name)
            # what came or went between the two reads of one request leaves the kinds unknown
            told = len(mine) == queue.consumers
            found.append(
                Part(
                    group=group.name,
                    node=master.node,
                    queue=queue,
                    bridges=_count(mine, network=True) if told else None,
                    real=_count(mine, network=False) if told else None,
                    held_by_bridges=sum(s.held or 0 for s in mine if s.network) if told else None,
                )
            )
    return found, unknown


def wholes(found: list[Part]) -> list[Whole]:
    """Deepest first, then by name."""
    out = []
    for name in dict.fromkeys(p.queue.name for p in found):
        mine = [p for p in found if p.queue.name == name]
        out.append(
            Whole(
                queue=name,
                depth=sum(p.queue.depth for p in mine),
                real=_sum(p.real for p in mine),
                bridges=_sum(p.bridges for p in mine),
                in_flight=sum(p.queue.in_flight for p in mine),
                groups=tuple(p.group for p in mine if p.queue.depth),
            )
        )
    return sorted(out, key=lambda w: (-w.depth, w.queue))


def deepest(found: list[Part]) -> Part | None:
    return max((p for p in found if p.queue.depth), key=lambda p: p.queue.depth, default=None)


def _count(subscriptions: tuple[Subscription, ...], *, network: bool) -> int:
    return sum(1 for s in subscriptions if s.network is network)


def _sum(values: Iterable[int | None]) -> int | None:
    total = 0
    for value in values:
        if value is None:
            return None
        total += value
    return total
