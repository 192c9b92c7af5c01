"""Who is reached from where: a message from every group to every other, over all links at once, nobody hurt.

The topology claims by its links' directions: what is joined, over however many links, is meant to be reached, and
nothing else. So a way of three groups with ActiveMQ's own networkTTL of 1 is invalid, and says which link stops it.
Unlike `bridging` it needs no slaves and no pairs.
"""

from __future__ import annotations

from collections.abc import Sequence

from amqctl.drills import checkers
from amqctl.drills.actions import Action, Reach
from amqctl.drills.catalogue.linked import CHOOSES, any_subject, directions, ways
from amqctl.drills.model import Drill, Skip, Standard, Subject
from amqctl.drills.target import Facts


def whole_network(facts: Facts) -> Sequence[Subject | Skip]:
    linked = {name for pair in directions(facts) for name in pair}
    if not linked:
        return [Skip("-", "no link between groups")]
    if choosing := [link.name for link in directions(facts).values() if link.chooses]:
        return [Skip("-", CHOOSES.format(choosing[0]))]
    mute = [Skip(name, facts.group(name).no_connector) for name in sorted(linked) if not facts.group(name).dial]
    groups = tuple(group.name for group in facts.groups if group.dial)
    if len(groups) < 2:
        return mute
    first = next((name for name in groups if name in linked), groups[0])
    return [Subject(label="network", group=first, groups=groups, ways=ways(facts)), *mute]


def script(subject: Subject, standard: Standard) -> tuple[Action, ...]:
    return (Reach(subject.groups, subject.ways),)


DRILL = Drill(
    name="reach",
    claim="a message reaches every group that the declared links lead to, and no other",
    needs=whole_network,
    script=script,
    checkers=(checkers.reached, checkers.nothing_lost),
    load=False,
    usual=lambda facts: any_subject(whole_network(facts)),
)
