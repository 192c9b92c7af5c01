"""Every network of topologies/ on real brokers: it comes up, and each group hears each other one."""

from __future__ import annotations

from itertools import permutations

import pytest

from amqctl.wait import NotYet, until
from tests.e2e.machine import Machine, topology
from tests.e2e.networks import heard, login, status, stomp, written

pytestmark = pytest.mark.real

NETWORKS = {
    "static-2": 1,
    "static-2-oneway": 2,
    "static-3": 3,
    "static-3-oneway": 6,
    "multicast": 6,
    "s2e": 1,
    "ms-plus-cluster-oneway": 2,
    "mesh": 6,
    "ring": 4,
    "chain": 3,
    "hub": 3,
    "s1-two-pairs": 2,
}


@pytest.mark.parametrize("name", NETWORKS)
def test_every_group_hears_every_other(any_machine: Machine, name: str) -> None:
    """up returns when all links are up; then three messages from each group reach a consumer at each other, once."""
    machine = any_machine
    file = written(machine, name, at=320)
    machine.amq("up", file)
    seen = status(machine, f"links-{name}")
    assert seen["ready"]
    assert len(seen["links"]) == NETWORKS[name]
    assert {link["up"] for link in seen["links"]} == {True}
    addresses, user = stomp(machine, f"links-{name}"), login(machine, f"links-{name}")
    found = heard(addresses, user, permutations(addresses, 2))
    assert found == dict.fromkeys(found, ["ok"] * 3)
    machine.amq("down", f"links-{name}", "--volumes")
    machine.gone(stores=True)


OUTSIDE = """
apiVersion: amqctl/v1
name: links-outside
ports: {{offset: {at}}}
groups:
  a: {{brokers: {{amq1: {{}}}}}}
  b: {{brokers: {{amq2: {{}}}}}}
network:
  - name: out
    from: a
    uri: "static:(tcp://127.0.0.1:{port}?connectionTimeout=500)?initialReconnectDelay=100&useExponentialBackOff=false"
    destinations:
      included: [{{queue: "in.>"}}]
      excluded: [{{queue: "in.never.>"}}]
      static: [{{queue: always}}]
"""


def test_to_an_address_of_ones_own_crosses_what_is_included_and_nothing_else(machine: Machine) -> None:
    """A link by `uri`: its own end is seen to be up; included queues cross on demand, a static one without, others
    and excluded ones not, and nothing comes back."""
    at = 320
    machine.amq("up", topology("outside", OUTSIDE.format(at=at, port=61617 + at), machine.home))

    def up() -> None:
        [link] = status(machine, "links-outside")["links"]
        assert link["outside"]
        if not link["up"]:
            raise NotYet(f"it is {link['up']}")

    until(up, what="the bridge to the address outside", within=20, every=0.3)
    addresses, user = stomp(machine, "links-outside"), login(machine, "links-outside")
    crossing = {
        ("a", "b", "in.one"): ["ok"] * 3, ("a", "b", "in.never.one"): [], ("a", "b", "one"): [],
        ("b", "a", "in.one"): [],
    }  # fmt: skip
    for (source, target, queue), wanted in crossing.items():
        within = 10.0 if wanted else 2.0
        found = heard(addresses, user, [(source, target)], within=within, prefix=queue)
        assert found == {(source, target): wanted}, queue
    machine.amq("send", "always", "-c", "links-outside", "--to", "a")
    done = machine.amq("recv", "always", "-c", "links-outside", "--from", "b", "-n", "1", "-o", "json", "-q")
    assert done.json["received"] == 1
    machine.amq("down", "links-outside", "--volumes")
