"""A consumer moves from one group to the other, and back: what went after it must follow it.

50 messages are sent at a; the consumer is at b, which draws all of them over; it takes 10, leaves, and goes on at a.
The 40 lie at b now and came from a: a bridge sends nothing back to where it came from, unless the queue's policy has
replayWhenNoConsumers; and what comes back a second time looks like a duplicate, unless enableAudit is false. Before
each move all has arrived: what comes back while KahaDB still has the first copy in its index is one to it too
(MessageDatabase, "Duplicate message add attempt rejected"), and ends as a dead letter.

The two groups are linked. Between those that are joined over others only, messages do not always follow
(docs/drills.md): nothing is claimed of them.
"""

from __future__ import annotations

from collections.abc import Sequence

from amqctl.drills import checkers
from amqctl.drills.actions import Action, AwaitDepth, Consume, Send
from amqctl.drills.catalogue.linked import between, both_ways, few
from amqctl.drills.model import Drill, Skip, Standard, Subject
from amqctl.drills.target import Facts

SENT, TAKEN = 50, 10
QUEUE = "hop"


def subjects(facts: Facts) -> Sequence[Subject | Skip]:
    return list(between(facts, both_ways(facts), "no two groups are linked both ways: nothing can come back"))


def script(subject: Subject, standard: Standard) -> tuple[Action, ...]:
    a, b = subject.group, subject.to_group
    return (
        Send(a, SENT, QUEUE),
        Consume(b, TAKEN, QUEUE), AwaitDepth(b, SENT - TAKEN, QUEUE),
        Consume(a, TAKEN, QUEUE), AwaitDepth(a, SENT - 2 * TAKEN, QUEUE),
        Consume(b, TAKEN, QUEUE), AwaitDepth(b, SENT - 3 * TAKEN, QUEUE),
        Consume(a, SENT - 3 * TAKEN, QUEUE),
    )  # fmt: skip


DRILL = Drill(
    name="consumer-hop",
    claim="messages follow a consumer that moves from one group to the other, and back",
    needs=subjects,
    script=script,
    checkers=(checkers.followed, checkers.nothing_lost),
    load=False,
    usual=lambda facts: few(subjects(facts)),
)
