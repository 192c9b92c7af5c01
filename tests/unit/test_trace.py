"""Why a queue does not drain: each reason from facts, and none without."""

from __future__ import annotations

from dataclasses import replace

import pytest

from amqctl.cluster.sight.model import Subscription
from amqctl.cluster.sight.trace import reasons
from amqctl.cluster.sight.traced import Browsed, Here, Reason, Traced, Way
from tests.sights import a_consumer, a_queue


def here(group: str = "a", depth: int = 10, **changes: object) -> Here:
    queue = a_queue("q", depth)
    values = {"group": group, "master": f"{group}-1", "broker_id": f"ID:{group}", "queue": queue, "later": queue}
    return Here(**(values | changes))  # type: ignore[arg-type]


def told(*groups: Here, ways: tuple[Way, ...] = (), **changes: object) -> list[Reason]:
    return reasons(Traced("q", 1.0, groups, ways, **changes))  # type: ignore[arg-type]


def kinds(*groups: Here, ways: tuple[Way, ...] = ()) -> list[str]:
    return [r.kind for r in told(*groups, ways=ways)]


def both(a: str = "a", b: str = "b", up: bool | None = True, **changes: object) -> tuple[Way, ...]:
    one = Way("link", a, b, up, 1, 1, True)
    return (replace(one, **changes), replace(one, source=b, target=a, **changes))  # type: ignore[arg-type]


CONSUMER = a_consumer("q", "app", prefetch=1)
BRIDGE = a_consumer("q", "link_b_inbound_a", network=True, prefetch=1000)
EMPTY_B = here("b", 0, consumers=(CONSUMER,), queue=a_queue("q", 0, consumers=1), later=a_queue("q", 0, consumers=1))


def test_an_empty_queue_is_said_to_be_empty() -> None:
    assert kinds(here(depth=0)) == ["empty"]


def test_a_queue_that_drains_is_no_riddle() -> None:
    moving = here(later=a_queue("q", 8, dequeued=2), consumers=(CONSUMER,))
    (reason,) = told(moving)
    assert reason.kind == "draining"
    assert "grew by 2" in reason.fact


def test_no_master_and_a_master_that_cannot_be_asked() -> None:
    assert kinds(Here("a", None), Here("b", "b-1", why="HTTP 401")) == ["no-master", "not-asked"]


def test_a_paused_queue_needs_no_other_reason() -> None:
    paused = a_queue("q", 10, paused=True)
    (reason,) = told(here(queue=paused, later=paused))
    assert (reason.kind, reason.fact, reason.sure) == ("paused", "a-1: Paused = true", True)


def test_nobody_consumes_anywhere() -> None:
    (reason,) = told(here(), here("b", 0))
    assert (reason.kind, reason.sure) == ("no-demand", True)
    unsure = told(here(), Here("b", None))[0]
    assert (unsure.kind, unsure.sure) == ("no-demand", False), "b may have consumers, it was not asked"
    assert "not known of b" in unsure.fact


def test_the_bridge_to_the_consumers_is_down() -> None:
    (reason,) = told(here(), EMPTY_B, ways=both(up=False))
    assert reason.kind == "bridge-down"
    assert "link is down" in reason.text


def test_links_that_lead_the_other_way_or_nowhere() -> None:
    assert kinds(here(), EMPTY_B, ways=(Way("link", "b", "a", True, 1, 1),)) == ["one-way"]
    assert kinds(here(), EMPTY_B) == ["no-link"]


def test_demand_that_does_not_travel_so_far() -> None:
    ways = (Way("ab", "a", "b", True, 9, 1), Way("bc", "b", "c", True, 9, 1))
    far = replace(EMPTY_B, group="c", master="c-1")
    (reason,) = told(here(), here("b", 0), far, ways=ways)
    assert reason.kind == "consumer-ttl"
    assert "link ab: ConsumerTTL = 1" in reason.fact
    assert reason.fix == "consumerTTL=2"
    assert kinds(here(), here("b", 0), far, ways=tuple(replace(w, consumer_ttl=2) for w in ways)) == ["unknown"]


def test_messages_that_came_too_many_hops() -> None:
    looked = Browsed(10, True, {("ID:z",): 10})
    (reason,) = told(here(consumers=(BRIDGE,), browsed=looked), EMPTY_B, ways=both())
    assert reason.kind == "message-ttl"
    assert "MessageTTL = 1" in reason.fact
    assert reason.fix == "messageTTL=2"
    longer = both(message_ttl=2)
    assert kinds(here(consumers=(BRIDGE,), browsed=looked), EMPTY_B, ways=longer) == ["unknown"]


def test_messages_are_not_sent_back_where_they_came_from() -> None:
    looked = Browsed(10, True, {("ID:b",): 10})
    (reason,) = told(here(consumers=(BRIDGE,), browsed=looked), EMPTY_B, ways=both())
    assert reason.kind == "came-from-there"
    assert "replayWhenNoConsumers" in reason.fix


