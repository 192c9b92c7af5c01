"""KahaDB in all its forms on real brokers: three on one store, a named directory, a copy to begin with, several
stores in one, a lease in place of the lock file."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.e2e.machine import REPOSITORY, Machine, topology

pytestmark = pytest.mark.real

GROUP = """
apiVersion: amqctl/v1
name: {name}
activemq: {version}
ports: {{offset: {at}}}
{more}
groups:
  g:
    store: {{kahadb: {{{kahadb}}}}}
    brokers: {brokers}
"""


def written(
    machine: Machine, name: str, kahadb: str, *, at: int, brokers: int = 2, version: str = "6.1.7", more: str = ""
) -> str:
    text = GROUP.format(name=name, kahadb=kahadb, at=machine.offset(at), brokers=brokers, version=version, more=more)
    return topology(name, text, machine.home)


# An engine may have other people's clusters, so every verb is told which one is meant.


def roles(machine: Machine, cluster: str) -> dict[str, str]:
    [group] = machine.amq("status", "-c", cluster, "-o", "json").json["groups"]
    return {b["name"]: b["role"] for b in group["brokers"]}


def master(machine: Machine, cluster: str) -> str:
    [found] = [name for name, role in roles(machine, cluster).items() if role == "master"]
    return found


def received(machine: Machine, queue: str, *, cluster: str) -> int:
    done = machine.amq("recv", queue, "-c", cluster, "-q", "-o", "json", "--timeout", "2", expect=None)
    return int(done.json["received"])


def valid(machine: Machine, name: str) -> None:
    done = machine.amq("failover-test", name, "--drill", "kill-master", "--yes", "-o", "json")
    assert done.json["verdict"] == "valid"
    assert [d["messages"]["lost"] for d in done.json["drills"]] == [0]


def test_three_brokers_take_over_twice_in_a_row(any_machine: Machine) -> None:
    """One master, two wait. It is killed, another leads, the old one comes back and waits; then once more."""
    machine = any_machine
    machine.amq("up", str(REPOSITORY / "topologies" / "trio.yaml"), "--port-offset", str(machine.offset(2200)))
    assert sorted(roles(machine, "trio").values()) == ["master", "waiting", "waiting"]
    machine.amq("send", "-c", "trio", "kept", "-n", "20")
    led = [master(machine, "trio")]
    for _ in range(2):
        machine.amq("kill", "-c", "trio", led[-1])
        began = machine.amq("start", "-c", "trio", led[-1])
        led.append(master(machine, "trio"))
        assert roles(machine, "trio")[led[-2]] == "waiting", str(began)
        assert sorted(roles(machine, "trio").values()) == ["master", "waiting", "waiting"]
    assert led[0] != led[1] != led[2]
    assert received(machine, "kept", cluster="trio") == 20
    valid(machine, "trio")


def test_a_named_directory_holds_the_store(machine: Machine) -> None:
    """It is made where it is not there yet, outlives `down`, and what is in it is there again."""
    file = written(machine, "named", "path: ./messages", at=2200)
    machine.amq("up", file)
    machine.amq("send", "-c", "named", "kept", "-n", "5")
    valid(machine, "named")
    machine.amq("down", "named", "--volumes")
    assert (machine.home / "messages" / "db.data").is_file()
    machine.amq("up", file)
    assert received(machine, "kept", cluster="named") == 5


@pytest.mark.docker
@pytest.mark.engine
def test_a_named_directory_of_the_engine_s_machine_holds_the_store(docker_machine: Machine) -> None:
    """An empty one is given to the brokers' user."""
    machine, place = docker_machine, docker_machine.home / "messages"
    place.mkdir()
    file = written(machine, "named", f"path: {place}", at=2200)
    machine.amq("up", file)
    machine.amq("send", "-c", "named", "kept", "-n", "5")
    valid(machine, "named")
    machine.amq("down", "named", "--volumes")
    assert (place / "db.data").is_file()
    machine.amq("up", file)
    assert received(machine, "kept", cluster="named") == 5


@pytest.fixture
def original(any_machine: Machine) -> Path:
    """A copy of the store of a broker that had 50 messages; while the broker had it, it was refused."""
    machine = any_machine
    machine.amq("up", written(machine, "origin", "", at=2250, brokers=1, version="5.18.3"), "--runtime", "local")
    machine.amq("send", "-c", "origin", "old", "-n", "50")
    live = machine.home / "state" / "clusters" / "origin" / "stores" / "g" / "kahadb"
    refused = machine.amq("up", written(machine, "seeded", f"seed: {live}", at=2200), expect=3)
    assert f"{live} is in use: its lock is held" in refused.err
    copy = machine.home / "copy"
    shutil.copytree(live, copy)
    machine.amq("down", "origin", "--volumes")
    return copy


def test_a_store_begins_with_a_copy_of_another_and_is_then_its_own(any_machine: Machine, original: Path) -> None:
    """A pair of a newer version has the 50 messages. What is consumed stays so: there is no second copy."""
    machine = any_machine
    file = written(machine, "seeded", f"seed: {original}", at=2200)
    up = machine.amq("up", file)
    assert f"from {original} to " in up.err
    assert received(machine, "old", cluster="seeded") == 50
    machine.amq("send", "-c", "seeded", "new", "-n", "3")
    assert machine.amq("up", file, "--dry-run").out.strip().endswith("nothing to do")
    machine.amq("down", "seeded")
    shutil.rmtree(original)
    up = machine.amq("up", file)
    assert "copying" not in up.err
    assert received(machine, "old", cluster="seeded") == 0
    assert received(machine, "new", cluster="seeded") == 3


@pytest.mark.parametrize("version", ["6.1.7", "5.18.3"])
def test_several_stores_in_one_take_over_together(any_machine: Machine, version: str) -> None:
    machine, rest = any_machine, "{perDestination: true}" if version == "6.1.7" else "{}"
    multi = f'multi: [{{queue: "invoices.>"}}, {rest}]'
    machine.amq("up", written(machine, "several", multi, at=2200, version=version))
    machine.amq("send", "-c", "several", "invoices.a", "-n", "10")
    machine.amq("send", "-c", "several", "other", "-n", "10")
    valid(machine, "several")
    valid(machine, "several")
    assert received(machine, "invoices.a", cluster="several") == 10
    assert received(machine, "other", cluster="several") == 10


@pytest.mark.parametrize("version", ["6.1.7", "5.18.3"])
def test_a_lease_decides_who_has_the_directory(any_machine: Machine, version: str) -> None:
    machine = any_machine
    server = "postgres" if machine.side.name == "local" else "derby"  # runs in the image that amqctl builds
    more = f"companions: {{db: {server}}}"
    file = written(machine, "leased", "locker: {lease: {server: db}}", at=2200, version=version, more=more)
    machine.amq("up", file)
    assert sorted(roles(machine, "leased").values()) == ["master", "waiting"]
    valid(machine, "leased")
    valid(machine, "leased")
