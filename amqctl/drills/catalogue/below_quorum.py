"""So many members of a replicated store are killed that a majority is gone; then one comes back.

Who is left may lack messages that the dead have, so it must not become master, however long it waits.
"""

from __future__ import annotations

from collections.abc import Sequence

from amqctl.drills import checkers
from amqctl.drills.actions import Action, AwaitServed, Hold, KillBelowQuorum, RegainQuorum
from amqctl.drills.catalogue.under_load import each_group_with_a_slave, loaded, still_loaded
from amqctl.drills.model import Drill, Skip, Standard, Subject
from amqctl.drills.target import Facts

NO_REPLICAS = "its members do not keep copies of their own: there is no quorum to lose"


def replicated(facts: Facts) -> bool:
    return any(group.quorum > 0 for group in facts.groups)


def subjects(facts: Facts) -> Sequence[Subject | Skip]:
    quorums = {group.name: group.quorum for group in facts.groups}
    return [
        Skip(found.group, NO_REPLICAS) if not quorums[found.group] else found
        for found in each_group_with_a_slave(facts)
    ]


def script(subject: Subject, standard: Standard) -> tuple[Action, ...]:
    group = subject.group
    return (
        loaded(standard), KillBelowQuorum(group), Hold(group), RegainQuorum(group), AwaitServed(group),
        still_loaded(standard),
    )  # fmt: skip


DRILL = Drill(
    name="below-quorum",
    claim=(
        "when fewer members are left than the quorum, nobody is master and nothing is acknowledged; with one more there"
        " is a master again, and no acknowledged message is lost"
    ),
    needs=subjects,
    script=script,
    checkers=(
        checkers.one_master_at_a_time, checkers.nobody_serves_below_quorum, checkers.serves_again,
        checkers.nothing_lost, checkers.not_vacuous,
    ),
    usual=replicated,
)  # fmt: skip
