"""How brokers ended and came back, by what they wrote and what was seen of them."""

from __future__ import annotations

from amqctl.drills import history as h
from amqctl.drills.model import History, Verdict

_TOLD = {
    "restart-engine": "the engine was told to restart",
    "stop-store": "the database was told to stop",
    "stop-zookeeper": "ZooKeeper was told to stop",
    "pause-zookeeper": "ZooKeeper stood still",
}


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


def came_back_by_itself(history: History) -> Verdict:
    facts = h.setup(history)
    claim = "every broker comes back by itself"
    hurt = h.fault(history)
    if hurt is None or not hurt.of_all:
        return Verdict(claim, None, "nothing was done to all brokers")
    if hurt.ended is None:
        return Verdict(claim, None, f"the {hurt.kind} was not completed")
    told = _TOLD[hurt.kind]
    back = next((op for op in history if op.what == "back"), None)
    if back is None:
        return Verdict(claim, None, "nobody waited for the brokers to come back")
    seconds = back.at - hurt.invoked
    found = {"roles": back.value["roles"], "seconds": round(seconds, 3)}
    if back.phase != "ok":
        text = f"not all came back in {seconds:.1f} s after {told}: {back.value['because']}"
        return Verdict(claim, False, text, found)
    helped = [op.node for op in history if op.what == "start" and hurt.invoked <= op.at <= back.at]
    if helped:
        return Verdict(claim, False, f"{', '.join(helped)} had to be started", found)
    ended = h.ended_meanwhile(history)
    anew = "" if hurt.kind == "restart-engine" else _of_the_store(history, hurt, ended)
    return Verdict(
        claim, True, f"all {len(facts['everyone'])} brokers were back {seconds:.1f} s after {told}{anew}", found
    )


def _of_the_store(history: History, hurt: h.Fault, ended: list[str]) -> str:
    answered = next((op.at for op in history if op.what in h.MENDED and op.phase == "ok"), None)
    away = f" ({answered - hurt.invoked:.1f} s until it answered again)" if answered is not None else ""
    return away + (f", {', '.join(ended)} as a new process" if ended else "")
