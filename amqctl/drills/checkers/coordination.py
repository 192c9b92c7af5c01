"""What a replicated store promises while members or their ZooKeeper are away."""

from __future__ import annotations

from itertools import groupby, pairwise

from amqctl.drills import history as h
from amqctl.drills.model import History, Op, Verdict

LOOKS = 5  # samples of each survivor, fewer say nothing of a time in which nobody served


def nobody_serves_below_quorum(history: History) -> Verdict:
    """From the death of the last of the killed until the quorum is there again."""
    claim = "below the quorum there is no master, and no message is acknowledged"
    lost = _op(history, "kill-most", "ok")
    back = _op(history, "regain", "invoke")
    if lost is None or back is None:
        return Verdict(claim, None, "the quorum was not lost and regained")
    acked = [s for s in h.sends(history).values() if s.phase == "ok" and lost.at < (s.ended or 0.0) < back.at]
    if acked:
        text = f"{len(acked)} messages were acknowledged below the quorum, e.g. {acked[0].id} by {acked[0].node}"
        return Verdict(claim, False, text, {"acknowledged": len(acked)})
    survivors = [n for n in h.setup(history)["nodes"] if n not in lost.value["nodes"]]
    seen = [op for op in history if op.what == "sample" and lost.at <= op.value["from"] and op.at <= back.at]
    if served := [op for op in seen if op.value["answers"]]:
        text = f"{served[0].node} served {served[0].at - lost.at:.2f} s after the quorum was lost"
        return Verdict(claim, False, text, {"nodes": sorted({op.node for op in served})})
    few = [n for n in survivors if sum(op.node == n for op in seen) < LOOKS]
    seconds = back.at - lost.at
    if few or not survivors:
        return Verdict(claim, None, f"{', '.join(few) or 'no survivor'} was hardly asked in those {seconds:.1f} s")
    budget = h.setup(history)["budget"]
    if seconds < budget:
        text = f"the quorum was away for {seconds:.1f} s, and a takeover may take {budget:g} s"
        return Verdict(claim, None, text)
    refused = sum(
        s.phase != "ok" and lost.at <= s.invoked <= back.at for s in h.sends(history).values()
    )  # fmt: skip
    text = f"nobody served and nothing was acknowledged in {seconds:.1f} s with {len(survivors)} of" + (
        f" {len(h.setup(history)['nodes'])} brokers, {lost.value['quorum']} needed"
    )
    return Verdict(claim, True, text, {"seconds": round(seconds, 3), "not acknowledged": refused})


def serves_again(history: History) -> Verdict:
    """After the harm is undone, and nobody but the drill has started anything."""
    claim = "when the quorum is there again, there is a master again"
    back = _op(history, "regain", "ok") or _op(history, "zookeeper-back", "ok")
    if back is None:
        return Verdict(claim, None, "the harm was not undone")
    after = [s for s in h.sends(history).values() if s.phase == "ok" and s.invoked >= back.at]
    if not after:
        return Verdict(claim, False, f"nothing was acknowledged in the {history[-1].at - back.at:.1f} s after it")
    first = min(after, key=lambda s: s.ended or 0.0)
    seconds = (first.ended or 0.0) - back.at
    text = f"{first.node} served {seconds:.2f} s after it was there again"
    return Verdict(claim, True, text, {"node": first.node, "seconds": round(seconds, 3)})


def hardly_disturbed(history: History) -> Verdict:
    """Less than the quorum of ZooKeeper is lost. A master whose own connection led to the lost one steps down at once
    (seen: "Demoted to slave" 0.1 s after its socket's end, with its session still good for two seconds)."""
    facts = h.setup(history)
    claim = "the loss of one ZooKeeper of several is one takeover at most: of the master that was connected to it"
    gone, back = _op(history, "stop-zookeeper", "ok"), _op(history, "zookeeper-back", "invoke")
    hurt = h.fault(history)
    if gone is None or back is None or hurt is None:
        return Verdict(claim, None, "no ZooKeeper was stopped and started again")
    meanwhile = sorted(
        (s for s in h.sends(history).values() if s.phase == "ok" and hurt.invoked <= (s.ended or 0.0)),
        key=lambda s: s.ended or 0.0,
    )
    during = [s for s in meanwhile if gone.at <= s.invoked and (s.ended or 0.0) <= back.at]
    served = [node for node, _ in groupby([hurt.node, *(s.node for s in meanwhile)])]
    longest = _longest_pause(history, hurt.invoked)
    found = {"longest pause": round(longest, 3), "acknowledged": len(during), "served": served}
    if len(served) > 2:
        return Verdict(claim, False, f"one took over from the other more than once: {', '.join(served)}", found)
    if hurt.node in h.ended_meanwhile(history):
        return Verdict(claim, False, f"{hurt.node} ended and came back as a new process", found)
    if longest > facts["budget"]:
        text = f"nothing was acknowledged for {longest:.2f} s, and a takeover may take {facts['budget']:g} s"
        return Verdict(claim, False, text, found)
    lost = ", ".join(gone.value["servers"])
    # a pause as long as a session, and it was elected anew, whoever serves after it
    if len(served) == 2 or longest > facts["session"]:
        text = f"{hurt.node} stepped down without {lost}, and {served[-1]} served"
    elif len(during) < facts["standard"]["after"]:
        return Verdict(claim, None, f"only {len(during)} messages were acknowledged while it was away", found)
    else:
        text = f"{hurt.node} served on, {len(during)} acknowledged without {lost}"
    return Verdict(claim, True, f"{text}, the longest pause {longest:.2f} s", found)


def stepped_down_or_stayed(history: History) -> Verdict:
    """Nothing is promised of the old master while there is no ZooKeeper: what it did is told."""
    claim = "without ZooKeeper there is no new master"
    away = _op(history, "stop-zookeeper", "ok") or _op(history, "pause-zookeeper", "ok")
    back, hurt = _op(history, "zookeeper-back", "invoke"), h.fault(history)
    if away is None or back is None or hurt is None:
        return Verdict(claim, None, "ZooKeeper was not away")
    acked = [
        s for s in h.sends(history).values() if s.phase == "ok" and away.at <= s.invoked and (s.ended or 0) < back.at
    ]
    new = sorted({s.node for s in acked} - {hurt.node})
    answered = {op.node for op in history if op.what == "sample" and op.value["answers"]
                and away.at <= op.value["from"] and op.at <= back.at}  # fmt: skip
    if new := sorted({*new, *(answered - {hurt.node})}):
        text = f"{', '.join(new)} served while ZooKeeper had no quorum"
        return Verdict(claim, False, text, {"nodes": new})
    if not acked:
        text = f"nobody was master: {hurt.node} stepped down"
    else:
        last = max(s.ended or 0.0 for s in acked) - away.at
        whole = back.at - away.at - last < 1.0
        text = f"{hurt.node} went on all the time" if whole else f"{hurt.node} served for another {last:.1f} s"
    return Verdict(claim, True, f"{text} ({back.at - away.at:.1f} s without)", {"acknowledged": len(acked)})


def _longest_pause(history: History, since: float) -> float:
    """Between two acknowledgements, the second of them after `since`."""
    ends = sorted(s.ended or 0.0 for s in h.sends(history).values() if s.phase == "ok")
    return max((b - a for a, b in pairwise(ends) if b > since), default=float("inf"))


def _op(history: History, what: str, phase: str) -> Op | None:
    return next((op for op in history if op.what == what and op.phase == phase), None)
