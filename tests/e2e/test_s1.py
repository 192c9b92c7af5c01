"""S1's proof: two JDBC pairs joined by static:(failover:(…)) both ways, and one client URL over all four brokers."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from amqctl.wait import NotYet, until
from tests.e2e import failover_jms, failover_stomp
from tests.e2e.machine import Machine
from tests.e2e.networks import login, status, written

pytestmark = pytest.mark.real

NAME = "links-s1-two-pairs"


def brokers(machine: Machine, by: str) -> dict[str, list[str]]:
    """group -> its brokers' addresses for `by`, in the order of the topology."""
    return {g["name"]: [b[by] for b in g["brokers"]] for g in status(machine, NAME)["groups"]}


def reached(sender: Any, count: int) -> None:
    def probe() -> None:
        if len(sender.acked) < count:
            raise NotYet(f"{len(sender.acked)} of {count} are acknowledged")

    until(probe, what="the sender goes on", within=60, every=0.1)


Clients = tuple[Callable[[list[str], str], Any], Callable[[list[str], str], Any]]


def by_stomp(machine: Machine, user: tuple[str, str]) -> Clients:
    """What makes a sender and a receiver, each of addresses in order and a queue."""
    return (
        lambda places, queue: failover_stomp.Sender(places, user, f"/queue/{queue}"),
        lambda places, queue: failover_stomp.Receiver(places, user, f"/queue/{queue}"),
    )


def by_jms(machine: Machine, user: tuple[str, str]) -> Clients:
    return (
        lambda places, queue: failover_jms.Sender(machine, places, user, queue),
        lambda places, queue: failover_jms.Receiver(machine, places, user, queue),
    )


@pytest.mark.parametrize("kind", ["stomp", "jms"])
def test_one_url_over_four_brokers_in_at_either_group_and_out_at_the_other(any_machine: Machine, kind: str) -> None:
    """While a client of the one URL sends, the master of its pair is killed, then that of the other: it goes on, and a
    client of the other group's URL gets every message that was acknowledged. Both ways round. jms: ActiveMQ's own
    Java client, over failover:(…)."""
    machine = any_machine
    machine.amq("up", written(machine, "s1-two-pairs", at=320))
    groups, user = brokers(machine, "openwire" if kind == "jms" else "stomp"), login(machine, NAME)
    said = machine.amq("urls", "-c", NAME, "-o", "json").json
    every = [address for group in groups.values() for address in group]
    if kind == "stomp":
        assert said["cluster"]["stomp"] == every
    else:
        assert re.findall(r"tcp://([^,)]+)", said["cluster"]["jms"]) == every
    sending, receiving = by_jms(machine, user) if kind == "jms" else by_stomp(machine, user)
    for start, end in (("mq", "mq1"), ("mq1", "mq")):
        queue = f"s1.{start}"
        sender = sending([*groups[start], *groups[end]], queue)
        receiver = receiving(groups[end], queue)
        receiver.start()
        sender.start()
        reached(sender, 20)
        assert sender.places[0] in groups[start]
        for pair in (start, end):
            machine.amq("kill", f"master@{pair}", "-c", NAME)
            reached(sender, len(sender.acked) + 40)
        sender.stop()
        wanted = set(sender.acked)

        def probe(wanted: set[str] = wanted, receiver: Any = receiver) -> None:
            if lacking := wanted - set(receiver.got):
                raise NotYet(f"{len(lacking)} of {len(wanted)} have not come: {sorted(lacking)[:5]}")

        until(probe, what=f"what was sent at {start} is received at {end}", within=60, every=0.2)
        receiver.stop()
        assert len(sender.places) > 1
        # the last of them were sent after the receiver's master had been killed
        assert kind == "jms" or len(receiver.places) > 1
        for group in status(machine, NAME)["groups"]:
            for broker in group["brokers"]:
                if broker["role"] == "down":
                    machine.amq("start", broker["name"], "-c", NAME)
        assert status(machine, NAME)["ready"]
    machine.amq("down", NAME, "--volumes")
    machine.gone(stores=True)
