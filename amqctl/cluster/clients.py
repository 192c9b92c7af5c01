"""What a client needs to connect: addresses and failover URLs. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from amqctl.activemq import uris
from amqctl.cluster.model import Address
from amqctl.plan.model import NodeSpec, Plan
from amqctl.topology.clients import DEFAULTS

_TLS = ("ssl", "amqps", "stomp+ssl://")  # of openwire, amqp and stomp; plain STOMP has no URL that clients share


def urls(
    plan: Plan,
    password: str | None = None,
    tls: Mapping[str, str] | None = None,
    options: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The contract of `urls -o json`; password only where it is asked for. tls: of a cluster that has it, what
    clients are to trust. options: of the failover URL, over those of the topology."""
    chosen = {**DEFAULTS, **plan.settled.failover, **(options or {})}
    user = client_user(plan)
    out: dict[str, Any] = {"username": user}
    if password is not None:
        out["password"] = password
    if tls is not None:
        out["tls"] = dict(tls)
    out["cluster"] = _addresses(plan, plan.nodes, chosen)
    out["groups"] = {g.name: _addresses(plan, plan.members(g.name), chosen) for g in plan.settled.groups}
    return out


def client_user(plan: Plan) -> str:
    """The first user that is neither the administrator nor the bridge; the administrator if there is none."""
    settled = plan.settled
    others = [u.name for u in settled.users if u.name not in (settled.admin_user, settled.network_user)]
    return others[0] if others else settled.admin_user


def console_url(plan: Plan, node: NodeSpec) -> str:
    scheme = "http" if plan.settled.tls is None else "https"
    return f"{scheme}://{Address(node.place.dial, node.broker.console)}/admin/"


def _addresses(plan: Plan, nodes: tuple[NodeSpec, ...], options: Mapping[str, str]) -> dict[str, Any]:
    openwire_scheme, amqp_scheme, stomp_scheme = ("tcp", "amqp", "") if plan.settled.tls is None else _TLS

    def all_of(kind: str, before: str) -> list[str]:
        return [f"{before}{Address(n.place.dial, n.ports[kind])}" for n in nodes if kind in n.ports]

    openwire = all_of("openwire", f"{openwire_scheme}://")
    return {
        "jms": uris.failover(openwire, options) if openwire else None,
        "stomp": all_of("stomp", stomp_scheme),
        "amqp": all_of("amqp", f"{amqp_scheme}://"),
        "console": [console_url(plan, n) for n in nodes if "console" in n.ports],
    }
