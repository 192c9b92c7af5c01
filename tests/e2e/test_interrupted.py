"""`failover-test` that is interrupted at moments of its work, on real brokers: what it broke is healed, what it
brought up is taken down."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.e2e.machine import Machine, command, topology

pytestmark = pytest.mark.real

PAIR = """
apiVersion: amqctl/v1
name: cut
activemq: 6.1.7
ports: {offset: 2350}
groups:
  orders:
    brokers: 2
"""
WITHIN = 90.0  # seconds to heal and to take down


def drilling(machine: Machine, *args: str, until: str) -> subprocess.Popen[str]:
    """A drill of the pair that has just said `until`; its words can still be read."""
    process = subprocess.Popen(
        command("failover-test", *args, "--drill", "kill-master"), env=machine.env, cwd=machine.home,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    assert process.stderr is not None
    said = []
    for line in process.stderr:
        said.append(line)
        if until in line:
            return process
    raise AssertionError(f"it never said {until!r}:\n{''.join(said)}")


def file(machine: Machine) -> str:
    return topology("cut", PAIR.replace("2350", str(machine.offset(2350))), machine.home)


@pytest.mark.parametrize(
    ("name", "until"),
    [
        pytest.param("SIGHUP", "start orders-1", id="while it comes up, by a closed terminal"),
        pytest.param("SIGINT", "acknowledged", id="under load"),
        pytest.param("SIGTERM", "kill orders-1", id="when the master is killed"),
        pytest.param("SIGINT", "again", id="while it is healed"),
        pytest.param("SIGTERM", "stopping 2 nodes", id="while it is taken down"),
    ],
)
def test_what_was_brought_up_for_the_test_is_taken_down(any_machine: Machine, name: str, until: str) -> None:
    """Also where nobody reads what it says any more, as after the Ctrl-C that ended `2>&1 | tee` as well."""
    machine = any_machine
    process = drilling(machine, file(machine), until=until)
    assert process.stderr is not None
    process.stderr.close()
    os.kill(process.pid, getattr(signal, name))
    assert process.wait(WITHIN) == 130
    machine.gone(stores=True)
    for history in machine.home.rglob("history.jsonl"):
        if until != "stopping 2 nodes":
            again = machine.amq("recheck", str(history), "-o", "json", expect=3).json["drills"][0]
            assert again["verdict"] == "unknown" and "cut short" in again["because"]


def test_a_second_ctrl_c_ends_at_once(machine: Machine) -> None:
    """All is left as it was at that moment, and `down` puts it right."""
    process = drilling(machine, file(machine), until="acknowledged")
    assert process.stderr is not None
    os.kill(process.pid, signal.SIGINT)
    while "stopping 2 nodes" not in process.stderr.readline():
        assert process.poll() is None
    os.kill(process.pid, signal.SIGINT)
    assert process.wait(2) == 130
    assert "interrupted twice" in process.stderr.read()
    process.stderr.close()
    machine.amq("down", "--volumes")
    machine.gone(stores=True)


def test_a_cluster_that_was_up_before_stays_and_is_whole(machine: Machine) -> None:
    """It was not brought up for the test: the killed master is started again and awaited, and nothing else is done."""
    machine.amq("up", file(machine))
    process = drilling(machine, "cut", until="kill orders-1")
    assert process.stderr is not None
    os.kill(process.pid, signal.SIGTERM)
    assert "Traceback" not in process.stderr.read()
    assert process.wait(WITHIN) == 130
    process.stderr.close()
    assert machine.amq("status", "-o", "json").json["ready"]
    machine.amq("down", "--volumes")
    machine.gone(stores=True)


def test_kept_is_kept(machine: Machine) -> None:
    """With --keep an interrupt ends the drill alone, and says that the cluster is there."""
    process = drilling(machine, file(machine), "--keep", until="kill orders-1")
    assert process.stderr is not None
    os.kill(process.pid, signal.SIGINT)
    assert "cut, which was brought up for the test, is kept" in process.stderr.read()
    assert process.wait(WITHIN) == 130
    process.stderr.close()
    assert machine.amq("status", "-o", "json").json["ready"]
    machine.amq("down", "--volumes")
    assert not Path(machine.home / "state" / "clusters" / "cut").exists()
