"""SIGTERM to a master under load: what a planned restart does."""

from __future__ import annotations

from amqctl.drills import checkers
from amqctl.drills.catalogue.kill_master import each_group_with_a_slave
from amqctl.drills.model import Action, AwaitLoad, AwaitLoadAfter, AwaitTakeover, Drill, Standard, Stop, Subject


def script(subject: Subject, standard: Standard) -> tuple[Action, ...]:
    return (
        AwaitLoad(standard.before, last_second=2 * standard.last_second),
        Stop(subject.group),
        AwaitTakeover(subject.group),
        AwaitLoadAfter(standard.after, total=standard.acknowledged),
    )


DRILL = Drill(
    name="stop-master",
    claim="a master that is asked to stop shuts down by itself, another takes over, no acknowledged message is lost",
    needs=each_group_with_a_slave,
    script=script,
    checkers=(
        checkers.one_master_at_a_time, checkers.nothing_lost, checkers.took_over, checkers.shut_down_cleanly,
        checkers.not_vacuous,
    ),
)  # fmt: skip
