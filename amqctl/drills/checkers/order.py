"""In what order messages came, and to whom."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import inf
from typing import TypeVar

from amqctl.drills import history as h
from amqctl.drills.checkers.delivery import came
from amqctl.drills.model import History, Op, Verdict

NOTICED = 0.25  # seconds by which a broker may know sooner than its client that their connection is lost

Of = TypeVar("Of", bound=Hashable)


def in_order(history: History) -> Verdict:
    """First deliveries of each producer's messages, or of each message group's: ascending numbers."""
    claim = "messages come in the order in which they were sent, also over a takeover"
    groups = h.message_groups(history)
    last: dict[str, tuple[int, str]] = {}
    seen: set[str] = set()
    wrong: list[tuple[str, str]] = []
    for op in _delivered(history):
        key = h.message_id(op)
        if key in seen:
            continue  # comes again, because nobody acknowledged it
        seen.add(key)
        number = int(key.rpartition("-")[2])
        line = groups.get(key) or key.rpartition("-")[0]
        if line in last and number < last[line][0]:
            wrong.append((key, last[line][1]))
        else:
            last[line] = number, key
    found = {"delivered": len(seen), "wrong": wrong[:5]}
    if wrong:
        return Verdict(claim, False, f"{len(wrong)} came too late, e.g. {wrong[0][0]} after {wrong[0][1]}", found)
    before, after = _around(history)
    if not before or not after:
        return Verdict(claim, None, f"{before} messages came before the fault and {after} after it", found)
    if short := _short(history):
        return Verdict(claim, False, short, found)
    return Verdict(claim, True, f"{before} messages in order before the fault, {after} after it", found)


def one_consumer_at_a_time(history: History) -> Verdict:
    """At one master, one of them. Which one the next master takes is open: who is first there; and so is who comes
    after one that lost its connection to a master that lives."""
    claim = "of several exclusive consumers one is served at a time"
    served = _claims(history, [(op, op.node) for op in _delivered(history)])
    idle = {node: len(_listening(history, node)) for node in served}
    found = {"served": {node: _names(claims) for node, claims in served.items()}, "listening": idle}
    for node, claims in served.items():
        if both := _overlapping(claims):
            return Verdict(claim, False, f"{node} served {' and '.join(both)} side by side", found)
    if len(served) < 2:
        return Verdict(claim, None, "messages did not come from two masters", found)
    if alone := [node for node, count in idle.items() if count < 2]:
        return Verdict(claim, None, f"nobody competed at {', '.join(alone)}", found)
    said = ", ".join(f"{', then '.join(_names(claims))} at {node}" for node, claims in served.items())
    return Verdict(claim, True, f"one of two consumers was served: {said}", found)


def one_consumer_a_group(history: History) -> Verdict:
    """At each master, until it loses its connection. That the groups are spread is judged before the fault: afterwards
    the first consumer to come back may get them all (ActiveMQ's consumersBeforeDispatchStarts is for that)."""
    claim = "each message group goes to one consumer, and the groups are spread"
    groups = h.message_groups(history)
    grouped = [(op, groups[key]) for op in _delivered(history) if (key := h.message_id(op)) in groups]
    owners = _claims(history, [(op, (op.node, group)) for op, group in grouped])
    found = {"owners": {f"{node} {group}": _names(claims) for (node, group), claims in owners.items()}}
    if not owners:
        return Verdict(claim, None if not _delivered(history) else False, "no message of a group came", found)
    for (node, group), claims in owners.items():
        if both := _overlapping(claims):
            return Verdict(claim, False, f"group {group} went to {' and '.join(both)} at {node}", found)
    hurt = h.fault(history)
    if hurt is None or len({node for node, _ in owners}) < 2:
        return Verdict(claim, None, "messages did not come from two masters", found)
    first = {group: claims[0].who for (node, group), claims in owners.items() if node == hurt.node}
    consumers = set(first.values())
    if len(consumers) < 2:
        text = f"all {len(first)} groups went to {', '.join(consumers) or 'nobody'} at {hurt.node}"
        return Verdict(claim, False, text, found)
    return Verdict(claim, True, f"{len(first)} groups, each to one of {len(consumers)} consumers", found)


@dataclass(slots=True)
class _Claim:
    """What one connection of a consumer had, from its first message to its last. until: when it left or lost its
    connection. Seconds since the run began."""

    who: str
    first: float
    last: float
    until: float


def _claims(history: History, served: Sequence[tuple[Op, Of]]) -> Mapping[Of, list[_Claim]]:
    """Of each thing that deliveries are of (a master, or a message group at one), who had it, in order of the first
    message."""
    ends: dict[str, list[float]] = defaultdict(list)
    for op in history:
        if op.what == "leave" or (op.what == "listen" and op.phase == "fail"):
            ends[op.who].append(op.at)
    found: dict[Of, dict[tuple[str, float], _Claim]] = defaultdict(dict)
    for op, of in served:
        until = next((at for at in ends[op.who] if at >= op.at), inf)
        found[of].setdefault((op.who, until), _Claim(op.who, op.at, op.at, until)).last = op.at
    return {of: list(claims.values()) for of, claims in found.items()}


def _overlapping(claims: Sequence[_Claim]) -> tuple[str, str] | None:
    """Two that had it at once: one was served though another still had its place, or was served again later."""
    for one, later in combinations(claims, 2):
        if later.first < max(one.last, one.until - NOTICED) and one.who != later.who:
            first, second = sorted((one.who, later.who))
            return first, second
    return None


def _names(claims: Sequence[_Claim]) -> list[str]:
    return list(dict.fromkeys(claim.who for claim in claims))


def _delivered(history: History) -> list[Op]:
    """To those who listen; not what was read from the queues at the end."""
    return [op for op in came(history, "receive") if not op.who.startswith("drain")]


def _listening(history: History, node: str) -> set[str]:
    return {op.who for op in history if op.what == "listen" and op.phase == "ok" and op.node == node}


def _around(history: History) -> tuple[int, int]:
    hurt = h.fault(history)
    if hurt is None:
        return 0, 0
    times = [op.node == hurt.node for op in _delivered(history)]
    return times.count(True), times.count(False)


def _short(history: History) -> str:
    """A count of the script that was not reached."""
    short = next((op.value for op in history if op.what == "arriving" and op.phase == "fail"), None)
    return f"{short['done']} of {short['of']} came: {short['because']}" if short else ""
