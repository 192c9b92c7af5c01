"""Which node moves to another version when, and why. Pure.

All waiting nodes come before any master, so that whoever takes over from a master runs the new version already;
masters go one group after the other, so that at most one group is without its master.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from amqctl.activemq.versions import Caps, release
from amqctl.plan.model import NodeSpec, Plan


@dataclass(frozen=True, slots=True)
class Move:
    """One node stopped, written anew and started with another version. was: what it ran, as far as is recorded."""

    node: str
    group: str
    was: str
    to: str
    because: str

    @property
    def verb(self) -> str:
        return "upgrade" if release(self.to) >= release(self.was) else "downgrade"

    def __str__(self) -> str:
        return f"{self.verb} {self.node}: {self.was} → {self.to}: {self.because}"


def moves(
    plan: Plan, to: Mapping[str, str], done: Collection[str], roles: Mapping[str, str], was: Mapping[str, str]
) -> tuple[Move, ...]:
    """What is left to do, in order. plan: any of the cluster; its versions are not looked at. to: node -> version,
    of those that are meant. done: nodes that run it already. roles: as observed now (`cluster.model.Role`).
    was: what each runs."""
    left = [n for n in plan.nodes if n.name in to and n.name not in done]
    ordered = sorted(left, key=lambda n: _turn(roles[n.name]))
    return tuple(Move(n.name, n.group, was[n.name], to[n.name], _because(plan, n, roles)) for n in ordered)


def _turn(role: str) -> int:
    """Who serves nobody first; a stable sort keeps the topology's order."""
    return {"down": 0, "starting": 0, "waiting": 1, "master": 2}[role]


def _because(plan: Plan, node: NodeSpec, roles: Mapping[str, str]) -> str:
    role = roles[node.name]
    others = [n.name for n in plan.members(node.group) if n.name != node.name]
    if role == "master":
        if not others:
            return f"it is all there is of {node.group}: nobody serves it until it is back"
        return f"it is master of {node.group}, and all others there are done: one of {', '.join(others)} takes over"
    if role == "waiting":
        return f"it waits in {node.group}: nobody misses it"
    return f"it is {role}"


def facts(now: Caps, to: Caps) -> Sequence[str]:
    """What a person should know of the way from one version to the other: sentences."""
    said = []
    if to.kahadb > now.kahadb:
        said.append(
            f"KahaDB's index goes from version {now.kahadb} to {to.kahadb} when the first {to.version} is master; "
            "see docs/versions.md before you go back"
        )
    if to.kahadb < now.kahadb:
        said.append(f"{to.version} reads KahaDB's index of version {now.kahadb} though it writes version {to.kahadb}")
    if (to.java_min > now.java_min) and to.java_min > 11:
        said.append(f"{to.version} needs Java {to.java_min} at least, {now.version} needed {now.java_min}")
    if now.web.jaas != to.web.jaas:
        said.append("the console's users move between jetty-realm.properties and users.properties (javax → jakarta)")
    if now.logging != to.logging:
        said.append(f"logging moves from {now.logging} to {to.logging}: another file")
    if to.untried:
        said.append(f"{to.version}: {to.untried}")
    return said
