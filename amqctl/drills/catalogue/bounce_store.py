"""The database of a group is stopped under load and comes back: maintenance of it, or its own restart.

A master on database-locker notices at its next lockKeepAlivePeriod that it has the lock no more, gives up and starts
anew; so does one whose write fails, by its IOExceptionHandler. Where the database is back before that, another broker
can have the lock already: an overlap, which is invalid, with its length and with what both wrote.
"""

from __future__ import annotations

from collections.abc import Sequence

from amqctl.drills import checkers
from amqctl.drills.actions import Action, AwaitAllBack, AwaitServed, BounceStore
from amqctl.drills.catalogue.under_load import (
    Script,
    each_group_with_a_slave,
    in_a_database,
    loaded,
    of_a_database,
    still_loaded,
)
from amqctl.drills.model import Drill, Skip, Standard, Subject
from amqctl.drills.target import Facts

SHORT, LONG_ENOUGH = 2.0, 60.0  # seconds


def subjects(facts: Facts) -> Sequence[Subject | Skip]:
    return of_a_database(facts, "bounce-store", each_group_with_a_slave(facts))


def away_for(seconds: float) -> Script:
    def script(subject: Subject, standard: Standard) -> tuple[Action, ...]:
        group = subject.group
        return (
            loaded(standard), BounceStore(group, seconds), AwaitServed(group), AwaitAllBack(), still_loaded(standard),
        )  # fmt: skip

    return script


def _drill(name: str, seconds: float, *, usual: bool) -> Drill:
    return Drill(
        name=name,
        claim=(
            f"when the database of a group is away for {seconds:g} s under load, there is never a second master,"
            " no acknowledged message is lost, and every broker comes back by itself"
        ),
        needs=subjects,
        script=away_for(seconds),
        checkers=(
            checkers.one_master_at_a_time, checkers.nothing_lost, checkers.came_back_by_itself, checkers.not_vacuous,
        ),
        ability="bounce-store",
        usual=lambda facts: usual and in_a_database(facts),
    )  # fmt: skip


DRILL = _drill("bounce-store", SHORT, usual=True)
LONG = _drill("bounce-store-60", LONG_ENOUGH, usual=False)
