"""Competing consumers on both sides of a link: one where messages are sent, two at the other end.

A link with conduitSubscriptions (ActiveMQ's own) takes all consumers of a broker for one: of 60 messages 30 stay and
30 cross. A link without claims an even share, 20 for each consumer. One with decreaseNetworkConsumerPriority sends
nothing over while its own consumers keep up, so there is no share to prove. In a cluster without links the three are
at one group. 30 messages go first, while the brokers tell each other of the consumers, and are not counted. Consumers
prefetch more than is sent: one that is full is passed over, and the share would be that of their speed.
"""

from __future__ import annotations

from collections.abc import Sequence

from amqctl.drills import checkers
from amqctl.drills.actions import Action, AwaitReceived, Listen, Send
from amqctl.drills.catalogue.linked import between, directions, few
from amqctl.drills.catalogue.under_load import each_group
from amqctl.drills.model import Drill, Skip, Standard, Subject
from amqctl.drills.target import Facts

FIRST, COUNTED = 30, 60  # messages
QUEUE = "share"
CONSUMERS, GROUPS = "consumers", "groups"  # whose shares are even
LOCAL_FIRST = "{} has decreaseNetworkConsumerPriority: consumers over it come last, so there is no share to prove"


def subjects(facts: Facts) -> Sequence[Subject | Skip]:
    if not facts.links:
        return [_asks(one, CONSUMERS) for one in each_group(facts)]
    pairs = [(a, b, link) for (a, b), link in directions(facts).items()]
    links = {link.name: link for _, _, link in pairs}
    found: list[Subject | Skip] = []
    for one in between(facts, pairs, "no link between groups"):
        if isinstance(one, Subject) and links[one.link].local_first:
            found.append(Skip(one.label, LOCAL_FIRST.format(one.link)))
        else:
            conduit = isinstance(one, Subject) and links[one.link].conduit
            found.append(_asks(one, GROUPS if conduit else CONSUMERS))
    return found


def _asks(one: Subject | Skip, what: str) -> Subject | Skip:
    if isinstance(one, Skip):
        return one
    return Subject(one.label, one.group, one.to_group, one.link, forward=one.forward, asks=what)


def script(subject: Subject, standard: Standard) -> tuple[Action, ...]:
    here, there = subject.group, subject.to_group or subject.group
    return (
        Listen(there, f"consumer@{there}", QUEUE, count=2, prefetch=1000),
        Listen(here, "consumer" if here == there else f"consumer@{here}", QUEUE, prefetch=1000),
        Send(here, FIRST, QUEUE), AwaitReceived(QUEUE, FIRST),
        Send(here, COUNTED, QUEUE), AwaitReceived(QUEUE, FIRST + COUNTED),
    )  # fmt: skip


DRILL = Drill(
    name="even-share",
    claim="competing consumers share what is sent, on both sides of a link as its conduitSubscriptions says",
    needs=subjects,
    script=script,
    checkers=(checkers.shared, checkers.nothing_lost),
    load=False,
    usual=lambda facts: bool(facts.links) and few(subjects(facts)),
)
