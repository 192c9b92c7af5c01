"""What is filled in, where it came from, and what cannot be meant."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from amqctl.activemq import engines, stores
from amqctl.activemq.companions import image_of
from amqctl.activemq.stores.kahadb import RECOVERY
from amqctl.activemq.versions import caps
from amqctl.errors import BadTopology
from amqctl.topology import not_yet
from amqctl.topology.load import load
from amqctl.topology.profiles import LAB, STOCK
from amqctl.topology.settle import settle
from amqctl.topology.settled import Connector, DockerSettings, PasswordSource, UsageLimits
from amqctl.topology.settledstores import KahaDBStore
from amqctl.topology.yamltext import NO_MARKS
from tests.builders import HEAD, PAIR, TWO_PAIRS, big, problem, problems, row, settled

LINK = TWO_PAIRS + "\nnetwork: [{name: l, from: a, to: b}]"


# ---- what is filled in


def test_six_lines_make_a_pair() -> None:
    pair = settled("activemq: 5.18.3\n" + PAIR)
    one, two = pair.brokers
    assert (one.name, one.group, one.index, one.preferred, one.version) == ("a-1", "a", 0, True, "5.18.3")
    assert (two.name, two.preferred) == ("a-2", False)
    assert one.connectors == (Connector("openwire", 61616, {}), Connector("stomp", 62613, {}))
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
    assert options == {"openwire": {"maximumConnections": "10", "trace": "false"}, "ws": {}, "mqtt": {"b": "2"}}
    assert y.connector("stomp") == Connector("stomp", 62614, {"a": "1"})
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


def test_what_is_written_wins_over_the_profile() -> None:
    text = """\
        groups:
          a:
            store: {kahadb: {lockAcquireSleepInterval: 500, path: ./data, set: {journalMaxFileLength: 16mb, a: true}}}
            usage: {store: 5 GB}
            brokers: 1
          b: {brokers: 1}
        network: [{name: l, from: a, to: b, options: {initialReconnectDelay: 7}, set: {prefetchSize: 1}}]
        """
    made = settled(text)
    assert made.groups[0].store == KahaDBStore(
        "kahadb", "/topo/data", 500, 100, {"checkpointInterval": "200", "journalMaxFileLength": "16mb", "a": "true"}
    )
    assert made.brokers[0].usage == UsageLimits("70%", "5 GB", "512mb")
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


# ---- what cannot be meant: text from line 3 on -> line, what, fix

MISTAKES = {
    "an unknown version": (PAIR + "\nactivemq: 4.1.2", 4, "ActiveMQ 4.1.2", "5.9 to 5.19"),
    "a version nobody can ask": (PAIR + "\nactivemq: 5.9.0", 4, "a part of hawtio", "5.9.1 has the same broker"),
    "two brokers of one name": (
        "groups:\n  a: {brokers: {x: }}\n  b: {brokers: {X: }}",
        5,
        "a second broker is named X; x is in a (line 4)",
        "unique in the file",
    ),
    "a made-up name that is taken": (
        "groups:\n  a: {brokers: 2}\n  b: {brokers: {a-2: }}",
        5,
        "a second broker is named a-2; a-2 is in a (line 4)",
        "unique",
    ),
    "groups that differ in case": (
        "groups:\n  a: {brokers: 1}\n  A: {brokers: {x: }}",
        5,
        "differ in case only",
        "rename",
    ),
    "a broker called like a group": (
        "groups:\n  a: {brokers: 1}\n  b: {brokers: {a: }}",
        5,
        "has the name of group a (line 4)",
        "rename",
    ),
    "one of two called like its group": ("groups:\n  a: {brokers: {a: , b: }}", 4, "has the name of group a", "rename"),
    "a group whose brokers cannot be named": (
        "groups: {a_b: {brokers: 2}}",
        3,
        "a_b-1 cannot be a host name",
        "by name",
    ),
    "one port twice, both written": (
        "groups:\n  a:\n    brokers:\n      x: {ports: {openwire: 7000}}\n      y: {ports: {console: 7000}}",
        7,
        "port 7000 is claimed twice: x openwire (line 6) and y console (line 7)",
        "set groups.a.brokers.y.ports.console",
    ),
    "one port twice, one written": (
        "groups:\n  a:\n    brokers:\n      x: \n      y: {ports: {console: 61616}}",
        7,
        "x openwire (not written) and y console (line 7)",
        "set groups.a.brokers.x.ports.openwire",
    ),
    "one port twice in one broker": (
        "groups: {a: {brokers: {x: {ports: {openwire: 7000, stomp: 7000}}}}}",
        3,
        "x openwire (line 3) and x stomp (line 3)",
        "brokers.x.ports.stomp",
    ),
    "a port in the way of a numbered broker": (
        "groups:\n  a: {brokers: 1}\n  b: {brokers: {x: {ports: {stomp: 8161}}}}",
        5,
        "a-1 console (not written) and x stomp (line 5)",
        "write the brokers of a by name",
    ),
    "a port for what is off": (
        "groups: {a: {brokers: {x: {ports: {mqtt: 1}}}}}",
        3,
        "a port for mqtt, but no mqtt connector",
        "{mqtt: {}}",
    ),
    "no connector at all": (
        "groups: {a: {brokers: 1, connectors: {stomp: false}}}",
        3,
        "a-1 has no connector",
        "openwire",
    ),
    "a link to nobody": (LINK.replace("to: b", "to: bb"), 4, "neither a group nor a broker", "did you mean b?"),
    "a link from nobody": (LINK.replace("from: a", "from: zzzz"), 4, "from names zzzz", "known: "),
    "a link to itself": (LINK.replace("to: b", "to: a-2"), 4, "leads from a to itself", "joins two groups"),
    "two links of one name": (
        LINK.replace("]", ", {name: l, from: b, to: a}]"),
        4,
        "a second link is named l (line 4)",
        "another",
    ),
    "duplex from both sides": (
        LINK.replace("to: b}]", "to: b, duplex: true}, {name: m, from: b, to: a, duplex: true}]"),
        4,
        "m and l (line 4) are both duplex between b and a",
        "remove one",
    ),
    "a link to a deaf broker": (
        "groups: {a: {brokers: 1}, b: {connectors: {stomp: }, brokers: 1}}\nnetwork: [{name: l, from: a, to: b}]",
        4,
        "b-1, which has no openwire connector",
        "openwire: {}",
    ),
    "masterslave to one": (LINK.replace("to: b", "to: b-1, via: masterslave"), 4, "needs two brokers", "via: static"),
    "an attribute said elsewhere": (
        LINK.replace("to: b", "to: b, set: {duplex: true}"),
        4,
        "duplex cannot be set",
        "remove",
    ),
    "a password in the open": (LINK.replace("to: b", "to: b, set: {password: x}"), 4, "amqctl generates it", "remove"),
    "an attribute too new": (
        LINK.replace("to: b", "to: b, set: {autoStart: false}"),
        4,
        "6.1.7 has no autoStart",
        "5.19.0 and 6.2.0",
    ),
    "brokerName": (PAIR + "\ndefaults: {broker: {brokerName: x}}", 4, "it is the group's key", "remove"),
    "the directory by its attribute": (
        "groups: {a: {store: {kahadb: {set: {directory: x}}}, brokers: 1}}",
        3,
        "write `path:`",
        "remove",
    ),
    "two groups in one directory": (
        "groups:\n  a: {store: {kahadb: {path: d}}, brokers: 1}\n  b: {store: {kahadb: {path: ./x/../d}}, brokers: 1}",
        5,
        "b and a (line 4) keep their stores in one directory, /topo/d",
        "directory of its own",
    ),
    "a volume and a directory": (
        "groups:\n  a:\n    store: {kahadb: {path: /d,\n      volume_options: {type: nfs4}}}\n    brokers: 1",
        6,
        "volume_options and path (line 5) name two places for one store",
        "keep one",
    ),
    "an address that is a name": (
        PAIR + "\nruntime:\n  docker:\n    publish: localhost",
        6,
        '"localhost" is not an IP address',
        "127.0.0.1",
    ),
    "an address of one machine only": (
        PAIR + '\nruntime: {docker: {publish: "fe80::1%eth0"}}',
        4,
        "is not an IP address",
        "0.0.0.0",
    ),
    "an external network without a name": (
        PAIR + "\nruntime:\n  docker:\n    network:\n      external: true",
        7,
        "an external network needs its name",
        "docker network ls",
    ),
    "an image that cannot be one": (
        PAIR + '\ndefaults: {image: "my image"}',
        4,
        '"my image" is not a container image',
        "name:tag",
    ),
    "a network that cannot be one": (
        PAIR + '\nruntime: {docker: {network: {name: "a b"}}}',
        4,
        '"a b" is not a name',
        "letters",
    ),
    "a user who is the bridge": (
        PAIR + "\nsecurity: {users: {bridge: }}",
        4,
        "bridge is a user of its own",
        "another name",
    ),
    "a bridge that is the admin": (
        PAIR + "\nsecurity: {network: {user: admin}}",
        4,
        "admin is a user that amqctl makes",
        "",
    ),
}


@pytest.mark.parametrize(("text", "line", "what", "fix"), MISTAKES.values(), ids=MISTAKES)
def test_what_cannot_be_meant(text: str, line: int, what: str, fix: str) -> None:
    found = problem(text)
    assert what in found.what
    assert fix in found.fix
    assert (found.file, found.line) == ("/topo/t.yaml", line), str(found)


def test_ports_end_at_65535() -> None:
    text = "groups: {a: {connectors: {openwire: }, brokers: {x: {ports: {openwire: 60000}}}}}"
    assert problem(text, port_offset=6000).what == "x openwire: port 66000 with --port-offset 6000 is beyond 65535"
    assert not problems(text, port_offset=5535)


def test_a_relative_path_needs_a_file_to_be_relative_to() -> None:
    topology = load(HEAD + PAIR + "\nsecurity: {users: {x: {password: {file: pw}}}}", None).topology
    with pytest.raises(BadTopology, match="no file it could be relative to"):
        settle(topology, NO_MARKS, caps=caps, engines=engines, source=None)


def test_a_cluster_name_on_the_command_line_is_a_host_name() -> None:
    with pytest.raises(BadTopology, match="--name a b is not a host name"):
        settled(PAIR, name="a b")


def test_the_version_of_a_server_is_the_tag_of_its_image_and_chooses_its_driver() -> None:
    text = (
        "groups: {a: {store: {jdbc: {server: db, database: x}}, brokers: 2}}\ncompanions: {db: {mysql: {version: 5.6}}}"
    )
    companion = settled(text).companion("db")
    assert (companion.image, companion.version) == (None, "5.6")
    assert image_of("mysql", companion.image, companion.version) == "mysql:5.6"
    assert image_of("mysql", "mine:1", "") == "mine:1" and image_of("postgres", None, "") == "postgres:16"


@pytest.mark.parametrize(
    ("companion", "what"),
    [
        ("{mysql: {version: '8.4', image: mine}}", "that is of the version it is"),
        ("{derby: {version: 10.14.2.0}}", "amqctl runs Derby 10.16.1.1, and no other"),
    ],
)
def test_a_version_that_says_nothing_or_is_not_to_be_had_is_refused(companion: str, what: str) -> None:
    locker = ", locker: lease" if "derby" in companion else ""
    text = f"groups: {{a: {{store: {{jdbc: {{server: db{locker}}}}}, brokers: 2}}}}\ncompanions: {{db: {companion}}}"
    assert what in problem(text).what


# ---- what is not built yet

NOT_BUILT = {
    "hosts": (PAIR + "\nhosts: {h1: }", 4),
    "host": ("groups: {a: {brokers: {x: {host: h1}}}}", 3),
}


@pytest.mark.parametrize("what", NOT_BUILT)
def test_a_part_that_is_not_built_is_refused_by_name(what: str) -> None:
    text, line = NOT_BUILT[what]
    found = problem(text)
    assert found.what.startswith(f"{what}: not yet")
    assert found.line == line


def test_every_refusal_is_tried() -> None:
    refused = {entry.what.removesuffix(": not yet") for entry in not_yet.NOT_YET} | set(not_yet.KEYS_TO_COME)
    assert refused == set(NOT_BUILT)


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
