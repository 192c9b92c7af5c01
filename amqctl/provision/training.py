"""The broker whose start shows which classes a class-data archive should hold.

It is rendered by the same templates as every broker of a cluster and does what those do: KahaDB, JAAS,
OpenWire and STOMP, a network connector, console and Jolokia. Its network connector leads back to
itself; the bridge finds that out and lets go, after its classes were loaded.
"""

from __future__ import annotations

import base64
import http.client
import json
import secrets
import socket
from collections.abc import Callable, Mapping
from pathlib import Path

from amqctl.activemq.launch import NodeDirs
from amqctl.activemq.versions import caps
from amqctl.plan.model import NodeSpec, Place, Plan
from amqctl.plan.render import render
from amqctl.topology.settled import (
    Connector,
    JvmSettings,
    PasswordSource,
    PolicyEntry,
    Settled,
    SettledBroker,
    SettledGroup,
    SettledLink,
    SettledUser,
    UsageLimits,
)
from amqctl.topology.settledstores import KahaDBStore
from amqctl.wait import NotYet, until

HOST = "127.0.0.1"
NAME = "training"
ADMIN = "admin"
BRIDGE = "bridge"
READY = 90.0  # seconds; a cold disk and a busy machine included

Ports = tuple[int, int, int]  # OpenWire, STOMP, console


def free_ports() -> Ports:
    """Three that are free now; another may take one before the broker does, and then it is tried again."""
    held = [socket.socket() for _ in range(3)]
    try:
        for one in held:
            one.bind((HOST, 0))
        openwire, stomp, console = (one.getsockname()[1] for one in held)
    finally:
        for one in held:
            one.close()
    return openwire, stomp, console


def plan(version: str, jvm: JvmSettings, ports: Ports, place: Path) -> Plan:
    """One broker below `place`, joined to itself."""
    openwire, stomp, console = ports
    broker = SettledBroker(
        name=NAME,
        group=NAME,
        index=0,
        preferred=True,
        version=version,
        jvm=jvm,
        connectors=(Connector("openwire", openwire, {}), Connector("stomp", stomp, {})),
        console=console,
        attributes={"schedulerSupport": "true"},
        usage=UsageLimits(),
        policies=(PolicyEntry("queue", ">", replay_when_no_consumers=True, attributes={}),),
        patches=(),
    )
    # Checkpoints come soon, so that what is recovered holds what a checkpoint writes
    store = KahaDBStore("kahadb", None, 100, 100, {"checkpointInterval": "100"})
    link = SettledLink(
        name="itself",
        from_=NAME,
        to=NAME,
        from_group=NAME,
        to_group=NAME,
        declared_by=(NAME,),
        targets=(NAME, NAME),
        via="masterslave",
        duplex=True,
        options={},
        attributes={},
    )
    generated = PasswordSource("generated")
    users = (
        SettledUser(ADMIN, generated, ("admins", "users")),
        SettledUser(BRIDGE, generated, ("users",)),
    )
    group = SettledGroup(NAME, store, (broker,), shares_scheduler=True)
    settled = Settled(NAME, "lab", (group,), (link,), users, ADMIN, BRIDGE, "auto")
    node = NodeSpec(NAME, NAME, Place(HOST, HOST, HOST, str(place / "data"), str(place / "stores")), broker, ())
    return Plan(NAME, settled, (node,), intent="")


def lay_out(version: str, jvm: JvmSettings, ports: Ports, place: Path) -> tuple[NodeDirs, str]:
    """Write its files below `place`; returns its directories and the administrator's password."""
    passwords = {ADMIN: secrets.token_urlsafe(18), BRIDGE: secrets.token_urlsafe(18)}
    place.chmod(0o700)
    for part in ("conf", "data", "tmp", "stores"):
        (place / part).mkdir()
    for name, text in render(plan(version, jvm, ports, place), passwords, caps)[NAME].items():
        (place / "conf" / name).write_text(text, "utf-8")
    console = ports[2]
    dirs = NodeDirs(str(place / "conf"), str(place / "data"), str(place / "tmp"), f"{NAME} {place}", console)
    return dirs, passwords[ADMIN]


def exercise(ports: Ports, password: str, alive: Callable[[], None]) -> None:
    """Have it do once what brokers of a cluster do. alive: raises when it is not.

    Raises NeverHappened where it does not come up.
    """
    _, stomp, console = ports

    def once(work: Callable[[], None]) -> Callable[[], None]:
        def probe() -> None:
            alive()
            try:
                work()
            except (OSError, http.client.HTTPException, ValueError) as exc:
                raise NotYet(f"{type(exc).__name__}: {exc}") from exc

        return probe

    until(once(lambda: _messages(stomp, password)), what="the training broker takes messages", within=READY)
    until(once(lambda: _jolokia(console, password)), what="the training broker's Jolokia answers", within=READY)


def _messages(port: int, password: str) -> None:
    """One persistent message there and back over STOMP."""
    with socket.create_connection((HOST, port), timeout=10) as link, link.makefile("rb") as answers:

        def send(command: str, headers: Mapping[str, str], body: str = "") -> None:
            lines = "".join(f"{key}:{value}\n" for key, value in headers.items())
            link.sendall(f"{command}\n{lines}\n{body}\0".encode())

        def expect(word: str) -> None:
            frame = bytearray()
            while byte := answers.read(1):
                if byte == b"\0":
                    break
                frame += byte
            if not frame.lstrip(b"\r\n").startswith(word.encode()):
                raise ValueError(f"no {word}")

        send("CONNECT", {"accept-version": "1.2", "host": NAME, "login": ADMIN, "passcode": password})
        expect("CONNECTED")
        send("SEND", {"destination": "/queue/training", "persistent": "true", "receipt": "1"}, "hello")
        expect("RECEIPT")
        send("SUBSCRIBE", {"destination": "/queue/training", "id": "1", "ack": "auto"})
        expect("MESSAGE")
        for number in range(20):  # left behind, for the next one to recover
            send("SEND", {"destination": "/queue/left", "persistent": "true", "receipt": f"left{number}"}, "hello")
            expect("RECEIPT")
        send("SUBSCRIBE", {"destination": "/queue/left", "id": "2", "ack": "client-individual"})
        expect("MESSAGE")
        send("DISCONNECT", {"receipt": "2"})
        expect("RECEIPT")


def _jolokia(port: int, password: str) -> None:
    connection = http.client.HTTPConnection(HOST, port, timeout=20)
    try:
        question = {
            "type": "read",
            "mbean": f"org.apache.activemq:type=Broker,brokerName={NAME}",
            "attribute": ["Slave", "BrokerVersion"],
        }
        token = base64.b64encode(f"{ADMIN}:{password}".encode()).decode()
        headers = {
            "Content-Type": "application/json",
            "Origin": "http://localhost",
            "Authorization": f"Basic {token}",
        }
        connection.request("POST", "/api/jolokia/", json.dumps(question), headers)
        if connection.getresponse().status != 200:
            raise ValueError("Jolokia does not answer")
    finally:
        connection.close()
