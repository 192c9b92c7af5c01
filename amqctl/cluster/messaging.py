"""Which address a message is sent to or taken from: a node, or the master of a group."""

from __future__ import annotations

from amqctl.cluster.cluster import Cluster
from amqctl.cluster.model import Address
from amqctl.cluster.observation import refusals
from amqctl.cluster.targets import resolve
from amqctl.errors import AmqctlError, CannotRun, Problem


def stomp_address(cluster: Cluster, target: str | None) -> tuple[str, Address]:
    """(node, its STOMP address). target: a node, a group (its master), or None: the first group's master.

    A node that is no master is not refused here: the broker does that, and a person may want to see it.
    """
    seen = cluster.observe(links=False)
    refused = refusals(seen)
    word = target or cluster.plan.settled.groups[0].name
    if word in seen.roles:
        name = word
    else:
        members = resolve(word, cluster.plan, seen.roles)
        group = cluster.plan.node(members[0]).group
        members_ = cluster.plan.members(group)
        master = members[0] if "@" in word else seen.masters.get(group)
        if master is None and (why := next((refused[n.name] for n in members_ if n.name in refused), None)):
            raise why
        if master is None:
            raise AmqctlError(f"{group} has no master now", hint="amqctl status shows why")
        name = master
    node = cluster.plan.node(name)
    if "stomp" not in node.ports:
        raise CannotRun([Problem(f"{name} has no STOMP connector", "add `stomp: {}` to its connectors")])
    return name, Address(node.place.dial, node.ports["stomp"])
