"""Who was master, and when."""

from __future__ import annotations

from amqctl.drills import history as h
from amqctl.drills.model import History, Verdict

BEFORE, AFTER = 1.0, 2.0  # seconds around an overlap in which a line about the lock is its reason
SHOWN, WIDEST = 3, 120  # such lines in a sentence, and characters of each


def took_over(history: History) -> Verdict:
    facts = h.setup(history)
    claim = f"another broker of {facts['hurt']} is master within {facts['budget']:g} s"
    hurt = h.fault(history)
    if hurt is None:
        return Verdict(claim, None, "no master was hurt, so nothing was taken over")
    if hurt.ended is None:
        return Verdict(claim, None, f"the {hurt.kind} of {hurt.node} was not completed")
    took = h.takeover(history)
    if took is None:
        given_up = (op.at for op in history if op.what == "takeover" and op.phase == "fail")
        waited = next(given_up, history[-1].at) - hurt.invoked
        text = f"no send was acknowledged by another broker in {waited:.1f} s after {hurt.node} was hurt"
        return Verdict(claim, False if waited > facts["budget"] else None, text)
    parts = h.phases(history, took)
    found = {
        "from": hurt.node, "to": took.node, "pid before": hurt.pid, "pid after": took.pid,
        "takeover_seconds": round(took.seconds, 3), "lock_seconds": h.rounded(parts.lock),
        "recovery_seconds": h.rounded(parts.recovery), "connectors_seconds": h.rounded(parts.connectors),
    }  # fmt: skip
    if took.pid is not None and took.pid == hurt.pid:
        return Verdict(claim, False, f"{took.node} serves with the old master's pid {took.pid}", found)
    text = f"{took.node} took over from {hurt.node} in {took.seconds:.2f} s"
    if took.seconds > facts["budget"]:
        return Verdict(claim, False, f"{text}, the budget is {facts['budget']:g} s", found)
    return Verdict(claim, True, text, found)


def one_master_at_a_time(history: History) -> Verdict:
    """Two nodes both served if one answered between two answers of the other.

    Overlapping handshakes alone prove nothing: the first may have been answered before the fault and
    the second after it. An answer falls somewhere between invoke and completion, so only what lies
    wholly between two answers of the other node counts. Acknowledged sends are answers too.
    """
    claim = "a group has one master at a time"
    answers = _answers(history)
    if not answers:
        return Verdict(claim, None, "nobody was sampled")
    if not any(op.value["answers"] for op in history if op.what == "sample"):
        return Verdict(claim, None, "no sample was ever answered")
    # An answer of several samples in one stretch: surely serving from its first end to its last begin.
    stretches = {node: _stretches(spans) for node, spans in answers.items()}
    for node, spans in answers.items():
        for other, sure in stretches.items():
            if other == node:
                continue
            both = [s for s in spans if s[2] and any(a <= s[0] and s[1] <= b for a, b in sure)]
            if both:
                length = both[-1][1] - both[0][0]
                text = f"{node} and {other} both served for {length:.2f} s, from {both[0][0]:.2f} s into the run"
                said = _said_of_the_lock(history, (node, other), both[0][0], both[-1][1])
                found = {"nodes": [node, other], "seconds": round(length, 3), "log": said}
                return Verdict(claim, False, "; ".join([text, *said[-SHOWN:]]), found)
    unseen = [n for n in h.setup(history)["nodes"] if n not in {op.node for op in history if op.what == "sample"}]
    if unseen:
        return Verdict(claim, None, f"{', '.join(unseen)} was never sampled")
    count = sum(1 for op in history if op.what == "sample")
    return Verdict(claim, True, f"never two masters in {count} samples", {"samples": count})


def _said_of_the_lock(history: History, nodes: tuple[str, str], began: float, ended: float) -> list[str]:
    """ActiveMQ's own reason: what both wrote about the lock from the fault, or a little before, until after it."""
    hurt = h.fault(history)
    since = min(began, hurt.invoked if hurt else began) - BEFORE
    return [
        f"{op.node} at {op.at:.2f} s: “{op.value['text'][:WIDEST]}”"
        for op in history
        if op.what == "log" and op.node in nodes and op.value["proves"].startswith("lock")
        and since <= op.at <= ended + AFTER
    ]  # fmt: skip


Span = tuple[float, float, bool]  # began, ended, answered


def _answers(history: History) -> dict[str, list[Span]]:
    """By node and in order: samples, acknowledged sends, and the fault as a sample that was not answered."""
    members = set(h.setup(history)["nodes"])
    out: dict[str, list[Span]] = {}
    for op in history:
        if op.what == "sample" and op.node in members:
            out.setdefault(op.node, []).append((op.value["from"], op.at, bool(op.value["answers"])))
    if not out:
        return {}
    for sent in h.sends(history).values():
        if sent.phase == "ok" and sent.ended is not None and sent.node in members:
            out.setdefault(sent.node, []).append((sent.invoked, sent.ended, True))
    # when an engine's restart has ended, its brokers may serve again already
    for op in history:
        if op.what in ("kill", "stop", "stop-group") and op.phase == "ok" and op.node in members:
            out.setdefault(op.node, []).append((op.at, op.at, False))
    return {node: sorted(spans) for node, spans in out.items()}


def _stretches(spans: list[Span]) -> list[tuple[float, float]]:
    """Where a node surely served throughout: from the end of one answer to the beginning of a later one,
    with no sample between them that went unanswered."""
    out: list[tuple[float, float]] = []
    since = until = None
    for began, ended, answered in spans:
        if not answered:
            since = until = None
        elif since is None:
            since = ended
        elif began > since:
            if until is not None:
                out.pop()
            until = began
            out.append((since, until))
    return out
