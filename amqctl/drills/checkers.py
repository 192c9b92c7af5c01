"""Checkers: History -> Verdict. Pure folds; each judges one claim and says because in one clause.

`nothing_lost` is Jepsen's total-queue: what goes in must come out. It calls an empty history valid,
which is why no drill is judged without `not_vacuous` or the counts of its own script.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence

from amqctl.drills import history as h
from amqctl.drills.model import Checker, History, Messages, Op, Standard, Verdict

SHOWN = 5  # ids in an evidence list


def judge(history: History, checkers: Sequence[Checker]) -> tuple[Verdict, ...]:
    """A checker that crashes knows nothing; the run and the other verdicts stand."""
    out = []
    for checker in checkers:
        name = getattr(checker, "__name__", "checker")
        try:
            out.append(checker(history))
        except Exception as exc:  # noqa: BLE001  a checker's own bug must not cost the others' verdicts
            out.append(Verdict(name, None, f"unknown: checker {name} crashed: {type(exc).__name__}: {exc}"))
    return tuple(out)


def merge(verdicts: Iterable[Verdict]) -> bool | None:
    """False before None before True; of no verdict at all we know nothing."""
    seen = [v.valid for v in verdicts]
    if False in seen:
        return False
    return None if None in seen or not seen else True


# ── messages ────────────────────────────────────────────────────────────────────────────────────────


def messages(history: History) -> Messages:
    """A message that a browse found (a dead-letter queue) came out, and is no second delivery."""
    sent = h.sends(history)
    acked = {i for i, s in sent.items() if s.phase == "ok"}
    got = Counter(h.message_id(op) for op in _came(history, "receive"))
    out = set(got) | {h.message_id(op) for op in _came(history, "browse")}
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
    out = {h.message_id(op) for what in ("receive", "browse") for op in _came(history, what)}
    lost = sorted(i for i, s in sent.items() if s.phase == "ok" and i not in out)
    invented = sorted(out - set(sent))
    lied = sorted(i for i in out if i in sent and sent[i].phase == "fail")
    volatile = {i for i, s in sent.items() if s.phase == "ok" and not s.persistent} | {
        h.message_id(op) for op in _came(history, "receive") if not h.is_persistent(op)
    }
    left = [op for op in history if op.what == "drain" and op.phase == "fail"]
    found = {
        "lost": lost[:SHOWN], "unexpected": invented[:SHOWN], "sent after all": lied[:SHOWN],
        "not persistent": len(volatile), "dead-lettered": len(_came(history, "browse")),
        "not drained": [op.value for op in left],
    }  # fmt: skip
    if invented:
        example = f"{len(invented)} received that nobody sent, e.g. {invented[0]}"
        return Verdict(claim, False, example, found)
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
    dead = f", {len(_came(history, 'browse'))} of them in the dead-letter queue" if _came(history, "browse") else ""
    return Verdict(claim, True, f"{counts.acknowledged} acknowledged, none lost{dead}", found)


# ── mastership ──────────────────────────────────────────────────────────────────────────────────────


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
        "takeover_seconds": round(took.seconds, 3), "lock_seconds": _rounded(parts.lock),
        "recovery_seconds": _rounded(parts.recovery), "connectors_seconds": _rounded(parts.connectors),
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
                return Verdict(claim, False, text, {"nodes": [node, other], "seconds": round(length, 3)})
    count = sum(1 for op in history if op.what == "sample")
    return Verdict(claim, True, f"never two masters in {count} samples", {"samples": count})


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
    hurt = h.fault(history)
    if hurt is not None and hurt.ended is not None:
        out.setdefault(hurt.node, []).append((hurt.ended, hurt.ended, False))
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


# ── was it a test at all? ───────────────────────────────────────────────────────────────────────────


def not_vacuous(history: History) -> Verdict:
    claim = "the run put the claim to the test"
    standard = Standard(**h.setup(history)["standard"])
    hurt = h.fault(history)
    load = [s for s in h.sends(history).values() if s.who.startswith("producer")]
    if hurt is None:
        count = sum(1 for s in load if s.phase == "ok")
        said = "".join(f" ({s.because})" for s in load[-1:] if s.because)
        return Verdict(claim, None, f"no master was hurt, {count} acknowledged{said}")
    acked = sorted(s.ended for s in load if s.phase == "ok" and s.ended is not None)
    before = [s for s in load if s.phase == "ok" and s.node == hurt.node and (s.ended or 0) <= (hurt.ended or 0)]
    took = h.takeover(history)
    after = [s for s in load if s.phase == "ok" and took and s.node == took.node and s.invoked >= took.began]
    last_second = bisect_left(acked, hurt.invoked) - bisect_left(acked, hurt.invoked - 1.0)
    producers = len({s.who for s in load if s.phase == "ok"})
    flying = len({s.who for s in load if _in_flight(s, hurt)})  # each has one at a time
    gap, window = _sampling_gap(history, hurt, took), took.seconds if took else None
    found = {
        "acknowledged": len(acked), "producers": producers, "in the last second": last_second,
        "in flight": flying, "before": len(before), "after": len(after), "sampling gap": _rounded(gap),
    }  # fmt: skip
    lacks = [
        text for wrong, text in (
            (len(acked) < standard.acknowledged, f"{len(acked)} acknowledged, {standard.acknowledged} wanted"),
            (producers < standard.producers, f"{producers} producers, {standard.producers} wanted"),
            (last_second < standard.last_second,
             f"{last_second} acknowledged in the second before the fault, {standard.last_second} wanted"),
            (flying < standard.in_flight, "no send was in flight at the fault"),
            (not before, "nothing acknowledged before the fault"),
            (not after, "nothing acknowledged after it"),
            (took is not None and (took.pid is None or hurt.pid is None), "the masters' process ids are not known"),
            (gap is None, "nobody was sampled around the fault"),
            (gap is not None and window is not None and gap > window,
             f"a sampling gap of {gap or 0:.2f} s is wider than the takeover of {window or 0:.2f} s"),
        ) if wrong
    ]  # fmt: skip
    if lacks:
        return Verdict(claim, None, "proves nothing: " + ", ".join(lacks), found)
    text = f"{last_second} acknowledged in the second before the fault, {flying} in flight at it"
    return Verdict(claim, True, text, found)


def _in_flight(sent: h.Sent, hurt: h.Fault) -> bool:
    """At the signal, which falls between the nemesis' invoke and ok: open at its invoke, or cut off later."""
    if sent.node != hurt.node:
        return False
    ended = sent.ended if sent.ended is not None else float("inf")
    if sent.invoked <= hurt.invoked < ended:
        return True
    return sent.phase == "info" and sent.invoked <= (hurt.ended or hurt.invoked) and ended > hurt.invoked


