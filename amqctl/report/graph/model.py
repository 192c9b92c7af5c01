"""What is drawn, whatever the form."""

from __future__ import annotations

from dataclasses import dataclass

from amqctl.cluster.model import Role
from amqctl.cluster.observation import missing
from amqctl.cluster.sight.counters import ends
from amqctl.cluster.sight.model import Sight
from amqctl.cluster.sight.spread import deepest, parts

MOST = 3  # queues shown in a group, deepest first


@dataclass(frozen=True, slots=True)
class Broker:
    name: str
    role: Role

    @property
    def word(self) -> str:
        """As it is written in the picture: one of them must be found at a glance."""
        return self.role.upper() if self.role in ("master", "down") else self.role


@dataclass(frozen=True, slots=True)
class Depth:
    queue: str
    depth: int
    deepest: bool = False  # of all in the picture


@dataclass(frozen=True, slots=True)
class Group:
    """brokers: none for one that is only known as the other end of a link. more: queues that are not shown.
    known: whether its queues are."""

    name: str
    brokers: tuple[Broker, ...]
    queues: tuple[Depth, ...] = ()
    more: int = 0
    known: bool = True


@dataclass(frozen=True, slots=True)
class Line:
    """up: None is not known. sent, back: messages that went over it and, of a duplex one, came back. why: it is
    dead, as far as that is seen from its ends."""

    name: str
    source: str
    target: str
    duplex: bool
    up: bool | None
    sent: int | None = None
    back: int | None = None
    why: str = "not connected"

    @property
    def label(self) -> str:
        if self.up is False:
            return f"{self.name}: DEAD, {self.why}"
        if self.up is None:
            return f"{self.name}: state unknown"
        way = f"{'?' if self.sent is None else self.sent} sent"
        return f"{self.name}: up, {way}" + (f", {'?' if self.back is None else self.back} back" if self.duplex else "")


@dataclass(frozen=True, slots=True)
class Drawing:
    """lacking: what keeps it from being ready, in words."""

    title: str
    lacking: tuple[str, ...]
    groups: tuple[Group, ...]
    lines: tuple[Line, ...]

    @property
    def ready(self) -> bool:
        return not self.lacking

    @property
    def all_known(self) -> bool:
        """Whether the deepest queue is the deepest there is, or only of those that could be asked for."""
        return all(group.known for group in self.groups if group.brokers)


def drawing(sight: Sight) -> Drawing:
    found, unknown = parts(sight)
    top = deepest(found)
    groups = []
    for group in sight.plan.settled.groups:
        mine = sorted((p for p in found if p.group == group.name and p.queue.depth), key=lambda p: -p.queue.depth)
        groups.append(
            Group(
                name=group.name,
                brokers=tuple(Broker(b.name, sight.observation.roles[b.name]) for b in group.brokers),
                queues=tuple(Depth(p.queue.name, p.queue.depth, p is top) for p in mine[:MOST]),
                more=max(0, len(mine) - MOST),
                known=group.name not in unknown,
            )
        )
    lines = []
    for link in sight.plan.settled.links:
        near, _ = ends(link, sight)
        up = sight.observation.links.get(link.name)
        to = link.to_group or link.leads_to
        headless = [g for g in (link.from_group, link.to_group) if g and g not in sight.observation.masters]
        why = f"{' and '.join(headless)} without master" if headless else "not connected"
        lines.append(Line(link.name, link.from_group, to, link.duplex, up, near.dequeued, near.received, why))
    names = {g.name for g in groups}
    outside = dict.fromkeys(name for line in lines for name in (line.source, line.target) if name not in names)
    groups += [Group(name, (), known=False) for name in outside]
    lacking = tuple(missing(sight.plan, sight.observation))
    return Drawing(sight.plan.cluster, lacking, tuple(groups), tuple(lines))
