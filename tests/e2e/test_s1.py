"""S1's proof: two JDBC pairs joined by static:(failover:(…)) both ways, and one client URL over all four brokers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pytest
import yaml

from amqctl.wait import NotYet, until
from tests.e2e import failover_jms, failover_stomp
from tests.e2e.machine import REPOSITORY, Machine
from tests.e2e.networks import login, status, written

pytestmark = pytest.mark.real

NAME = "links-s1-two-pairs"
VERSION = yaml.safe_load((REPOSITORY / "topologies" / "s1-two-pairs.yaml").read_text())["activemq"]
TRIES = 30  # of an URL that chooses by chance between two masters


@dataclass
class Clients:
    """One that sends and one that receives, both by the one URL, which takes them where it likes."""

    machine: Machine
    queue: str
    by: str  # whose addresses they have: "openwire" or "stomp"
    sender: Any
    receiver: Any

    def begin(self) -> None:
        self.receiver.start()
        self.sender.start()

    def masters(self) -> dict[str, str]:
        """group -> its master's address; of all groups."""

        def probe() -> dict[str, str]:
            groups = status(self.machine, NAME)["groups"]
            found = {g["name"]: b[self.by] for g in groups for b in g["brokers"] if b["role"] == "master"}
            if len(found) < len(groups):
                raise NotYet(f"there are {found}")
            return found

        return until(probe, what="every group has a master", within=60, every=0.3)

    def sends_at(self, address: str) -> None:
        """Whoever was let in elsewhere comes again."""

        def placed() -> str:
            if not (place := (self.sender.places or [""])[-1]):
                raise NotYet("nobody has answered")
            return str(place)

        for _ in range(TRIES):
            if until(placed, what="the sender is let in", within=60, every=0.1) == address:
                return
            self.sender.anew()
        raise AssertionError(f"{TRIES} times elsewhere than at {address}: {self.sender.places}")

    def served_by(self) -> str:
        """The receiver's group, by the brokers' own count of consumers: a Java client does not say where it is."""

        def probe() -> str:
            rows = self.machine.amq("queues", "-c", NAME, "--interval", "0", "-o", "json").json["queues"]
            found = [q["group"] for q in rows if q["queue"] == self.queue and q["real"] == 1]
            if len(found) != 1:
                raise NotYet(f"consumers are at {found}")
            return str(found[0])

        return until(probe, what="one broker has the receiver", within=60, every=0.2)

    def receives_at(self, group: str) -> None:
        for _ in range(TRIES):
            if self.served_by() == group:
                return
            self.receiver.anew()
        raise AssertionError(f"{TRIES} times elsewhere than at {group}")

    def goes_on(self, count: int) -> list[str]:
        """The next so many that are acknowledged."""
        already = len(self.sender.acked)

        def probe() -> None:
            if len(self.sender.acked) < already + count:
                raise NotYet(f"{len(self.sender.acked) - already} of {count} are acknowledged")

        until(probe, what="the sender goes on", within=60, every=0.1)
        return list(self.sender.acked)[already : already + count]

    def come(self, wanted: set[str]) -> None:
        def probe() -> None:
            if lacking := wanted - set(self.receiver.got):
                raise NotYet(f"{len(lacking)} of {len(wanted)} have not come: {sorted(lacking)[:5]}")

        until(probe, what=f"what was sent to {self.queue} is received", within=60, every=0.2)

    def cross(self, start: str, end: str) -> None:
        """In at start's present master, out at end's."""
        address = self.masters()[start]
        self.receives_at(end)
        self.sends_at(address)
        wanted = [name for name in self.goes_on(20) if self.sender.acked[name] == address]
        assert len(wanted) >= 10, f"it did not stay at {address}: {self.sender.places}"
        self.come(set(wanted))
        assert self.served_by() == end
        assert self.masters()[start] == address

    def stop(self) -> None:
        self.sender.stop()
        self.come(set(self.sender.acked))
        self.receiver.stop()


def clients(machine: Machine, kind: str, queue: str) -> Clients:
    """With what `amqctl urls` prints, as it is."""
    said, user = machine.amq("urls", "-c", NAME, "-o", "json").json["cluster"], login(machine, NAME)
    groups = status(machine, NAME)["groups"]
    if kind == "stomp":
        assert said["stomp"] == [b["stomp"] for g in groups for b in g["brokers"]]
        made = (failover_stomp.Sender(said["stomp"], user, queue), failover_stomp.Receiver(said["stomp"], user, queue))
        return Clients(machine, queue, "stomp", *made)
    assert re.findall(r"tcp://([^,)]+)", said["jms"]) == [b["openwire"] for g in groups for b in g["brokers"]]
    one, other = (failover_jms.client(machine, user, VERSION) for _ in range(2))
    made = (failover_jms.Sender(one, said["jms"], queue), failover_jms.Receiver(other, said["jms"], queue))
    return Clients(machine, queue, "openwire", *made)


@pytest.mark.parametrize("kind", ["stomp", "jms"])
def test_one_url_over_four_brokers_in_at_either_group_and_out_at_the_other(any_machine: Machine, kind: str) -> None:
    """While a client of the one URL sends at one group and another of the same URL receives at the other, the master
    of either pair is killed: both go on, what is sent at each next master crosses, and all that was acknowledged is
    received. Both ways round. jms: ActiveMQ's own Java client, over failover:(…)."""
    machine = any_machine
    machine.amq("up", written(machine, "s1-two-pairs", at=320))
    for start, end in (("mq", "mq1"), ("mq1", "mq")):
        both = clients(machine, kind, f"s1.{start}")
        both.begin()
        both.cross(start, end)
        for pair in (start, end):
            before = both.masters()[pair]
            machine.amq("kill", f"master@{pair}", "-c", NAME)
            both.goes_on(20)
            assert both.masters()[pair] != before
            both.cross(start, end)
        both.stop()
        for group in status(machine, NAME)["groups"]:
            for broker in group["brokers"]:
                if broker["role"] == "down":
                    machine.amq("start", broker["name"], "-c", NAME)
        assert status(machine, NAME)["ready"]
    machine.amq("down", NAME, "--volumes")
    machine.gone(stores=True)
