"""Which of a plan's ports cannot be published on an engine, and who has them."""

from __future__ import annotations

import socket
from typing import Any

from amqctl.errors import Problem
from amqctl.plan.model import Plan
from amqctl.provision.engine import Engine
from amqctl.runtimes import processes
from amqctl.runtimes.containers import CLUSTER


def taken(plan: Plan, engine: Engine) -> list[Problem]:
    """A port that a container of this cluster holds is its own to move. On an engine of another machine only
    its containers can be seen; there a port that something else has is found when the node starts."""
    holders = _holders(engine)
    on = plan.settled.docker.publish
    problems = []
    for node in plan.all:
        for kind, port in node.ports.items():
            holder = holders.get(port)
            if holder is not None:
                mine = (holder["Labels"] or {}).get(CLUSTER) == plan.cluster
                who = "" if mine else "container " + holder["Names"][0].lstrip("/")
            else:
                who = "" if engine.host or _free(on, port) else processes.listener(port)
            if who:
                fix = f"end it, set {node.port_key(kind)}, or use --port-offset"
                problems.append(Problem(f"port {port} ({kind} of {node.name}) is taken by {who}", fix))
    return problems


def _holders(engine: Engine) -> dict[int, dict[str, Any]]:
    """Container by published port."""
    found = {}
    for container in engine.client.api.containers():
        for port in container["Ports"]:
            if "PublicPort" in port:
                found[int(port["PublicPort"])] = container
    return found


def _free(address: str, port: int) -> bool:
    """Whether the engine could listen there now. An address that is not of this machine is the engine's to judge."""
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as exc:
            import errno

            return exc.errno != errno.EADDRINUSE
        return True
