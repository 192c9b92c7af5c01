"""What drills are told of links: the topology's own words, ActiveMQ's defaults where it is silent."""

from __future__ import annotations

import pytest

from amqctl.cluster.cluster import Cluster
from amqctl.cluster.model import Login
from amqctl.cluster.observation import Seen
from amqctl.drills.live import LiveTarget, found_by
from amqctl.drills.target import LinkView
from amqctl.events import silent
from amqctl.plan.plan import make_plan
from tests.builders import TWO_PAIRS, settled
from tests.fake_runtime import FakeRuntime
from tests.plans import a_place


def links(text: str) -> list[LinkView]:
    plan = make_plan(settled(text), a_place, "{}")
    return list(LiveTarget(Cluster(plan, FakeRuntime("t", {}), Login("admin", "x"), silent)).links())


def test_what_is_not_written_is_activemqs_own() -> None:
    (link,) = links(TWO_PAIRS + "\nactivemq: 5.16.6\nprofile: stock\nnetwork: [{name: n, from: a, to: b}]")
    assert link == LinkView("n", "a", "b", duplex=False, retry_seconds=30.0)


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("set: {networkTTL: 3}", {"message_ttl": 3, "consumer_ttl": 3}),
        ("set: {networkTTL: 3, consumerTTL: 1}", {"message_ttl": 3, "consumer_ttl": 1}),
        ("set: {conduitSubscriptions: false}", {"conduit": False}),
        ("set: {decreaseNetworkConsumerPriority: false}", {"local_first": False}),
        ("options: {useExponentialBackOff: false, initialReconnectDelay: 700}", {"retry_seconds": 0.7}),
        ("destinations: {included: [{queue: x}]}", {"chooses": True}),
        ("destinations: {static: [{queue: x}]}", {"chooses": False}),
    ],
)
def test_what_is_written_is_what_drills_claim(written: str, seen: dict[str, object]) -> None:
    (link,) = links(TWO_PAIRS + f"\nnetwork: [{{name: n, from: a, to: b, duplex: true, {written}}}]")
    assert {key: getattr(link, key) for key in seen} == seen and link.duplex


def test_the_version_says_whether_consumers_over_a_link_come_last() -> None:
    for version, last in (("5.16.6", False), ("6.1.7", True)):
        (link,) = links(TWO_PAIRS + f"\nactivemq: {version}\nnetwork: [{{name: n, from: a, to: b}}]")
        assert link.local_first is last and link.retry_seconds == 0.1


def test_by_multicast_every_pair_of_groups_is_a_link() -> None:
    found = links(TWO_PAIRS + "\nnetwork: [{name: n, multicast: {}}]")
    assert {(k.from_group, k.to_group, k.discovers) for k in found} == {("a", "b", True), ("b", "a", True)}


def test_whom_a_broker_found_are_bridges_of_connectors_that_look() -> None:
    """Not those of a link to an address, of a static one, nor one that the other side has declared."""
    more = [
        "{name: n, multicast: {}}",
        "{name: out, from: a, uri: 'static:(tcp://127.0.0.1:1)'}",
        "{name: s, from: a, to: b}",
    ]
    plan = make_plan(settled(TWO_PAIRS + f"\nnetwork: [{', '.join(more)}]"), a_place, "{}")
    bridges = (
        ("n", "b", False),
        ("out", "outside", False),
        ("s", "b", False),
        ("", "b", True),
        ("n", "stranger", False),
    )
    seen = Seen(alive=True, serving=True, slave=False, bridges=bridges)
    assert found_by(plan.settled.links, seen) == ("b", "stranger")
    assert found_by(plan.settled.links, Seen(alive=True, serving=True)) is None
