"""What a client needs to connect: addresses and failover URLs. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from amqctl.activemq import uris
from amqctl.plan.model import NodeSpec, Plan

# Quick to come back after a takeover, and no thundering start at a slave that refuses (domain: the first
# retry of a failover: URL is after 10 ms, later ones up to 30 s apart).
JMS_OPTIONS = {"randomize": "false", "maxReconnectDelay": "1000"}
_TLS = ("ssl", "amqps", "stomp+ssl://")  # of openwire, amqp and stomp; plain STOMP has no URL that clients share


def urls(plan: Plan, password: str | None = None, tls: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The contract of `urls -o json`; password only where it is asked for. tls: of a cluster that has it, what
    clients are to trust."""
    user = client_user(plan)
    out: dict[str, Any] = {"username": user}
    if password is not None:
        out["password"] = password
    if tls is not None:
        out["tls"] = dict(tls)
    out["cluster"] = _addresses(plan, plan.nodes)
    out["groups"] = {g.name: _addresses(plan, plan.members(g.name)) for g in plan.settled.groups}
    return out


def client_user(plan: Plan) -> str:
    """The first user that is neither the administrator nor the bridge; the administrator if there is none."""
    settled = plan.settled
    others = [u.name for u in settled.users if u.name not in (settled.admin_user, settled.network_user)]
    return others[0] if others else settled.admin_user


def console_url(plan: Plan, node: NodeSpec) -> str:
    scheme = "http" if plan.settled.tls is None else "https"
    return f"{scheme}://{node.place.dial}:{node.broker.console}/admin/"


def _addresses(plan: Plan, nodes: tuple[NodeSpec, ...]) -> dict[str, Any]:
    openwire_scheme, amqp_scheme, stomp_scheme = ("tcp", "amqp", "") if plan.settled.tls is None else _TLS
    openwire = [f"{openwire_scheme}://{n.place.dial}:{n.ports['openwire']}" for n in nodes if "openwire" in n.ports]
    return {
        "jms": uris.failover(openwire, JMS_OPTIONS) if openwire else None,
        "stomp": [f"{stomp_scheme}{n.place.dial}:{n.ports['stomp']}" for n in nodes if "stomp" in n.ports],
        "amqp": [f"{amqp_scheme}://{n.place.dial}:{n.ports['amqp']}" for n in nodes if "amqp" in n.ports],
        "console": [console_url(plan, n) for n in nodes if "console" in n.ports],
    }