def _sampling_gap(history: History, hurt: h.Fault, took: h.Takeover | None) -> float | None:
    """Seconds: the longest time, around the takeover, in which a surviving node was not asked.

    Counted between ends of samples: a sample that hangs is a gap. None: a survivor was never sampled.
    """
    until = took.began + took.seconds if took else hurt.invoked
    worst = 0.0
    survivors = [n for n in h.setup(history)["nodes"] if n != hurt.node]
    for node in survivors:
        ends = [op.at for op in history if op.what == "sample" and op.node == node]
        around = [(a, b) for a, b in zip(ends, ends[1:], strict=False) if b >= hurt.invoked and a <= until]
        if not around:
            return None
        # and from the last look to the end: a sampler that stopped saw nothing of what came after
        worst = max([worst, until - ends[-1], *(b - a for a, b in around)])
    return worst if survivors else None


# ── stop-master and bridging ────────────────────────────────────────────────────────────────────────


def shut_down_cleanly(history: History) -> Verdict:
    claim = "the stopped broker says itself that it is shut down"
    hurt = h.fault(history)
    if hurt is None:
        return Verdict(claim, None, "no broker was stopped")
    if not any(op.what == "logs" and op.phase == "ok" and op.node == hurt.node for op in history):
        return Verdict(claim, None, f"the log of {hurt.node} could not be read")
    for op in history:
        said_so = op.what == "log" and op.node == hurt.node and op.value["proves"] == "shutdown"
        if said_so and op.at >= hurt.invoked - h.CLOCKS_DIFFER:
            text = f"{hurt.node} wrote “is shutdown” {max(0.0, op.at - hurt.invoked):.2f} s after the signal"
            return Verdict(claim, True, text)
    return Verdict(claim, False, f"{hurt.node} was stopped and its log has no “is shutdown” line")


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
    came = [op for op in _came(history, "receive") if not h.message_id(op).startswith("reverse")]
    consumed = [op for op in came if op.who.startswith("consumer")]
    left = len(came) - len(consumed)
    twice = sorted(i for i, n in Counter(h.message_id(op) for op in came).items() if n > 1)
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


def _came(history: History, what: str) -> list[Op]:
    """Messages that came out. info: it was delivered, only its acknowledgement is in doubt."""
    return [op for op in history if op.what == what and op.phase in ("ok", "info")]


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)
