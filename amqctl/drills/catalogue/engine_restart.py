"""The container engine restarts under load: what an upgrade of its package does.

Docker stops all containers when it stops, and starts again those that ran (restart policy
`unless-stopped`), in no order that anybody promises. With live-restore they run on meanwhile; then
nothing was put to the test, and the verdict says so.
"""

from __future__ import annotations

from collections.abc import Sequence

from amqctl.drills import checkers
from amqctl.drills.actions import Action, AwaitAllBack, RestartEngine
from amqctl.drills.catalogue.under_load import each_group, loaded, still_loaded
from amqctl.drills.model import Drill, Skip, Standard, Subject
from amqctl.drills.target import Facts


def each_group_on_an_engine(facts: Facts) -> Sequence[Subject | Skip]:
    if reason := facts.lacks.get("restart-engine"):
        return [Skip("-", reason)]
    return each_group(facts)


def script(subject: Subject, standard: Standard) -> tuple[Action, ...]:
    return (loaded(standard), RestartEngine(subject.group), AwaitAllBack(), still_loaded(standard))


DRILL = Drill(
    name="engine-restart",
    claim=(
        "when the container engine restarts under load, no acknowledged message is lost"
        " and every broker comes back by itself"
    ),
    needs=each_group_on_an_engine,
    script=script,
    checkers=(
        checkers.one_master_at_a_time, checkers.nothing_lost, checkers.came_back_by_itself, checkers.not_vacuous,
    ),
    ability="restart-engine",
)  # fmt: skip
