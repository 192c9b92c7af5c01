"""What is filled in, where it came from, and what cannot be meant."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from amqctl.activemq import engines, stores
from amqctl.activemq.stores.kahadb import RECOVERY
from amqctl.activemq.versions import caps
from amqctl.topology.load import load
from amqctl.topology.profiles import LAB, STOCK
from amqctl.topology.settle import settle
from amqctl.topology.settled import Connector, DockerSettings, PasswordSource, UsageLimits
from amqctl.topology.settledstores import KahaDBStore
from amqctl.topology.yamltext import NO_MARKS
from tests.builders import HEAD, PAIR, TWO_PAIRS, big, row, settled

LINK = TWO_PAIRS + "\nnetwork: [{name: l, from: a, to: b}]"


# ---- what is filled in


def test_six_lines_make_a_pair() -> None:
    pair = settled("activemq: 5.18.3\n" + PAIR)
    one, two = pair.brokers
    assert (one.name, one.group, one.index, one.preferred, one.version) == ("a-1", "a", 0, True, "5.18.3")
    assert (two.name, two.preferred) == ("a-2", False)
    stomp = Connector("stomp", 62613, {"transport.tcpNoDelay": "true"})
    assert one.connectors == (Connector("openwire", 61616, {}), stomp)
    assert (one.console, two.console) == (8161, 8162)
    assert (one.jvm.heap, one.jvm.profile, one.jvm.args) == ("512m", "fast-start", ())
    assert one.usage == UsageLimits("70%", "1gb", "512mb")
    assert pair.groups[0].store == KahaDBStore("kahadb", None, 100, 100, {"checkpointInterval": "200"})
    assert pair.profile == "lab"
    assert pair.java == "auto"


def test_ports_go_on_over_the_whole_file() -> None:
    connectors = "connectors: {openwire: , stomp: , ws: , amqp: , mqtt: }"
    last = settled(f"defaults: {{{connectors}}}\ngroups: {{a: {{brokers: 2}}, b: {{brokers: 2}}}}").broker("b-2")
    assert {c.kind: c.port for c in last.connectors} == {
        "openwire": 61619, "stomp": 62616, "ws": 63617, "amqp": 5675, "mqtt": 1886,
    }  # fmt: skip
    assert last.console == 8164


def test_offsets_are_added_to_written_ports_too() -> None:
    text = "ports: {offset: 100}\ngroups: {a: {brokers: {x: {ports: {openwire: 5000}}}}}"
    moved = settled(text, port_offset=1000)
    assert moved.broker("x").connector("openwire").port == 6100  # type: ignore[union-attr]
    assert moved.broker("x").console == 8161 + 1100
    assert str(row(moved, "x", "ports.openwire").origin) == "line 4, ports.offset 100 and --port-offset 1000"


def test_defaults_group_and_broker_merge_deep_and_lists_replace() -> None:
    text = """\
        defaults:
          jvm: {heap: 256m, args: [-Da=1, -Db=2]}
          connectors: {openwire: {maximumConnections: 10, trace: true}, stomp: {a: 1}, mqtt: {}}
          broker: {useJmx: true, schedulerSupport: false}
        groups:
          a:
            jvm: {profile: normal}
            connectors: {openwire: {trace: false}}
            brokers:
              x:
                jvm: {args: [-Dc=3]}
                connectors: {stomp: false, ws: true, mqtt: {b: 2}}
                broker: {schedulerSupport: true}
              y:
        """
    both = settled(text)
    x, y = both.brokers
    assert (x.jvm.heap, x.jvm.profile, x.jvm.args) == ("256m", "normal", ("-Dc=3",))
    assert y.jvm.args == ("-Da=1", "-Db=2")
    options = {c.kind: dict(c.options) for c in x.connectors}
    assert options == {
        "openwire": {"maximumConnections": "10", "trace": "false"},
        "ws": {},
        "mqtt": {"transport.tcpNoDelay": "true", "b": "2"},
    }
    assert y.connector("stomp") == Connector("stomp", 62614, {"transport.tcpNoDelay": "true", "a": "1"})
    assert x.attributes == {"useJmx": "true", "schedulerSupport": "true"}
    assert both.groups[0].shares_scheduler
    assert [str(row(both, "x", key).origin) for key in ("jvm.heap", "jvm.profile", "connectors.openwire.trace")] == [
        "line 4",
        "line 9",
        "line 10",
    ]


def test_a_connector_that_was_switched_off_can_come_back() -> None:
    text = "groups: {a: {connectors: {openwire: , stomp: false}, brokers: {x: {connectors: {stomp: {a: 1}}}, y: }}}"
    x, y = settled(text).brokers
    assert x.connector("stomp") is not None
    assert y.connector("stomp") is None


def test_the_version_nearest_to_the_broker_wins() -> None:
    text = """\
        activemq: 6.1.7
        defaults: {activemq: 6.1.6}
        groups:
          a: {brokers: {x: }}
          b: {activemq: 5.18.3, brokers: {y: , z: {activemq: 5.17.6}}}
        """
    assert [b.version for b in settled(text).brokers] == ["6.1.6", "5.18.3", "5.17.6"]
    assert settled(PAIR).brokers[0].version == "6.1.7"


def test_the_profile_decides_what_is_not_written() -> None:
    stock = settled("profile: stock\n" + LINK)
    assert stock.groups[0].store == KahaDBStore("kahadb", None, 10_000, 0, {})
    assert stock.brokers[0].jvm.profile == "normal"
    assert stock.brokers[0].usage == UsageLimits()
    assert stock.links[0].options == {}
    lab = settled(LINK)
    assert lab.links[0].options == {"useExponentialBackOff": "false", "initialReconnectDelay": "100"}
    assert str(row(lab, "a-1", "store.kahadb.lockKeepAlivePeriod").origin) == "profile lab"
    assert row(stock, "a-1", "usage.store").value == "ActiveMQ's own"
    assert lab.brokers[0].connector("stomp").options == {"transport.tcpNoDelay": "true"}  # type: ignore[union-attr]
    assert str(row(lab, "a-1", "connectors.stomp.transport.tcpNoDelay").origin) == "profile lab"
    assert stock.brokers[0].connector("stomp").options == {}  # type: ignore[union-attr]


def test_what_is_written_wins_over_the_profile() -> None:
    text = """\
        groups:
          a:
            store: {kahadb: {lockAcquireSleepInterval: 500, path: ./data, set: {journalMaxFileLength: 16mb, a: true}}}
            usage: {store: 5 GB}
            connectors: {openwire: , stomp: {transport.tcpNoDelay: false}}
            brokers: 1
          b: {brokers: 1}
        network: [{name: l, from: a, to: b, options: {initialReconnectDelay: 7}, set: {prefetchSize: 1}}]
        """
    made = settled(text)
    assert made.groups[0].store == KahaDBStore(
        "kahadb", "/topo/data", 500, 100, {"checkpointInterval": "200", "journalMaxFileLength": "16mb", "a": "true"}
    )
    assert made.brokers[0].usage == UsageLimits("70%", "5 GB", "512mb")
    assert made.brokers[0].connector("stomp").options == {"transport.tcpNoDelay": "false"}  # type: ignore[union-attr]
    assert made.links[0].options == {"useExponentialBackOff": "false", "initialReconnectDelay": "7"}
    assert made.links[0].attributes == {"prefetchSize": "1", "decreaseNetworkConsumerPriority": "true"}


def test_policies_and_patches() -> None:
    text = """\
        groups:
          a:
            policies: [{queue: ">", replayWhenNoConsumers: true}, {topic: x, producerFlowControl: false}]
            patch:
              - {at: amq:broker, set: {useJmx: false}}
              - {at: "//x", remove: true}
            brokers: 1
        """
    broker = settled(text).brokers[0]
    queue, topic = broker.policies
    assert (queue.destination, queue.pattern, queue.replay_when_no_consumers) == ("queue", ">", True)
    assert queue.attributes == {"enableAudit": "false"}  # or a replayed message would be taken for a duplicate
    assert (topic.destination, topic.attributes) == ("topic", {"producerFlowControl": "false"})
    put, removed = broker.patches
    assert (put.at, put.set, put.line) == ("amq:broker", {"useJmx": "false"}, 7)
    assert (removed.remove, removed.line) == (True, 8)


def test_links_by_group_and_by_broker() -> None:
    text = (
        TWO_PAIRS
        + """
