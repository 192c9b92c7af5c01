"""What trace reads: which ways messages came, whose groups they are, and what the queue's policy says."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from amqctl.cluster.sight.asking import node_look
from amqctl.cluster.sight.browsing import UNKNOWN, grouped, routes
from amqctl.cluster.sight.traced import Way
from amqctl.cluster.sight.tracing import leads, onward, policy
from amqctl.topology.settled import PolicyEntry, SettledBroker, XmlPatch
from tests.plans import two_pairs
from tests.sights import seen_pairs

CHAIN = tuple(f"ID:{n}" for n in range(8))


def shown(path: Sequence[str]) -> str:
    return f"[{', '.join(path)}]" if path else "null"


class Messages:
    """A queue to browse: messages by broker path. It counts as a broker does, and how often it was asked."""

    def __init__(self, paths: Mapping[tuple[str, ...], int]) -> None:
        self.paths = paths
        self.asked = 0

    def __call__(self, selector: str) -> int:
        self.asked += 1
        _, how, wanted = selector.split(" ", 2)
        wanted = wanted[1:-1]

        def holds(text: str) -> bool:
            if how == "LIKE":
                return re.fullmatch(".*".join(map(re.escape, wanted.split("%"))), text) is not None
            return (text == wanted) is (how == "=")

        return sum(n for path, n in self.paths.items() if holds(shown(path)))


def along(links: Mapping[str, Sequence[str]], every: Sequence[str]) -> Callable[[Sequence[str]], list[str]]:
    return lambda path: sorted(every, key=lambda one: bool(path) and one not in links[path[-1]])


def test_a_long_way_through_a_chain_of_eight() -> None:
    """Seven hops, and every shorter one: found along the links, where all orders of eight brokers would be 109,600."""
    paths = {CHAIN[:length]: length + 1 for length in range(8)}
    messages = Messages(paths)
    neighbours = {one: [CHAIN[i] for i in (n - 1, n + 1) if 0 <= i < 8] for n, one in enumerate(CHAIN)}
    assert routes(messages, sum(paths.values()), along(neighbours, CHAIN)) == paths
    assert messages.asked < 60


def test_both_ways_round_a_ring_and_home_again() -> None:
    ring = CHAIN[:6]
    neighbours = {one: [ring[n - 1], ring[(n + 1) % 6]] for n, one in enumerate(ring)}
    paths = {ring[1:4]: 3, (ring[5], ring[4], ring[3]): 2, ring: 1, (ring[0], ring[1], ring[0]): 4}
    assert routes(Messages(paths), 10, along(neighbours, ring)) == paths


def test_of_brokers_that_are_no_more_the_hops_are_counted() -> None:
    """After a takeover a group's master has another id; how far messages came is as true as before."""
    paths = {("ID:old",): 2, ("ID:old", "ID:1", "ID:2"): 5, ("ID:1",): 1}
    found = routes(Messages(paths), 8, lambda path: CHAIN)
    assert found == {("ID:1",): 1, (UNKNOWN,): 2, (UNKNOWN,) * 3: 5}


def test_a_look_that_finds_no_way_ends() -> None:
    dense = Messages({("ID:old", *CHAIN): 1})
    assert routes(dense, 1, lambda path: CHAIN) == {(UNKNOWN,) * 9: 1}


def test_message_groups_are_counted_by_consumer_first() -> None:
    of = {"g1": 3, "it's": 2}
    owned = {"g1": "ID_x", "it's": "ID_x"} | {f"old{n}": "ID_y" for n in range(1000)}
    asked = []

    def count(selector: str) -> int:
        asked.append(selector)
        names = re.findall(r"'((?:[^']|'')*)'", selector)
        return sum(of.get(name.replace("''", "'"), 0) for name in names)

    assert grouped(count, owned) == of
    assert len(asked) == 4, "none of y's thousand groups has a message here"


def test_the_owner_of_a_group_is_the_consumer_of_that_mbean() -> None:
    of = "org.apache.activemq:type=Broker,brokerName=a,destinationType=Queue,destinationName=q"
    consumer = f"{of},endpoint=Consumer,clientId=ID_h-1_9,consumerId=ID_h-1_9_-1_1"
    queues = {of: {"Name": "q", "QueueSize": 5, "MessageGroups": {"g1": "ID:h-1:9:-1:1"}}}
    consumers = {consumer: {"ClientId": "ID:h-1:9", "DestinationName": "q"}}
    node = two_pairs().nodes[0]
    look = node_look(node, [{}, {}, {}, {}, {}, {}, {}, queues, consumers])
    assert look.queues[0].groups == {"g1": look.subscriptions[0].ident}
    silent = node_look(node, [{}, {}, {}, {}, {}, {}, {}, {of: {"Name": "q", "MessageGroups": "ERROR: no"}}, {}])
    assert silent.queues[0].groups == {}


def test_where_a_bridge_leads() -> None:
    sight = seen_pairs()
    assert leads("a-to-b_b_inbound_a", sight) == "b"
    assert leads("a-to-b_a_inbound_duplex_b", sight) == "a"
    assert leads("app-7", sight) is None
    assert leads("x_a_inbound_b_inbound_a", sight) is None, "two groups fit"


def test_who_may_come_after() -> None:
    sight = seen_pairs()
    after = onward(sight, [Way("a-to-b", "a", "b", True)])
    assert list(after(())) == ["ID:a", "ID:b"]
    assert list(after(("ID:a",))) == ["ID:b", "ID:a"]


def with_policies(*policies: PolicyEntry, **changes: object) -> SettledBroker:
    return replace(two_pairs().nodes[0].broker, policies=policies, **changes)  # type: ignore[arg-type]


def entry(pattern: str, replay: bool = False, kind: str = "queue", **attributes: str) -> PolicyEntry:
    return PolicyEntry(kind, pattern, replay, attributes)  # type: ignore[arg-type]


def test_the_policy_of_a_queue() -> None:
    every, orders = entry(">", enableAudit="false", replay=True), entry("orders", enableAudit="true")
    assert policy(with_policies(every, orders), "orders") == (True, False)
    assert policy(with_policies(every, orders), "orders2") == (False, True)
    assert policy(with_policies(entry("orders"), entry(">", kind="topic", enableAudit="false")), "orders") == (
        True, False,
    )  # fmt: skip
    assert policy(with_policies(), "orders") == (True, False), "ActiveMQ's own"
    either = with_policies(entry("a.*", enableAudit="false"), entry("a.>"))
    assert policy(either, "a.b") == (None, False), "ActiveMQ may take the one or the other"
    assert policy(with_policies(entry("orders", enableAudit="${audit}")), "orders") == (None, False)


def test_a_policy_that_a_patch_may_have_changed_is_not_known() -> None:
    def patched(at: str) -> SettledBroker:
        return with_policies(patches=(XmlPatch(at, set={"enableAudit": "false"}),))

    assert policy(patched("//amq:policyEntry[1]"), "orders") == (None, None)
    assert policy(patched("//*[@queue]"), "orders") == (None, None)
    assert policy(patched("//amq:networkConnector"), "orders") == (True, False)
