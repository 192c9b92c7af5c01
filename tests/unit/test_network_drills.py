"""Drills over a network of brokers, on a fake: an honest one is valid, each sin is found and named."""

from __future__ import annotations

import threading
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from amqctl.drills import checkers, runner
from amqctl.drills.catalogue import CATALOGUE, reconnect_storm
from amqctl.drills.catalogue.linked import ways
from amqctl.drills.folder import RunFolder
from amqctl.drills.model import Drill, Op, Skip, Subject
from amqctl.drills.recheck import recheck
from amqctl.drills.results import DrillResult
from amqctl.drills.stage import Options
from amqctl.drills.target import Facts, GroupView, LinkView, Target
from amqctl.errors import NeverHappened
from tests.fake_network import FakeNetwork, NetSins
from tests.unit.test_drills import QUICK

PATIENT = replace(QUICK, receive_within=5.0, load_within=5.0, drain_within=5.0)  # where nothing is missed
SLOW = replace(QUICK, receive_within=0.6, quiet=0.02, drain_within=2.0)
DUPLEX = (LinkView("a-b", "a", "b", duplex=True, retry_seconds=0.1),)
ONE_WAY = (LinkView("a-b", "a", "b", duplex=False),)
CHAIN = (
    LinkView("a-b", "a", "b", duplex=True, message_ttl=2, consumer_ttl=2),
    LinkView("b-c", "b", "c", duplex=True, message_ttl=2, consumer_ttl=2),
)
EVEN = (replace(DUPLEX[0], conduit=False),)


def run(drill: Drill | str, cluster: FakeNetwork, where: Path, options: Options = PATIENT) -> DrillResult:
    target: Target = cluster
    chosen = CATALOGUE[drill] if isinstance(drill, str) else drill
    result = runner.run(chosen, target, RunFolder(where), options=options, connect=cluster.connect)[0]
    if result.history and chosen is CATALOGUE.get(chosen.name):
        assert recheck(Path(result.history)).result == result
    return result


@pytest.fixture(autouse=True)
def no_thread_is_left_behind():
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) <= before


def judged(result: DrillResult, verdict: str, because: str) -> None:
    assert (result.verdict, because in result.because) == (verdict, True), result.because


# ── reach


@pytest.mark.parametrize(
    ("links", "groups", "because"),
    [
        (DUPLEX, "ab", "all 2 ways between groups carry, the longest over 1 link"),
        (ONE_WAY, "ab", "all 1 ways between groups carry, the longest over 1 link; the 1 without a link carry nothing"),
        (CHAIN, "abc", "all 6 ways between groups carry, the longest over 2 links"),
        (ONE_WAY, "abc", "the 5 without a link carry nothing"),
    ],
)
def test_reach_of_an_honest_network(links: tuple[LinkView, ...], groups: str, because: str, tmp_path: Path) -> None:
    judged(run("reach", FakeNetwork(groups, links), tmp_path), "valid", because)


def test_reach_names_the_link_that_stops_a_message(tmp_path: Path) -> None:
    short = tuple(replace(link, message_ttl=1) for link in CHAIN)
    result = run("reach", FakeNetwork("abc", short, sins=NetSins(short_ttl=True)), tmp_path, SLOW)
    judged(result, "invalid", "a -> c over b: 0 of 2 messages came: it is hop 2 over b-c, whose messageTTL is 1")
    deaf = tuple(replace(link, consumer_ttl=1) for link in CHAIN)
    result = run("reach", FakeNetwork("abc", deaf, sins=NetSins(short_ttl=True)), tmp_path / "2", SLOW)
    judged(result, "invalid", "consumers there are 2 hops away for a-b, whose consumerTTL is 1")


