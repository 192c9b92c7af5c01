"""A running cluster moved to another version, one node at a time, with a gate behind each and a way back.

What is done already is asked of the world (a node's files), and what each node ran before stands in the recorded
intent: an upgrade that was interrupted goes on from there, or back.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from amqctl.errors import AmqctlError
from amqctl.events import Event, Tell, silent
from amqctl.plan.model import Plan
from amqctl.plan.upgrade import Move, moves


class Stand(Protocol):
    """A cluster as an upgrade sees it. Each comment is a promise."""

    @property
    def plan(self) -> Plan: ...  # with the versions that are recorded now
    @property
    def versions(self) -> Mapping[str, str]: ...  # node -> version that is recorded for it
    @property
    def former(self) -> Mapping[str, str]: ...  # of an upgrade under way: node -> what it ran before; else empty
    def roles(self) -> Mapping[str, str]: ...  # of every node, observed now
    def runs(self, node: str, version: str) -> bool: ...  # it lives, with all files of that version
    def record(self, versions: Mapping[str, str], former: Mapping[str, str]) -> None: ...  # what later verbs read
    def replace(self, node: str) -> None: ...  # stopped, written as is recorded, started; ready or not
    def wait_ready(self) -> None: ...  # one master a group, the rest wait, links up; else raises AmqctlError
    def store(self, group: str) -> str: ...  # a persistent message at its master, receipted; what to fetch it by
    def fetch(self, group: str, token: str) -> None: ...  # that message came out and is gone; else raises AmqctlError
    def speaks(self, group: str) -> bool: ...  # whether a message can be sent to it at all (it has STOMP)


@dataclass(slots=True)
class Done:
    """moved: what was done, in order. back: what was undone after `failed`."""

    moved: list[Move] = field(default_factory=list)
    back: list[Move] = field(default_factory=list)
    failed: str = ""


class GateFailed(AmqctlError):
    """An upgrade went back: every node runs what it ran before, and all is ready."""

    exit_code = 1


def plan_moves(stand: Stand, to: Mapping[str, str]) -> tuple[Move, ...]:
    """What an upgrade would do now."""
    done = [node for node, version in to.items() if stand.runs(node, version)]
    return moves(stand.plan, to, done, stand.roles(), _was(stand))


def upgrade(stand: Stand, to: Mapping[str, str], tell: Tell = silent) -> Done:
    """All nodes of `to` run the version that stands there, on return.

    Raises GateFailed where a gate failed and all went back, another AmqctlError where it could not go back
    either, or where the cluster was not whole to begin with.
    """
    done = Done()
    former = {**{n: stand.versions[n] for n in to}, **stand.former}
    if not stand.former:
        _begin(stand)
    first: AmqctlError | None = None
    try:
        _move_all(stand, to, former, done.moved, tell)
    except AmqctlError as exc:
        first = exc
    if first is None:
        stand.record({**stand.versions, **to}, _others(stand, to))
        return done
    done.failed = first.message
    tell(Event(stand.plan.cluster, "warn", f"the gate failed: {first.message}; going back"))
    _go_back(stand, former, done, first, tell)
    return done


def _begin(stand: Stand) -> None:
    """A cluster that is not whole cannot tell whether it was the new version that broke it."""
    try:
        stand.wait_ready()
    except AmqctlError as exc:
        raise AmqctlError(
            f"nothing was changed: {exc.message}", hint="amqctl up FILE first", details=exc.details
        ) from exc


def _move_all(stand: Stand, to: Mapping[str, str], former: Mapping[str, str], moved: list[Move], tell: Tell) -> None:
    """A node at a time; who is next is decided anew each time, for a takeover may have changed the roles."""
    tried: set[str] = set()
    while True:
        left = plan_moves(stand, to)
        if not left:
            break
        move = left[0]
        if move.node in tried:
            raise AmqctlError(f"{move.node} does not run {move.to} though it was started with it")
        tried.add(move.node)
        tell(Event(move.node, "progress", str(move)))
        tokens = _store(stand)
        stand.record({**stand.versions, move.node: move.to}, former)
        moved.append(move)
        stand.replace(move.node)
        _gate(stand, tokens)
        tell(Event(move.node, "done", f"runs {move.to}; {_said(tokens)}"))


def _store(stand: Stand) -> Mapping[str, str]:
    """Before a step, while its group is served as it was: after it, this is what the next version must read.

    A group that nobody serves has none: its step is what is to mend that.
    """
    roles = stand.roles()
    led = [g.name for g in stand.plan.settled.groups if any(roles[b.name] == "master" for b in g.brokers)]
    return {group: stand.store(group) for group in led if stand.speaks(group)}


def _gate(stand: Stand, tokens: Mapping[str, str]) -> None:
    """All is ready; what was stored before the step comes out after it; one more message goes in and out."""
    stand.wait_ready()
    for group, token in tokens.items():
        stand.fetch(group, token)
    for group in tokens:
        stand.fetch(group, stand.store(group))


def _said(tokens: Collection[str]) -> str:
    if not tokens:
        return "all is ready (no STOMP connector: no message was sent)"
    return "all is ready, and a message stored before it came out"


def _go_back(stand: Stand, former: Mapping[str, str], done: Done, because: AmqctlError, tell: Tell) -> None:
    """Only what was moved; whoever never was runs on untouched."""
    back = {m.node: former[m.node] for m in done.moved} | {n: v for n, v in former.items() if stand.versions[n] != v}
    try:
        _return_all(stand, back, former, done.back, tell)
    except AmqctlError as exc:
        raise AmqctlError(
            f"the upgrade failed ({because.message}), and so did the way back ({exc.message})",
            hint="amqctl status and amqctl logs show more; amqctl upgrade --to goes on in either direction",
            details=[*because.details, *exc.details],
        ) from because
    stand.record({**stand.versions, **former}, _others(stand, former))
    names = ", ".join(m.node for m in done.back) or "nobody"
    raise GateFailed(
        f"{because.message}; went back: {names}, and all is ready as it was",
        hint="amqctl logs shows what the new version wrote", details=because.details,
    ) from because  # fmt: skip


def _return_all(stand: Stand, back: Mapping[str, str], former: Mapping[str, str], done: list[Move], tell: Tell) -> None:
    """The node that broke the gate may be of no role at all, so nothing is waited for before the last."""
    for move in moves(stand.plan, back, (), stand.roles(), stand.versions):
        if stand.runs(move.node, move.to) and stand.versions[move.node] == move.to:
            continue
        tell(Event(move.node, "progress", f"back to {move.to}"))
        stand.record({**stand.versions, move.node: move.to}, former)
        done.append(move)
        stand.replace(move.node)
    stand.wait_ready()
    groups = [g.name for g in stand.plan.settled.groups if stand.speaks(g.name)]
    for group in groups:
        stand.fetch(group, stand.store(group))


def _others(stand: Stand, nodes: Collection[str]) -> Mapping[str, str]:
    """What another upgrade, of other nodes, has left unfinished."""
    return {node: version for node, version in stand.former.items() if node not in nodes}


def _was(stand: Stand) -> Mapping[str, str]:
    return {node: stand.former.get(node, version) for node, version in stand.versions.items()}
