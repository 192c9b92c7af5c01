"""The main job on real brokers, as a user does it: one command up, another that proves the failover."""

from __future__ import annotations

import base64
import http.client
import json
import os
import socket
import stat
from pathlib import Path

import pytest
import stomp

from amqctl.wait import NotYet, until
from tests.e2e.machine import Machine, ms_plus
from tests.e2e.plain_stomp import Client

pytestmark = pytest.mark.real

VERSIONS = ["6.1.7", "5.18.3"]
QUEUE = "/queue/s5f"


@pytest.fixture(params=VERSIONS)
def version(request) -> str:
    return request.param


def by_name(status: dict) -> dict[str, dict]:
    return {b["name"]: b for g in status["groups"] for b in g["brokers"]}


def test_the_whole_story_on_a_bare_machine(any_machine: Machine, version: str) -> None:
    """up, status, urls, S5f's script, a second up, down and up again with data, down --volumes."""
    machine, at = any_machine, any_machine.offset(2000)
    file, offset = ms_plus(machine.home, "story", version), ("--port-offset", str(at))
    status = machine.amq("up", file, *offset, "-o", "json").json
    assert status["ready"] is True
    assert status["runtime"] == machine.side.name
    assert [g["master"] for g in status["groups"]] == ["amq1", "amq3"]
    nodes = by_name(status)
    assert {n: b["role"] for n, b in nodes.items()} == {
        "amq1": "master", "amq2": "waiting", "amq3": "master", "amq4": "waiting",
    }  # fmt: skip
    assert {b["version"] for b in nodes.values()} == {version}
    assert nodes["amq1"]["openwire"] == f"127.0.0.1:{61616 + at}"
    [link] = status["links"]
    assert [link[key] for key in ("name", "from", "to", "duplex", "up")] == [
        "a-to-b", "ms-broker-a", "ms-broker-b", True, True,
    ]  # fmt: skip
    login = _login(machine, at)
    _s5f_script(machine, nodes, login)
    again = machine.amq("up", file, *offset, "--dry-run")
    assert again.out.strip().endswith("nothing to do")
    machine.amq("down")
    machine.gone(stores=False)
    machine.amq("up", file, *offset)
    left = machine.amq("recv", "s5f", "--from", "ms-broker-a", "-q", "-o", "json", "--timeout", "3").json["received"]
    left += machine.amq("recv", "s5f", "--from", "ms-broker-b", "-q", "-o", "json", "--timeout", "3").json["received"]
    assert left == 20
    machine.amq("down", "--volumes")
    machine.gone(stores=True)


def _login(machine: Machine, at: int) -> tuple[str, str]:
    urls = machine.amq("urls", "--show-password", "-o", "json").json
    assert set(urls) == {"username", "password", "cluster", "groups"}
    assert urls["cluster"]["jms"].startswith(f"failover:(tcp://127.0.0.1:{61616 + at},tcp://127.0.0.1:{61617 + at},")
    assert urls["groups"]["ms-broker-b"]["stomp"] == [f"127.0.0.1:{62615 + at}", f"127.0.0.1:{62616 + at}"]
    assert "password" not in machine.amq("urls", "-o", "json").json
    return urls["username"], urls["password"]


def _s5f_script(machine: Machine, nodes: dict[str, dict], login: tuple[str, str]) -> None:
    """50 at amq1, 20 consumed at amq1 and 20 at amq3; amq1 killed; 50 more at amq2, 20 and 20; 20 are left."""
    with pytest.raises((stomp.exception.StompException, OSError)):
        Client(nodes["amq2"]["stomp"], *login)  # a slave gives no CONNECTED; an engine's proxy accepts and closes
    one, three = Client(nodes["amq1"]["stomp"], *login), Client(nodes["amq3"]["stomp"], *login)
    sent = one.send(QUEUE, 50)
    got = one.take(QUEUE, 20)
    one.close()
    got += three.take(QUEUE, 20)
    three.close()
    machine.amq("kill", "master@ms-broker-a")
    machine.amq("start", "amq1")  # waits until the cluster is ready again
    status = machine.amq("status", "-o", "json").json
    assert by_name(status)["amq2"]["role"] == "master"
    assert by_name(status)["amq1"]["role"] == "waiting"
    two, three = Client(nodes["amq2"]["stomp"], *login), Client(nodes["amq3"]["stomp"], *login)
    sent += two.send(QUEUE, 50)
    got += two.take(QUEUE, 20)
    two.close()
    got += three.take(QUEUE, 20)
    three.close()
    assert len(sent) == 100
    assert len(got) == 80
    assert len(set(got)) == 80
    assert set(got) <= set(sent)


def test_failover_test_proves_the_usual_drills(any_machine: Machine, version: str) -> None:
    """`amqctl failover-test` on the cluster that is up: all drills valid, nothing lost, a report in each form."""
    machine = any_machine
    machine.amq("up", ms_plus(machine.home, "drilled", version), "--port-offset", str(machine.offset(2000)))
    done = machine.amq("failover-test", "-o", "json", "--junit", "junit.xml")
    report = done.json
    assert report["verdict"] == "valid"
    assert report["profile"] == "lab"
    unharmed = {"reach", "consumer-hop"}
    assert {d["name"] for d in report["drills"]} == {"kill-master", "stop-master", "bridging"} | unharmed
    for drill in report["drills"]:
        assert drill["verdict"] == "valid", drill["because"]
        assert drill["messages"]["lost"] == 0
        assert drill["messages"]["unexpected"] == 0
        assert (drill["takeover_seconds"] is None) == (drill["name"] in unharmed)
        if drill["name"] in ("kill-master", "stop-master"):
            assert drill["messages"]["acknowledged"] >= 2000
        again = machine.amq("recheck", drill["history"], "-o", "json").json
        assert again["drills"][0]["verdict"] == "valid"
    assert 'failures="0"' in (machine.home / "junit.xml").read_text()
    secrets = json.loads((machine.home / "state" / "secrets" / "drilled.json").read_text())
    _no_secret_in(machine.home / "runs", _passwords(secrets))
    assert machine.amq("queues", "-o", "json", "--interval", "0").json["unknown"] == []


