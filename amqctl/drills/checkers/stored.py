"""What stood in a database, and what was never meant to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from amqctl.drills import history as h
from amqctl.drills.model import History, Op, Verdict


def in_the_tables(history: History) -> Verdict:
    """Each look is judged: one with the first master, one with the next."""
    claim = "ActiveMQ's tables are in the database, somebody has the lock, and each stored message is a row"
    looks = [op for op in history if op.what == "look"]
    failed = [op for op in looks if op.phase != "ok"]
    found = {"looks": [op.value for op in looks]}
    for op in looks:
        if op.phase == "ok" and (amiss := _amiss(op)):
            return Verdict(claim, False, amiss, found)
    if unseen := [op for op in looks if op.phase == "ok" and not op.node]:
        whose = ", ".join(unseen[0].value["holders"])
        what = f"no broker answered as master during a look, so whether it should be {whose} who has the lock is open"
        return Verdict(claim, None, what, found)
    if failed:
        return Verdict(claim, None, f"the database could not be looked into: {failed[0].value}", found)
    hurt = h.fault(history)
    if hurt is None or not (any(op.at < hurt.invoked for op in looks) and any(op.at > hurt.invoked for op in looks)):
        return Verdict(claim, None, "nobody looked both before and after the takeover", found)
    last = looks[-1]
    lock = f"the lease is {last.node}'s" if last.value["leases"] else "the lock's row is held"
    names, rows = ", ".join(last.value["expected"]), last.value["stored"]["main"]
    return Verdict(claim, True, f"{names} are there; {lock}; {rows} persistent messages are {rows} rows", found)


def _amiss(op: Op) -> str:
    seen: Mapping[str, Any] = op.value
    if lacking := [name for name in seen["expected"] if name not in seen["tables"]]:
        return f"no table {', '.join(lacking)}"
    if len(seen["holders"]) != 1:
        return f"the lock table has {len(seen['holders'])} rows"
    if seen["leases"] and op.node and seen["holders"][0] != op.node:
        return f"{op.node} is master, and the lease is {seen['holders'][0] or 'nobody'}'s"
    if seen["held"] is False:
        return f"{op.node or 'somebody'} is master, and nobody holds the lock's row"
    rows = dict(seen["stored"])
    main = rows.pop("main")
    if not seen["acknowledged"] <= main <= seen["attempted"]:
        return f"{seen['acknowledged']} persistent messages acknowledged, and {main} rows"
    return next((f"{n} non-persistent messages have a row" for n in rows.values() if n), "")


def volatile_gone(history: History) -> Verdict:
    """What became of messages that are promised nothing: told, whatever it is."""
    claim = "a non-persistent message is in the master's memory alone"
    taken = {key for key, ok in h.posts(history).items() if ok}
    if not taken:
        return Verdict(claim, None, "no non-persistent message was taken")
    out = {h.message_id(op) for op in history if op.what == "receive"} & taken
    lost = len(taken) - len(out)
    return Verdict(claim, True, f"{lost} of {len(taken)} non-persistent messages went with the master", {"lost": lost})
