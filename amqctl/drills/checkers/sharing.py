"""How competing consumers share, and whether messages follow one that moves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from amqctl.drills import history as h
from amqctl.drills.checkers.delivery import came
from amqctl.drills.model import History, Verdict

TOLERANCE = 0.25  # of an even share. Brokers deal out in turn; what a demand that comes late costs is a few.
COUNTED = "share-1-"  # ids of the second sending: the first went while brokers learned of the consumers


def shared(history: History) -> Verdict:
    """By consumer, or by group where the bridge takes the consumers of a broker for one (conduitSubscriptions)."""
    facts = h.setup(history)
    by_group = facts["asks"] == "groups"
    wording = "half of the messages stays, half crosses" if by_group else "each consumer has as many messages"
    claim = f"{facts['label']}: {wording}"
    counts = {op.who: 0 for op in history if op.what == "listen" and op.phase == "ok"}
    for op in came(history, "receive"):
        if op.who in counts and h.message_id(op).startswith(COUNTED):
            counts[op.who] += 1
    total = sum(counts.values())
    sent = sum(s.phase == "ok" for i, s in h.sends(history).items() if i.startswith(COUNTED))
    shares = Counter[str]()
    for who, count in counts.items():
        shares[who.rpartition("-")[0] if by_group else who] += count
    turn = {group: place for place, group in enumerate(dict.fromkeys(who.rpartition("-")[0] for who in counts))}
    by_name = sorted(counts, key=lambda who: (turn[who.rpartition("-")[0]], who))
    said = ", ".join(f"{counts[who]} by {who}" for who in by_name)
    found = {"counts": counts, "sent": sent}
    if not sent or len(counts) < 3:
        return Verdict(claim, None, f"{len(counts)} consumers subscribed, {sent} messages acknowledged", found)
    even = total / len(shares)
    uneven = [who for who, n in shares.items() if abs(n - even) > TOLERANCE * even]
    if any(n == 0 for n in counts.values()):
        uneven = [who for who, n in counts.items() if n == 0]
    if uneven:
        whole = "half" if by_group else f"{even:.0f} each"
        return Verdict(claim, False, f"of {total} messages, {said}: no even share ({whole})", found)
    if total < sent:
        return Verdict(claim, False, f"{total} of {sent} messages came to the consumers", found)
    return Verdict(claim, True, f"of {total} messages, {said}", found)


def followed(history: History) -> Verdict:
    facts = h.setup(history)
    claim = f"{facts['label']}: what lies at one group follows its consumer to the other, and back"
    lay = [op.value for op in history if op.what == "lay"]
    where = ", ".join(f"{_depth(v)} lay at {v['group']}" for v in lay if v["depth"] is not None)
    found = {"lay": lay}
    for op in history:
        if op.what in ("sending", "consuming") and op.phase == "fail":
            done, of, group = (op.value[key] for key in ("done", "of", "group"))
            verb = "came to the consumer" if op.what == "consuming" else "acknowledged"
            because = f" ({op.value['because']}; {where})" if where else f" ({op.value['because']})"
            return Verdict(claim, False, f"{done} of {of} messages {verb} at {group}{because}", found)
    counted = [op for op in history if op.what in ("sending", "consuming")]
    if len(counted) < facts["counted"]:
        return Verdict(claim, None, f"the script came to {len(counted)} of its {facts['counted']} counts", found)
    for group in (facts["to_group"], facts["hurt"]):
        if not any(value["group"] == group and value["depth"] for value in lay):
            return Verdict(claim, None, f"nobody saw messages lie at {group} when the consumer left", found)
    moves = sum(op.what == "consuming" for op in history) - 1
    return Verdict(claim, True, f"nothing was left behind in {moves} moves ({where})", found)


def _depth(lay: Mapping[str, Any]) -> str:
    """Fewer than all are no fault (a bridge may prefetch few, and its demand goes with the consumer), but told."""
    return str(lay["depth"]) if lay["depth"] == lay["of"] else f"{lay['depth']} of {lay['of']}"