@pytest.mark.parametrize(
    ("links", "sins", "because"),
    [
        (CHAIN, NetSins(short_ttl=True), "a -> c over b: 0 of 2 messages came"),
        (DUPLEX, NetSins(one_way=True), "b -> a: 0 of 2 messages came"),
        (ONE_WAY, NetSins(leaks=True), "b -> a was reached, and no link leads there"),
        (DUPLEX, NetSins(duplicates=1), "came twice"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_reach_finds_what_is_not_reached_and_what_must_not_be(
    links: tuple[LinkView, ...], sins: NetSins, because: str, tmp_path: Path
) -> None:
    groups = sorted({name for link in links for name in (link.from_group, link.to_group)})
    judged(run("reach", FakeNetwork(groups, links, sins=sins), tmp_path, SLOW), "invalid", because)


def test_a_way_over_several_links_is_the_shortest_one() -> None:
    ring = tuple(LinkView(f"{a}{b}", a, b, duplex=True) for a, b in ("ab", "bc", "cd", "da"))
    groups = tuple(GroupView(name, (name,), 1.0, stomp={name: None}) for name in "abcd")  # type: ignore[dict-item]
    found = {(w.from_group, w.to_group): w for w in ways(Facts(groups, ring))}
    assert len(found) == 12
    assert found["a", "d"].groups == ("a", "d") and not found["a", "d"].stops
    assert len(found["a", "c"].groups) == 3 and "consumerTTL is 1" in found["a", "c"].stops


# ── even-share


def test_shares_are_as_the_links_conduit_says(tmp_path: Path) -> None:
    result = run("even-share", FakeNetwork("ab", EVEN), tmp_path)
    judged(result, "valid", "20 by consumer@b-1, 20 by consumer@b-2, 20 by consumer@a-1")
    result = run("even-share", FakeNetwork("ab", DUPLEX), tmp_path / "conduit")
    judged(result, "valid", "15 by consumer@b-1, 15 by consumer@b-2, 30 by consumer@a-1")
    result = run("even-share", FakeNetwork("a", ()), tmp_path / "alone")
    judged(result, "valid", "20 by consumer-1")


def test_conduit_where_an_even_share_is_claimed(tmp_path: Path) -> None:
    result = run("even-share", FakeNetwork("ab", EVEN, sins=NetSins(conduit=True)), tmp_path)
    judged(result, "invalid", "15 by consumer@b-1, 15 by consumer@b-2, 30 by consumer@a-1: no even share (20 each)")


def test_no_conduit_where_one_is_claimed(tmp_path: Path) -> None:
    result = run("even-share", FakeNetwork("ab", DUPLEX, sins=NetSins(no_conduit=True)), tmp_path)
    judged(result, "invalid", "20 by consumer@b-1, 20 by consumer@b-2, 20 by consumer@a-1: no even share (half)")


def test_consumers_that_get_nothing(tmp_path: Path) -> None:
    result = run("even-share", FakeNetwork("ab", DUPLEX, sins=NetSins(local_only=True)), tmp_path)
    judged(result, "invalid", "0 by consumer@b-1")


# ── consumer-hop


def test_messages_follow_a_consumer_that_moves(tmp_path: Path) -> None:
    result = run("consumer-hop", FakeNetwork("ab", DUPLEX, prefetches=True), tmp_path)
    judged(result, "valid", "nothing was left behind in 3 moves (40 lay at b")


def test_messages_that_stay_where_the_consumer_was(tmp_path: Path) -> None:
    cluster = FakeNetwork("ab", DUPLEX, prefetches=True, sins=NetSins(no_replay=True))
    judged(run("consumer-hop", cluster, tmp_path, SLOW), "invalid", "0 of 10 messages came to the consumer at a")


def test_a_hop_of_messages_that_never_moved_proves_nothing(tmp_path: Path) -> None:
    judged(run("consumer-hop", FakeNetwork("ab", DUPLEX), tmp_path, SLOW), "unknown", "nobody saw messages lie at b")


def test_a_bridge_that_draws_few_leaves_the_rest_where_it_was_and_that_is_told(tmp_path: Path) -> None:
    result = run("consumer-hop", FakeNetwork("ab", DUPLEX, prefetches=True, draws=20), tmp_path, SLOW)
    judged(result, "valid", "3 moves (11 of 40 lay at b, 19 of 30 lay at a, 1 of 20 lay at b)")


def test_a_hop_back_of_messages_that_nobody_saw_lie_there() -> None:
    setup = Op(0.0, "runner", "setup", "info", {"label": "a -> b", "hurt": "a", "to_group": "b", "counted": 0})
    lay = [{"group": "b", "depth": 40, "of": 40}, {"group": "a", "depth": 0, "of": 30}]
    verdict = checkers.followed((setup, *(Op(1.0, "script", "lay", "fail", value) for value in lay)))
    assert (verdict.valid, verdict.because) == (None, "nobody saw messages lie at a when the consumer left")


def pair(sins: NetSins | None = None) -> FakeNetwork:
    return FakeNetwork("a", (), members=2, sins=sins)


# ── bridge-peer-failover


def test_messages_cross_again_after_a_takeover_at_the_far_end(tmp_path: Path) -> None:
    result = run("bridge-peer-failover", FakeNetwork("ab", DUPLEX, members=2), tmp_path)
    judged(result, "valid", "a -> b: messages cross again 0.")
    assert result.group == "a -> b" and result.takeover_seconds is not None
    evidence = next(v.evidence for v in result.verdicts if "crossing_seconds" in v.evidence)
    assert 0 <= evidence["crossing_seconds"] < 1


def allowing(seconds: float) -> Drill:
    usual = CATALOGUE["bridge-peer-failover"]

    def needs(facts: Facts) -> list[Subject | Skip]:
        return [replace(s, budget=seconds) if isinstance(s, Subject) else s for s in usual.needs(facts)]

    return replace(usual, needs=needs)


@pytest.mark.parametrize(
    ("sins", "because"),
    [
        (NetSins(deaf_bridge=True), "no message crossed to b2: not within"),
        (NetSins(never_takes_over=True), "b1 was hurt"),
        (NetSins(separate_stores=True, hides=1), "lost"),
    ],
    ids=str,
)
def test_a_bridge_that_does_not_find_the_next_master(sins: NetSins, because: str, tmp_path: Path) -> None:
    cluster = FakeNetwork("ab", DUPLEX, members=2, sins=sins)
    judged(run(allowing(0.3), cluster, tmp_path, SLOW), "invalid", because)


def test_a_bridge_that_comes_back_too_late(tmp_path: Path) -> None:
    cluster = FakeNetwork("ab", DUPLEX, members=2, sins=NetSins(slow_bridge=0.3))
    judged(run(allowing(0.2), cluster, tmp_path), "invalid", "the budget is 0.2 s")


# ── broker-loss


def s2e(sins: NetSins | None = None) -> FakeNetwork:
    return FakeNetwork("ab", DUPLEX, members=2, single="a", sins=sins)


def test_whichever_of_three_brokers_is_lost_the_others_serve(tmp_path: Path) -> None:
    result = run("broker-loss", s2e(), tmp_path)
    judged(result, "valid", "without the single broker, without the pair's master, without the pair's waiting broker")
    assert "started in order: a1 master, b1 master, b2 waiting" in result.because
    assert result.group == "a and b"


@pytest.mark.parametrize(
    ("sins", "because"),
    [
        (NetSins(separate_stores=True), "without the single broker: 0 of 10 messages consumed at b"),
        (NetSins(deaf_bridge=True), "without the pair's master: 0 of 10 messages consumed at b"),
        (NetSins(mourns=True), "without the pair's waiting broker: 0 of 10 messages consumed at b"),
        (NetSins(last_wins=True), "b1 waiting, b2 master"),
        (NetSins(one_way=True), "messages consumed at a"),
    ],
    ids=str,
)
def test_what_a_lost_broker_takes_along_is_found(sins: NetSins, because: str, tmp_path: Path) -> None:
    judged(run("broker-loss", s2e(sins), tmp_path, replace(SLOW, receive_within=0.2)), "invalid", because)


def test_bridging_hurts_the_pair_where_the_one_that_declares_is_single(tmp_path: Path) -> None:
    result = run("bridging", s2e(), tmp_path)
    judged(result, "valid", "100 sent, 80 consumed, 20 left over both groups")
    assert result.group == "b -> a" and "5 the other way" in result.because
    result = run("bridging", s2e(NetSins(one_way=True)), tmp_path / "sin", replace(SLOW, receive_within=0.2))
    judged(result, "invalid", "0 of 20 messages consumed at a")


def test_a_cluster_that_is_not_whole_after_a_broker_came_back(tmp_path: Path) -> None:
    class Halved(FakeNetwork):
        def wait_ready(self, within: float) -> None:
            if any(node.generation for node in self.nodes.values()):
                raise NeverHappened("fake is ready", within, "link a-b is not up")
            super().wait_ready(within)

    result = run("broker-loss", Halved("ab", DUPLEX, members=2, single="a"), tmp_path)
    judged(result, "invalid", "when b1 was back, the cluster was not: fake is ready: not within 0.15 s")


# ── membership

MULTICAST = tuple(
    LinkView(f"m-{a}-{b}", a, b, duplex=False, discovers=True) for a in "abc" for b in "abc" if a != b
)  # fmt: skip


def test_members_find_each_other_and_a_late_one(tmp_path: Path) -> None:
    judged(
        run("membership", FakeNetwork("abc", MULTICAST), tmp_path), "valid", "all 3 groups found each other, c again"
    )


def test_links_that_look_for_nobody_are_not_among_those_that_find(tmp_path: Path) -> None:
    """A static link beside, to a member and to one that does not look for anybody."""
    mixed = (*MULTICAST, LinkView("c-a", "c", "a", duplex=True), LinkView("c-d", "c", "d", duplex=True))
    judged(run("membership", FakeNetwork("abcd", mixed), tmp_path), "valid", "all 3 groups found each other, c again")


@pytest.mark.parametrize(
    ("sins", "because"),
    [
        (NetSins(late_unseen=True), "a did not find c"),
        (NetSins(stranger="somebody"), "a has a bridge with somebody, which it is not to find"),
        (NetSins(stranger="b"), "a has a bridge with another b, which it is not to find"),
    ],
    ids=str,
)
def test_members_that_are_missed_and_strangers_that_are_found(sins: NetSins, because: str, tmp_path: Path) -> None:
    judged(run("membership", FakeNetwork("abc", MULTICAST, sins=sins), tmp_path), "invalid", because)


# ── reconnect-storm

STORM = replace(reconnect_storm.DRILL, script=reconnect_storm.of(20))


def test_all_clients_are_served_by_the_next_master(tmp_path: Path) -> None:
    judged(run(STORM, pair(), tmp_path), "valid", "20 of 20 clients were served again: the first ")


@pytest.mark.parametrize(
    ("sins", "because"),
    [
        (NetSins(few_connections=5), "of 20 clients were not served again"),
        (NetSins(never_takes_over=True), "clients were not served again"),
    ],
    ids=str,
)
def test_clients_that_are_left_out(sins: NetSins, because: str, tmp_path: Path) -> None:
    judged(run(STORM, pair(sins), tmp_path, replace(SLOW, load_within=0.5)), "invalid", because)


def test_a_client_that_is_let_in_when_the_others_leave_was_left_out() -> None:
    """One over failover: goes on with its send as long as it takes, and ends well when there is room at last."""
    told = {"queue": "client", "done": 0, "of": 1, "because": "not within 60 s"}
    history = (
        Op(0.0, "runner", "setup", "info", {"nodes": ["a1", "a2"]}),
        Op(1.0, "client-0", "send", "invoke", "client-0-1", "a1"),
        Op(1.1, "client-0", "send", "ok", "client-0-1", "a1"),
        Op(2.0, "nemesis", "kill", "invoke", {"pid": 1}, "a1"), Op(2.1, "nemesis", "kill", "ok", {"pid": 1}, "a1"),
        Op(2.2, "client-0", "send", "invoke", "client-0-2", "a1"),
        Op(62.0, "script", "arriving", "fail", told),
        Op(63.0, "client-0", "send", "ok", "client-0-2", "a2"),
    )  # fmt: skip
    verdict = checkers.all_back(history)
    assert (verdict.valid, verdict.because) == (False, "1 of 1 clients were not served again in 60 s, e.g. client-0")


# ── who is asked at all


@pytest.mark.parametrize(
    ("name", "cluster", "reason"),
    [
        ("reach", FakeNetwork("a", ()), "no link between groups"),
        ("reach", FakeNetwork("ab", (replace(DUPLEX[0], chooses=True),)), "a-b carries chosen destinations only"),
        ("consumer-hop", FakeNetwork("ab", (replace(DUPLEX[0], chooses=True),)), "a-b carries chosen destinations"),
        ("even-share", FakeNetwork("ab", (replace(EVEN[0], local_first=True),)), "decreaseNetworkConsumerPriority"),
        ("consumer-hop", FakeNetwork("ab", ONE_WAY), "no two groups are linked both ways"),
        ("consumer-hop", FakeNetwork("ab", ()), "no link between groups"),
        ("exclusive-consumer", FakeNetwork("a", ()), "nobody can take over"),
        ("message-groups", FakeNetwork("a", ()), "nobody can take over"),
        (
            "bridging",
            FakeNetwork("ab", ONE_WAY, members=2, single="a"),
            "a has one broker, nobody can take over; and no",
        ),
        ("bridge-peer-failover", FakeNetwork("ab", DUPLEX), "b has one broker: nobody can take over"),
        ("bridge-peer-failover", FakeNetwork("ab", ()), "no link between groups"),
        ("broker-loss", FakeNetwork("ab", DUPLEX, members=2), "no single broker is linked with a group of several"),
        ("membership", FakeNetwork("ab", DUPLEX), "no two groups look for each other by multicast"),
        ("reconnect-storm", FakeNetwork("a", ()), "nobody can take over"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_drill_that_cannot_be_run_is_skipped_with_the_reason(
    name: str, cluster: FakeNetwork, reason: str, tmp_path: Path
) -> None:
    judged(run(name, cluster, tmp_path), "skipped", reason)


def test_usual_are_those_that_hurt_nobody_and_can_be_run() -> None:
    def usual(links: tuple[LinkView, ...], groups: str = "ab") -> set[str]:
        cluster = FakeNetwork(groups, links, members=2)
        facts = Facts(tuple(cluster.groups()), links, cluster.lacks())
        return {name for name, drill in CATALOGUE.items() if drill.ability is None and drill.usual(facts)}

    always = {"kill-master", "stop-master", "bridging"}
    assert usual(()) == always
    assert usual(DUPLEX) == always | {"reach", "even-share", "consumer-hop"}
    assert usual((replace(DUPLEX[0], local_first=True),)) == always | {"reach", "consumer-hop"}
    assert usual(ONE_WAY) == always | {"reach", "even-share"}
    chain = tuple(LinkView(a + b, a, b, duplex=True) for a, b in pairwise("abcdefgh"))
    assert usual(chain, "abcdefgh") == always | {"reach"}, "seven pairs take too long"
    assert usual(MULTICAST, "abc") == always | {"reach", "even-share", "consumer-hop", "membership"}
