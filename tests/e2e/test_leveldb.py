"""LevelDB on real brokers: S3's trio with its ZooKeepers, and S2d's pair on one directory."""

from __future__ import annotations

import psutil
import pytest

from tests.e2e.machine import REPOSITORY, Machine, topology

pytestmark = [pytest.mark.real, pytest.mark.slow]


def trio(machine: Machine, at: int) -> str:
    """On Docker with the lab's image, laid out as the official one. Not at S3's own 51511 to 51513, which the system
    gives to outgoing connections: the drill's own then have them, now and then, when a broker takes over."""
    text = (REPOSITORY / "topologies" / "leveldb-trio.yaml").read_text().replace("openwire: 5151", "openwire: 6161")
    if machine.side.name == "docker":
        from tests.lab import databases

        databases.ensure("zookeeper")
        text = text.replace("{nodes: 3, ", f'{{nodes: 3, image: "{databases.IMAGES["zookeeper"]}", ')
    return topology("leveldb-trio", text + f"ports: {{offset: {machine.offset(at)}}}\n", machine.home)


def valid(machine: Machine, name: str, *drills: str) -> None:
    words = [word for drill in drills for word in ("--drill", drill)]
    done = machine.amq("failover-test", name, *words, "--yes", "-o", "json", expect=None)
    found = {d["name"]: (d["verdict"], d["messages"]["lost"]) for d in done.json["drills"]}
    assert found == dict.fromkeys(drills, ("valid", 0)), done.out


def test_a_trio_elects_takes_over_and_keeps_its_messages(machine: Machine) -> None:
    """S3: one master and two that follow it; the master is killed under load and another has all messages; `down` and
    `up` keep them. No password is in a command line."""
    file = trio(machine, 430)
    machine.amq("up", file)
    (group,) = machine.amq("status", "-o", "json").json["groups"]
    assert sorted(b["role"] for b in group["brokers"]) == ["master", "waiting", "waiting"]
    says = {b["name"]: b["lock"]["says"] for b in group["brokers"]}
    assert says.pop(group["master"]) == "master" and set(says.values()) == {"waiting"}
    secrets = next((machine.home / "state" / "secrets").glob("*.json")).read_text()
    password = secrets.partition('"zk.activemq": "')[2].partition('"')[0]
    assert password
    assert not [p for p in machine.processes() if password in " ".join(_line(p))]
    machine.amq("send", "-c", "leveldb-trio", "kept", "-n", "20")
    valid(machine, "leveldb-trio", "kill-master")
    machine.amq("down", "leveldb-trio")
    machine.gone(stores=False)
    machine.amq("up", file)
    done = machine.amq("recv", "kept", "-c", "leveldb-trio", "-q", "-o", "json", "--timeout", "2", expect=None)
    assert done.json["received"] == 20
    machine.amq("down", "leveldb-trio", "--volumes")
    machine.gone(stores=True)


def _line(process: psutil.Process) -> list[str]:
    try:
        return list(process.cmdline())
    except psutil.NoSuchProcess:
        return []


def test_quorums_of_members_and_of_zookeepers(any_machine: Machine) -> None:
    """Two of three members gone, one ZooKeeper gone, two gone, all frozen: what is promised of each, by its drill."""
    any_machine.amq("up", trio(any_machine, 450))
    valid(any_machine, "leveldb-trio", "stop-master", "below-quorum", "zk-loss", "zk-quorum-loss", "zk-pause")


@pytest.mark.docker
def test_a_trio_in_containers_takes_over(docker_machine: Machine) -> None:
    docker_machine.amq("up", trio(docker_machine, 430))
    valid(docker_machine, "leveldb-trio", "kill-master")


def test_a_pair_on_one_directory_takes_over(machine: Machine) -> None:
    """S2d: plain LevelDB, and a lock file as with KahaDB."""
    text = (REPOSITORY / "topologies" / "leveldb-shared.yaml").read_text()
    machine.amq("up", topology("leveldb-shared", text + f"ports: {{offset: {machine.offset(470)}}}\n", machine.home))
    valid(machine, "leveldb-shared", "kill-master")
