"""A JDBC store looked at through its database, before and after a takeover.

20 persistent messages and 20 non-persistent ones; a look; SIGKILL to the master; 5 more persistent ones at the new
one; a look. The persistent ones are rows and come out, the others went with the master: told, not condemned.
"""

from __future__ import annotations

from collections.abc import Sequence

from amqctl.drills import checkers
from amqctl.drills.actions import Action, AwaitTakeover, Kill, LookIntoStore, Post, Send
from amqctl.drills.catalogue.under_load import each_group_with_a_slave, in_a_database, of_a_database
from amqctl.drills.model import Drill, Skip, Standard, Subject
from amqctl.drills.target import Facts

KEPT, MORE, VOLATILE = 20, 5, 20


def subjects(facts: Facts) -> Sequence[Subject | Skip]:
    return of_a_database(facts, "look-into-store", each_group_with_a_slave(facts))


def script(subject: Subject, standard: Standard) -> tuple[Action, ...]:
    group = subject.group
    return (
        Send(group, KEPT), Post(group, VOLATILE, "volatile"), LookIntoStore(group), Kill(group), Send(group, MORE),
        AwaitTakeover(group), LookIntoStore(group),
    )  # fmt: skip


DRILL = Drill(
    name="tables",
    claim="persistent messages are rows of the group's tables and survive; non-persistent ones are not, and do not",
    needs=subjects,
    script=script,
    checkers=(
        checkers.one_master_at_a_time, checkers.in_the_tables, checkers.nothing_lost, checkers.volatile_gone,
        checkers.took_over,
    ),
    load=False,
    ability="look-into-store",
    usual=in_a_database,
)  # fmt: skip
