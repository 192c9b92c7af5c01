"""`up` killed with SIGKILL at any moment: the next `up` is ready, data is kept, nothing is left at the end."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import docker
import pytest

from amqctl.activemq import containers
from amqctl.provision.engine import connect
from amqctl.provision.image.shelf import sweep
from amqctl.wait import NotYet, until
from tests.e2e.machine import Machine, topology

Moment = Callable[[subprocess.Popen[bytes]], None]

pytestmark = [pytest.mark.real, pytest.mark.slow]

PAIR = """
apiVersion: amqctl/v1
name: killed
activemq: 5.18.3
ports: {offset: 1900}
groups:
  orders:
    brokers: 2
"""
# Seconds after which the process group of `up` is killed. The whole warm `up` takes about three seconds,
# the whole cold one about fifteen: both spans are covered from the first import to the last wait.
WARM = [0.1, 0.25, 0.4, 0.55, 0.7, 0.9, 1.2, 1.6, 2.1, 2.7]
# The same of an `up` that has to build an image first, which takes about ten.
BUILDING = [0.5, 0.9, 1.4, 2.0, 2.8, 3.8, 5.0, 6.5, 8.0, 9.5]
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


def halves(name: str, moments: list[Any]) -> pytest.MarkDecorator:
    """The moments in two halves that both reach from first to last: CI has time for one."""
    return pytest.mark.parametrize(name, [pytest.param(moments[::2], id="even"), pytest.param(moments[1::2], id="odd")])


def up_killed(machine: Machine, file: str, when: Moment) -> None:
    process = machine.begin("up", file)
    try:
        when(process)
    finally:
        with suppress(ProcessLookupError):  # it was done sooner
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def after(seconds: float) -> Moment:
    """Not a wait for a fact: the point is to hit whatever happens then."""

    def wait(process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + seconds

        def probe() -> None:
            if time.monotonic() < deadline and process.poll() is None:
                raise NotYet("not yet the moment")

        until(probe, what="the moment", within=seconds + 5, every=0.005)

    return wait


@halves("moments", WARM)
def test_moments_of_a_warm_up(any_machine: Machine, moments: list[float]) -> None:
    """Data sent before is there after each kill; a second up is ready; at the end nothing is left."""
    machine = any_machine
    file = topology("killed", pair(machine), machine.home)
    machine.amq("up", file)
    machine.amq("send", "kept", "-n", "5")
    for seconds in moments:
        machine.amq("down")
        up_killed(machine, file, after(seconds))
        status = machine.amq("up", file, "-o", "json").json
        assert status["ready"], f"kill after {seconds} s"
        assert machine.amq("queues", "-o", "json", "--interval", "0").json["queues"][0]["depth"] == 5
    assert machine.amq("recv", "kept", "-n", "5", "-q").code == 0
    machine.amq("down", "--volumes")
    machine.gone(stores=True)


@pytest.mark.docker
@halves("moments", BUILDING)
def test_moments_of_an_image_build(docker_machine: Machine, moments: list[float]) -> None:
    """Kill while the context is packed, sent, laid out and named: what has the image's name is whole."""
    machine = docker_machine
    client = docker.from_env(timeout=120)
    # on a base of its own name: the image is not the one that other tests use
    client.images.get(machine.env["AMQCTL_BASE_IMAGE"]).tag("amqctl-lab/base", "killed")
    machine.env["AMQCTL_BASE_IMAGE"] = "amqctl-lab/base:killed"
    file = topology("killed", pair(machine), machine.home)
    try:
        for seconds in moments:
            up_killed(machine, file, after(seconds))
            if seconds == moments[2]:  # a build takes long: some are finished, all leave leftovers
                assert machine.amq("up", file, "-o", "json").json["ready"], f"kill after {seconds} s"
                machine.amq("down")
                for image in _built(client):
                    client.images.remove(image, force=True)
        assert machine.amq("up", file, "-o", "json").json["ready"]
        assert len(_built(client)) == 1
        machine.amq("down", "--volumes")
        machine.gone(stores=True)
        # what killed builds left is not running; a later build or prune sweeps it when it is ten minutes old:
        # until then it might be another client's that is at work
        engine = connect(machine.env)
        sweep(engine, Path(machine.env["AMQCTL_CACHE"]), stale=0)
        for stage in (containers.BUILDING, containers.LOOKING):
            assert client.containers.list(all=True, filters={"label": f"{containers.STAGE}={stage}"}) == []
    finally:
        for image in [*_built(client), "amqctl-lab/base:killed"]:
            client.images.remove(image, force=True)
        client.close()


def _built(client: docker.DockerClient) -> list[str]:
    found = client.images.list(filters={"label": "amqctl.base=amqctl-lab/base:killed", "dangling": False})
    return [tag for image in found for tag in image.tags if tag.startswith("amqctl/")]


def pair(machine: Machine) -> str:
    return PAIR.replace("1900", str(machine.offset(1900)))


@halves("facts", COLD)
def test_facts_of_a_cold_up(machine: Machine, facts: list[str]) -> None:
    """Kill at facts of download, unpacking and archive dump; a copy left half-made is never used."""
    cache = machine.home / "cold-cache"
    machine.env["AMQCTL_CACHE"] = str(cache)
    file = topology("killed", PAIR, machine.home)
    for fact in facts:
        shutil.rmtree(cache, ignore_errors=True)
        up_killed(machine, file, lambda process, fact=fact: seen(process, cache, fact))
        if fact == facts[2]:  # the rest of a cold up takes long: one is finished, all leave leftovers
            assert machine.amq("up", file, "-o", "json").json["ready"], fact
            machine.amq("down")
    assert machine.amq("up", file, "-o", "json").json["ready"]
    assert not any("training" in " ".join(p.cmdline()) for p in machine.processes())
    gone(machine)


def seen(process: subprocess.Popen[bytes], cache: Path, fact: str) -> None:
    """Until `fact` shows in the cache. That `up` ends before is a failure: the moment was not hit."""
    runs = cache / "scratch"

    def largest(pattern: str) -> int:
        return max((p.stat().st_size for p in runs.glob(pattern) if p.is_file()), default=-1)

    holds = {
        "lock": lambda: any(cache.glob("dist/.*.lock")),
        "download-begun": lambda: largest("run-*/*") >= 0,
        "download-half": lambda: largest("run-*/*") > 30_000_000,
        "downloaded": lambda: any(cache.glob("maven/**/*bin.tar.gz")),
        "unpack-begun": lambda: any(runs.glob("run-*/apache-activemq-*/**/*.jar")),
        "unpack-half": lambda: len(list(runs.glob("run-*/apache-activemq-*/**/*.jar"))) >= 40,
        "unpacked": lambda: any(cache.glob("dist/apache-activemq-*/amqctl.json")),
        "training-begun": lambda: any(runs.glob("run-*/broker*/conf/activemq.xml")),
        "training-serves": lambda: any(runs.glob("run-*/broker*/stores/**/db.data")),
        "dump-begun": lambda: any(runs.glob("run-*/dump.log")),
    }[fact]

    def probe() -> None:
        assert process.poll() is None, f"up ended before {fact} was seen"
        try:
            if holds():
                return
        except FileNotFoundError:  # files come and go under our eyes
            pass
        raise NotYet(fact)

    until(probe, what=fact, within=60, every=0.002)


def gone(machine: Machine) -> None:
    machine.amq("down", "--volumes")
    assert machine.processes() == []
    assert list((machine.home / "state" / "clusters").iterdir()) == []