def test_selectors_that_take_nothing() -> None:
    picky = a_consumer("q", selector="color = 'red'")
    looked = Browsed(10, True, {(): 10}, {"color = 'red'": 0})
    (reason,) = told(here(consumers=(picky,), browsed=looked))
    assert (reason.kind, reason.sure) == ("selector", True)
    over_a_bridge = replace(looked, routes={("ID:b",): 10})
    (reason,) = told(here(consumers=(picky,), browsed=over_a_bridge))
    assert reason.kind == "conduit-selector"
    assert "conduitSubscriptions" in reason.fix
    assert told(here(consumers=(picky,)))[0].sure is False, "nobody could look at the messages"
    some = replace(looked, matching={"color = 'red'": 3})
    assert "no consumer at a selects 7 of the messages there" in told(here(consumers=(picky,), browsed=some))[0].text
    takes = replace(looked, matching={"color = 'red'": 10})
    assert kinds(here(consumers=(picky,), browsed=takes)) == ["unknown"]


def test_messages_that_a_consumer_holds() -> None:
    full = a_queue("q", 10, consumers=1, in_flight=1)
    greedy = a_consumer("q", held=1, prefetch=1, taken=4)
    (reason,) = told(here(queue=full, later=full, consumers=(greedy,)))
    assert reason.kind == "not-acknowledged"
    assert "acknowledged so far 4" in reason.fact
    stalled = replace(BRIDGE, held=10)
    all_out = a_queue("q", 10, consumers=1, in_flight=10)
    (reason,) = told(here(queue=all_out, later=all_out, consumers=(stalled,)))
    assert (reason.kind, reason.sure) == ("bridge-stalled", False)


def test_the_audit_of_a_queue_that_saw_them_before() -> None:
    looked = Browsed(10, True, {("ID:b", "ID:a"): 10})
    came_home = here(consumers=(CONSUMER,), browsed=looked)
    (reason,) = told(came_home)
    assert (reason.kind, reason.sure) == ("audit", False), "no MBean says whether enableAudit is on"
    on = told(replace(came_home, audit=True))[0]
    assert on.fact.endswith("enableAudit is on")
    assert on.sure is False, "replay comes home with the audit on too"
    assert kinds(replace(came_home, audit=False)) == ["unknown"]
    busy = a_consumer("q", held=1, prefetch=1)
    working = a_queue("q", 10, consumers=1, in_flight=1)
    full = replace(came_home, audit=True, queue=working, later=working, consumers=(busy,))
    assert kinds(full) == ["not-acknowledged"], "what a consumer keeps back was not dropped"


@pytest.mark.parametrize(
    ("audit", "said", "fix"),
    [
        (True, "enableAudit is on", "enableAudit=false beside replayWhenNoConsumers"),
        (False, "its store still had them", ""),
        (None, "no MBean says", "enableAudit=false beside replayWhenNoConsumers"),
    ],
)
def test_duplicates_are_told_of_a_queue_that_has_nothing_left(audit: bool | None, said: str, fix: str) -> None:
    gone = a_queue("q", 0, duplicates=4)
    duplicates, letters = told(here(queue=gone, later=gone, audit=audit), dlq={"a": 4})
    assert (duplicates.kind, letters.kind) == ("audit", "dead-letters")
    assert "DuplicateFromStoreCount = 4" in duplicates.fact
    assert said in duplicates.fact
    assert duplicates.fix == fix
    assert [r.kind for r in told(here(queue=gone, later=gone))] == ["audit"], "nothing in the dead-letter queue"


def grouped(*consumers: Subscription, owner: str = "ID:busy", **groups: int) -> Here:
    queue = a_queue("q", 10, consumers=len(consumers), in_flight=1, groups=dict.fromkeys(groups, owner))
    looked = Browsed(10, True, {(): 10}, groups=groups)
    return here(queue=queue, later=queue, consumers=consumers, browsed=looked, addresses={"busy": "tcp://10.0.0.7:40"})


def test_messages_of_a_group_wait_for_the_consumer_that_has_it() -> None:
    busy, idle = a_consumer("q", "busy", held=1, prefetch=1, taken=2), a_consumer("q", "idle", prefetch=1)
    held, group = told(grouped(busy, idle, g1=4))
    assert (held.kind, group.kind, group.sure) == ("not-acknowledged", "message-group", True)
    assert group.text == "4 messages of group g1 at a wait for busy, which has not acknowledged 1"
    assert "MessageGroups has g1 at ID:busy, consumer busy from tcp://10.0.0.7:40 has 1 unacknowledged" in group.fact
    assert "4 of 10 messages browsed are of group g1" in group.fact
    many = told(grouped(busy, idle, g1=4, g2=1, g3=2, g4=1))[1]
    assert "8 messages of groups g1, g3, g2 and 1 more" in many.text


