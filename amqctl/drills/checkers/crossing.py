"""What a takeover costs those who are not at its place: a bridge to it, and 200 clients."""

from __future__ import annotations

from statistics import median

from amqctl.drills import history as h
from amqctl.drills.checkers.delivery import came
from amqctl.drills.model import History, Verdict


def crossed_again(history: History) -> Verdict:
    """From the first acknowledgement of the next master to the first message there that was sent at the near group
    after that."""
    facts = h.setup(history)
    near, far = facts["to_group"], facts["hurt"]
    budget = facts["own_budget"]
    claim = f"messages from {near} to {far} cross again within {budget:g} s of the takeover"
    hurt, took = h.fault(history), h.takeover(history)
    if hurt is None or hurt.ended is None or took is None:
        return Verdict(claim, None, "no takeover was seen at the far end")
    nodes, sent = set(facts["nodes"]), h.sends(history)
    crossed = [op for op in came(history, "receive") if op.who.startswith("consumer") and op.node in nodes]
    crossed = [op for op in crossed if (s := sent.get(h.message_id(op))) is not None and s.node not in nodes]
    before = [op for op in crossed if op.at <= hurt.invoked]
    serves = took.began + took.seconds
    fresh = [op for op in crossed if sent[h.message_id(op)].invoked >= serves and op.node != hurt.node]
    found: dict[str, object] = {"before": len(before), "after": len(fresh), "takeover_seconds": round(took.seconds, 3)}
    if not before:
        return Verdict(claim, None, "no message crossed before the fault", found)
    if not fresh:
        waited = history[-1].at - serves
        short = next((op.value["because"] for op in history if op.what == "arriving" and op.phase == "fail"), "")
        told = short or f"waited {waited:.1f} s"
        return Verdict(claim, False if short else None, f"no message crossed to {took.node}: {told}", found)
    seconds = fresh[0].at - serves
    found |= {"crossing_seconds": round(seconds, 3), "since the fault": round(fresh[0].at - took.began, 3)}
    text = f"{near} -> {far}: messages cross again {seconds:.2f} s after {took.node} served"
    if seconds > budget:
        return Verdict(claim, False, f"{text}, the budget is {budget:g} s", found)
    return Verdict(claim, True, text, found)


def all_back(history: History) -> Verdict:
    """Each client had a message acknowledged by the old master, and one that it sent later by another, while all of
    them were there: who was let in only when the others left was left out."""
    facts = h.setup(history)
    claim = "every client that lost its master is served by the next"
    hurt = h.fault(history)
    if hurt is None or hurt.ended is None:
        return Verdict(claim, None, "no master was hurt")
    clients = [s for s in h.sends(history).values() if s.who.startswith("client")]
    names = {s.who for s in clients}
    never_in = next((op.value for op in history if op.what == "arriving" and op.phase == "fail"), None)
    before = {s.who for s in clients if s.phase == "ok" and s.served == hurt.node and s.invoked <= hurt.ended}
    awaited = next((op.at for op in history if op.what == "arriving" and op.at > hurt.invoked), history[-1].at)
    after: dict[str, float] = {}
    for s in clients:
        in_time = s.phase == "ok" and s.ended is not None and s.ended <= awaited
        if in_time and s.ended is not None and s.served in facts["nodes"] and s.served != hurt.node:
            after.setdefault(s.who, s.ended - hurt.invoked)
    lost = sorted(before - set(after))
    found = {"clients": len(names), "before": len(before), "back": len(after), "seconds": sorted(after.values())}
    if lost:
        waited = awaited - hurt.invoked
        text = f"{len(lost)} of {len(before)} clients were not served again in {waited:.0f} s, e.g. {lost[0]}"
        return Verdict(claim, False, text, found)
    if never_in is not None and len(before) < never_in["of"]:
        return Verdict(claim, False, f"{never_in['done']} of {never_in['of']} clients were served at all", found)
    if not before or len(before) < len(names):
        return Verdict(claim, None, f"{len(before)} of {len(names)} clients were served before the fault", found)
    times = sorted(after.values())
    text = (
        f"{len(after)} of {len(before)} clients were served again: the first {times[0]:.2f} s after the kill, half by"
        f" {median(times):.2f} s, all by {times[-1]:.2f} s"
    )
    return Verdict(claim, True, text, found)
