"""What is seen of a real network: counters, why a queue does not drain, metrics, a picture, and all of it attached."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from amqctl.cluster import stomp
from amqctl.cluster.model import Address, Login
from amqctl.wait import NotYet, until
from tests.e2e.machine import Machine, ms_plus

pytestmark = pytest.mark.real
OFFSET = 840


def attach_file(machine: Machine, status: dict, name: str) -> str:
    """What somebody who did not start it would write."""
    password = json.loads((machine.home / "state" / "secrets" / f"{name}.json").read_text())["admin"]
    lines = [f"name: {name}", "user: admin", f"password: {password}", "groups:"]
    for group in status["groups"]:
        lines += [f"  {group['name']}:", "    brokers:"]
        for broker in group["brokers"]:
            console, openwire, to = broker["console"], broker["openwire"], broker["stomp"]
            lines.append(
                f'      {broker["name"]}: {{console: "{console}", openwire: "tcp://{openwire}", stomp: "{to}"}}'
            )
    path = machine.home / "attach.yaml"
    path.touch(0o600)
    path.write_text("\n".join(lines) + "\n")
    return str(path)


def kinds(machine: Machine, queue: str, *more: str) -> dict[str, dict]:
    found = machine.amq("trace", queue, "-o", "json", *more, expect=None)
    assert found.code in (0, 3), found
    return {r["kind"]: r for r in found.json["reasons"]}


@pytest.mark.parametrize("version", ["6.1.7", "5.18.3"])
def test_a_network_is_seen_from_inside_and_attached(any_machine: Machine, version: str) -> None:
    """30 sent at a, 5 taken at b: both ends count 30; each reason why the rest stays is found; the picture names it."""
    machine, name = any_machine, "watched"
    # messages that came from a group go back to it only by replay, which this one has not
    file = Path(ms_plus(machine.home, name, version))
    file.write_text(file.read_text().replace("replayWhenNoConsumers: true", "memoryLimit: 64mb"))
    machine.amq("up", str(file), "--port-offset", str(machine.offset(OFFSET)))
    up: dict[str, Any] = machine.amq("status", "-o", "json").json
    nodes = {b["name"]: b for g in up["groups"] for b in g["brokers"]}
    password = json.loads((machine.home / "state" / "secrets" / f"{name}.json").read_text())["admin"]
    login = Login("admin", password)
    machine.amq("send", "orders", "-n", "30", "--to", "ms-broker-a")

    def crossed() -> dict[str, Any]:
        status: dict[str, Any] = machine.amq("status", "-o", "json").json
        near, far = status["links"][0]["ends"]
        if (near["node"], near["dequeued"], far["node"], far["received"]) != ("amq1", 30, "amq3", 30):
            raise NotYet(f"{near}, {far}")
        return status

    with at(nodes["amq3"], login) as client:  # it stays until all is there: what has not crossed when it leaves stays
        client.subscribe("/queue/orders", prefetch=1)
        for _ in range(5):
            message = client.receive(20)
            assert message is not None
            client.ack(message)
        status = until(crossed, what="both ends of the link count 30", within=20, every=0.5)

    assert set(kinds(machine, "orders")) == {"no-demand"}
    _reasons(machine, nodes, login)
    _drawn(machine)
    _attached(machine, attach_file(machine, status, name))

    machine.amq("kill", "all@ms-broker-b")
    dead = machine.amq("graph", "-o", "svg").out
    assert "DEAD: ms-broker-b without master" in dead
    assert "NO MASTER" in dead
    assert set(kinds(machine, "orders")) == {"no-master"}
    machine.amq("down", "--volumes")


def at(broker: dict[str, Any], login: Login) -> stomp.Client:
    host, port = broker["stomp"].split(":")
    return stomp.connect(Address(host, int(port)), login)


def _reasons(machine: Machine, nodes: dict[str, dict], login: Login) -> None:
    with at(nodes["amq3"], login) as client:
        client.subscribe("/queue/orders", prefetch=10)
        holding = kinds(machine, "orders")["not-acknowledged"]
        assert "has 10 unacknowledged" in holding["fact"]
        assert holding["sure"] is True
        rows = machine.amq("queues", "--interval", "0", "-o", "json").json["queues"]
        assert {(q["group"], q["real"], q["bridges"]) for q in rows if q["queue"] == "orders"} == {
            ("ms-broker-a", 0, 1), ("ms-broker-b", 1, 0),
        }  # fmt: skip
    with at(nodes["amq3"], login) as client:
        client.subscribe("/queue/orders", headers={"selector": "color = 'red'"})
        choosy = kinds(machine, "orders")["conduit-selector"]
        assert "selects 0 of 25 messages browsed" in choosy["fact"]
    with at(nodes["amq1"], login) as client:
        client.subscribe("/queue/orders")

        def back() -> dict[str, dict]:
            found = kinds(machine, "orders")
            if "came-from-there" not in found:
                raise NotYet(str(found))
            return found

        stuck = until(back, what="demand from a is known at b", within=20, every=0.5)
        assert "25 messages at ms-broker-b came from ms-broker-a" in stuck["came-from-there"]["text"]


def _drawn(machine: Machine) -> None:
    texts = [e.text for e in ElementTree.fromstring(machine.amq("graph", "-o", "svg").out).iter() if e.text]
    assert texts.count("MASTER") == 2
    for master in ("amq1", "amq3"):
        assert texts[texts.index(master) + 1] == "MASTER"
    assert texts[texts.index("orders") + 1] == "DEEPEST QUEUE: 25 messages"
    families = {f.name: f for f in text_string_to_metric_families(machine.amq("metrics").out)}
    masters = {s.labels["broker"] for s in families["amqctl_broker_role"].samples
               if s.labels["role"] == "master" and s.value == 1}  # fmt: skip
    assert masters == {"amq1", "amq3"}
    assert len({s.labels["broker"] for s in families["amqctl_broker_start_time_seconds"].samples}) == 4, "slaves too"
    received = {s.labels["end"]: s.value for s in families["amqctl_link_received"].samples}
    assert received == {"ms-broker-a": 0, "ms-broker-b": 30}


def _attached(machine: Machine, file: str) -> None:
    own = machine.amq("status", "-o", "json").json
    theirs = machine.amq("status", "--attach", file, "-o", "json").json
    for data in (own, theirs):
        for group in data["groups"]:
            for broker in group["brokers"]:
                del broker["lock"]  # logs are only read of clusters of ours
        for end in (e for k in data["links"] for e in k["ends"]):
            del end["enqueued"]  # counts advisories, also of those who look
        del data["runtime"], data["profile"]
    assert theirs == own
    assert "no-demand" in kinds(machine, "orders", "--attach", file)
    whole = machine.amq("queues", "--attach", file, "--interval", "0", "-o", "json").json
    assert [(q["queue"], q["depth"], q["groups"]) for q in whole["network"]] == [("orders", 25, ["ms-broker-b"])]
    assert "DEEPEST orders: 25 messages" in machine.amq("graph", "--attach", file).out
    assert "amq3" in machine.amq("top", "--once", "--attach", file).out
