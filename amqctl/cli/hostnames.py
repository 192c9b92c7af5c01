"""What `doctor` says of brokers that cannot resolve a host name: which, what comes of it, what to do (seed S2f)."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from amqctl.activemq.hostnames import closed, unresolved
from amqctl.cli import session
from amqctl.cluster.model import Address
from amqctl.errors import AmqctlError
from amqctl.plan.model import NodeSpec
from amqctl.plan.state import NodeState
from amqctl.runtimes.seam import LogLine, Runtime

PATIENCE = 3.0  # seconds for one console


@dataclass(frozen=True, slots=True)
class Trap:
    """One name that one node could not resolve. so: what was seen to come of it."""

    node: str
    name: str
    so: tuple[str, ...]
    fix: str

    @property
    def what(self) -> str:
        return "; ".join([f"{self.node} cannot resolve the host name {self.name}", *self.so])


def traps(cluster: str, runtime: Runtime) -> Iterator[Trap]:
    """Of every node that runs, or tried to. Looks at logs and consoles; changes nothing."""
    nodes = {node.name: node for node in _nodes(cluster)}
    for name, state in runtime.observe().nodes.items():
        lines = since_start(runtime.last_lines(name), state)
        for host in unresolved(lines):
            yield Trap(name, host, tuple(_consequences(nodes.get(name), lines, host)), _fix(runtime.name, host))


def since_start(lines: Iterable[LogLine], state: NodeState) -> list[str]:
    """What it has written since somebody started it, where that is known: what was in its way before may be mended.

    One that came back by itself has begun anew and may just be on its way into the same trap. When a process began is
    told up to a second too early, as the boot that it is counted from is rounded down: nothing of its own is left out.
    """
    start = 0.0 if state.started_at is None or state.restarts else state.started_at
    return [line.text for line in lines if line.at >= start]


def _consequences(node: NodeSpec | None, lines: list[str], host: str) -> Iterator[str]:
    if closed(lines, host):
        yield "a connector that was to listen there is closed, so the broker does not start and clients are refused"
    if node is None or "console" not in node.ports:
        return
    if (status := _status(Address(node.place.dial, node.ports["console"]))) is not None and status >= 500:
        yield f"its console answers {status}"


def _nodes(cluster: str) -> tuple[NodeSpec, ...]:
    try:
        return session.running(cluster, login=False).plan.nodes
    except AmqctlError:
        return ()  # what it was asked to be cannot be read, and another check says so


def _status(at: Address) -> int | None:
    """None where nobody answers in HTTP, or only over TLS."""
    connection = http.client.HTTPConnection(at.host, at.port, timeout=PATIENCE)
    try:
        connection.request("GET", "/admin/")
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def _fix(runtime: str, host: str) -> str:
    if runtime != "local":
        return f"write {host} as the name of a node, or put the container into a network where it resolves"
    try:
        address = socket.gethostbyname(host)
    except OSError:
        return f"add a line `127.0.0.1 {host}` to the hosts file, or the address where {host} is; then amqctl restart"
    return f"{host} is {address} by now; amqctl restart"
