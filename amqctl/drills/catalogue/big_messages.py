"""Messages of 70 KB and of 2 MB over a takeover: above MySQL's BLOB, its max_allowed_packet, and careless frame limits.

Run by default where a store is a database, whose columns and packets have such limits.
"""

from __future__ import annotations

from amqctl.drills import checkers
from amqctl.drills.actions import Action, AwaitTakeover, Kill, Send
from amqctl.drills.catalogue.under_load import each_group_with_a_slave
from amqctl.drills.model import Drill, Standard, Subject
from amqctl.drills.target import Facts

SIZES = (70_000, 2_000_000)  # bytes
BEFORE, AFTER = 5, 3  # messages of each size


def in_any_database(facts: Facts) -> bool:
    return any(group.store_kind == "jdbc" for group in facts.groups)


def script(subject: Subject, standard: Standard) -> tuple[Action, ...]:
    group = subject.group
    before = tuple(Send(group, BEFORE, size=size) for size in SIZES)
    after = tuple(Send(group, AFTER, size=size) for size in SIZES)
    return (*before, Kill(group), *after, AwaitTakeover(group))


DRILL = Drill(
    name="big-messages",
    claim="persistent messages of 70 KB and 2 MB survive SIGKILL of their master with their content intact",
    needs=each_group_with_a_slave,
    script=script,
    checkers=(checkers.one_master_at_a_time, checkers.intact, checkers.nothing_lost, checkers.took_over),
    load=False,
    usual=in_any_database,
)
