"""What became of the messages."""

from __future__ import annotations

from collections import Counter

from amqctl.drills import history as h
from amqctl.drills.model import History, Op, Verdict
from amqctl.drills.results import Messages

SHOWN = 5  # ids in an evidence list


def messages(history: History) -> Messages:
    """A message that a browse found (a dead-letter queue) came out, and is no second delivery."""
    sent = h.sends(history)
    acked = {i for i, s in sent.items() if s.phase == "ok"}
    got = Counter(h.message_id(op) for op in came(history, "receive"))
    out = set(got) | {h.message_id(op) for op in came(history, "browse")}
    return Messages(
        attempted=len(sent),
        acknowledged=len(acked),
        received=len(out),
        lost=len(acked - out),
        duplicated=sum(n - 1 for n in got.values()),
        unexpected=len(out - set(sent)),
        # A fail that came out is one too: then "surely not sent" was wrong, and the evidence should show it.
        recovered=len(out & (set(sent) - acked)),
    )


def nothing_lost(history: History) -> Verdict:
    claim = "every acknowledged message comes out again, and nothing that was never sent"
    sent = h.sends(history)
    counts = messages(history)
    out = {h.message_id(op) for what in ("receive", "browse") for op in came(history, what)}
    lost = sorted(i for i, s in sent.items() if s.phase == "ok" and i not in out)
    invented = sorted(out - set(sent))
    lied = sorted(i for i in out if i in sent and sent[i].phase == "fail")
    volatile = {i for i, s in sent.items() if s.phase == "ok" and not s.persistent} | {
        h.message_id(op) for op in came(history, "receive") if not h.is_persistent(op)
    }
    left = [op for op in history if op.what == "drain" and op.phase == "fail"]
    found = {
        "lost": lost[:SHOWN], "unexpected": invented[:SHOWN], "sent after all": lied[:SHOWN],
        "not persistent": len(volatile), "dead-lettered": len(came(history, "browse")),
        "not drained": [op.value for op in left],
        "rows left": next((op.value for op in history if op.what == "rows"), None),
    }  # fmt: skip
    if invented:
        example = f"{len(invented)} received that nobody sent, e.g. {invented[0]}"
        return Verdict(claim, False, example, found)
    rows = next((op.value for op in history if op.what == "rows" and op.phase == "ok"), 0)
    if lost and rows >= len(lost):
        text = (
            f"{len(lost)} of {counts.acknowledged} acknowledged not delivered; {rows} are rows of the database, which "
        )
        return Verdict(claim, None, text + "the present master does not see: the next takeover brings them", found)
    if lost and left:
        text = f"{len(lost)} of {counts.acknowledged} acknowledged not seen, but not all queues were read to the end: "
        return Verdict(claim, None, text + str(left[0].value), found)
    if lost:
        text = f"{len(lost)} of {counts.acknowledged} acknowledged messages lost, e.g. {lost[0]}"
        if not_kept := [i for i in lost if i in volatile]:
            text += f"; {len(not_kept)} of the lost were sent non-persistent"
        return Verdict(claim, False, text, found)
    if volatile:
        text = f"{len(volatile)} sends were not persistent, so the claim was not put to the test"
        return Verdict(claim, None, text, found)
    dead = f", {len(came(history, 'browse'))} of them in the dead-letter queue" if came(history, "browse") else ""
    return Verdict(claim, True, f"{counts.acknowledged} acknowledged, none lost{dead}", found)


def bridged(history: History) -> Verdict:
    """The script's counts: all that was to be sent and consumed was, at each place, and no id twice."""
    facts = h.setup(history)
    claim = f"{facts['label']}: what is sent at one group is consumed at the other, also after a takeover"
    short = [op for op in history if op.what in ("sending", "consuming") and op.phase == "fail"]
    for op in short:
        done, of, where, queue = (op.value[k] for k in ("done", "of", "group", "queue"))
        if op.what == "consuming" and queue == "reverse":
            text = f"link {facts['link']} claims to carry from {facts['to_group']} to {facts['hurt']}, but " + (
                f"only {done} of {of} messages sent at {facts['to_group']} reached {where}"
            )
            return Verdict(claim, False, text)
        verb = "consumed" if op.what == "consuming" else "acknowledged"
        return Verdict(claim, False, f"{done} of {of} messages {verb} at {where}: {op.value['because']}")
    counted = [op for op in history if op.what in ("sending", "consuming") and op.phase == "ok"]
    if len(counted) < facts["counted"]:
        return Verdict(claim, None, f"the script came to {len(counted)} of its {facts['counted']} counts")
    return _sums(history, claim)


def _sums(history: History, claim: str) -> Verdict:
    """Of the main queue; the messages that prove the other direction have ids of their own."""
    acked = [i for i, s in h.sends(history).items() if s.phase == "ok"]
    sent = [i for i in acked if not i.startswith("reverse")]
    out = [op for op in came(history, "receive") if not h.message_id(op).startswith("reverse")]
    consumed = [op for op in out if op.who.startswith("consumer")]
    left = len(out) - len(consumed)
    twice = sorted(i for i, n in Counter(h.message_id(op) for op in out).items() if n > 1)
    lay = {op.value["group"]: op.value["depth"] for op in history if op.what == "depth"}
    found = {"sent": len(sent), "consumed": len(consumed), "left": left, "where": lay, "twice": twice[:SHOWN]}
    if twice:
        return Verdict(claim, False, f"{len(twice)} messages came twice, e.g. {twice[0]}", found)
    text = f"{len(sent)} sent, {len(consumed)} consumed, {left} left over both groups"
    if len(sent) != len(consumed) + left:
        undrained = any(op.what == "drain" and op.phase == "fail" for op in history)
        return Verdict(claim, None if undrained else False, text, found)
    where = ", ".join(f"{n} at {g}" for g, n in lay.items() if n is not None)
    back = f", {len(acked) - len(sent)} the other way" if len(acked) > len(sent) else ""
    return Verdict(claim, True, text + (f" ({where})" if where else "") + f", no id twice{back}", found)


def came(history: History, what: str) -> list[Op]:
    """Messages that came out, without those that were promised nothing. info: it was delivered, only its
    acknowledgement is in doubt."""
    posted = h.posts(history)
    found = (op for op in history if op.what == what and op.phase in ("ok", "info"))
    return [op for op in found if h.message_id(op) not in posted]
