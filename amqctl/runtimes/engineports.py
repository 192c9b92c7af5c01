"""Which of a plan's ports cannot be published on an engine, and who has them."""

from __future__ import annotations

import errno
from typing import Any

from amqctl.errors import Problem
from amqctl.plan.model import Plan
from amqctl.provision.engine import Engine
from amqctl.runtimes import ports, processes
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
                # an address that is not of this machine is the engine's to judge
                here = not engine.host and ports.refused(on, port) == errno.EADDRINUSE
                who = processes.listener(port) if here else ""
            if who:
                problems.append(ports.taken(node, kind, port, who))
    return problems


def _holders(engine: Engine) -> dict[int, dict[str, Any]]:
    """Container by published port."""
    found = {}
    for container in engine.client.api.containers():
        for port in container["Ports"]:
            if "PublicPort" in port:
                found[int(port["PublicPort"])] = container
    return found
