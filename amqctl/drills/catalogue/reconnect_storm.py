"""200 clients lose their master at once: all are served again, and in what time."""

from __future__ import annotations

from amqctl.drills import checkers
from amqctl.drills.actions import Action, AwaitEach, AwaitTakeover, Kill, Leave, Stream
from amqctl.drills.catalogue.under_load import Script, each_group_with_a_slave
from amqctl.drills.model import Drill, Standard, Subject

CLIENTS = 200
QUEUE = "storm"
EVERY = 0.5  # seconds between the messages of a client, which is also how late it may notice its loss
SLOWEST = 1.0  # seconds, the longest pause between two attempts of a client


def of(clients: int) -> Script:
    def script(subject: Subject, standard: Standard) -> tuple[Action, ...]:
        group = subject.group
        return (
            Stream(group, "client", QUEUE, count=clients, every=EVERY, slowest=SLOWEST), AwaitEach("client"),
            Kill(group), AwaitTakeover(group), AwaitEach("client"), Leave("client"),
        )  # fmt: skip

    return script


DRILL = Drill(
    name="reconnect-storm",
    claim=f"{CLIENTS} clients that lose their master at once are all served by the next",
    needs=each_group_with_a_slave,
    script=of(CLIENTS),
    checkers=(
        checkers.one_master_at_a_time, checkers.all_back, checkers.nothing_lost, checkers.took_over,
    ),
    load=False,
    usual=lambda facts: False,
)  # fmt: skip
