"""How links are declared: shapes, multicast, addresses outside, S1's own spelling, destinations; when they are up."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

import pytest

from amqctl.activemq.versions import caps
from amqctl.cluster.intent import Intent, settled_of
from amqctl.cluster.observation import Seen, link_up
from amqctl.plan.model import Multicast, Place, Plan
from amqctl.plan.plan import make_plan
from amqctl.plan.render import render_broker_xml
from amqctl.runtimes.local import LOOPBACK
from amqctl.topology import shapes
from amqctl.topology.settled import Settled
from tests.builders import TWO_PAIRS, problem, problems, row, settled
from tests.unit.commandline import REPOSITORY

TOPOLOGIES = REPOSITORY / "topologies"

FOUR = "groups: {a: {brokers: 1}, b: {brokers: 1}, c: {brokers: 1}, d: {brokers: 1}}"


def network(item: str, groups: str = FOUR) -> Settled:
    return settled(f"{groups}\nnetwork: [{item}]")


def plan(made: Settled, multicast: Multicast | None = None) -> Plan:
    at = multicast or Multicast()
    return make_plan(made, lambda node, _: Place("0.0.0.0", node, "127.0.0.1", "/d", "/s", at), "")  # noqa: S104


def xml(made: Settled, node: str, multicast: Multicast | None = None) -> str:
    passwords = {secret.name: "pw" for secret in made.secrets}
    return render_broker_xml(plan(made, multicast), passwords)[node]["activemq.xml"]


def uris(text: str) -> list[str]:
    return re.findall(r'<networkConnector name="[^"]*" uri="([^"]*)"', text.replace("&amp;", "&"))


# ---- shapes


@pytest.mark.parametrize(
    ("item", "ways", "ttl"),
    [
        ("shape: mesh", ["a-b", "a-c", "a-d", "b-c", "b-d", "c-d"], "1"),
        ("shape: ring", ["a-b", "b-c", "c-d", "d-a"], "2"),
        ("shape: chain", ["a-b", "b-c", "c-d"], "3"),
        ("shape: hub, hub: c", ["a-c", "b-c", "d-c"], "2"),
        ("shape: chain, groups: [d, a, b]", ["d-a", "a-b"], "2"),
        ("shape: ring, groups: [a, b, c]", ["a-b", "b-c", "c-a"], "1"),
    ],
)
def test_a_shape_stands_for_ordinary_links(item: str, ways: list[str], ttl: str) -> None:
    made = network(f"{{name: n, {item}, duplex: true}}")
    assert [link.name for link in made.links] == [f"n-{way}" for way in ways]
    for link in made.links:
        assert (link.attributes["messageTTL"], link.attributes["consumerTTL"]) == (ttl, ttl)
        assert link.duplex
        assert ("suppressDuplicateQueueSubscriptions" in link.attributes) == ("ring" in item)


def test_without_duplex_both_sides_declare() -> None:
    made = network("{name: n, shape: chain, groups: [a, b]}")
    assert [(k.name, k.from_group, k.to_group, k.duplex) for k in made.links] == [
        ("n-a-b", "a", "b", False),
        ("n-b-a", "b", "a", False),
    ]


def test_a_ring_reaches_everybody_by_the_hops_it_claims() -> None:
    """Every count up to twelve: no two ends are farther apart than hops() says, and some are as far."""
    for form in ("mesh", "ring", "chain", "hub"):
        for count in range(shapes.LEAST[form], 13):
            ends = [str(i) for i in range(count)]
            near: dict[str, set[str]] = {end: set() for end in ends}
            for one, other in shapes.pairs(form, ends, "0" if form == "hub" else None):  # type: ignore[arg-type]
                near[one].add(other)
                near[other].add(one)
            assert max(_far(near, end) for end in ends) == shapes.hops(form, count)  # type: ignore[arg-type]


def _far(near: Mapping[str, set[str]], start: str) -> int:
    reached, edge, hops = {start}, {start}, 0
    while len(reached) < len(near):
        edge = {b for a in edge for b in near[a]} - reached
        reached |= edge
        hops += 1
    return hops


def test_what_is_written_wins_over_the_shape() -> None:
    made = network("{name: n, shape: ring, set: {messageTTL: 5}}")
    assert {k.attributes["messageTTL"] for k in made.links} == {"5"}
    assert {k.attributes["consumerTTL"] for k in made.links} == {"2"}
    both = network("{name: n, shape: ring, set: {networkTTL: 3}}")
    assert all("messageTTL" not in k.attributes and k.attributes["networkTTL"] == "3" for k in both.links)


def test_each_link_says_which_shape_it_is_of() -> None:
    made = network("{name: n, shape: ring}")
    assert {k.part_of for k in made.links} == {"ring n"}
    assert str(row(made, "a-1", "network.n-a-b.partOf").origin) == "line 4"
    assert str(row(made, "a-1", "network.n-a-b.set.messageTTL").origin) == "amqctl default: ring n"


# ---- multicast


def test_multicast_makes_a_link_of_each_pair_and_one_connector_a_broker() -> None:
    made = network("{name: n, multicast: {}}")
    assert len(made.links) == 12
    assert {k.called for k in made.links} == {"n"}
    text = xml(made, "a-1")
    assert text.count("<networkConnector ") == 1
    assert uris(text)[0].startswith("multicast://default?group=t&useExponentialBackOff=false")
    assert 'discoveryUri="multicast://default?group=t"' in text
    assert "discovered.connectionTimeout=500" in text
    stomp = next(line for line in text.splitlines() if 'name="stomp"' in line)
    assert "discoveryUri" not in stomp


def test_on_loopback_both_uris_say_so_and_the_jvm_does() -> None:
    """FACTS of capture: any of the options left out, and packets leave by the machine's network card."""
    made = network("{name: n, multicast: {group: g}}")
    text = xml(made, "a-1", LOOPBACK).replace("&amp;", "&")
    said = "joinNetworkInterface=lo&networkInterface=lo&timeToLive=0"
    assert said in uris(text)[0]
    assert f'discoveryUri="multicast://default?group=g&{said}"' in text
    assert plan(made, LOOPBACK).node("a-1").broker.jvm.args == ("-Djava.net.preferIPv4Stack=true",)
    assert plan(network("{name: n, from: a, to: b}"), LOOPBACK).node("a-1").broker.jvm.args == ()


