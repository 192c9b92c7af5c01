"""Where messages came to, and where they must not."""

from __future__ import annotations

from collections import Counter
from typing import Any

from amqctl.drills import history as h
from amqctl.drills.checkers.delivery import came
from amqctl.drills.model import History, Op, Verdict

SHOWN = 3  # pairs in a sentence


def reached(history: History) -> Verdict:
    """Of every ordered pair of groups: what was sent at one came to the other, or did not, as the links say."""
    claim = "what is sent at one group comes to every group that links lead to, and to no other"
    ways = [op for op in history if op.what == "reach"]
    if not ways:
        return Verdict(claim, None, "no message was sent from group to group")
    came_to = Counter((op.who.removeprefix("reach@"), h.message_id(op)) for op in came(history, "receive"))
    wrong: list[str] = []
    table: dict[str, bool] = {}
    for op in ways:
        way: dict[str, Any] = op.value
        got = [key for key in way["ids"] if came_to[way["to"], key]]
        table[f"{way['from']} -> {way['to']}"] = bool(got)
        if way["groups"] and len(got) < len(way["ids"]):
            wrong.append(_missed(way, len(got)))
        elif got and not way["groups"]:
            wrong.append(f"{way['from']} -> {way['to']} was reached, and no link leads there")
    found = {"reached": table, "wrong": wrong}
    if wrong:
        more = f", and {len(wrong) - SHOWN} more" if len(wrong) > SHOWN else ""
        return Verdict(claim, False, "; ".join(wrong[:SHOWN]) + more, found)
    if untold := [op for op in ways if not op.value["ids"]]:
        who = ", ".join(sorted({op.value["from"] for op in untold}))
        return Verdict(claim, None, f"no message was taken at {who}", found)
    if twice := sorted(key for (who, key), n in came_to.items() if n > 1 and not who.startswith("drain")):
        return Verdict(claim, False, f"{len(twice)} messages came twice, e.g. {twice[0]}", found)
    return Verdict(claim, True, _told(ways), found)


def _missed(way: dict[str, Any], got: int) -> str:
    over = way["groups"][1:-1]
    through = f" over {', '.join(over)}" if over else ""
    because = f": {way['stops']}" if way["stops"] else ""
    return f"{way['from']} -> {way['to']}{through}: {got} of {len(way['ids'])} messages came{because}"


def _told(ways: list[Op]) -> str:
    lead = [op for op in ways if op.value["groups"]]
    farthest = max(len(op.value["groups"]) - 1 for op in lead) if lead else 0
    text = f"all {len(lead)} ways between groups carry, the longest over {farthest} link{'s' if farthest != 1 else ''}"
    rest = len(ways) - len(lead)
    return text + (f"; the {rest} without a link carry nothing" if rest else "")
