"""What a client needs to connect: addresses and failover URLs. Pure."""

from __future__ import annotations

from typing import Any

from amqctl.activemq import uris
from amqctl.plan.model import NodeSpec, Plan

# Quick to come back after a takeover, and no thundering start at a slave that refuses (domain: the first
# retry of a failover: URL is after 10 ms, later ones up to 30 s apart).
JMS_OPTIONS = {"randomize": "false", "maxReconnectDelay": "1000"}


def urls(plan: Plan, password: str | None = None) -> dict[str, Any]:
    """The contract of `urls -o json`; password only where it is asked for."""
    user = client_user(plan)
    out: dict[str, Any] = {"username": user}
    if password is not None:
        out["password"] = password
    out["cluster"] = _addresses(plan.nodes)
    out["groups"] = {g.name: _addresses(plan.members(g.name)) for g in plan.settled.groups}
    return out


def client_user(plan: Plan) -> str:
    """The first user that is neither the administrator nor the bridge; the administrator if there is none."""
    settled = plan.settled
    others = [u.name for u in settled.users if u.name not in (settled.admin_user, settled.network_user)]
    return others[0] if others else settled.admin_user


def _addresses(nodes: tuple[NodeSpec, ...]) -> dict[str, Any]:
    openwire = [f"tcp://{n.place.dial}:{n.ports['openwire']}" for n in nodes if "openwire" in n.ports]
    return {
        "jms": uris.failover(openwire, JMS_OPTIONS) if openwire else None,
        "stomp": [f"{n.place.dial}:{n.ports['stomp']}" for n in nodes if "stomp" in n.ports],
        "amqp": [f"amqp://{n.place.dial}:{n.ports['amqp']}" for n in nodes if "amqp" in n.ports],
        "console": [f"http://{n.place.dial}:{n.broker.console}/admin/" for n in nodes],
    }