def test_multicast_goes_by_the_name_that_the_cluster_runs_under() -> None:
    made = settled(f"{FOUR}\nnetwork: [{{name: n, multicast: {{}}}}]", name="other")
    assert "group=other&" in uris(xml(made, "a-1").replace("&amp;", "&"))[0]


def test_one_looks_and_the_others_are_found() -> None:
    made = network("{name: n, multicast: {address: 239.255.2.4:6156}, from: a, duplex: true}")
    assert [(k.from_group, k.to_group) for k in made.links] == [("a", "b"), ("a", "c"), ("a", "d")]
    assert "<networkConnector " not in xml(made, "b-1")
    assert 'discoveryUri="multicast://239.255.2.4:6156?group=t"' in xml(made, "b-1")


# ---- addresses outside, S1's spelling, options and destinations


def test_a_uri_of_ones_own_is_rendered_as_it_is() -> None:
    uri = "static:(tcp://dc2:61616?wireFormat.maxInactivityDuration=5000,tcp://dc3:61616)?maxReconnectDelay=500"
    made = network(f'{{name: n, from: a, uri: "{uri}", duplex: true}}')
    assert uris(xml(made, "a-1")) == [uri]
    [link] = made.links
    assert (link.to_group, link.leads_to, link.via) == ("", uri, "uri")


def test_a_user_of_the_other_sides_own() -> None:
    made = network('{name: n, from: a, uri: "static:(tcp://x:1)", user: guest, password: {env: DC2}}')
    assert ("link.n", "env", "DC2") in [(s.name, s.password.kind, s.password.name) for s in made.secrets]
    text = re.sub(r"\s+", " ", xml(made, "a-1"))
    assert 'userName="bridge" password="pw"' in text
    assert 'remoteUserName="guest" remotePassword="pw"' in text
    old = "activemq: 5.15.11\n" + FOUR
    item = '{name: n, from: a, uri: "static:(tcp://x:1)", user: g, password: {env: P}}'
    assert "logs in at both ends of a bridge as one user" in problem(f"{old}\nnetwork: [{item}]").what


def test_via_failover_is_s1s_own_spelling() -> None:
    made = settled(f"{TWO_PAIRS}\nnetwork: [{{name: n, from: a, to: b, via: failover}}]")
    inner = "tcp://b-1:61618?connectionTimeout=500,tcp://b-2:61619?connectionTimeout=500"
    after = "useExponentialBackOff=false&initialReconnectDelay=100"
    assert uris(xml(made, "a-1")) == [f"static:(failover:({inner})?randomize=false&maxReconnectAttempts=0)?{after}"]