network:
  - {name: pair, from: a, to: b, duplex: true}
  - {name: one, from: a-2, to: b-1}
  - {name: plain, from: b, to: a, via: static}
"""
    )
    pair, one, plain = settled(text).links
    assert (pair.via, pair.declared_by, pair.targets, pair.duplex) == (
        "masterslave", ("a-1", "a-2"), ("b-1", "b-2"), True,
    )  # fmt: skip
    assert (one.via, one.declared_by, one.targets) == ("static", ("a-2",), ("b-1",))
    assert (one.from_group, one.to_group, one.from_, one.to) == ("a", "b", "a-2", "b-1")
    assert plain.via == "static"


def test_a_default_that_changed_between_versions_is_written_out() -> None:
    for version, value in (("5.17.6", "false"), ("5.18.3", "true")):
        made = settled(f"activemq: {version}\n" + LINK)
        assert made.links[0].attributes == {"decreaseNetworkConsumerPriority": value}
        origin = row(made, "a-2", "network.l.set.decreaseNetworkConsumerPriority").origin
        assert str(origin) == f"version {version}"


def test_users() -> None:
    assert [(u.name, u.groups) for u in settled(PAIR).users] == [
        ("admin", ("admins",)),
        ("app", ("users",)),
        ("bridge", ("bridges",)),
    ]
    text = (
        PAIR
        + """
security:
  users:
    admin: {password: {env: PW}, groups: [users]}
    x: {password: {file: secrets/x}}
    y: {password: {file: /etc/y}, groups: []}
  network: {user: net}
