"""Brokers that look for each other by multicast: each finds all others of its cluster and no stranger, and one that
comes later is found too."""

from __future__ import annotations

from collections.abc import Sequence

from amqctl.drills import checkers
from amqctl.drills.actions import Action, AwaitMembers, Heal, StopGroup
from amqctl.drills.model import Drill, Skip, Standard, Subject
from amqctl.drills.target import Facts


def subjects(facts: Facts) -> Sequence[Subject | Skip]:
    """group: the one that comes later, the last that takes part."""
    known = [group.name for group in facts.groups]
    found = {name for link in facts.links if link.discovers for name in (link.from_group, link.to_group)}
    members = tuple(name for name in known if name in found)
    if len(members) < 2:
        return [Skip("-", "no two groups look for each other by multicast")]
    return [Subject(label="multicast", group=members[-1], groups=members)]


def script(subject: Subject, standard: Standard) -> tuple[Action, ...]:
    late = subject.group
    return (AwaitMembers(), StopGroup(late), AwaitMembers(without=(late,)), Heal(), AwaitMembers())


DRILL = Drill(
    name="membership",
    claim="brokers that look for each other find exactly those of their cluster, a late one too",
    needs=subjects,
    script=script,
    checkers=(checkers.found_each_other,),
    load=False,
    usual=lambda facts: len(subjects(facts)) == 1 and isinstance(subjects(facts)[0], Subject),
)
