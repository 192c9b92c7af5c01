"""Real wrong clusters go red, each for the right reason. A drill that cannot fail proves nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.machine import Machine, ms_plus, topology

pytestmark = pytest.mark.real

PAIR = """
apiVersion: amqctl/v1
name: pair
activemq: 5.18.3
ports: {{offset: {at}}}
groups:
  orders:
    brokers:
      o-1: {{}}
      o-2: {extra}
"""


def because(done) -> dict[str, str]:
    return {f"{d['name']}/{d['group']}": d["because"] for d in done.json["drills"]}


def test_two_brokers_that_do_not_share_their_store(any_machine: Machine) -> None:
    """The second broker has a store of its own: both are masters, `up` says so, the drill is invalid."""
    machine = any_machine
    patch = '{patch: [{at: "//amq:kahaDB", set: {directory: "${activemq.data}/another-store"}}]}'
    file = topology("pair", PAIR.format(extra=patch, at=machine.offset(2100)), machine.home)
    up = machine.amq("up", file, "--timeout", "8", expect=3)
    assert "orders has 2 masters" in up.err
    done = machine.amq("failover-test", "pair", "--drill", "kill-master", "--timeout", "5", "-o", "json", expect=1)
    assert done.json["verdict"] == "invalid"
    assert "both served" in because(done)["kill-master/orders"]


def test_non_persistent_messages_are_lost_and_called_so(any_machine: Machine) -> None:
    machine = any_machine
    file = topology("pair", PAIR.format(extra="{}", at=machine.offset(2100)), machine.home)
    machine.amq("up", file)
    done = machine.amq("failover-test", "--drill", "kill-master", "--non-persistent", "-o", "json", expect=1)
    assert done.json["drills"][0]["messages"]["lost"] > 0
    assert "non-persistent" in because(done)["kill-master/orders"]


def test_a_one_way_link_where_duplex_is_claimed(any_machine: Machine) -> None:
    """The topology claims duplex, the rendered connector is one-way: the reverse direction carries nothing."""
    machine = any_machine
    file = Path(ms_plus(machine.home, "oneway", "5.18.3"))
    patch = '    patch: [{at: "//amq:networkConnector", set: {duplex: "false"}}]\n'
    text = file.read_text().replace("{offset: 0}", f"{{offset: {machine.offset(2100)}}}")
    line = next(x for x in text.splitlines(keepends=True) if x.startswith("  ms-broker-a:"))
    file.write_text(text.replace(line, line + patch))
    up = machine.amq("up", str(file), "--timeout", "8", expect=3)
    assert "link a-to-b is not up" in up.err
    done = machine.amq("failover-test", "oneway", "--drill", "bridging", "--timeout", "10", "-o", "json", expect=1)
    assert "claims to carry from ms-broker-b to ms-broker-a" in because(done)["bridging/ms-broker-a -> ms-broker-b"]


def test_drills_that_cannot_run_say_why(any_machine: Machine) -> None:
    """One broker, OpenWire only: nothing to take over and nothing to load with; every drill skipped is exit 3."""
    machine = any_machine
    text = f"""
apiVersion: amqctl/v1
name: lonely
activemq: 5.18.3
ports: {{offset: {machine.offset(2100)}}}
defaults: {{connectors: {{openwire: {{}}}}}}
groups: {{only: {{brokers: 1}}}}
"""
    status = machine.amq("up", topology("lonely", text, machine.home), "-o", "json").json
    assert status["groups"][0]["brokers"][0]["stomp"] is None
    assert status["groups"][0]["master"] == "only-1"
    done = machine.amq("failover-test", "-o", "json", expect=3)
    assert done.json["verdict"] == "skipped"
    assert {d["verdict"] for d in done.json["drills"]} == {"skipped"}
    assert all(d["because"] for d in done.json["drills"])