def test_a_group_is_no_reason_where_nobody_waits_for_it() -> None:
    busy, idle = a_consumer("q", "busy", held=1, prefetch=1), a_consumer("q", "idle", prefetch=1)
    assert kinds(grouped(busy, g1=4)) == ["not-acknowledged"], "there is no other consumer"
    assert kinds(grouped(busy, idle, g1=1)) == ["not-acknowledged"], "all of the group is with its consumer"
    assert kinds(grouped(busy, idle)) == ["not-acknowledged"], "no message has a group"
    assert kinds(grouped(busy, idle, owner="ID:other", g1=4)) == ["not-acknowledged"], "its consumer has just left"
    lazy = replace(busy, held=0)
    (reason,) = told(grouped(lazy, idle, g1=4))
    assert (reason.kind, reason.sure) == ("message-group", False), "why it is given none, no fact says"


PICKY = a_consumer("q", selector="color = 'red'")


def duplex(**routes_: int) -> Here:
    """A consumer with a selector, and the bridge to b."""
    looked = Browsed(10, True, {tuple(f"ID:{g}" for g in way): n for way, n in routes_.items()}, {"color = 'red'": 0})
    return here(consumers=(PICKY, BRIDGE), browsed=looked)


def test_a_consumer_with_a_selector_beside_a_bridge() -> None:
    """What the consumer does not select, the bridge does not send back, or not on."""
    selector, back = told(duplex(b=10), EMPTY_B, ways=both())
    assert (selector.kind, selector.sure) == ("conduit-selector", True)
    assert (back.kind, back.sure) == ("came-from-there", True)
    assert kinds(duplex(c=10), EMPTY_B, ways=both()) == ["conduit-selector", "message-ttl"]
    takes = replace(duplex(b=10), consumers=(CONSUMER, BRIDGE))
    assert kinds(takes, EMPTY_B, ways=both()) == ["unknown"], "a consumer here takes all: nothing need cross"


def test_replay_sends_back_where_nobody_consumes() -> None:
    looked = Browsed(10, True, {("ID:b",): 10})
    replays = here(consumers=(BRIDGE,), browsed=looked, replay=True)
    assert kinds(replays, EMPTY_B, ways=both(message_ttl=9)) == ["unknown"]
    back = told(replace(duplex(b=10), replay=True), EMPTY_B, ways=both())[1]
    assert (back.kind, back.text) == (
        "came-from-there", "10 messages at a came from b, and are not sent back to it while a has consumers",
    )  # fmt: skip
    assert "replayWhenNoConsumers is on" in back.fact


def test_only_bridges_that_ask_are_judged() -> None:
    """b has no demand: that its messages are not sent back to it is no reason. c has."""
    ways = (*both(), *both(b="c"))
    at_c = replace(EMPTY_B, group="c", master="c-1", broker_id="ID:c")
    bridge = replace(BRIDGE, client="link_c_inbound_a")
    stuck = here(consumers=(bridge,), browsed=Browsed(10, True, {("ID:b",): 10}), leads={bridge.client: "c"})
    assert kinds(stuck, here("b", 0), at_c, ways=ways) == ["message-ttl"]
    assert kinds(replace(stuck, leads={}), here("b", 0), at_c, ways=ways) == ["came-from-there", "message-ttl"]


def test_a_ttl_without_end() -> None:
    looked = Browsed(10, True, {("ID:z",): 10})
    assert kinds(here(consumers=(BRIDGE,), browsed=looked), EMPTY_B, ways=both(message_ttl=-1)) == ["unknown"]
    assert kinds(here(), EMPTY_B, ways=both(consumer_ttl=-1)) == ["unknown"]


def test_no_memory_and_one_of_several_consumers() -> None:
    full = a_queue("q", 10, memory=100)
    assert kinds(here(queue=full, later=full, consumers=(CONSUMER,))) == ["memory-full"]
    alone = a_consumer("q", "one", exclusive=True)
    assert kinds(here(consumers=(alone, CONSUMER))) == ["exclusive"]


def test_expired_messages_and_where_they_went() -> None:
    gone = a_queue("q", 0, expired=5)
    found = told(here(depth=0, queue=gone, later=gone), dlq={"a": 5})
    assert [r.kind for r in found] == ["expired", "dead-letters"]
    assert "ExpiredCount = 5" in found[0].fact
    letters = a_queue("q", 4, dlq=True)
    assert kinds(here(queue=letters, later=letters)) == ["dead-letters", "no-demand"]


def test_what_no_fact_explains_is_unknown() -> None:
    (reason,) = told(here(consumers=(CONSUMER,)))
    assert (reason.kind, reason.sure) == ("unknown", False)
    assert "QueueSize 10" in reason.fact


@pytest.mark.parametrize("up", [True, None])
def test_a_link_that_may_be_up_is_not_blamed(up: bool | None) -> None:
    assert kinds(here(), EMPTY_B, ways=both(up=up)) == ["unknown"]
