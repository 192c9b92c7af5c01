"""Files that somebody has: run as they are (`conf:`), or turned into a topology (`import`); drills prove both."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from amqctl.events import silent
from amqctl.provision import dist
from amqctl.provision.sources import from_env
from tests.e2e.machine import Machine, topology

pytestmark = pytest.mark.real

ROOT = Path(__file__).resolve().parents[2]
VERSION = "5.18.3"


def shipped(machine: Machine) -> Path:
    """conf/ of the distribution with its example for STOMP as activemq.xml: console and realm are ActiveMQ's own."""
    conf = machine.home / "conf"
    shutil.copytree(dist.obtain(VERSION, from_env(machine.env), silent).home / "conf", conf)
    shutil.copy(ROOT / "tests" / "lint" / "shipped" / "5.16.6" / "activemq-stomp.xml", conf / "activemq.xml")
    return conf


def test_a_shipped_example_runs_verbatim_and_passes_its_drill(any_machine: Machine) -> None:
    """Two brokers from one directory; the slave's console is not there to be asked, so that it waits is assumed."""
    machine = any_machine
    conf = shipped(machine)
    before = {p.name: p.read_bytes() for p in conf.iterdir()}
    text = f"apiVersion: amqctl/v1\nname: own\nactivemq: {VERSION}\ngroups: {{localhost: {{conf: {conf}, brokers: 2}}}}"
    file = topology("own", text, machine.home)
    # shipped files have STOMP at 61613: with 820, and Docker's 500 on top, that met the ports of the networks' tests
    offset = str(machine.offset(70))
    diff = machine.amq("render", "--diff", file, "--port-offset", offset).out
    assert "# activemq.xml:" in diff
    assert "-            <kahaDB" in diff
    machine.amq("up", file, "--port-offset", offset)
    seen = machine.amq("status", "-c", "own", "-o", "json").json
    assert {(b["role"], b["assumed"]) for b in seen["groups"][0]["brokers"]} == {("master", False), ("waiting", True)}
    runs = machine.home / "runs"
    done = machine.amq("failover-test", "own", "--drill", "kill-master", "--yes", "--runs", str(runs), "-o", "json")
    assert [drill["verdict"] for drill in done.json["drills"]] == ["valid"]
    machine.amq("down", "own", "--volumes")
    assert {p.name: p.read_bytes() for p in conf.iterdir()} == before


def test_the_documents_compose_file_is_imported_and_its_masters_can_be_killed(any_machine: Machine) -> None:
    """As it is imported, with ActiveMQ's own ten seconds between tries for the lock, and judged by them. On local
    `bridging` alone, in which a master is killed too: in CI each takeover takes its ten seconds."""
    machine = any_machine
    out = machine.home / "s5f"
    done = machine.amq(
        "import", str(ROOT / "tests" / "lint" / "s5f"), "-d", str(out), "--activemq", VERSION, "-o", "json"
    )
    made = done.json
    assert made["groups"] == {"ms-broker-a": ["amq1", "amq2"], "ms-broker-b": ["amq3", "amq4"]}
    assert "profile: stock" in Path(made["topology"]).read_text()
    machine.amq("up", made["topology"], "--port-offset", str(machine.offset(90)))
    runs = machine.home / "runs"
    more = ("--drill", "kill-master") if machine.side.name == "docker" else ()
    done = machine.amq(
        "failover-test", "s5f", "--drill", "bridging", *more, "--yes", "--runs", str(runs), "-o", "json",
    )  # fmt: skip
    assert {drill["verdict"] for drill in done.json["drills"]} == {"valid"}
    machine.amq("down", "s5f", "--volumes")


def test_own_files_with_a_store_in_a_database_pass_all_drills(machine: Machine) -> None:
    """The example: the data source bean stays, with another url, user and password."""
    file = str(ROOT / "examples" / "own-jdbc" / "own-jdbc.yaml")
    offset = str(machine.offset(1700))
    diff = machine.amq("render", "--diff", file, "--port-offset", offset).out
    assert "jdbc:mariadb://127.0.0.1" in diff and "of-the-old-database" not in diff
    machine.amq("up", file, "--port-offset", offset)
    runs = machine.home / "runs"
    done = machine.amq("failover-test", "own-jdbc", "--yes", "--runs", str(runs), "-o", "json")
    verdicts = {drill["name"]: drill["verdict"] for drill in done.json["drills"]}
    assert {name for name, verdict in verdicts.items() if verdict == "skipped"} <= {"bridging"}
    assert {verdict for name, verdict in verdicts.items() if name != "bridging"} == {"valid"}, done.out
    machine.amq("down", "own-jdbc", "--volumes")
