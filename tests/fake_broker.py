"""A broker as far as one that only looks can see it: Jolokia of a console, and STOMP's greeting. On loopback."""

from __future__ import annotations

import base64
import json
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

LOGIN = ("watcher", "a-long-password")


@dataclass
class FakeBroker:
    """mbeans: key properties -> attributes. status: of every answer, instead of one. written: requests that would
    change something; there must be none."""

    mbeans: dict[str, dict[str, Any]]
    serving: bool = True
    status: int = 200
    console: int = 1
    stomp: int = 1
    written: list[str] = field(default_factory=list)

    def answer(self, request: Mapping[str, Any]) -> dict[str, Any]:
        if request["type"] != "read":
            self.written.append(json.dumps(request))
        found = {n: v for n, v in self.mbeans.items() if _matches(request["mbean"], n)}
        wanted = request["attribute"]
        values = {n: {a: v[a] for a in wanted if a in v} for n, v in found.items()}
        if not values:
            return {"status": 404, "error": "no such MBean"}
        whole = values if "*" in request["mbean"] else next(iter(values.values()))
        return {"status": 200, "value": whole}


def a_broker(
    name: str, *, slave: bool = False, depth: int = 0, bridges: Mapping[str, str] | None = None,
    passive: tuple[str, ...] = (), connectors: tuple[str, ...] = (), clients: tuple[str, ...] = (),
) -> FakeBroker:  # fmt: skip
    """bridges: connector -> brokerName at its other end. passive: brokerNames that have a duplex bridge here."""
    me = f"org.apache.activemq:type=Broker,brokerName={name}"
    mbeans: dict[str, dict[str, Any]] = {
        me: {"Slave": slave, "BrokerVersion": "5.18.3", "BrokerId": f"ID:{name}", "StorePercentUsage": 3,
             "MemoryPercentUsage": 1, "TempPercentUsage": 0, "StoreLimit": 1024, "TransportConnectors": {}},
        "java.lang:type=Runtime": {"StartTime": 1_700_000_000_000},
    }  # fmt: skip
    for connector in connectors:
        mbeans[f"{me},connector=networkConnectors,networkConnectorName={connector}"] = {
            "Name": connector, "Duplex": True, "MessageTTL": 1, "ConsumerTTL": 1, "ConduitSubscriptions": True,
            "Password": "a-secret-of-the-bridge",
        }  # fmt: skip
    if not slave:
        mbeans[f"{me},service=PersistenceAdapter,instanceName=KahaDBPersistenceAdapter[x]"] = {
            "Name": "KahaDBPersistenceAdapter[x]"
        }
        mbeans[f"{me},destinationType=Queue,destinationName=orders"] = {
            "Name": "orders", "QueueSize": depth, "ConsumerCount": 0, "ProducerCount": 0, "EnqueueCount": depth,
            "DequeueCount": 0, "InFlightCount": 0, "Paused": False,
        }  # fmt: skip
    for connector, remote in (bridges or {}).items():
        mbeans[f"{me},connector=networkConnectors,networkConnectorName={connector},networkBridge=x"] = {
            "RemoteBrokerName": remote, "RemoteAddress": "tcp://x:1", "EnqueueCounter": 5, "DequeueCounter": 4,
            "ReceivedCounter": 1,
        }  # fmt: skip
    for number, remote in enumerate(passive):
        mbeans[f"{me},connector=duplexNetworkConnectors,networkConnectorName=#{number},networkBridge=y"] = {
            "RemoteBrokerName": remote, "RemoteAddress": "tcp://y:2", "EnqueueCounter": 1, "DequeueCounter": 1,
            "ReceivedCounter": 4,
        }  # fmt: skip
    for client in clients:
        where = "connector=clientConnectors,connectorName=openwire,connectionViewType=clientId"
        mbeans[f"{me},{where},connectionName={client}"] = {"ClientId": client, "RemoteAddress": "tcp://y:2"}
    return FakeBroker(mbeans, serving=not slave)


@contextmanager
def served(*brokers: FakeBroker) -> Iterator[None]:
    """They answer on ports of their own, which `console` and `stomp` then say."""
    servers = []
    for broker in brokers:
        console = ThreadingHTTPServer(("127.0.0.1", 0), _handler(broker))
        broker.console = console.server_address[1]
        greeting = socket.create_server(("127.0.0.1", 0))
        broker.stomp = greeting.getsockname()[1]
        if not broker.serving:
            greeting.close()  # a slave's port is closed
        else:
            threading.Thread(target=_greet, args=(greeting,), daemon=True).start()
        threading.Thread(target=console.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        servers.append((console, greeting))
    try:
        yield
    finally:
        for console, greeting in servers:
            console.shutdown()
            console.server_close()
            greeting.close()


def _greet(listener: socket.socket) -> None:
    while True:
        try:
            link, _ = listener.accept()
        except OSError:  # closed: the test is over
            return
        with link:
            text = link.recv(4096).decode()
            good = f"login:{LOGIN[0]}" in text and f"passcode:{LOGIN[1]}" in text
            link.sendall(b"CONNECTED\nversion:1.2\n\n\0" if good else b"ERROR\nmessage:wrong password\n\n\0")


def _handler(broker: FakeBroker) -> type[BaseHTTPRequestHandler]:
    token = "Basic " + base64.b64encode(":".join(LOGIN).encode()).decode()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status = 401 if self.headers["Authorization"] != token else broker.status
            data = json.dumps([broker.answer(one) for one in body]).encode() if status == 200 else b"no"
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:
            """Tests are quiet."""

    return Handler


def _matches(pattern: str, name: str) -> bool:
    def parts(text: str) -> tuple[str, dict[str, str]]:
        domain, _, rest = text.partition(":")
        return domain, dict(p.split("=", 1) for p in rest.split(","))

    (one, wanted), (other, has) = parts(pattern), parts(name)
    return one == other and wanted.keys() == has.keys() and all(v in ("*", has[k]) for k, v in wanted.items())
