"""Drills on stores in databases, on real servers: what holds, and a real split brain."""

from __future__ import annotations

import pytest

from amqctl.wait import NotYet, until
from tests.e2e.machine import REPOSITORY, Machine, topology

pytestmark = [pytest.mark.real, pytest.mark.slow]


def a_pair(machine: Machine, kind: str, name: str, at: int, **replaced: str) -> str:
    text = (REPOSITORY / "topologies" / f"jdbc-{kind}.yaml").read_text()
    for old, new in {
        f"name: jdbc-{kind}": f"name: {name}\nports: {{offset: {machine.offset(at)}}}",
        **replaced,
    }.items():
        assert old in text
        text = text.replace(old, new)
    return topology(name, text, machine.home)


@pytest.mark.parametrize(("kind", "at"), [("mariadb", 2300), ("postgres", 2320), ("derby", 2340)])
def test_a_pair_on_a_database_passes_all_usual_drills(kind: str, at: int, machine: Machine) -> None:
    """Takeover, an outage of the database, its tables, and big messages; `status` quotes who has the lock."""
    machine.amq("up", a_pair(machine, kind, "stored", at))
    done = machine.amq("failover-test", "-o", "json")
    drills = {d["name"]: d for d in done.json["drills"] if d["verdict"] != "skipped"}  # bridging: one group
    assert set(drills) == {"kill-master", "stop-master", "bounce-store", "tables", "big-messages"}
    assert all(d["verdict"] == "valid" and d["messages"]["lost"] == 0 for d in drills.values()), done.out
    assert "20 of 20 non-persistent messages went with the master" in drills["tables"]["because"]
    (group,) = machine.amq("status", "-o", "json").json["groups"]
    said = {b["name"]: b["lock"]["says"] for b in group["brokers"] if b["lock"]}
    assert said[group["master"]] == "master"


def test_a_slave_on_mariadb_says_that_it_waits(machine: Machine) -> None:
    """MariaDB gives up a wait for the lock's row after 2 s, and ActiveMQ writes so; what it wrote as master is past."""
    machine.amq("up", a_pair(machine, "mariadb", "waiting", 2360))
    (group,) = machine.amq("status", "-o", "json").json["groups"]
    machine.amq("restart", group["master"])

    def waiting() -> str:
        (group,) = machine.amq("status", "-o", "json").json["groups"]
        slave = next(b for b in group["brokers"] if b["name"] != group["master"])
        if not slave["lock"] or slave["lock"]["says"] == "attempting":
            raise NotYet(f"the slave says {slave['lock']}")
        assert slave["lock"]["says"] == "waiting"
        return str(slave["lock"]["line"])

    assert "Failed to acquire lock" in until(waiting, what="the slave says that it waits", within=30, every=0.5)


def test_a_master_that_looks_after_its_lock_too_seldom_is_one_of_two(machine: Machine) -> None:
    """lockKeepAlivePeriod as ActiveMQ has it, 30 s: the database comes back earlier and gives the lock to the other."""
    late = {"database: activemq}": "database: activemq, lockKeepAlivePeriod: 30000}"}
    machine.amq("up", a_pair(machine, "mariadb", "late", 2380, **late))
    done = machine.amq("failover-test", "--drill", "bounce-store", "-o", "json", expect=1)
    (drill,) = done.json["drills"]
    assert drill["verdict"] == "invalid" and "both served for" in drill["because"]
    assert "Becoming the master" in drill["because"]
