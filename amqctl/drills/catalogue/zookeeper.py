"""ZooKeeper is hurt under load: one server of several, a majority of them, or all of them frozen for longer than the
brokers' sessions last.

One of three: at most one takeover, of the master that was connected to that one. A majority, or all: nobody new can be
elected, which is all that is promised; what the present master does is told. When ZooKeeper is back, there is one
master, and nothing is lost.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from amqctl.drills import checkers
from amqctl.drills.actions import Action, AwaitAllBack, AwaitServed, HurtEnsemble
from amqctl.drills.catalogue.under_load import each_group_with_a_slave, loaded, still_loaded
from amqctl.drills.model import Checker, Drill, Skip, Standard, Subject
from amqctl.drills.target import Ability, Facts

AWAY = 5.0  # seconds
SESSIONS = 3.0  # a pause as long as this many of them: ZooKeeper ends each at a tick


def subjects(ability: Ability, least: int) -> Callable[[Facts], Sequence[Subject | Skip]]:
    """least: servers that the ensemble must have."""

    def found(facts: Facts) -> Sequence[Subject | Skip]:
        if reason := facts.lacks.get(ability):
            return [Skip("-", reason)]
        servers = {group.name: len(group.ensemble) for group in facts.groups}
        return [
            one if servers[one.group] >= least
            else Skip(one.group, _why(servers[one.group], least))
            for one in each_group_with_a_slave(facts)
        ]  # fmt: skip

    return found


def _why(servers: int, least: int) -> str:
    if servers == 0:
        return "it elects its master without a ZooKeeper that amqctl started"
    return f"its ZooKeeper has {servers} of the {least} servers of which one may fail"


def script(
    how: Literal["stop", "pause"], which: Literal["one", "most", "all"]
) -> Callable[[Subject, Standard], tuple[Action, ...]]:
    def actions(subject: Subject, standard: Standard) -> tuple[Action, ...]:
        group = subject.group
        hurt = HurtEnsemble(group, how, which, AWAY if how == "stop" else 0.0, SESSIONS)
        return (loaded(standard), hurt, AwaitServed(group), AwaitAllBack(), still_loaded(standard))

    return actions


def _drill(
    name: str, claim: str, how: Literal["stop", "pause"], which: Literal["one", "most", "all"], own: tuple[Checker, ...]
) -> Drill:
    ability: Ability = "stop-zookeeper" if how == "stop" else "pause-zookeeper"
    least = 3 if which != "all" else 1
    return Drill(
        name=name,
        claim=claim,
        needs=subjects(ability, least),
        script=script(how, which),
        checkers=(
            checkers.one_master_at_a_time, *own, checkers.nothing_lost, checkers.came_back_by_itself,
            checkers.not_vacuous,
        ),
        ability=ability,
        usual=lambda facts: any(len(group.ensemble) >= least for group in facts.groups),
    )  # fmt: skip


_AGAIN = "there is never a second master or a new one, then one again, and no acknowledged message is lost"

LOSS = _drill(
    "zk-loss",
    f"one ZooKeeper of several is away for {AWAY:g} s: the master goes on, or another takes over once, and no"
    " acknowledged message is lost",
    "stop", "one", (checkers.hardly_disturbed,),
)  # fmt: skip
QUORUM_LOSS = _drill(
    "zk-quorum-loss",
    f"a majority of the ZooKeepers is away for {AWAY:g} s: {_AGAIN}",
    "stop", "most", (checkers.stepped_down_or_stayed, checkers.serves_again),
)  # fmt: skip
PAUSE = _drill(
    "zk-pause",
    f"all ZooKeepers stand still for {SESSIONS:g} sessions: {_AGAIN}",
    "pause", "all", (checkers.stepped_down_or_stayed, checkers.serves_again),
)  # fmt: skip
