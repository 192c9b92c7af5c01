"""Clusters that amqctl did not start are seen by --attach, and nothing is changed in them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest
import requests
import yaml
from cryptography.hazmat.primitives.serialization import Encoding

from amqctl.wait import NotYet, until
from tests.authority import authority
from tests.e2e.by_hand import VERSION, Broker, ByHand, kill
from tests.e2e.machine import Machine, topology
from tests.e2e.plain_stomp import Client

pytestmark = pytest.mark.real
ADMIN = ("admin", "admin")  # of a published distribution
Groups = Mapping[str, Mapping[str, Mapping[str, str]]]  # group -> broker -> what is written of it


def attach_file(machine: Machine, login: tuple[str, str], groups: Groups, **more: str) -> str:
    path = machine.home / "attach.yaml"
    path.touch(0o600)
    brokers = {group: {"brokers": dict(members)} for group, members in groups.items()}
    path.write_text(
        yaml.safe_dump({"name": "theirs", "user": login[0], "password": login[1], "groups": brokers} | more)
    )
    return str(path)


def written(broker: Broker) -> dict[str, str]:
    return {
        "console": f"http://127.0.0.1:{broker.console}",
        "openwire": f"tcp://127.0.0.1:{broker.openwire}",
        "stomp": f"tcp://127.0.0.1:{broker.stomp}",
        "config": f"{broker.conf}/activemq.xml",
    }


def queues_of(broker: Broker) -> dict[str, Any]:
    """By the broker's own Jolokia: what one would change who sends, receives or makes a queue."""
    mbeans = "org.apache.activemq:type=Broker,brokerName=*,destinationType=Queue,destinationName=*"
    console = f"http://127.0.0.1:{broker.console}"
    told = requests.get(
        f"{console}/api/jolokia/read/{mbeans}/QueueSize,EnqueueCount,DequeueCount,ExpiredCount",
        auth=ADMIN, headers={"Origin": console}, timeout=10,
    )  # fmt: skip
    assert told.status_code == 200 and told.json()["status"] in (200, 404), told.text  # 404: no queue
    found: dict[str, Any] = told.json().get("value", {})
    return found


class Theirs:
    """A pair and a third broker, which is linked with the pair as somebody wrote it who knew no masterslave:."""

    def __init__(self, machine: Machine) -> None:
        self.machine, self.lab = machine, ByHand(machine)
        self.a1, self.a2 = (self.lab.write(name, "east", "store-a") for name in ("a1", "a2"))
        pair = ",".join(f"tcp://127.0.0.1:{b.openwire}" for b in (self.a1, self.a2))
        uri = f"static:({pair})?initialReconnectDelay=500&amp;useExponentialBackOff=false"
        self.b1 = self.lab.write(
            "b1", "west", "store-b", [f'<networkConnector name="over" uri="{uri}" duplex="true"/>']
        )
        groups = {"a": {b.name: written(b) for b in (self.a1, self.a2)}, "b": {"b1": written(self.b1)}}
        self.file = attach_file(machine, ADMIN, groups)

    def told(self, *words: str, code: int) -> Any:
        return self.machine.amq(*words, "--attach", self.file, expect=code)

    def await_master(self, name: str) -> None:
        """And of the third broker, and the link."""

        def probe() -> None:
            done = self.machine.amq("status", "--attach", self.file, "-o", "json", expect=None)
            roles = {b["name"]: b["role"] for g in done.json["groups"] for b in g["brokers"]}
            links = [(k["name"], k["from"], k["to"], k["duplex"], k["up"]) for k in done.json["links"]]
            if (roles[name], roles["b1"], links) != ("master", "master", [("over", "b", "a", True, True)]):
                raise NotYet(f"{roles}, {links}")

        until(probe, what=f"{name} is master, and the link up", within=60, every=0.5)


