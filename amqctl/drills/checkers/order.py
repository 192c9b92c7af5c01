"""In what order messages came, and to whom."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from amqctl.drills import history as h
from amqctl.drills.checkers.delivery import came
from amqctl.drills.model import History, Op, Verdict


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
    """At one master, one of them. Which one the next master takes is open: who is first there."""
    claim = "of several exclusive consumers one is served at a time"
    served = _by_node(history)
    idle = {node: len(_listening(history, node)) for node in served}
    found = {"served": {node: sorted(who) for node, who in served.items()}, "listening": idle}
    for node, who in served.items():
        if len(who) > 1:
            return Verdict(claim, False, f"{node} served {' and '.join(sorted(who))} side by side", found)
    if len(served) < 2:
        return Verdict(claim, None, "messages did not come from two masters", found)
    if alone := [node for node, count in idle.items() if count < 2]:
        return Verdict(claim, None, f"nobody competed at {', '.join(alone)}", found)
    said = ", ".join(f"{next(iter(who))} at {node}" for node, who in served.items())
    return Verdict(claim, True, f"one of two consumers was served: {said}", found)


def one_consumer_a_group(history: History) -> Verdict:
    """At each master. That the groups are spread is judged before the fault: afterwards the first consumer to come
    back may get them all (ActiveMQ's consumersBeforeDispatchStarts is for that)."""
    claim = "each message group goes to one consumer, and the groups are spread"
    groups = h.message_groups(history)
    owners: dict[tuple[str, str], set[str]] = defaultdict(set)
    for op in _delivered(history):
        if (group := groups.get(h.message_id(op))) is not None:
            owners[op.node, group].add(op.who)
    found = {"owners": {f"{node} {group}": sorted(who) for (node, group), who in owners.items()}}
    if not owners:
        return Verdict(claim, None if not _delivered(history) else False, "no message of a group came", found)
    for (node, group), who in owners.items():
        if len(who) > 1:
            return Verdict(claim, False, f"group {group} went to {' and '.join(sorted(who))} at {node}", found)
    hurt = h.fault(history)
    if hurt is None or len({node for node, _ in owners}) < 2:
        return Verdict(claim, None, "messages did not come from two masters", found)
    first = {group: next(iter(who)) for (node, group), who in owners.items() if node == hurt.node}
    consumers = set(first.values())
    if len(consumers) < 2:
        text = f"all {len(first)} groups went to {', '.join(consumers) or 'nobody'} at {hurt.node}"
        return Verdict(claim, False, text, found)
    return Verdict(claim, True, f"{len(first)} groups, each to one of {len(consumers)} consumers", found)


def _delivered(history: History) -> list[Op]:
    """To those who listen; not what was read from the queues at the end."""
    return [op for op in came(history, "receive") if not op.who.startswith("drain")]


def _by_node(history: History) -> Mapping[str, set[str]]:
    served: dict[str, set[str]] = defaultdict(set)
    for op in _delivered(history):
        served[op.node].add(op.who)
    return served


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
