"""The master at the far end of a link is killed while messages cross: how long until they cross again.

A producer at the near group, a consumer at the far one; a second producer at the far group tells when its next master
serves. From there the bridge has to find that out, connect, and learn of the consumer again.
"""

from __future__ import annotations

from collections.abc import Sequence

from amqctl.drills import checkers
from amqctl.drills.actions import Action, AwaitReceived, AwaitTakeover, Kill, Leave, Listen, Stream
from amqctl.drills.catalogue.linked import between, directions
from amqctl.drills.model import Drill, Skip, Standard, Subject
from amqctl.drills.target import Facts

BEFORE, AFTER = 100, 20  # messages that crossed
QUEUE, PROBE = "main", "probe"
ALLOWED = 5.0  # seconds beyond the link's longest pause between two attempts: connecting, demand, a busy machine


def subjects(facts: Facts) -> Sequence[Subject | Skip]:
    """One for each direction that a link claims: group is the one that is hurt, to_group where messages come from."""
    one_way = directions(facts)
    pairs = [(there, here, link) for (here, there), link in one_way.items()]
    found: list[Subject | Skip] = []
    for one in between(facts, pairs, "no link between groups"):
        if isinstance(one, Skip):
            found.append(one)
            continue
        far, near = one.group, one.to_group
        label, link = f"{near} -> {far}", one_way[near, far]
        if len(facts.group(far).nodes) < 2:
            found.append(Skip(label, f"{far} has one broker: nobody can take over"))
            continue
        found.append(Subject(label, far, near, link.name, reverse=True, budget=link.retry_seconds + ALLOWED))
    return found


def script(subject: Subject, standard: Standard) -> tuple[Action, ...]:
    near, far = subject.to_group, subject.group
    # Waits beyond the budget: how late messages cross is worth knowing.
    return (
        Listen(far, "consumer", QUEUE, prefetch=100),
        Stream(near, "producer", QUEUE), Stream(far, "local", PROBE, every=0.02),
        AwaitReceived(QUEUE, BEFORE), Kill(far), AwaitTakeover(far),
        AwaitReceived(QUEUE, AFTER, fresh=True, within=2 * subject.budget),
        Leave("producer"), Leave("local"), AwaitReceived(QUEUE),
    )  # fmt: skip


DRILL = Drill(
    name="bridge-peer-failover",
    claim="when the master at the far end of a link is killed, messages cross again to the next one",
    needs=subjects,
    script=script,
    checkers=(
        checkers.one_master_at_a_time, checkers.crossed_again, checkers.nothing_lost, checkers.took_over,
    ),
    load=False,
    usual=lambda facts: False,
)  # fmt: skip