def test_a_published_distribution_started_by_hand(machine: Machine) -> None:
    """bin/activemq and its own jetty.xml. Every verb that looks says what there is, and changes nothing; the pair's
    slave has no console, and is not known until it takes over."""
    theirs = Theirs(machine)
    running = {b.name: theirs.lab.start(b) for b in (theirs.a1, theirs.b1)}
    theirs.await_master("a1")
    running["a2"] = theirs.lab.start(theirs.a2)
    Client(f"127.0.0.1:{theirs.a1.stomp}", *ADMIN).send("/queue/orders", 7)
    before = [queues_of(b) for b in (theirs.a1, theirs.b1)]

    seen = theirs.told("status", code=3)
    assert "a2: nobody listens at" in seen.err and "a waiting broker has no console yet" in seen.err
    brokers = {b["name"]: b for g in theirs.told("status", "-o", "json", code=3).json["groups"] for b in g["brokers"]}
    told = {name: (b["role"], b["version"]) for name, b in brokers.items()}
    assert told == {"a1": ("master", VERSION), "a2": ("unknown", "?"), "b1": ("master", VERSION)}
    assert (brokers["a1"]["brokerName"], brokers["b1"]["brokerName"]) == ("east", "west")
    queues = theirs.told("queues", "--interval", "0", "-o", "json", code=3).json
    assert [(q["group"], q["node"], q["queue"], q["depth"]) for q in queues["queues"]] == [("a", "a1", "orders", 7)]
    trace = theirs.told("trace", "orders", "-o", "json", code=0).json
    assert [(r["kind"], r["group"]) for r in trace["reasons"]] == [("no-demand", "a")]
    assert "orders" in theirs.told("top", "--once", code=3).out
    findings = theirs.told("lint", "-o", "json", code=3).json["findings"]
    assert [f["rule"] for f in findings if f["severity"] != "info"] == ["static-to-group"], findings
    graph = theirs.told("graph", code=3).out
    assert "a1: MASTER" in graph and "DEEPEST orders: 7 messages" in graph and "over: up" in graph
    metrics = theirs.told("metrics", code=0).out
    assert 'amqctl_queue_depth{cluster="theirs",group="a",broker="a1",queue="orders"} 7' in metrics
    assert 'amqctl_broker_answers{cluster="theirs",group="a",broker="a2"} 0' in metrics
    assert [queues_of(b) for b in (theirs.a1, theirs.b1)] == before

    kill(running["a1"])
    theirs.await_master("a2")
    queues = theirs.told("queues", "--interval", "0", "-o", "json", code=3).json
    assert [(q["node"], q["queue"], q["depth"]) for q in queues["queues"]] == [("a2", "orders", 7)]


TLS = """
apiVersion: amqctl/v1
name: tls
activemq: 6.1.7
ports: {offset: 1900}
tls: {}
groups: {a: {brokers: 2}}
"""


def test_where_all_of_it_is_tls_the_file_names_whom_to_trust(machine: Machine) -> None:
    """With the authority that signed their certificates all is known; with another one nothing is, and why is told."""
    machine.amq("up", topology("tls", TLS, machine.home))
    own = machine.amq("status", "-o", "json").json
    kept = machine.home / "state" / "secrets"
    members = {
        b["name"]: {"console": b["console"], "openwire": f"ssl://{b['openwire']}", "stomp": f"stomp+ssl://{b['stomp']}"}
        for b in own["groups"][0]["brokers"]
    }
    login = ("admin", json.loads((kept / "tls.json").read_text())["admin"])
    foreign = machine.home / "foreign.pem"
    foreign.write_bytes(authority("foreign").certificate.public_bytes(Encoding.PEM))
    file = attach_file(machine, login, {"a": members}, trust=str(kept / "tls.tls" / "ca.pem"))
    seen = machine.amq("status", "--attach", file, "-o", "json").json
    assert {b["name"]: b["role"] for b in seen["groups"][0]["brokers"]} == {"a-1": "master", "a-2": "waiting"}
    file = attach_file(machine, login, {"a": members}, trust=str(foreign))
    done = machine.amq("status", "--attach", file, expect=3)
    for name in members:
        assert re.search(rf"{name}: the certificate of \S+ is signed by nobody that {foreign} trusts", done.err), done
