"""Was it a test at all? A run in which nothing happened proves nothing."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass

from amqctl.drills import history as h
from amqctl.drills.model import History, Standard, Verdict

OF_ZOOKEEPER, ON = ("stop-zookeeper", "pause-zookeeper"), 1.0  # seconds


@dataclass(frozen=True, slots=True)
class _Counted:
    """Of the load: sends, but for producers. gap, window: seconds, of sampling and of the takeover."""

    acknowledged: int
    producers: int
    last_second: int
    flying: int
    before: int
    after: int
    gap: float | None
    window: float | None


def not_vacuous(history: History) -> Verdict:
    claim = "the run put the claim to the test"
    hurt = h.fault(history)
    load = [s for s in h.sends(history).values() if s.who.startswith("producer")]
    if hurt is None:
        count = sum(1 for s in load if s.phase == "ok")
        said = "".join(f" ({s.because})" for s in load[-1:] if s.because)
        return Verdict(claim, None, f"no master was hurt, {count} acknowledged{said}")
    seen = _counted(history, load, hurt)
    found = {
        "acknowledged": seen.acknowledged, "producers": seen.producers, "in the last second": seen.last_second,
        "in flight": seen.flying, "before": seen.before, "after": seen.after, "sampling gap": h.rounded(seen.gap),
    }  # fmt: skip
    lacks = [*_lacking_load(seen, Standard(**h.setup(history)["standard"])), *_lacking_fault(history, load, hurt, seen)]
    if lacks:
        return Verdict(claim, None, "proves nothing: " + ", ".join(lacks), found)
    text = f"{seen.last_second} acknowledged in the second before the fault, {seen.flying} in flight at it"
    return Verdict(claim, True, text, found)


def _counted(history: History, load: list[h.Sent], hurt: h.Fault) -> _Counted:
    acked = sorted(s.ended for s in load if s.phase == "ok" and s.ended is not None)
    # until the harm was done; who survives an engine's restart may serve again before that has ended
    until = hurt.invoked if hurt.ended is None or hurt.of_all else hurt.ended
    took = h.takeover(history)
    return _Counted(
        acknowledged=len(acked),
        producers=len({s.who for s in load if s.phase == "ok"}),
        last_second=bisect_left(acked, hurt.invoked) - bisect_left(acked, hurt.invoked - 1.0),
        flying=len({s.who for s in load if _in_flight(s, hurt)}),  # each has one at a time
        before=sum(s.phase == "ok" and s.served == hurt.node and (s.ended or 0) <= until for s in load),
        after=sum(took is not None and _after(s, hurt, took) for s in load),
        gap=_sampling_gap(history, hurt, took),
        window=took.seconds if took else None,
    )


def _lacking_load(seen: _Counted, standard: Standard) -> Iterator[str]:
    if seen.acknowledged < standard.acknowledged:
        yield f"{seen.acknowledged} acknowledged, {standard.acknowledged} wanted"
    if seen.producers < standard.producers:
        yield f"{seen.producers} producers, {standard.producers} wanted"
    if seen.last_second < standard.last_second:
        yield f"{seen.last_second} acknowledged in the second before the fault, {standard.last_second} wanted"
    if seen.flying < standard.in_flight:
        yield "no send was in flight at the fault"
    if not seen.before:
        yield "nothing acknowledged before the fault"
    if not seen.after:
        yield "nothing acknowledged after it"


def _lacking_fault(history: History, load: list[h.Sent], hurt: h.Fault, seen: _Counted) -> Iterator[str]:
    took = h.takeover(history)
    if took is not None and not hurt.of_all and (took.pid is None or hurt.pid is None):
        yield "the masters' process ids are not known"
    if hurt.kind == "restart-engine" and not h.ended_meanwhile(history):
        yield "no broker's process is known to have ended"
    if hurt.kind == "upgrade" and len(h.ended_meanwhile(history)) < len(h.setup(history)["nodes"]):
        yield "not every broker was seen to become another process"
    if _without_store(load, history):
        yield "messages were acknowledged while the database was away"
    if seen.gap is None:
        yield "nobody was sampled around the fault"
    # who goes on without ZooKeeper has no takeover that samples could miss
    elif seen.window is not None and seen.gap > max(seen.window, ON if hurt.kind in OF_ZOOKEEPER else 0.0):
        yield f"a sampling gap of {seen.gap:.2f} s is wider than the takeover of {seen.window:.2f} s"


def _after(sent: h.Sent, hurt: h.Fault, took: h.Takeover) -> bool:
    if hurt.of_all:  # the node that served last may be the first to serve again
        return sent.phase == "ok" and (sent.ended or 0.0) >= took.began + took.seconds
    return sent.phase == "ok" and sent.served == took.node and sent.invoked >= took.began


def _without_store(load: list[h.Sent], history: History) -> list[h.Sent]:
    """Sends that began and were acknowledged while the database was away: then it is not where they went."""
    gone = next((op.at for op in history if op.what == "stop-store" and op.phase == "ok"), None)
    back = next((op.at for op in history if op.what == "start-store" and op.phase == "invoke"), None)
    if gone is None or back is None:
        return []
    return [s for s in load if s.phase == "ok" and s.invoked >= gone and (s.ended or back) < back]


def _in_flight(sent: h.Sent, hurt: h.Fault) -> bool:
    """At the signal, which falls between the nemesis' invoke and ok: open at its invoke, or cut off later."""
    if sent.node != hurt.node:
        return False
    ended = sent.ended if sent.ended is not None else float("inf")
    if sent.invoked <= hurt.invoked < ended:
        return True
    return sent.phase == "info" and sent.invoked <= (hurt.ended or hurt.invoked) and ended > hurt.invoked


def _sampling_gap(history: History, hurt: h.Fault, took: h.Takeover | None) -> float | None:
    """Seconds: the longest time, around the takeover, in which a node that may serve was not asked.

    Counted between ends of samples: a sample that hangs is a gap. None: a survivor was never sampled.
    """
    until = took.began + took.seconds if took else hurt.invoked
    worst = 0.0
    survivors = [n for n in h.setup(history)["nodes"] if hurt.of_all or n != hurt.node]
    for node in survivors:
        ends = [op.at for op in history if op.what == "sample" and op.node == node]
        around = [(a, b) for a, b in zip(ends, ends[1:], strict=False) if b >= hurt.invoked and a <= until]
        if not around:
            return None
        # and from the last look to the end: a sampler that stopped saw nothing of what came after
        worst = max([worst, until - ends[-1], *(b - a for a, b in around)])
    return worst if survivors else None
