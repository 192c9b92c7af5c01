"""Each reason that `trace` gives, provoked on real brokers: it is found there, and only where it holds.

What a broker is told by JMX (to pause, to end a bridge) needs a Jolokia that executes: the test opens one broker's by
hand, since amqctl renders all of them read-only.
"""

from __future__ import annotations

import json
import time
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from amqctl.cluster import stomp
from amqctl.cluster.model import Address, Login
from amqctl.wait import NotYet, until
from tests.e2e.machine import Machine, topology
from tests.e2e.openwire import over_openwire

pytestmark = pytest.mark.real

NETWORK = """
apiVersion: amqctl/v1
name: why
activemq: {version}
ports: {{offset: {offset}}}
groups: {{a: {{brokers: 1}}, b: {{brokers: 1}}, c: {{brokers: 1}}, alone: {{brokers: 1}}}}
network:
  - {{name: a-b, from: a, to: b, duplex: true}}
  - {{name: b-c, from: b, to: c, duplex: false}}
"""


class Lab:
    """The network, its clients, and what trace says. groups: name -> what status says of its only broker."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        groups = machine.amq("status", "-o", "json").json["groups"]
        self.groups = {g["name"]: g["brokers"][0] for g in groups}
        password = json.loads((machine.home / "state" / "secrets" / "why.json").read_text())["admin"]
        self.login = Login("admin", password)

    def at(self, group: str) -> stomp.Client:
        host, port = self.groups[group]["stomp"].split(":")
        return stomp.connect(Address(host, int(port)), self.login)

    def send(self, group: str, queue: str, number: int, **headers: str) -> None:
        with self.at(group) as client:
            for n in range(number):
                client.send(f"/queue/{queue}", str(n), headers)

    @contextmanager
    def consumers(self, queue: str, *groups: str, **more: Any) -> Iterator[stomp.Client]:
        """One that acknowledges nothing in each group; the first is handed over."""
        with ExitStack() as stack:
            clients = [stack.enter_context(self.at(group)) for group in groups]
            for client in clients:
                client.subscribe(f"/queue/{queue}", **more)
            yield clients[0]

    def trace(self, queue: str, *expected: tuple[str, str]) -> dict[str, dict[str, Any]]:
        """Until it tells those reasons and no others, each as (kind, group)."""

        def told() -> dict[str, dict[str, Any]]:
            done = self.machine.amq("trace", queue, "--interval", "0.3", "-o", "json", expect=None)
            reasons = done.json["reasons"]
            if {(r["kind"], r["group"]) for r in reasons} != set(expected):
                raise NotYet(f"{done.json['groups']}, {reasons}")
            return {r["kind"]: r for r in reasons}

        return until(told, what=f"trace of {queue} tells {expected}", within=15, every=0.3)

    def moved(self, queue: str, source: str, target: str, number: int) -> None:
        """Messages that a client sent at source, and that went over the bridge and stayed."""
        self.send(source, queue, number)
        with self.consumers(queue, target):
            until(lambda: self.depth(queue, target, number), what=f"{number} of {queue} at {target}", within=15)

    def depth(self, queue: str, group: str, number: int) -> None:
        rows = self.machine.amq("queues", "--interval", "0", "-o", "json").json["queues"]
        found = {(q["group"], q["queue"]): q["depth"] for q in rows}
        if found.get((group, queue), 0) != number:
            raise NotYet(str(found))

    def execute(self, group: str, mbean: str, operation: str) -> None:
        name = f"org.apache.activemq:type=Broker,brokerName={group},{mbean}"
        address = self.groups[group]["console"].removesuffix("admin/") + "api/jolokia/"
        token = b64encode(f"{self.login.user}:{self.login.password}".encode()).decode()
        headers = {"Content-Type": "application/json", "Origin": "http://localhost", "Authorization": f"Basic {token}"}
        body = json.dumps({"type": "exec", "mbean": name, "operation": operation}).encode()
        with urllib.request.urlopen(urllib.request.Request(address, body, headers), timeout=10) as answer:
            said = json.load(answer)
        assert said["status"] == 200, said


def opened(machine: Machine, node: str) -> None:
    """Have the Jolokia of a broker execute, as its administrator might. It is read at the start."""
    (file,) = machine.home.glob(f"state/**/{node}/**/jolokia-access.xml")
    text = file.read_text().replace("<command>read</command>", "<command>read</command><command>exec</command>")
    file.write_text(text.replace("<attribute>*</attribute>", "<attribute>*</attribute><operation>*</operation>", 1))
    machine.amq("kill", node)
    machine.amq("start", node)


@pytest.mark.parametrize("version", ["6.1.7", "5.18.3"])
def test_each_reason_is_found_where_it_holds(machine: Machine, version: str) -> None:
    machine.amq("up", topology("why", NETWORK.format(version=version, offset=machine.offset(1540)), machine.home))
    opened(machine, "a-1")
    lab = Lab(machine)
    _consumers(lab)
    _ways(lab)
    _messages(lab)
    _told(lab)
    _twice(lab)
    machine.amq("down", "--volumes")


def _consumers(lab: Lab) -> None:
    """At a broker that no link leads to."""
    lab.send("alone", "grouped", 3, JMSXGroupID="g1")
    lab.send("alone", "grouped", 2, JMSXGroupID="g2")
    with lab.consumers("grouped", "alone") as owner, lab.at("alone") as idle:
        assert owner.receive(5)
        idle.subscribe("/queue/grouped")
        group = lab.trace("grouped", ("message-group", "alone"), ("not-acknowledged", "alone"))["message-group"]
        assert group["sure"]
    lab.send("alone", "picky", 5, color="blue")
    with lab.consumers("picky", "alone", headers={"selector": "color = 'red'"}):
        assert lab.trace("picky", ("selector", "alone"))["selector"]["sure"]
    with lab.consumers("picky", "alone", exclusive=True, headers={"selector": "color = 'red'"}):
        with lab.consumers("picky", "alone"):
            lab.trace("picky", ("exclusive", "alone"))
    ends = time.time() + 1
    lab.send("alone", "old", 2, expires=str(int(ends * 1000)))
    until(lambda: past(ends), what="they are too old", within=5)
    with lab.consumers("old", "alone"):
        lab.trace("old", ("expired", "alone"), ("dead-letters", "alone"))


def past(moment: float) -> None:
    if time.time() <= moment:
        raise NotYet


def _ways(lab: Lab) -> None:
    lab.send("a", "far", 3)
    with lab.consumers("far", "c"):
        assert "ConsumerTTL = 1" in lab.trace("far", ("consumer-ttl", "a"))["consumer-ttl"]["fact"]
    lab.send("c", "up", 3)
    with lab.consumers("up", "b"):
        lab.trace("up", ("one-way", "c"))
    lab.send("a", "out", 3)
    with lab.consumers("out", "alone"):
        lab.trace("out", ("no-link", "a"))


def _messages(lab: Lab) -> None:
    """What lies at b came from a."""
    lab.moved("hops", "a", "b", 3)
    with lab.consumers("hops", "c"):
        assert "MessageTTL = 1; broker path a of 3" in lab.trace("hops", ("message-ttl", "b"))["message-ttl"]["fact"]
    lab.moved("mixed", "a", "b", 3)
    with lab.consumers("mixed", "b", headers={"selector": "color = 'red'"}), lab.consumers("mixed", "a"):
        lab.trace("mixed", ("conduit-selector", "b"), ("came-from-there", "b"))


def _told(lab: Lab) -> None:
    """What somebody had a broker do."""
    lab.send("a", "held", 3)
    lab.execute("a", "destinationType=Queue,destinationName=held", "pause()")
    with lab.consumers("held", "a"):
        lab.trace("held", ("paused", "a"))
    lab.send("a", "cut", 3)
    lab.execute("a", "connector=networkConnectors,networkConnectorName=a-b", "stop()")
    with lab.consumers("cut", "b"):
        assert "a-b is down" in lab.trace("cut", ("bridge-down", "a"))["bridge-down"]["text"]


def _twice(lab: Lab) -> None:
    """A message whose id the queue's audit remembers, though it was taken and the store has it no more. From 5.17.0 on
    (AMQ-8440) it becomes no dead letter."""
    address, port = lab.groups["c"]["openwire"].split(":")
    over_openwire(address, int(port), lab.login.user, lab.login.password, "twice", "once", again=True)
    reason = lab.trace("twice", ("audit", "c"))["audit"]
    assert "DuplicateFromStoreCount = 1; enableAudit is on" in reason["fact"]
