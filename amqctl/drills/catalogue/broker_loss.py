"""A single broker and a pair, linked (A; B and C): each of the three is lost in turn, then all start anew, A, B, C.

Without A the pair is a pair and fails over; without the pair's master the other serves and the link lives on; without
the one that waits nothing changes but that nobody could take over. Of no state is a message lost.
"""

from __future__ import annotations

from collections.abc import Sequence

from amqctl.drills import checkers
from amqctl.drills.actions import Action, Consume, Heal, Kill, KillSlave, Send, StartInOrder
from amqctl.drills.catalogue.linked import between, directions
from amqctl.drills.model import Drill, Skip, Standard, Subject
from amqctl.drills.target import Facts

COUNT = 10  # messages in each direction and state
OF_NONE = "no single broker is linked with a group of several"


def subjects(facts: Facts) -> Sequence[Subject | Skip]:
    """group: the pair. to_group: the single one. forward: messages go from the single one to the pair."""
    one_way = directions(facts)
    size = {group.name: len(group.nodes) for group in facts.groups}
    found: dict[tuple[str, str], Subject | Skip] = {}
    for (a, b), link in one_way.items():
        pair, single = (a, b) if size[a] > size[b] else (b, a)
        if size[single] != 1 or size[pair] < 2 or (pair, single) in found:
            continue
        for one in between(facts, [(pair, single, link)], OF_NONE):
            there, back = (single, pair) in one_way, (pair, single) in one_way
            if isinstance(one, Subject):
                label = f"{single} and {pair}"
                one = Subject(label, pair, single, link.name, forward=there, reverse=back, groups=(single, pair))
            found[pair, single] = one
    return list(found.values()) or [Skip("-", OF_NONE if facts.links else "no link between groups")]


def script(subject: Subject, standard: Standard) -> tuple[Action, ...]:
    pair, single = subject.group, subject.to_group
    return (
        Kill(single), Send(pair, COUNT, "single-down"), Kill(pair), Consume(pair, COUNT, "single-down"), Heal(),
        Kill(pair), *_across(subject, "master-down"), Heal(),
        KillSlave(pair), *_across(subject, "slave-down"), Heal(),
        StartInOrder((single, pair)), *_across(subject, "restarted"),
    )  # fmt: skip


def _across(subject: Subject, state: str) -> tuple[Action, ...]:
    pair, single = subject.group, subject.to_group
    there = (Send(single, COUNT, state), Consume(pair, COUNT, state)) if subject.forward else ()
    back = (Send(pair, COUNT, f"{state}-back"), Consume(single, COUNT, f"{state}-back")) if subject.reverse else ()
    return (*there, *back)


DRILL = Drill(
    name="broker-loss",
    claim="a single broker linked with a pair: whichever of the three is lost, the others serve, and nothing is lost",
    needs=subjects,
    script=script,
    checkers=(
        checkers.one_master_at_a_time, checkers.served_in_each_state, checkers.first_started_serves,
        checkers.nothing_lost,
    ),
    load=False,
    usual=lambda facts: False,
)  # fmt: skip
