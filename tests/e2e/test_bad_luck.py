"""What goes wrong on real machines: two at once, Ctrl-C, a broken broker, a second copy."""

from __future__ import annotations

import json
import os
import signal
import subprocess

import pytest

from tests.e2e.machine import Machine, command, topology

pytestmark = pytest.mark.real

PAIR = """
apiVersion: amqctl/v1
name: unlucky
activemq: 5.18.3
ports: {offset: 2300}
groups:
  orders:
    brokers: 2
"""


def test_two_ups_at_once_and_a_second_copy_beside(machine: Machine) -> None:
    """The second `up` waits for the first and finds nothing to do; `--name --port-offset` runs another copy."""
    file = topology("pair", PAIR, machine.home)
    both = [machine.begin("up", file) for _ in range(2)]
    assert [process.wait(timeout=120) for process in both] == [0, 0]
    assert machine.amq("status", "-o", "json").json["ready"]
    assert len([p for p in machine.processes() if "java" in p.name()]) == 2
    machine.amq("up", file, "--name", "copy", "--port-offset", "50")
    listed = machine.amq("ls", "-o", "json").json["clusters"]
    assert [(c["cluster"], c["state"], c["running"]) for c in listed] == [("copy", "up", 2), ("unlucky", "up", 2)]
    several = machine.amq("status", expect=2)
    assert "several clusters are up" in several.err
    machine.amq("down", "--all", "--volumes")
    assert machine.processes() == []


def test_an_interrupted_up_can_be_run_again(machine: Machine) -> None:
    """Ctrl-C while brokers start: exit 130, a word about it, and the next `up` is ready."""
    file = topology("pair", PAIR, machine.home)
    process = subprocess.Popen(
        command("up", file), env=machine.env, cwd=machine.home, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    said = iter(process.stderr.readline, "")
    assert any("starting (" in line for line in said), "up ended before a broker was starting"
    os.kill(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert "interrupted" in err
    assert machine.amq("up", file, "-o", "json").json["ready"]


def test_a_broker_that_cannot_start_is_named_with_its_last_words_and_mended_by_the_next_up(machine: Machine) -> None:
    """A patch that the schema allows and the broker does not: exit 3 with the log; then the right file."""
    patch = """    patch: [{at: "//amq:transportConnector[1]", set: {uri: "nosuch://127.0.0.1:1"}}]\n"""
    bad = topology("bad", PAIR.replace("    brokers: 2", patch + "    brokers: 2"), machine.home)
    done = machine.amq("up", bad, "--timeout", "60", expect=3)
    assert "orders-1 died while it was awaited" in done.err
    assert "nosuch" in done.err
    assert "amqctl logs orders-1" in done.err
    good = topology("good", PAIR, machine.home)
    assert machine.amq("up", good, "-o", "json").json["ready"]


def test_state_that_was_damaged_is_said_and_can_be_removed(machine: Machine) -> None:
    """A broken intent or secrets file: one line each, exit 3, and `down --volumes` still clears everything."""
    file = topology("pair", PAIR, machine.home)
    machine.amq("up", file)
    intent = machine.home / "state" / "clusters" / "unlucky" / "intent.json"
    kept = intent.read_text()
    intent.write_text("{not json")
    assert "what unlucky was asked to be cannot be read" in machine.amq("status", expect=3).err
    intent.write_text(kept)
    assert json.loads(kept)["text"] == PAIR
    machine.amq("status")
    intent.write_text("[]")
    machine.amq("down", "--volumes")
    assert machine.processes() == []
    assert not intent.parent.exists()


def test_a_group_and_a_link_are_added_to_a_cluster_that_runs(machine: Machine) -> None:
    """The new group starts, the old one is replaced one broker at a time, its messages are kept."""
    machine.amq("up", topology("pair", PAIR, machine.home))
    machine.amq("send", "kept", "-n", "3")
    more = PAIR + "  stock:\n    brokers: 1\nnetwork: [{name: o-to-s, from: orders, to: stock}]\n"
    done = machine.amq("up", topology("more", more, machine.home), "-o", "json")
    assert done.json["ready"]
    assert done.json["links"][0]["up"] is True
    assert machine.amq("recv", "kept", "-n", "3", "-q", "--from", "orders").code == 0


def test_failover_test_of_a_file_brings_it_up_and_takes_it_down(machine: Machine) -> None:
    file = topology("pair", PAIR, machine.home)
    done = machine.amq("failover-test", file, "--drill", "stop-master", "--backlog", "500", "-o", "json")
    assert done.json["verdict"] == "valid"
    assert done.json["drills"][0]["messages"]["acknowledged"] >= 2500
    assert machine.processes() == []
    assert machine.amq("ls", "-o", "json").json == {"clusters": []}
    machine.amq("up", file)
    other = topology("other", PAIR.replace("brokers: 2", "brokers: 3"), machine.home)
    refused = machine.amq("failover-test", other, expect=2)
    assert "runs from another topology than this file" in refused.err
