"""S1's proof: two JDBC pairs joined by static:(failover:(…)) both ways, and one client URL over all four brokers."""

from __future__ import annotations

import pytest

from amqctl.wait import NotYet, until
from tests.e2e.failover_stomp import Receiver, Sender
from tests.e2e.machine import Machine
from tests.e2e.networks import login, status, written

pytestmark = pytest.mark.real

NAME = "links-s1-two-pairs"


def brokers(machine: Machine) -> dict[str, list[str]]:
    """group -> its brokers' STOMP addresses, in the order of the topology."""
    return {g["name"]: [b["stomp"] for b in g["brokers"]] for g in status(machine, NAME)["groups"]}


def reached(sender: Sender, count: int) -> None:
    def probe() -> None:
        if len(sender.acked) < count:
            raise NotYet(f"{len(sender.acked)} of {count} are acknowledged")

    until(probe, what="the sender goes on", within=60, every=0.1)


def test_one_url_over_four_brokers_in_at_either_group_and_out_at_the_other(any_machine: Machine) -> None:
    """While a client of the one URL sends, the master of its pair is killed, then that of the other: it goes on, and a
    client of the other group's URL gets every message that was acknowledged. Both ways round."""
    machine = any_machine
    machine.amq("up", written(machine, "s1-two-pairs", at=320))
    groups, user = brokers(machine), login(machine, NAME)
    said = machine.amq("urls", "-c", NAME, "-o", "json").json
    assert said["cluster"]["stomp"] == [address for group in groups.values() for address in group]
    assert said["cluster"]["jms"].count("tcp://") == 4
    for start, end in (("mq", "mq1"), ("mq1", "mq")):
        queue = f"/queue/s1.{start}"
        sender = Sender([*groups[start], *groups[end]], user, queue)
        receiver = Receiver(groups[end], user, queue)
        receiver.start()
        sender.start()
        reached(sender, 20)
        assert sender.places[0] in groups[start]
        for pair in (start, end):
            machine.amq("kill", f"master@{pair}", "-c", NAME)
            reached(sender, len(sender.acked) + 40)
        sender.stop()
        wanted = set(sender.acked)

        def probe(wanted: set[str] = wanted, receiver: Receiver = receiver) -> None:
            if lacking := wanted - set(receiver.got):
                raise NotYet(f"{len(lacking)} of {len(wanted)} have not come: {sorted(lacking, key=int)[:5]}")

        until(probe, what=f"what was sent at {start} is received at {end}", within=60, every=0.2)
        receiver.stop()
        assert len(sender.places) > 1
        assert len(receiver.places) > 1
        for group in status(machine, NAME)["groups"]:
            for broker in group["brokers"]:
                if broker["role"] == "down":
                    machine.amq("start", broker["name"], "-c", NAME)
        assert status(machine, NAME)["ready"]
    machine.amq("down", NAME, "--volumes")
    machine.gone(stores=True)