"""
    )
    made = settled(text)
    assert [(u.name, u.password, u.groups) for u in made.users] == [
        ("admin", PasswordSource("env", "PW"), ("users", "admins")),
        ("x", PasswordSource("file", "/topo/secrets/x"), ("users",)),
        ("y", PasswordSource("file", "/etc/y"), ()),
        ("net", PasswordSource("generated"), ("bridges",)),
    ]
    assert (made.admin_user, made.network_user) == ("admin", "net")


def test_a_group_of_one_may_share_its_name_with_its_broker() -> None:
    made = settled("groups: {a: {brokers: {a: }}, b: {brokers: 1}}\nnetwork: [{name: l, from: a, to: b}]")
    assert made.links[0].declared_by == ("a",)


def test_a_name_given_on_the_command_line_wins() -> None:
    made = settled(PAIR, name="other")
    assert made.name == "other"
    assert str(row(made, "a-1", "name").origin) == "option --name"


def test_the_image_nearest_to_the_broker_wins() -> None:
    text = """\
        runtime: {docker: {image: "all:1"}}
        groups:
          a: {brokers: {x: }}
          b: {image: "b:2", brokers: {y: , z: {image: "localhost:5000/z@sha256:ab"}, w: {image: auto}}}
        """
    made = settled(text)
    assert {b.name: b.image for b in made.brokers} == {
        "x": "all:1", "y": "b:2", "z": "localhost:5000/z@sha256:ab", "w": None,
    }  # fmt: skip
    assert (row(made, "x", "image").value, str(row(made, "x", "image").origin)) == ("all:1", "line 3")
    assert (row(made, "w", "image").value, str(row(made, "w", "image").origin)) == ("auto", "line 6")
    assert settled("runtime: {docker: {image: x}}\ndefaults: {image: y}\n" + PAIR).brokers[0].image == "y"
    unwritten = settled(PAIR)
    assert unwritten.brokers[0].image is None
    assert str(row(unwritten, "a-1", "image").origin) == "amqctl default"


def test_volume_options_of_a_group_s_store() -> None:
    text = """\
        groups:
          a: {store: {kahadb: {volume_options: {type: nfs4, o: "addr=10.0.0.7,rw", device: ":/amq"}}}, brokers: 1}
          b: {brokers: 1}
        """
    made = settled(text)
    options = {"type": "nfs4", "o": "addr=10.0.0.7,rw", "device": ":/amq"}
    assert [(g.store.path, g.store.volume_options) for g in made.groups] == [(None, options), (None, {})]
    shown = row(made, "a-1", "store.kahadb.volume_options.o")
    assert (shown.value, str(shown.origin)) == ("addr=10.0.0.7,rw", "line 4")


@pytest.mark.parametrize(
    ("section", "docker"),
    [
        ("", DockerSettings()),
        ("publish: 0.0.0.0", DockerSettings("0.0.0.0")),
        ('publish: "0:0:0:0:0:0:0:1"', DockerSettings("::1")),
        ("network: {name: auto}", DockerSettings()),
        ("network: {name: lab_net}", DockerSettings(network="lab_net")),
        ("network: {name: lab_net, external: true}", DockerSettings(network="lab_net", external=True)),
    ],
)
def test_what_the_docker_runtime_reads(section: str, docker: DockerSettings) -> None:
    made = settled(f"runtime: {{docker: {{{section}}}}}\n" + PAIR)
    assert made.docker == docker
    assert row(made, "a-1", "runtime.docker.publish").value == docker.publish


def test_a_topology_without_text_settles_too() -> None:
    topology = load(HEAD + LINK, None).topology
    made = settle(topology, NO_MARKS, caps=caps, engines=engines, source=None)
    assert len(made.brokers) == 4
    assert str(row(made, "a-1", "name").origin) == "file"


# ---- the store's takeover budget


def test_takeover_budget_is_the_sum_of_its_causes() -> None:
    store = KahaDBStore("kahadb", None, LAB.lock_acquire_sleep_interval, LAB.lock_keep_alive_period, {})
    kahadb = stores.facts("kahadb")
    assert kahadb.takeover_budget(store).seconds == pytest.approx(0.2 + RECOVERY)
    assert "lockAcquireSleepInterval 0.1 s" in kahadb.takeover_budget(store).because
    slow = replace(store, lock_acquire_sleep_interval=STOCK.lock_acquire_sleep_interval, lock_keep_alive_period=0)
    assert kahadb.takeover_budget(slow).seconds == pytest.approx(10 + RECOVERY)
    assert kahadb.locker_name(store) == "shared-file-locker"
    assert any("NFS lease" in said for said in kahadb.caveats(store))
    assert any("not fit for NFS" in said for said in kahadb.caveats(store))
    assert not any("not fit" in said for said in kahadb.caveats(slow))


# ---- size


def test_a_thousand_brokers_settle_in_a_second() -> None:
    text = big(1000)
    began = time.process_time()
    made = settled(text, head="")
    assert time.process_time() - began < 1.0
    assert len(made.brokers) == 1000
    assert len(made.links) == 499
