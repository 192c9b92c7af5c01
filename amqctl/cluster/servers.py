"""Companions alive: which answer their own protocol, and that what brokers need is in them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from amqctl import beside
from amqctl.cluster import databases, ensembles
from amqctl.cluster.model import Address
from amqctl.plan.model import CompanionSpec, Plan
from amqctl.plan.state import State

QUICK = 1.0  # seconds for one greeting


@dataclass(frozen=True, slots=True)
class Access:
    """passwords: of Settled.secrets. ij: makes the command line of Derby's shell, which is asked for there only."""

    passwords: Mapping[str, str] = field(repr=False)
    ij: Callable[[], tuple[str, ...]]


NONE = Access({}, tuple)


def target(spec: CompanionSpec, access: Access) -> databases.Target:
    kind = spec.companion.kind
    return databases.Target(kind, address(spec), access.ij() if kind == "derby" else ())


def address(spec: CompanionSpec) -> Address:
    return Address(spec.place.dial, spec.companion.port)


def greeting(spec: CompanionSpec) -> databases.Greeting:
    """One look, by the server's own protocol."""
    if spec.companion.kind == "zookeeper":
        return ensembles.greeting(address(spec), QUICK)
    return databases.greeting(spec.companion.kind, address(spec), QUICK)


def answering(plan: Plan, state: State) -> Mapping[str, str]:
    """Companion -> "" where it is ready, else what was seen instead."""
    if not plan.companions:
        return {}

    def look(spec: CompanionSpec) -> str:
        node = state.nodes.get(spec.name)
        if node is None or node.status != "running":
            return "down"
        seen = greeting(spec)
        return "" if seen.ready else seen.seen

    return dict(zip((s.name for s in plan.companions), beside.each(look, plan.companions), strict=True))


def fill(plan: Plan, access: Access) -> None:
    """Databases, users and grants of every companion; safe to repeat. Raises databases.DatabaseError."""
    for spec in plan.companions:
        server = spec.companion
        if server.kind == "zookeeper":  # brokers make what they need in it
            continue
        wanted = [databases.Wanted(d.name, d.user, access.passwords[d.secret]) for d in server.databases]
        databases.ensure(target(spec, access), access.passwords[server.secret], wanted)
