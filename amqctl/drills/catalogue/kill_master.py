"""SIGKILL to a master under load."""

from __future__ import annotations

from collections.abc import Sequence

from amqctl.drills import checkers
from amqctl.drills.model import (
    Action,
    AwaitLoad,
    AwaitLoadAfter,
    AwaitTakeover,
    Drill,
    Facts,
    Kill,
    Skip,
    Standard,
    Subject,
)


def each_group_with_a_slave(facts: Facts) -> Sequence[Subject | Skip]:
    out: list[Subject | Skip] = []
    for group in facts.groups:
        if len(group.nodes) < 2:
            out.append(Skip(group.name, "one broker: nobody can take over"))
        elif not group.stomp:
            out.append(Skip(group.name, "no STOMP connector: the load speaks STOMP"))
        else:
            out.append(Subject(label=group.name, group=group.name))
    return out


def script(subject: Subject, standard: Standard) -> tuple[Action, ...]:
    return (
        # Twice the rate that the verdict asks for: the last second before the signal must not fall short.
        AwaitLoad(standard.before, last_second=2 * standard.last_second),
        Kill(subject.group),
        AwaitTakeover(subject.group),
        AwaitLoadAfter(standard.after, total=standard.acknowledged),
    )


DRILL = Drill(
    name="kill-master",
    claim="an acknowledged persistent message survives SIGKILL of its master, and another broker takes over",
    needs=each_group_with_a_slave,
    script=script,
    checkers=(
        checkers.one_master_at_a_time, checkers.nothing_lost, checkers.took_over, checkers.not_vacuous,
    ),
)  # fmt: skip
