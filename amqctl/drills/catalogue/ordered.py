"""Order over a takeover, by ActiveMQ's two means: an exclusive consumer, and message groups.

One producer numbers its messages; consumers compete at the same group, and the master is killed while all this goes
on. Judged is the first delivery of each message: what was not acknowledged when its broker died comes again.
"""

from __future__ import annotations

from amqctl.drills import checkers
from amqctl.drills.actions import Action, AwaitReceived, AwaitTakeover, Kill, Leave, Listen, Stream
from amqctl.drills.catalogue.under_load import Script, each_group_with_a_slave
from amqctl.drills.model import Drill, Standard, Subject
from amqctl.drills.target import Facts

QUEUE = "order"
BEFORE, AFTER = 100, 100  # messages received
GROUPS, CONSUMERS = 6, 3


def over_a_takeover(consumers: int, *, exclusive: bool = False, message_groups: int = 0) -> Script:
    def script(subject: Subject, standard: Standard) -> tuple[Action, ...]:
        group = subject.group
        return (
            Listen(group, "consumer", QUEUE, count=consumers, exclusive=exclusive),
            Stream(group, "producer", QUEUE, message_groups=message_groups),
            AwaitReceived(QUEUE, BEFORE), Kill(group), AwaitTakeover(group), AwaitReceived(QUEUE, AFTER, fresh=True),
            Leave("producer"), AwaitReceived(QUEUE),
        )  # fmt: skip

    return script


def never(facts: Facts) -> bool:
    """Each kills a master of each group, and says more of the clients than of the cluster."""
    return False


EXCLUSIVE = Drill(
    name="exclusive-consumer",
    claim="of several exclusive consumers one at a time is served, and in order, also over a takeover",
    needs=each_group_with_a_slave,
    script=over_a_takeover(2, exclusive=True),
    checkers=(
        checkers.one_master_at_a_time, checkers.in_order, checkers.one_consumer_at_a_time, checkers.nothing_lost,
        checkers.took_over,
    ),
    load=False,
    usual=never,
)  # fmt: skip

MESSAGE_GROUPS = Drill(
    name="message-groups",
    claim="each message group goes to one consumer and in order, also over a takeover; the groups are spread",
    needs=each_group_with_a_slave,
    script=over_a_takeover(CONSUMERS, message_groups=GROUPS),
    checkers=(
        checkers.one_master_at_a_time, checkers.in_order, checkers.one_consumer_a_group, checkers.nothing_lost,
        checkers.took_over,
    ),
    load=False,
    usual=never,
)  # fmt: skip
