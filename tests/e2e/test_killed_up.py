"""`up` killed with SIGKILL at any moment: the next `up` is ready, data is kept, nothing is left at the end."""

from __future__ import annotations

import os
import shutil
import signal
import time
from pathlib import Path

import pytest

from amqctl.wait import NotYet, until
from tests.e2e.machine import Machine, topology

pytestmark = [pytest.mark.real, pytest.mark.slow]

PAIR = """
apiVersion: amqctl/v1
name: killed
activemq: 5.18.3
ports: {offset: 2200}
groups:
  orders:
    brokers: 2
"""
# Seconds after which the process group of `up` is killed. The whole warm `up` takes about three seconds,
# the whole cold one about fifteen: both spans are covered from the first import to the last wait.
WARM = [0.1, 0.25, 0.4, 0.55, 0.7, 0.9, 1.2, 1.6, 2.1, 2.7]
# What must exist on disk when the cold `up` is killed: a fact each, so that every step is hit.
COLD = [
    "lock",
    "download-begun",
    "download-half",
    "downloaded",
    "unpack-begun",
    "unpack-half",
    "unpacked",
    "training-begun",
    "training-serves",
    "dump-begun",
]


def up_killed(machine: Machine, file: str, when) -> None:
    process = machine.begin("up", file)
    try:
        when(process)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def after(seconds: float):
    """Not a wait for a fact: the point is to hit whatever happens then."""

    def wait(process) -> None:
        deadline = time.monotonic() + seconds

        def probe() -> None:
            if time.monotonic() < deadline and process.poll() is None:
                raise NotYet("not yet the moment")

        until(probe, what="the moment", within=seconds + 5, every=0.005)

    return wait


def test_ten_moments_of_a_warm_up(machine: Machine) -> None:
    """Data sent before is there after each kill; a second up is ready; at the end nothing is left."""
    file = topology("killed", PAIR, machine.home)
    machine.amq("up", file)
    machine.amq("send", "kept", "-n", "5")
    for number, seconds in enumerate(WARM):
        machine.amq("down")
        up_killed(machine, file, after(seconds))
        status = machine.amq("up", file, "-o", "json").json
        assert status["ready"], f"kill {number} after {seconds} s"
        assert machine.amq("queues", "-o", "json", "--interval", "0").json["queues"][0]["depth"] == 5
    assert machine.amq("recv", "kept", "-n", "5", "-q").code == 0
    gone(machine)


def test_ten_moments_of_a_cold_up(machine: Machine, amqctl_home: Path) -> None:
    """Kill at ten facts of download, unpacking and archive dump; a copy left half-made is never used."""
    cache = machine.home / "cold-cache"
    machine.env["AMQCTL_CACHE"] = str(cache)
    file = topology("killed", PAIR, machine.home)
    for fact in COLD:
        shutil.rmtree(cache, ignore_errors=True)
        up_killed(machine, file, lambda process, fact=fact: seen(process, cache, fact))
        if fact in COLD[::3]:  # the rest of a cold up takes long: every third is finished, all leave leftovers
            assert machine.amq("up", file, "-o", "json").json["ready"], fact
            machine.amq("down")
    assert machine.amq("up", file, "-o", "json").json["ready"]
    assert not any("learn" in " ".join(p.cmdline()) for p in machine.processes())
    gone(machine)


def seen(process, cache: Path, fact: str) -> None:
    def size(pattern: str) -> int:
        return max((p.stat().st_size for p in cache.rglob(pattern) if p.is_file()), default=-1)

    def probe() -> None:
        if process.poll() is not None:
            return
        jars = sum(1 for _ in cache.rglob("*.jar"))
        facts = {
            "lock": cache.exists(),
            "download-begun": size("*bin.tar.gz*") >= 0,
            "download-half": size("*bin.tar.gz*") > 30_000_000,
            "downloaded": size("*bin.tar.gz") > 60_000_000,
            "unpack-begun": jars >= 1,
            "unpack-half": jars >= 40,
            "unpacked": any(cache.glob("dist/apache-activemq-*/amqctl.json")),
            "training-begun": any(cache.rglob("activemq.xml")),
            "training-serves": any(cache.rglob("db.data")),
            "dump-begun": any(cache.rglob("*.jsa*")),
        }
        try:
            holds = facts[fact]
        except FileNotFoundError:  # a file went while we counted
            holds = False
        if not holds:
            raise NotYet(fact)

    def guarded() -> None:
        try:
            probe()
        except FileNotFoundError as exc:  # files come and go under our eyes
            raise NotYet(str(exc)) from exc

    until(guarded, what=fact, within=60, every=0.002)


def gone(machine: Machine) -> None:
    machine.amq("down", "--volumes")
    assert machine.processes() == []
    assert list((machine.home / "state" / "clusters").iterdir()) == []
