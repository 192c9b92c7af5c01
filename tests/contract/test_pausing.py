"""The promises of `runtimes.pausing`, on every runtime that can freeze a node: kept by a real ZooKeeper."""

from __future__ import annotations

import pytest

from amqctl.activemq.versions import caps
from amqctl.cluster import ensembles
from amqctl.cluster.intent import Intent, plan_of
from amqctl.cluster.model import Address
from amqctl.plan.render import render
from amqctl.runtimes.pausing import Pauses
from amqctl.wait import NotYet, until
from tests.contract.conftest import RUNTIMES
from tests.contract.harness import PATIENCE, Harness, Runtime

TOPOLOGY = """
apiVersion: amqctl/v1
name: {name}
activemq: 5.16.6
companions: {{zk: {{zookeeper: {{{image}}}}}}}
groups: {{g: {{store: {{leveldb: {{zookeeper: zk}}}}, brokers: 3}}}}
"""
SILENT = 1.0  # seconds without an answer


def zookeeper(harness: Harness) -> tuple[Runtime, Address]:
    """One, standalone, that answers."""
    image = ""
    if harness.runtime.name == "docker":
        from tests.lab import databases

        databases.ensure("zookeeper")
        image = f'image: "{databases.IMAGES["zookeeper"]}"'
    text = TOPOLOGY.format(name=harness.cluster, image=image)
    plan = plan_of(Intent(text, None, port_offset=harness.ports), harness.runtime.place)
    [spec] = plan.companions
    passwords = {secret.name: "pw" for secret in plan.settled.secrets}
    harness.runtime.prepare(plan)
    harness.runtime.create(spec, render(plan, passwords, caps)[spec.name])
    harness.runtime.start(spec.name)
    address = Address(spec.place.dial, spec.companion.port)
    answers(address)
    return harness.runtime, address


def answers(address: Address) -> None:
    def probe() -> None:
        seen = ensembles.greeting(address, SILENT)
        if not seen.ready:
            raise NotYet(seen.seen)

    until(probe, what="ZooKeeper answers", within=PATIENCE)


@pytest.mark.parametrize("open_harness", RUNTIMES[1:], indirect=True)
def test_what_is_frozen_runs_says_nothing_and_goes_on_where_it_was(open_harness) -> None:
    """Its process is the same before, meanwhile and after; a resume too many is nothing."""
    runtime, address = zookeeper(open_harness("c1"))
    assert isinstance(runtime, Pauses)
    before = runtime.observe().nodes["zk"]
    for node in ("zk", "no-such"):
        runtime.resume(node)
    runtime.pause("zk")
    assert ensembles.greeting(address, SILENT).seen == f"no answer within {SILENT:g} s"
    frozen = runtime.observe().nodes["zk"]
    assert (frozen.status, frozen.pid, frozen.restarts) == ("running", before.pid, before.restarts)
    runtime.resume("zk")
    answers(address)
    after = runtime.observe().nodes["zk"]
    assert (after.status, after.pid, after.restarts) == ("running", before.pid, before.restarts)
    runtime.pause("zk")
    runtime.kill("zk")  # also what is frozen can be ended
    assert runtime.observe().nodes["zk"].status == "created"
