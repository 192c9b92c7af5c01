"""Two linked groups: what is sent at one is consumed at the other, before and after a takeover.

50 sent at a, 20 consumed at a and 20 at b; a's master is killed; 50 more sent at the new one, again 20
and 20 consumed: 100 sent, 80 consumed, 20 left over both groups, no id twice: before the kill the bridge is at rest,
for what it has under way when a master dies comes again (at least once, not exactly once). Where the 20 lie is
reported and not asserted: a bridge prefetches. A link that claims duplex, or a second link the other
way, has that direction proven too; and then a is whichever of the two has a slave.
"""

from __future__ import annotations

from collections.abc import Sequence

from amqctl.drills import checkers
from amqctl.drills.actions import Action, AwaitRest, AwaitTakeover, Consume, Kill, Send
from amqctl.drills.model import Drill, Skip, Standard, Subject
from amqctl.drills.target import Facts, LinkView

SENT, CONSUMED, BACK = 50, 20, 5


def linked_groups(facts: Facts) -> Sequence[Subject | Skip]:
    """One subject a pair of groups, however many links join them; the first link says which is a. Where nobody can take
    over at a, and both ways are claimed, it is the other: the claim is the same from there."""
    if not facts.links:
        return [Skip("-", "no link between groups")]
    pairs: dict[frozenset[str], list[LinkView]] = {}
    for link in facts.links:
        pairs.setdefault(frozenset((link.from_group, link.to_group)), []).append(link)
    return [_subject(facts, links) for links in pairs.values()]


def _subject(facts: Facts, links: Sequence[LinkView]) -> Subject | Skip:
    a, b = links[0].from_group, links[0].to_group
    label = f"{a} -> {b}"
    for name in (a, b):
        if not facts.group(name).dial:
            return Skip(label, f"{name} has {facts.group(name).no_connector}")
    back = next((link for link in links if link.duplex or link.from_group == b), None)
    if len(facts.group(a).nodes) < 2:
        if len(facts.group(b).nodes) < 2:
            return Skip(label, f"{a} has one broker: nobody can take over")
        if back is None:
            return Skip(label, f"{a} has one broker, nobody can take over; and no link leads there from {b}")
        a, b, back = b, a, links[0]
    return Subject(
        label=f"{a} -> {b}", group=a, to_group=b, link=(back or links[0]).name, forward=True, reverse=back is not None
    )


def script(subject: Subject, standard: Standard) -> tuple[Action, ...]:
    a, b = subject.group, subject.to_group
    halves = (Consume(a, CONSUMED), Consume(b, CONSUMED))
    back: tuple[Action, ...] = (Send(b, BACK, "reverse"), Consume(a, BACK, "reverse")) if subject.reverse else ()
    # The sender itself finds the new master, so that its first acknowledgement times the takeover.
    rest = AwaitRest(SENT - 2 * CONSUMED)
    return (Send(a, SENT), *halves, rest, Kill(a), Send(a, SENT), AwaitTakeover(a), *halves, *back)


DRILL = Drill(
    name="bridging",
    claim="a message sent at one group is consumed at the other, also after a takeover",
    needs=linked_groups,
    script=script,
    checkers=(checkers.one_master_at_a_time, checkers.bridged, checkers.nothing_lost, checkers.took_over),
    load=False,
)
