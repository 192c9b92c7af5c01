"""Drills by ActiveMQ's own Java client, on real brokers."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import psutil
import pytest

from tests.e2e.machine import REPOSITORY, Machine, topology
from tests.e2e.test_database_drills import a_pair

pytestmark = pytest.mark.real


def pair(machine: Machine, name: str, at: int, version: str = "6.1.7") -> str:
    text = (REPOSITORY / "topologies" / "pair.yaml").read_text()
    text = text.replace("name: pair", f"name: {name}\nports: {{offset: {machine.offset(at)}}}")
    return topology(name, text.replace("activemq: 6.1.7", f"activemq: {version}"), machine.home)


def of_java(history: Path) -> tuple[set[str], set[str]]:
    """Brokers at which sends began, and those that answered them, by the load's own ledger."""
    ops = [json.loads(line) for line in history.read_text().splitlines()]
    sends = [op for op in ops if op["what"] == "send"]
    return (
        {op.get("node", "") for op in sends if op["phase"] == "invoke"},
        {op.get("node", "") for op in sends if op["phase"] == "ok"},
    )


def test_the_java_client_over_failover_loses_nothing_when_its_master_is_killed(machine: Machine) -> None:
    """The Java client, compiled here without a JDK, fails over by itself; its password is in no command line, and no
    JVM of its is left. In the second run, what it sends without persistence is lost and called so."""
    machine.amq("up", pair(machine, "jms", 600))
    running = machine.begin("failover-test", "--drill", "kill-master", "--client", "jms", "--junit", "junit.xml")
    secrets = (machine.home / "state" / "secrets" / "jms.json").read_text()
    lines = set()
    while running.poll() is None:
        threading.Event().wait(0.1)
        for child in psutil.Process(running.pid).children(recursive=True):
            try:
                lines.add(" ".join(child.cmdline()))
            except psutil.Error:
                continue
    assert running.returncode == 0
    clients = [line for line in lines if "amqctl.Main" in line]
    assert clients and not any(word in line for line in clients for word in secrets.split('"') if len(word) > 15)
    report = json.loads((machine.home / "runs" / "latest" / "report.json").read_text())
    (drill,) = report["drills"]
    assert drill["client"] == "jms" and drill["verdict"] == "valid", drill["because"]
    assert drill["messages"]["lost"] == 0 and drill["messages"]["acknowledged"] >= 2000
    assert 0 < drill["reconnect_seconds"] <= drill["takeover_seconds"] + 1.0
    assert "4 clients over failover: were connected again" in drill["because"]
    began, answered = of_java(machine.home / drill["history"])
    assert len(answered) == 2 and answered == began
    assert machine.amq("recheck", drill["history"], "-o", "json").json["drills"][0]["client"] == "jms"
    assert not [p for p in machine.processes() if "amqctl.Main" in " ".join(p.cmdline())]
    done = machine.amq(
        "failover-test", "--drill", "kill-master", "--client", "jms", "--non-persistent", "-o", "json", expect=1
    )
    assert done.json["drills"][0]["messages"]["lost"] > 0


@pytest.mark.parametrize("version", ["5.14.5", "5.15.11", "5.16.6", "5.18.3"])
def test_older_clients_do_as_well_with_transactions(machine: Machine, version: str) -> None:
    """javax.jms, each against its own distribution; a message is acknowledged when its commit has returned."""
    machine.amq("up", pair(machine, "older", 620, version))
    words = ("failover-test", "--drill", "kill-master", "--client", "jms", "-o", "json")
    for more in ((), ("--transacted", "10")):
        (drill,) = machine.amq(*words, *more).json["drills"]
        assert drill["verdict"] == "valid" and drill["messages"]["lost"] == 0, drill["because"]


def test_it_speaks_tls_and_trusts_the_clusters_authority_alone(machine: Machine) -> None:
    """All usual drills over ssl://, bridging too, with brokers that ask for a certificate."""
    text = (REPOSITORY / "topologies" / "ms-plus-secure.yaml").read_text()
    text = text.replace("name: ms-plus-secure", f"name: jms-tls\nports: {{offset: {machine.offset(640)}}}")
    machine.amq("up", topology("jms-tls", text.replace("tls: {}", "tls: {clientAuth: true}"), machine.home))
    drills = machine.amq("failover-test", "--client", "jms", "-o", "json").json["drills"]
    assert {d["name"] for d in drills} == {"kill-master", "stop-master", "bridging", "reach", "consumer-hop"}
    assert all(d["verdict"] == "valid" and d["client"] == "jms" for d in drills), [d["because"] for d in drills]


@pytest.mark.slow
def test_a_pair_on_mariadb_ten_times_in_a_row(machine: Machine) -> None:
    machine.amq("up", a_pair(machine, "mariadb", "stored", 660))
    drills = machine.amq(
        "failover-test", "--drill", "kill-master", "--client", "jms", "--repeat", "10", "-o", "json"
    ).json["drills"]
    assert [d["verdict"] for d in drills] == ["valid"] * 10
    assert sum(d["messages"]["lost"] for d in drills) == 0


@pytest.mark.docker
def test_it_drills_containers_from_the_host(docker_machine: Machine) -> None:
    """Through published ports, where a slave's accepts and closes; failover: goes on to the next."""
    docker_machine.amq("up", pair(docker_machine, "jms-docker", 680))
    (drill,) = docker_machine.amq("failover-test", "--drill", "kill-master", "--client", "jms", "-o", "json").json[
        "drills"
    ]
    assert drill["verdict"] == "valid" and drill["messages"]["lost"] == 0, drill["because"]
