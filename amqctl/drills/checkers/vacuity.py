"""Was it a test at all? A run in which nothing happened proves nothing."""

from __future__ import annotations

from bisect import bisect_left

from amqctl.drills import history as h
from amqctl.drills.model import History, Standard, Verdict

OF_ZOOKEEPER, ON = ("stop-zookeeper", "pause-zookeeper"), 1.0  # seconds


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
    # until the harm was done; who survives an engine's restart may serve again before that has ended
    until = hurt.invoked if hurt.ended is None or hurt.of_all else hurt.ended
    before = [s for s in load if s.phase == "ok" and s.served == hurt.node and (s.ended or 0) <= until]
    took = h.takeover(history)
    after = [s for s in load if took and _after(s, hurt, took)]
    last_second = bisect_left(acked, hurt.invoked) - bisect_left(acked, hurt.invoked - 1.0)
    producers = len({s.who for s in load if s.phase == "ok"})
    flying = len({s.who for s in load if _in_flight(s, hurt)})  # each has one at a time
    gap, window = _sampling_gap(history, hurt, took), took.seconds if took else None
    found = {
        "acknowledged": len(acked), "producers": producers, "in the last second": last_second,
        "in flight": flying, "before": len(before), "after": len(after), "sampling gap": h.rounded(gap),
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
            (took is not None and not hurt.of_all and (took.pid is None or hurt.pid is None),
             "the masters' process ids are not known"),
            (hurt.kind == "restart-engine" and not h.ended_meanwhile(history),
             "no broker's process is known to have ended"),
            (hurt.kind == "upgrade" and len(h.ended_meanwhile(history)) < len(h.setup(history)["nodes"]),
             "not every broker was seen to become another process"),
            (bool(_without_store(load, history)), "messages were acknowledged while the database was away"),
            (gap is None, "nobody was sampled around the fault"),
            # who goes on without ZooKeeper has no takeover that samples could miss
            (gap is not None and window is not None and gap > max(window, ON if hurt.kind in OF_ZOOKEEPER else 0.0),
             f"a sampling gap of {gap or 0:.2f} s is wider than the takeover of {window or 0:.2f} s"),
        ) if wrong
    ]  # fmt: skip
    if lacks:
        return Verdict(claim, None, "proves nothing: " + ", ".join(lacks), found)
    text = f"{last_second} acknowledged in the second before the fault, {flying} in flight at it"
    return Verdict(claim, True, text, found)


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
