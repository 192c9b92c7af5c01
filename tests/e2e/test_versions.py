"""Every line of ActiveMQ boots from one file in which only the version is changed, speaks all that it speaks, and
takes over; and a running cluster is moved from one to the next."""

from __future__ import annotations

import base64
import json
import urllib.error
import urllib.request

import pytest

from amqctl.activemq.versions import TRIED
from amqctl.wait import NotYet, until
from tests.e2e.machine import Machine, topology
from tests.e2e.speakers import over_amqp, over_mqtt
from tests.e2e.test_stores import master, roles

pytestmark = pytest.mark.real

FILE = """
apiVersion: amqctl/v1
name: every-line
activemq: {version}
ports: {{offset: 1500}}
defaults:
  connectors: {{openwire: {{}}, stomp: {{}}, ws: {{}}, amqp: {{}}, mqtt: {{}}}}
groups:
  orders: {{brokers: 2}}
  far: {{brokers: 1}}
network:
  - {{name: between, from: far, to: orders, duplex: true}}
"""
CLUSTER = "every-line"
PAGES = 30.0  # seconds for the console: it comes after the broker, and its first page is compiled


def password(machine: Machine, user: str) -> str:
    kept = json.loads((machine.home / "state" / "secrets" / f"{CLUSTER}.json").read_text())
    return str(kept[user])


def page(url: str, user: str, secret: str) -> tuple[int, str]:
    token = base64.b64encode(f"{user}:{secret}".encode()).decode()
    request = urllib.request.Request(url, headers={"Authorization": f"Basic {token}"})
    try:
        with urllib.request.urlopen(request, timeout=PAGES) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as exc:
        return exc.code, ""


def console(url: str, path: str, secret: str) -> str:
    def probe() -> str:
        status, text = page(url + path, "admin", secret)
        if status != 200:
            raise NotYet(f"{path}: {status}")
        return text

    return until(probe, what="the console's pages are there", within=PAGES, every=0.2)


def received(machine: Machine, queue: str, count: int, group: str) -> list[str]:
    done = machine.amq("recv", queue, "-n", str(count), "--from", group, "-c", CLUSTER, "--timeout", "20")
    return done.out.split("\n")[:-1]


@pytest.mark.parametrize("version", TRIED)
def test_a_version_boots_speaks_and_takes_over(version: str, machine: Machine) -> None:
    """The console's pages, a message through each transport, OpenWire by a link between two groups, and after SIGKILL
    of the master what it had stored, from the other."""
    machine.amq("up", topology(CLUSTER, FILE.format(version=version), machine.home))
    [node] = [n for n in roles_of(machine, "orders") if n["role"] == "master"]
    assert node["version"] == version
    urls = machine.amq("urls", "-c", CLUSTER, "-o", "json").json["groups"]["orders"]
    secret, app = password(machine, "admin"), password(machine, "app")
    machine.amq("send", "by.stomp", "-n", "5", "--body", "kept {n}", "--to", "orders", "-c", CLUSTER)
    host, _, port = urls["amqp"][0].removeprefix("amqp://").rpartition(":")
    assert over_amqp(host, int(port), "app", app, "by.amqp", f"amqp {version}") == f"amqp {version}"
    # 1883 and the file's offset, in the order of the brokers
    assert over_mqtt(host, 1883 + 1500, "app", app, "by/mqtt", f"mqtt {version}") == f"mqtt {version}"
    machine.amq("send", "by.openwire", "--body", "across", "--to", "far", "-c", CLUSTER)
    assert received(machine, "by.openwire", 1, "orders") == ["across"]
    at = urls["console"][0].removesuffix("/admin/")
    assert page(f"{at}/admin/", "admin", "wrong")[0] == 401
    assert "by.stomp" in console(at, "/admin/queues.jsp", secret)
    machine.amq("kill", "master@orders", "-c", CLUSTER)

    def taken_over() -> None:
        if "master" not in [n["role"] for n in roles_of(machine, "orders")]:
            raise NotYet(str(roles_of(machine, "orders")))

    until(taken_over, what="the slave is master", within=30, every=0.3)
    assert received(machine, "by.stomp", 5, "orders") == [f"kept {n}" for n in range(1, 6)]
    machine.amq("down", CLUSTER, "--volumes")
    machine.gone(stores=True)


