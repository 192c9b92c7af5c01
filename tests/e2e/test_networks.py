"""Every network of topologies/ on real brokers: it comes up, and each group hears each other one."""

from __future__ import annotations

from itertools import permutations

import pytest

from tests.e2e.machine import Machine
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