def test_options_of_each_address_are_the_profiles_unless_written() -> None:
    def addresses(more: str, profile: str) -> str:
        made = settled(f"profile: {profile}\n{TWO_PAIRS}\nnetwork: [{{name: n, from: a, to: b{more}}}]")
        return uris(xml(made, "a-1"))[0]

    assert addresses("", "stock") == "masterslave:(tcp://b-1:61618,tcp://b-2:61619)"
    assert "b-1:61618?connectionTimeout=9&soTimeout=1," in addresses(
        ", transport: {connectionTimeout: 9, soTimeout: 1}", "lab"
    )


def test_destinations_included_excluded_and_static() -> None:
    said = '{included: [{queue: "o.>"}, {topic: "p.*"}], excluded: [{queue: "o.a<b"}], static: [{topic: all}]}'
    made = network(f"{{name: n, from: a, to: b, destinations: {said}}}")
    flat = re.sub(r"\s+", " ", xml(made, "a-1"))
    assert (
        '<dynamicallyIncludedDestinations> <queue physicalName="o.&gt;"/> <topic physicalName="p.*"/> '
        '</dynamicallyIncludedDestinations> <excludedDestinations> <queue physicalName="o.a&lt;b"/> '
        '</excludedDestinations> <staticallyIncludedDestinations> <topic physicalName="all"/> '
        "</staticallyIncludedDestinations> </networkConnector>"
    ) in flat


def test_attributes_of_the_connector_are_no_options_of_its_uri() -> None:
    made = settled(
        "defaults: {connectors: {openwire: {updateClusterClients: true, maximumConnections: 5}}}\n"
        "groups: {a: {brokers: 1}}"
    )
    line = next(line for line in xml(made, "a-1").splitlines() if "<transportConnector " in line)
    assert 'uri="tcp://0.0.0.0:61616?maximumConnections=5" updateClusterClients="true"' in line


# ---- what is refused


@pytest.mark.parametrize(
    ("item", "what"),
    [
        ("{name: n, shape: ring, groups: [a, b]}", "a ring needs at least 3 groups; here it has 2"),
        ("{name: n, shape: mesh, groups: [a, x]}", "groups names x, which is neither a group nor a broker"),
        ("{name: n, shape: mesh, groups: [a, a-1]}", "groups has a twice"),
        ("{name: n, shape: hub, hub: d, groups: [a, b]}", "hub names d, which is not among groups"),
        ("{name: n, shape: hub}", "`shape: hub` needs `hub`"),
        ("{name: n, shape: mesh, from: a}", "a shape has no `from`"),
        ("{name: n, shape: mesh, hub: a}", "`shape: hub` needs `hub`"),
        ("{name: n, shape: star}", "shape must be mesh or ring or chain or hub"),
        ("{name: n, from: a, to: b, groups: [a]}", "`groups` goes with `shape` and `multicast`"),
        ("{name: n, uri: x}", "it needs `from`"),
        ("{name: n, from: a, uri: x}", '"x" is no URI'),
        ('{name: n, from: a, uri: "static:(tcp://x:1"}', "parentheses that do not match"),
        ('{name: n, from: a, uri: "static:(tcp://a b:1)"}', "a character that no URI may have: ' '"),
        ('{name: n, from: a, uri: "static:(tcp://x:1)?a=%zz"}', "% without two hexadecimal digits"),
        ('{name: n, from: a, uri: "multicast://default"}', "multicast has a key of its own"),
        ('{name: n, from: a, uri: "static:(tcp://x:1)", via: static}', "`via` goes with `to` and `shape`"),
        ('{name: n, from: a, uri: "static:(tcp://x:1)", options: {a: 1}}', "write them into the uri"),
        ('{name: n, from: a, uri: "static:(tcp://x:1)", user: g}', "`user` and `password` go together, and with `uri`"),
        ("{name: n, from: a, to: b, user: g, password: {env: P}}", "`user` and `password` go together"),
        ('{name: n, from: a, uri: "static:(tcp://x:1)", user: g, password: generated}', "the other side has the"),
        ('{name: n, from: a, uri: "static:(tcp://x:1)", user: g, password: hush}', "never the password itself"),
        ("{name: n, multicast: {networkInterface: eth0}}", "networkInterface is for the runtime to say"),
        ("{name: n, multicast: {group: a b}}", "a b is no multicast group"),
        ("{name: n, multicast: {address: 10.0.0.1}}", "10.0.0.1 is no multicast address"),
        ("{name: n, multicast: {grup: x}}", "multicast has no option grup"),
        ("{name: n, multicast: {}, duplex: true}", "by multicast each side finds the other"),
        ("{name: n, multicast: {}}, {name: m, multicast: {}}", "announces itself for n (line 4) already"),
        ("{name: n, shape: chain}, {name: n-a-b, from: a, to: b}", "a second link is named n-a-b (line 4)"),
        ("{name: n, shape: ring, set: {autoStart: true}}", "ActiveMQ 6.1.7 has no autoStart on a network connector"),
        ("{name: n, from: a, to: b, destinations: {included: [{queue: x, topic: y}]}}", "exactly one of them"),
        ("{name: n, from: a, to: b, destinations: {included: [x]}}", "must be a map"),
    ],
)
def test_what_cannot_be_meant_is_said(item: str, what: str) -> None:
    found = problems(f"{FOUR}\nnetwork: [{item}]")
    assert any(what in f"{p.what} {p.fix}" for p in found), found
    assert {p.line for p in found} == {4}
    assert not any("hush" in p.what for p in found)