def roles_of(machine: Machine, group: str) -> list[dict[str, str]]:
    groups = machine.amq("status", "-c", CLUSTER, "-o", "json").json["groups"]
    return next(g["brokers"] for g in groups if g["name"] == group)


PAIR = """
apiVersion: amqctl/v1
name: moving
activemq: {version}
ports: {{offset: {at}}}
groups:
  orders: {{brokers: 2}}
"""


@pytest.mark.slow
def test_a_pair_is_moved_to_the_next_version_and_back_with_all_it_has_stored(any_machine: Machine) -> None:
    """5.18.3 → 6.1.7 and back: what one version stored the next delivers, javax or jakarta."""
    machine = any_machine
    file = topology("moving", PAIR.format(version="5.18.3", at=machine.offset(1540)), machine.home)
    machine.amq("up", file)
    machine.amq("send", "kept", "-n", "20", "--body", "first {n}", "-c", "moving")
    was = master(machine, "moving")
    planned = machine.amq("upgrade", "moving", "--to", "6.1.7", "--dry-run", "-o", "json").json
    assert [step["from"] + step["to"] for step in planned["steps"]] == ["5.18.36.1.7"] * 2
    assert planned["steps"][1]["node"] == was, "the master last"
    assert roles(machine, "moving")[was] == "master", "a dry run changes nothing"
    done = machine.amq("upgrade", "moving", "--to", "6.1.7", "-o", "json").json
    assert done["moved"] == [step["node"] for step in planned["steps"]]
    assert master(machine, "moving") != was
    machine.amq("send", "kept", "-n", "5", "--body", "second {n}", "-c", "moving")
    assert machine.amq("upgrade", "moving", "--to", "6.1.7", "-o", "json").json["moved"] == [], "it runs it already"
    machine.amq("upgrade", "moving", "--to", "5.18.3")
    [group] = machine.amq("status", "-c", "moving", "-o", "json").json["groups"]
    assert {b["version"] for b in group["brokers"]} == {"5.18.3"}
    out = machine.amq("recv", "kept", "-n", "25", "-c", "moving").out.split("\n")[:-1]
    assert sorted(out) == sorted([f"first {n}" for n in range(1, 21)] + [f"second {n}" for n in range(1, 6)])
    machine.amq("down", "moving", "--volumes")


# A class that only a 5.x broker has, as somebody's own plugin was compiled against it; no schema knows of it
JAVAX = """\
defaults:
  patch:
    - at: "."
      append: '<bean xmlns="http://www.springframework.org/schema/beans" class="javax.jms.JMSException">
        <constructor-arg value="mine"/></bean>'
"""


@pytest.mark.slow
def test_a_version_that_does_not_start_sends_the_upgrade_back(machine: Machine) -> None:
    """The first node dies with 6.1.7, which has no javax.jms: it gets 5.18.3 again, and nothing that was stored is
    gone."""
    machine.amq("up", topology("moving", PAIR.format(version="5.18.3", at=1560) + JAVAX, machine.home))
    machine.amq("send", "kept", "-n", "5", "-c", "moving")
    before = roles(machine, "moving")
    failed = machine.amq("upgrade", "moving", "--to", "6.1.7", "--timeout", "60", expect=1)
    assert "died while it was awaited" in failed.err and "went back" in failed.err
    assert "javax.jms.JMSException" in failed.err, "its own last words are among them"
    assert roles(machine, "moving") == before
    [group] = machine.amq("status", "-c", "moving", "-o", "json").json["groups"]
    assert {b["version"] for b in group["brokers"]} == {"5.18.3"}
    assert len(machine.amq("recv", "kept", "-n", "5", "-c", "moving").out.split("\n")[:-1]) == 5
    machine.amq("down", "moving", "--volumes")
