"""Which address a message is sent to or taken from: a node, or the master of a group, which may be about to come."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from amqctl.cluster import stomp
from amqctl.cluster.model import Address
from amqctl.cluster.observation import Observation, refusals
from amqctl.cluster.targets import NobodyIs, resolve
from amqctl.errors import AmqctlError, CannotRun, NeverHappened, Problem
from amqctl.plan.model import Plan
from amqctl.wait import SYSTEM, Clock, NotYet, until

C = TypeVar("C")
PATIENCE = 30.0  # seconds: a takeover as shipped takes up to 10, and then the store is recovered
EVERY = 0.2  # seconds between looks: a slave that takes over has better things to do than to answer


class Observed(Protocol):
    """The cluster: what it is to be, and a look at what it is."""

    @property
    def plan(self) -> Plan: ...
    def observe(self, *, links: bool = True) -> Observation: ...


class NoMaster(AmqctlError):
    """No member of the group completes a handshake. coming: whether one of them runs, and so may become it."""

    def __init__(self, group: str, seen: str, *, coming: bool) -> None:
        hint = "amqctl status shows why" if coming else "none of its brokers runs: amqctl start, or amqctl up"
        super().__init__(f"{group} has no master now ({seen})", hint=hint)
        self.coming = coming


def stomp_address(cluster: Observed, target: str | None) -> tuple[str, Address]:
    """(node, its STOMP address). target: a node, a group (its master), or None: the first group's master.

    A node that is no master is not refused here: the broker does that, and a person may want to see it. Raises
    NoMaster, CannotRun where the node has no STOMP connector, and whatever keeps us from being let in.
    """
    seen = cluster.observe(links=False)
    word = target or cluster.plan.settled.groups[0].name
    name = word if word in seen.roles else _leader(cluster.plan, seen, word)
    node = cluster.plan.node(name)
    if "stomp" not in node.ports:
        raise CannotRun([Problem(f"{name} has no STOMP connector", "add `stomp: {}` to its connectors")])
    return name, Address(node.place.dial, node.ports["stomp"])


def connected(
    cluster: Observed,
    target: str | None,
    connect: Callable[[Address], C],
    *,
    within: float = PATIENCE,
    waiting: Callable[[str], None] = lambda text: None,
    clock: Clock = SYSTEM,
) -> tuple[str, C]:
    """(node, what `connect` made of its address). A group without a master, as after a kill, is waited for, as long
    as one of its brokers runs; a node that was named is not: nobody else will do.

    within: seconds. waiting: told once, in words. Raises NeverHappened, and what stomp_address and `connect` raise.
    """
    told = False

    def probe() -> tuple[str, C]:
        nonlocal told
        try:
            name, address = stomp_address(cluster, target)
        except NoMaster as exc:
            if not exc.coming or within <= 0:
                raise
            if not told:
                waiting(f"{exc.message}; waiting up to {within:g} s for one")
            told = True
            raise NotYet(exc.message) from exc
        try:
            return name, connect(address)
        except stomp.NotConnected as exc:
            # it may have been killed since it was asked: then another one is there now, or nobody is
            if target == name or within <= 0 or _is_still(cluster, target, name):
                raise
            raise NotYet(exc.message) from exc

    word = target or cluster.plan.settled.groups[0].name
    what = f"{word.partition('@')[2] or word} has a master"
    try:
        return until(probe, what=what, within=within, every=EVERY, clock=clock)
    except NeverHappened as exc:
        raise NeverHappened(exc.what, exc.within, exc.last, hint="amqctl status shows why") from exc


def _leader(plan: Plan, seen: Observation, word: str) -> str:
    """The node that a word means which is no node: a group's master, or the first who has that role."""
    try:
        members = resolve(word, plan, seen.roles)
    except NobodyIs as exc:
        raise _nobody(plan, seen, exc.group) from exc
    group = plan.node(members[0]).group
    name = members[0] if "@" in word else seen.masters.get(group)
    if name is None:
        raise _nobody(plan, seen, group)
    return name


def _nobody(plan: Plan, seen: Observation, group: str) -> AmqctlError:
    refused = refusals(seen)
    members = [node.name for node in plan.members(group)]
    why = next((refused[name] for name in members if name in refused), None)
    if why is not None:
        return why
    # one that ended by itself is brought back, and one that was killed is not
    states = [state for name in members if (state := seen.state.nodes.get(name)) is not None]
    coming = any(state.status == "running" or (state.status == "exited" and state.supervised) for state in states)
    return NoMaster(group, ", ".join(f"{name} is {seen.roles[name]}" for name in members), coming=coming)


def _is_still(cluster: Observed, target: str | None, name: str) -> bool:
    """Whether the same node is meant, and leads, at another look."""
    try:
        return stomp_address(cluster, target)[0] == name
    except NoMaster:
        return False
