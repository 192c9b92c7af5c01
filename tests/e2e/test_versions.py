"""Every line of ActiveMQ boots from one file in which only the version is changed, speaks all that it speaks, and
takes over; and a running cluster is moved from one to the next."""

from __future__ import annotations

import base64
import json
import traceback
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass

import pytest
import stomp

from amqctl.activemq.versions import TRIED
from amqctl.wait import NotYet, until
from tests.e2e.machine import Machine, topology
from tests.e2e.openwire import over_openwire
from tests.e2e.plain_stomp import Client
from tests.e2e.speakers import over_amqp, over_mqtt
from tests.e2e.test_stores import master, roles

pytestmark = pytest.mark.real

OFFSET = 1500
FILE = """
apiVersion: amqctl/v1
name: every-line
ports: {offset: %d}
defaults:
  connectors: {openwire: {}, stomp: {}, amqp: {}, mqtt: {}}
groups:
"""
GROUP = "  {name}: {{activemq: {version}, brokers: 2}}\n"
CLUSTER = "every-line"
PAGES = 60.0  # seconds for the console: it comes after the broker, and its first page is compiled


@dataclass(frozen=True, slots=True)
class Line:
    """One version's pair: where its first broker, which was given a head start, is reached. stomp: of both brokers."""

    version: str
    group: str
    stomp: tuple[str, ...]
    openwire: str
    amqp: str
    mqtt: str
    console: str


def group_of(version: str) -> str:
    return f"line-{version.replace('.', '-')}"


def file_of(versions: Sequence[str]) -> str:
    """A pair of each, which differ in the version alone. No links: 5.11 never comes to rest when its bridge's other
    end is late (docs/versions.md)."""
    return FILE % OFFSET + "".join(GROUP.format(name=group_of(v), version=v) for v in versions)


def lines(machine: Machine, versions: Sequence[str]) -> list[Line]:
    groups = machine.amq("urls", "-c", CLUSTER, "-o", "json").json["groups"]
    found = []
    for number, version in enumerate(versions):
        urls = groups[group_of(version)]
        openwire = urls["jms"].partition("(tcp://")[2].partition(",")[0]
        mqtt = f"127.0.0.1:{1883 + OFFSET + 2 * number}"  # in the order of the brokers, of which each group has two
        console, amqp = urls["console"][0].removesuffix("/admin/"), urls["amqp"][0].removeprefix("amqp://")
        found.append(Line(version, group_of(version), tuple(urls["stomp"]), openwire, amqp, mqtt, console))
    return found


def side_by_side(versions: Sequence[Line], act: Callable[[Line], None]) -> None:
    """Each version's in a thread of its own, for most of it is waiting. What failed is told of all of them."""
    with ThreadPoolExecutor(max_workers=len(versions)) as pool:
        done = {line.version: pool.submit(act, line) for line in versions}
    failed = {version: future.exception() for version, future in done.items()}
    assert not any(failed.values()), {v: "".join(traceback.format_exception(e)) for v, e in failed.items() if e}


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


def client(addresses: Sequence[str], secret: str, within: float = 30) -> Client:
    """At whoever of them serves."""

    def probe() -> Client:
        for address in addresses:
            with suppress(stomp.exception.ConnectFailedException, OSError):
                return Client(address, "app", secret)
        raise NotYet(f"nobody serves at {' or '.join(addresses)}")

    return until(probe, what="a broker serves", within=within, every=0.1)


def test_every_version_boots_speaks_and_takes_over(machine: Machine) -> None:
    """From one file, a pair of each line that differs in the version alone: the console's pages, a message through
    each transport, and after SIGKILL of all masters what they had stored, from the others."""
    # An archive of the classes costs ten seconds each to make, and here each version starts but twice
    machine.env["AMQCTL_CLASS_DATA"] = "off"
    machine.amq("up", topology(CLUSTER, file_of(TRIED), machine.home))
    seen = machine.amq("status", "-c", CLUSTER, "-o", "json").json["groups"]
    runs = {g["name"]: [b["version"] for b in g["brokers"] if b["role"] == "master"] for g in seen}
    assert runs == {group_of(version): [version] for version in TRIED}, "each broker says itself what it is"
    secret, app = password(machine, "admin"), password(machine, "app")
    every = lines(machine, TRIED)

    def speaks(line: Line) -> None:
        own = client(line.stomp, app)
        kept[line.version] = own.send("by.stomp", 5)
        own.close()
        for address, protocol in ((line.openwire, over_openwire), (line.amqp, over_amqp), (line.mqtt, over_mqtt)):
            host, _, port = address.rpartition(":")
            body = f"{protocol.__name__} {line.version}"
            assert protocol(host, int(port), "app", app, protocol.__name__, body) == body
        assert page(f"{line.console}/admin/", "admin", "wrong")[0] == 401
        assert "by.stomp" in console(line.console, "/admin/queues.jsp", secret)

    def has_kept(line: Line) -> None:
        other = client(line.stomp[1:], app)
        assert other.take("by.stomp", 5) == kept[line.version]
        other.close()

    kept: dict[str, list[str]] = {}
    side_by_side(every, speaks)
    machine.amq("kill", *(f"master@{line.group}" for line in every), "-c", CLUSTER)
    side_by_side(every, has_kept)


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