def test_the_multicast_of_a_group_without_openwire_is_refused() -> None:
    text = "groups: {a: {brokers: 1}, b: {connectors: {stomp: }, brokers: 1}}\nnetwork: [{name: n, multicast: {}}]"
    assert "n leads to b-1, which has no openwire connector" in problem(text).what


# ---- when it is up


def seen(bridges: tuple[tuple[str, str, bool], ...] = (), clients: tuple[str, ...] = (), slave: bool | None = False):
    return Seen(alive=True, serving=True, slave=slave, bridges=bridges, clients=clients)


MASTERS = {"a": "a-1", "b": "b-1", "c": "c-1"}


def test_multicast_is_up_pair_by_pair() -> None:
    """One connector has the bridges to all: each link asks for its own, and for the other side's word."""
    links = {(k.from_group, k.to_group): k for k in network("{name: n, multicast: {}}").links}
    everyone = {
        "a-1": seen((("n", "b", False),), ("n_b_outbound",)),
        "b-1": seen((("n", "a", False),), ("n_a_outbound",)),
        "c-1": seen((), ()),
    }
    assert link_up(links["a", "b"], everyone, MASTERS) is True
    assert link_up(links["b", "a"], everyone, MASTERS) is True
    assert link_up(links["a", "c"], everyone, MASTERS) is False
    everyone["b-1"] = replace(everyone["b-1"], clients=())
    assert link_up(links["a", "b"], everyone, MASTERS) is False


def test_of_a_link_to_the_outside_only_the_near_end_is_asked() -> None:
    [link] = network('{name: n, from: a, uri: "static:(tcp://x:1)"}').links
    assert link_up(link, {"a-1": seen((("n", "far", False),))}, MASTERS) is True
    assert link_up(link, {"a-1": seen()}, MASTERS) is False
    assert link_up(link, {"a-1": seen(slave=None)}, MASTERS) is None
    assert link_up(link, {"a-1": seen()}, {}) is False


def test_a_one_way_link_whose_connector_is_duplex_is_not_up() -> None:
    """For a moment a duplex bridge has the client at the other end by which a one-way link is known."""
    [link] = network("{name: n, from: a, to: b}").links
    near, far = seen((("n", "b", False),)), seen(clients=("n_a_outbound",))
    assert link_up(link, {"a-1": near, "b-1": far}, MASTERS) is True
    near = replace(near, duplex=frozenset({"n"}))
    assert link_up(link, {"a-1": near, "b-1": far}, MASTERS) is False


@pytest.mark.parametrize("name", sorted(p.stem for p in TOPOLOGIES.glob("*.yaml")))
def test_what_crossed_may_go_back_in_every_network_that_comes_with_amqctl(name: str) -> None:
    made = settled_of(Intent((TOPOLOGIES / f"{name}.yaml").read_text(), None))
    linked = {n for link in made.links for n in (*link.declared_by, *link.targets)}
    replaying = {
        b.name for b in made.brokers
        if any(p.destination == "queue" and p.pattern == ">" and p.replay_when_no_consumers for p in b.policies)
    }  # fmt: skip
    assert linked <= replaying


def test_every_version_knows_what_shapes_render() -> None:
    for version in ("5.13.4", "6.2.0"):
        absent = caps(version).absent["networkConnector"]
        for form in ("mesh", "ring", "chain", "hub"):
            assert not set(shapes.attributes(form, 5)) & set(absent)  # type: ignore[arg-type]