def _passwords(secrets: dict) -> list[str]:
    found: list[str] = []
    for value in secrets.values():
        found += _passwords(value) if isinstance(value, dict) else [value] if isinstance(value, str) else []
    return [f for f in found if len(f) > 15]


def _no_secret_in(folder: Path, passwords: list[str]) -> None:
    assert passwords
    for path in folder.rglob("*"):
        if path.is_file():
            text = path.read_text(errors="replace")
            assert not any(p in text for p in passwords), path


def test_nothing_answers_without_a_password_and_no_secret_is_to_be_seen(any_machine: Machine, version: str) -> None:
    """127.0.0.1 only, 0600 files, no secret in an argument, an environment, a label or a log."""
    machine = any_machine
    machine.amq("up", ms_plus(machine.home, "closed", version), "--port-offset", str(machine.offset(2000)))
    nodes = by_name(machine.amq("status", "-o", "json").json)
    secrets_file = machine.home / "state" / "secrets" / "closed.json"
    assert stat.S_IMODE(secrets_file.stat().st_mode) == 0o600
    passwords = _passwords(json.loads(secrets_file.read_text()))
    assert len(passwords) == 3
    assert set(machine.side.brokers()) == set(nodes)
    assert machine.side.listening() == {"127.0.0.1"}
    modes = machine.side.modes()
    assert len(modes) >= 4 * 5
    assert set(modes.values()) == {0o600}, modes
    readable = machine.side.readable()
    assert len(readable) >= 8
    for text in readable:
        assert not any(p in text for p in passwords), text
    with pytest.raises(stomp.exception.StompException):
        Client(nodes["amq1"]["stomp"], "app", "wrong")
    user, password = _app(machine)
    port = int(nodes["amq1"]["console"].rpartition(":")[2].partition("/")[0])
    for path in ("/", "/admin/", "/admin/queues.jsp", "/api/jolokia/version", "/api/message/x?type=queue"):
        assert _status(port, path) == 401, path
    _pages(port, user, password)
    assert _status(port, "/api/jolokia/version", user, password) == 403
    assert _status(port, "/admin/deleteDestination.action", user, password) == 403


def _pages(port: int, user: str, password: str) -> None:
    """The console's pages come some seconds after the broker has become master."""

    def probe() -> None:
        if (status := _status(port, "/admin/queues.jsp", user, password)) != 200:
            raise NotYet(f"/admin answers {status}")

    until(probe, what="the console's pages are there", within=60, every=0.2)


def _app(machine: Machine) -> tuple[str, str]:
    urls = machine.amq("urls", "--show-password", "-o", "json").json
    return urls["username"], urls["password"]


def _status(port: int, path: str, user: str | None = None, password: str = "") -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    token = base64.b64encode(f"{user}:{password}".encode()).decode()
    connection.request("GET", path, headers={"Authorization": f"Basic {token}"} if user else {})
    status = connection.getresponse().status
    connection.close()
    return status


def test_only_what_changed_is_replaced_slaves_first(any_machine: Machine) -> None:
    """A new heap for all brokers: each is replaced, a waiting one first, and the messages are still there."""
    machine, offset = any_machine, ("--port-offset", str(any_machine.offset(2000)))
    file = ms_plus(machine.home, "changing", "5.18.3")
    machine.amq("up", file, *offset)
    machine.amq("send", "kept", "-n", "30", "--to", "ms-broker-a")
    text = Path(file).read_text()
    Path(file).write_text(text.replace("amq2: {ports:", "amq2: {jvm: {heap: 300m}, ports:"))
    steps = machine.amq("up", file, *offset, "--dry-run").out.splitlines()
    assert steps == ["replace amq2: launch.json changed"]
    before = machine.side.brokers()
    machine.amq("up", file, *offset)
    after = machine.side.brokers()
    assert set(before) == set(after) == {"amq1", "amq2", "amq3", "amq4"}
    assert {n for n in before if before[n] != after[n]} == {"amq2"}
    Path(file).write_text(text.replace("heap: 512m", "heap: 400m"))
    done = machine.amq("up", file, *offset)
    order = [line.split()[-1] for line in done.err.splitlines() if "replace amq" in line]
    assert len([line for line in done.err.splitlines() if ": replace amq" in line]) == 4, order
    assert machine.amq("recv", "kept", "-n", "30", "-q", "--from", "ms-broker-a").code == 0


def test_a_taken_port_is_named_with_who_holds_it(any_machine: Machine) -> None:
    machine, at = any_machine, any_machine.offset(2000)
    file = ms_plus(machine.home, "blocked", "5.18.3")
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", 61617 + at))
        holder.listen()
        done = machine.amq("up", file, "--port-offset", str(at), expect=3)
    assert f"port {61617 + at} (openwire of amq2) is taken by" in done.err
    assert f"(pid {os.getpid()})" in done.err
    assert machine.side.left() + machine.side.stores() == []
    assert machine.amq("ls", "-o", "json").json == {"clusters": []}
