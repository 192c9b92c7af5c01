"""A group is moved to another version under load, one broker at a time: what `amqctl upgrade` does, put to the test.

Each group is its own subject, so between two of them the cluster is of both versions, and its links too.
"""

from __future__ import annotations

from collections.abc import Sequence

from amqctl.drills import checkers
from amqctl.drills.actions import Action, AwaitAllBack, RollUpgrade
from amqctl.drills.catalogue.under_load import each_group_with_a_slave, loaded, still_loaded
from amqctl.drills.model import Drill, Skip, Standard, Subject
from amqctl.drills.target import Facts


def subjects(facts: Facts) -> Sequence[Subject | Skip]:
    if reason := facts.lacks.get("upgrade"):
        return [Skip("-", reason)]
    return each_group_with_a_slave(facts)


def script(subject: Subject, standard: Standard) -> tuple[Action, ...]:
    return (loaded(standard), RollUpgrade(subject.group), AwaitAllBack(), still_loaded(standard))


DRILL = Drill(
    name="rolling-upgrade",
    claim="a group is moved to another version under load, and no acknowledged message is lost",
    needs=subjects,
    script=script,
    checkers=(
        checkers.one_master_at_a_time, checkers.nothing_lost, checkers.upgraded, checkers.not_vacuous,
    ),
    ability="upgrade",
)  # fmt: skip
