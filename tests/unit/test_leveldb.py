"""LevelDB and ZooKeeper: what of them is settled, planned, started and seen, without a broker."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pytest

from amqctl.activemq import engines, launch, lives, locklines, repairs, stores
from amqctl.activemq.versions import caps
from amqctl.cluster import ensembles, observation
from amqctl.cluster.intent import Intent, plan_of
from amqctl.cluster.model import Address
from amqctl.cluster.observation import Seen, role
from amqctl.errors import BadTopology, Problem
from amqctl.plan.model import Plan
from amqctl.plan.reconcile import start_order
from amqctl.plan.render import render
from amqctl.runtimes import containers, outgoing
from amqctl.topology.check import settled
from amqctl.topology.leveldbstore import LevelDBStore
from amqctl.topology.settled import Settled
from tests.plans import a_place
from tests.unit.test_databases import says, server
from tests.unit.test_launch import FAST, NODE, Copy

HEAD = "apiVersion: amqctl/v1\nname: x\n"


def text(store: str = "zookeeper: zk", *, brokers: str = "3", version: str = "5.16.6", more: str = "") -> str:
    return (
        f"{HEAD}activemq: {version}\ncompanions: {{zk: {{zookeeper: {{nodes: 3}}}}}}\n"
        f"groups:\n  g:\n    store: {{leveldb: {{{store}}}}}\n    brokers: {brokers}\n{more}"
    )


def settle(body: str, **options: Any) -> Settled:
    return settled(body, "/topo/x.yaml", caps=caps, engines=engines, **options)


def planned(body: str) -> Plan:
    return plan_of(Intent(body, "/topo/x.yaml"), a_place)


def store(body: str) -> LevelDBStore:
    found = settle(body).group("g").store
    assert isinstance(found, LevelDBStore)
    return found


def problems(body: str) -> list[Problem]:
    with pytest.raises(BadTopology) as caught:
        settle(body)
    return list(caught.value.problems)


def problem(body: str) -> Problem:
    (found,) = problems(body)
    return found


# ── settled


def test_what_is_not_written_of_a_replicated_store() -> None:
    found = store(text())
    replication = found.replication
    assert replication is not None
    assert (replication.replicas, replication.quorum, replication.sync) == (3, 2, "quorum_mem")
    assert (replication.session, replication.least_session, replication.tick) == (2000, 1000, 500)
    assert replication.path == "/activemq/x" and replication.password is None
    assert dict(replication.ports) == {"g-1": 62919, "g-2": 62920, "g-3": 62921}
    assert dict(replication.weights) == {"g-1": 2, "g-2": 1, "g-3": 1}, "the first listed is preferred"


def test_without_a_key_of_replication_it_is_one_directory() -> None:
    for body in ("", "path: ./kept", "set: {logSize: 1000}", "lockAcquireSleepInterval: 300"):
        assert store(text(body)).replication is None
    assert store(text("path: ./kept")).path == "/topo/kept"
    assert store(text("")).lock_acquire_sleep_interval == 100
    assert store(text("")).attributes == {"logSize": "2097152"}, "a short replay, by the lab profile"
    assert store(text("set: {logSize: 5}")).attributes == {"logSize": "5"}


def test_ports_in_a_row_with_the_offset_and_none_for_zero() -> None:
    replication = store(text("zookeeper: zk, bind: tcp://0.0.0.0:62621")).replication
    assert replication is not None and list(replication.ports.values()) == [62621, 62622, 62623]
    found = settle(text("zookeeper: zk, bind: tcp://0.0.0.0:62621"), port_offset=100).group("g").store
    assert isinstance(found, LevelDBStore) and found.replication is not None
    assert list(found.replication.ports.values()) == [62721, 62722, 62723]
    replication = store(text("zookeeper: zk, bind: tcp://0.0.0.0:0")).replication
    assert replication is not None and set(replication.ports.values()) == {0}


def test_a_stock_session_is_what_zookeeper_grants() -> None:
    body = text(more="profile: stock\n")
    replication = store(body).replication
    assert replication is not None and (replication.session, replication.least_session) == (2000, 4000)
    budget = stores.facts("leveldb").takeover_budget(store(body))
    assert "session 4 s" in budget.because
    assert any("ZooKeeper makes it 4000 ms" in row.value for row in settle(body).rows["g-1"])


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (text("replicas: 4, zookeeper: zk", brokers="2"), "replicas: 4 needs 3 brokers for a master, and g has 2"),
        (text("replicas: 3, zookeeper: zk", brokers="1"), "replicas: 3 needs 2 brokers for a master, and g has 1"),
        (text("replicas: 3, zookeeper: zk", brokers="5"), "replicas: 3 of 5 brokers: a message is on 2 of them"),
        (text("replicas: 3"), "elects its master by way of ZooKeeper"),
        (text('zookeeper: zk, zkAddress: "h:1"'), "elects its master by way of ZooKeeper"),
        (text("zookeeper: zoo"), "there is no companion zoo"),
        (text('zkAddress: "h"'), "h is no address of ZooKeeper"),
        (text("zookeeper: zk, sync: quorum"), "sync knows no quorum"),
        (text("zookeeper: zk, path: ./x"), "path is of a LevelDB in one directory, and zookeeper (line 7)"),
        (text("zookeeper: zk, hostname: localhost"), "hostname cannot be set here"),
        (text("zookeeper: zk, weight: {g-4: 2}"), "g has no broker g-4"),
        (text("zookeeper: zk, set: {zkSessionTmeout: 2s}"), "zkSessionTmeout cannot be set here"),
        (text("zookeeper: zk, zkPassword: secret"), "never the password itself"),
        (text("zookeeper: zk, zkPath: ab"), '"ab" is not a path in ZooKeeper'),
        (text("zookeeper: zk, zkSessionTimeout: 2 s"), '"2 s" is not a time'),
        (text("zookeeper: zk, bind: 'tcp://10.0.0.1:1'"), "is not an address to listen on"),
        (text(more="defaults: {broker: {schedulerSupport: true}}\n"), "delayed messages are not replicated"),
        (text().replace("{nodes: 3}", "{nodes: 2}"), "nodes"),
        (text().replace("{nodes: 3}", "{settings: {clientPort: 1}}"), "clientPort is set by amqctl itself"),
        (text().replace("  g:\n", "  zk-2:\n"), "companion zk-2 has the name of group zk-2"),
    ],
)  # fmt: skip
def test_what_cannot_work_is_refused_with_the_reason(body: str, says: str) -> None:
    assert any(says in found.what for found in problems(body)), [p.what for p in problems(body)]


@pytest.mark.parametrize("version", ["5.17.0", "5.18.3", "6.1.7"])
@pytest.mark.parametrize("body", ["zookeeper: zk", ""])
def test_from_5_17_on_it_is_refused_with_what_to_use_instead(version: str, body: str) -> None:
    found = problem(text(body, version=version))
    assert found.what.startswith(f"ActiveMQ {version} has no LevelDB: it was removed with 5.17.0 (AMQ-7502)")
    assert "store: kahadb" in found.fix and "jdbc" in found.fix and found.line == 7


def test_a_password_of_zookeepers_nodes_is_a_secret() -> None:
    body = text("zookeeper: zk, zkPassword: {env: ZK}")
    assert {"zk.g", "replication.g"} <= {one.name for one in settle(body).secrets}
    assert not {one.name for one in settle(body).secrets} & {"", "db.zk-1"}, "a ZooKeeper has no account"
    shown = json.dumps([[row.key, row.value] for row in settle(body).rows["g-1"]])
    assert "env" in shown


# ── planned


def test_an_ensemble_is_a_node_each_that_knows_the_others() -> None:
    plan = planned(text())
    assert [spec.name for spec in plan.companions] == ["zk-1", "zk-2", "zk-3"]
    assert [dict(spec.ports) for spec in plan.companions] == [{"zookeeper": port} for port in (2181, 2182, 2183)]
    second = plan.companion("zk-2")
    assert dict(second.inner_ports) == {"quorum": 2889, "election": 3889}
    assert second.settings["server.3"] == "127.0.0.1:2890:3890" and second.settings["myid"] == 2
    alone = planned(text().replace("{nodes: 3}", "{}")).companion("zk")
    assert not alone.peers and not alone.inner_ports


def test_two_ensembles_have_ports_of_their_own() -> None:
    body = text().replace("{zk: {zookeeper: {nodes: 3}}}", "{zk: {zookeeper: {nodes: 3}}, other: zookeeper}")
    ports = [port for spec in planned(body).companions for port in (*spec.ports.values(), *spec.inner_ports.values())]
    assert len(ports) == len(set(ports)) == 10


def test_each_member_has_a_directory_of_its_own_and_all_start_at_once() -> None:
    plan = planned(text())
    assert [n.replica for n in plan.nodes] == [f"/stores/g/g-{number}" for number in (1, 2, 3)]
    assert all(not n.shared for n in plan.nodes)
    first, then = start_order(plan, [n.name for n in plan.nodes], {})
    assert len(first) == 3 and not then, "one alone would wait for the others for ever"
    shared = planned(text(""))
    assert {n.shared for n in shared.nodes} == {("/stores/g/leveldb",)} and shared.nodes[0].replica is None
    assert len(start_order(shared, [n.name for n in shared.nodes], {})[0]) == 1


def test_on_an_engine_it_is_a_volume_of_its_own() -> None:
    stored = [containers.store("x", node) for node in planned(text()).nodes]
    assert [s.source for s in stored if s] == [f"amqctl.x.g-{number}.data" for number in (1, 2, 3)]


def rendered(body: str, node: str = "g-2") -> str:
    plan = planned(body)
    return render(plan, {one.name: f"pw-{one.name}" for one in plan.settled.secrets}, caps)[node]["activemq.xml"]


def test_what_a_member_is_told() -> None:
    xml = rendered(text("zookeeper: zk, zkPassword: generated, zkSessionTimeout: 1500ms, set: {logSize: 1000}"))
    for said in (
        'brokerName="g"', 'replicas="3"', 'bind="tcp://127.0.0.1:62920"', 'hostname="127.0.0.1"', 'weight="1"',
        'zkAddress="127.0.0.1:2181,127.0.0.1:2182,127.0.0.1:2183"', 'zkSessionTimeout="1500ms"', 'logSize="1000"',
        'zkPassword="pw-zk.g"', 'securityToken="pw-replication.g"', 'directory="/stores/g/g-2"',
    ):  # fmt: skip
        assert said in xml
    assert 'zkAddress="h:1,i:2"' in rendered(text('zkAddress: "h:1,i:2"'))
    assert "zkPassword" not in rendered(text())


def test_the_session_is_spelled_as_the_version_does() -> None:
    assert caps("5.14.0").zk_session_timeout == "zkSessionTimeout"
    facts, around = stores.facts("leveldb"), stores.Surroundings(
        "g-1", zk_session_timeout="zkSessionTmeout", secrets={"replication.g": "x"}
    )  # fmt: skip
    attributes = facts.values(store(text()), around)["attributes"]
    assert isinstance(attributes, dict) and attributes["zkSessionTmeout"] == "2s"
    assert "zkSessionTimeout" not in attributes


# ── repairs


def test_only_a_broker_with_leveldb_is_started_otherwise() -> None:
    plain = planned(f"{HEAD}activemq: 5.16.6\ngroups: {{g: {{brokers: 1}}}}\n").node("g-1")
    assert not plain.repairs and not plain.jars
    node = planned(text()).node("g-1")
    assert [r.name for r in node.repairs] == ["zookeeper-client", "mapped-files", "failureaccess"]
    assert "com.google.guava:failureaccess:1.0.1" in node.jars
    assert all(repair.reason for repair in node.repairs)
    shared = planned(text("")).node("g-1")
    assert [r.name for r in shared.repairs] == ["mapped-files", "failureaccess"]
    assert not any("zookeeper" in jar for jar in shared.jars)


def test_the_start_with_repairs() -> None:
    jars = ("bin/activemq.jar", "lib/optional/zookeeper-3.4.14.jar", "lib/optional/xpp3-1.1.4c.jar")
    copy = Copy(class_path=tuple(Path("/dist") / jar for jar in jars))
    extra = ("/maven/zookeeper-3.5.10.jar",)
    words = launch.command("/jre", copy, NODE, FAST, caps("5.16.6"), extra=extra, repairs=repairs.REPLICATED)
    path = words[words.index("-cp") + 1].split(":")
    assert path == ["/dist/bin/activemq.jar", "/dist/lib/optional/xpp3-1.1.4c.jar", *extra]
    assert "--add-opens=java.base/jdk.internal.ref=ALL-UNNAMED" in words
    assert "--add-opens=java.base/java.nio=ALL-UNNAMED" in words
    assert "-Dzookeeper.sasl.client=false" in words
    plain = launch.command("/jre", copy, NODE, FAST, caps("5.16.6"))
    assert "zookeeper-3.4.14" in plain[plain.index("-cp") + 1] and "jdk.internal.ref" not in " ".join(plain)


def test_a_repair_of_some_versions() -> None:
    assert repairs.AETHER in repairs.needed(repairs.REPLICATED, "5.10.1")
    assert repairs.AETHER not in repairs.needed(repairs.REPLICATED, "5.14.0")


# ── seen


@pytest.mark.parametrize(
    ("values", "behind"),
    [
        ({"NodeRole": "slave", "Status": "Attached"}, ""),
        ({"NodeRole": "slave", "Status": "Attaching to master: tcp://h:1"}, "slave Attaching to master: tcp://h:1"),
        ({"NodeRole": "electing", "Status": ""}, "electing"),
        ({}, "starting"),
    ],
)
def test_who_has_not_all_messages_is_not_waiting(values: dict[str, str], behind: str) -> None:
    assert observation._behind({"mbean": values} if values else {}) == behind
    assert role(Seen(alive=True, slave=True, behind=behind), True) == ("starting" if behind else "waiting")


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("Promoted to master", "master"),
        ("Slave started", "waiting"),
        ("Demoted to slave", "lost"),
        ("Not enough cluster members connected to elect a master.", "attempting"),
        ("Not enough cluster members have reported their update positions yet.", "attempting"),
        ("Master started: tcp://127.0.0.1:62621", None),
    ],
)
def test_what_brokers_say_of_their_election(line: str, word: str | None) -> None:
    assert locklines.word(f"INFO | {line} | MasterElector") == word


SRVR = "Zookeeper version: 3.8.4\nLatency min/avg/max: 0/0.0/0\nMode: {}\nNode count: 5\n"


@pytest.mark.parametrize(
    ("said", "ready", "seen"),
    [
        (SRVR.format("leader"), True, "leader"),
        (SRVR.format("follower"), True, "follower"),
        (SRVR.format("standalone"), True, "standalone"),
        ("This ZooKeeper instance is not currently serving requests\n", False, "is not currently serving"),
        ("srvr is not executed because it is not in the whitelist.\n", False, "not in the whitelist"),
        ("", False, "closed the connection without a word"),
    ],
)
def test_a_zookeeper_is_ready_with_a_quorum(said: str, ready: bool, seen: str) -> None:
    with server(says(said.encode(), after=4)) as address:
        found = ensembles.greeting(address, 2)
    assert found.ready is ready and seen in found.seen


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert ensembles.greeting(Address("127.0.0.1", port), 2).seen == "nobody listens"


def test_an_end_at_the_start_that_is_activemqs_own_is_told_from_others() -> None:
    line = (
        'java.lang.NullPointerException: Cannot invoke "org.linkedin.zookeeper.tracker.NodeEventsListener.onEvents('
        'java.util.Collection)" because "listener" is null'
    )
    assert "another member joined" in (lives.race(["INFO | starting", line]) or "")
    assert lives.race(["java.lang.NullPointerException"]) is None


def test_what_a_new_life_has_written_says_nothing_of_the_end_of_the_one_before() -> None:
    well = ["Java Runtime: 17", "INFO | started", "INFO | is shutdown"]
    failed, begun = ["Java Runtime: 17", "Loading", "Caused by: nosuch"], ["Java Runtime: 17", "  Heap sizes: 1"]
    assert lives.ended(failed + begun) == failed
    assert lives.ended(failed[1:] + begun) == failed[1:]
    assert lives.ended(well + failed) == well + failed, "the next one has not begun to write"
    assert lives.ended(failed + failed) == failed + failed
    assert lives.ended(well + begun) == well + begun, "nobody tells of a failure"
    assert lives.ended(failed) == failed
    assert lives.ended([]) == []


# ── ports


def test_ports_that_an_outgoing_connection_may_have(tmp_path: Path) -> None:
    (tmp_path / "ip_local_port_range").write_text("32768\t60999\n")
    reserved = tmp_path / "ip_local_reserved_ports"
    reserved.write_text("\n")
    plan = planned((Path(__file__).parents[2] / "topologies" / "leveldb-trio.yaml").read_text())
    assert outgoing.exposed(plan, tmp_path) == [51511, 51512, 51513]
    assert "ip_local_reserved_ports=51511-51513" in outgoing.said([51511, 51512, 51513])
    reserved.write_text("51511-51512,60000\n")
    assert outgoing.exposed(plan, tmp_path) == [51513]
    assert outgoing.exposed(planned(text()), tmp_path) == [], "amqctl's own are above"
    assert outgoing.exposed(plan, tmp_path / "elsewhere") == []
