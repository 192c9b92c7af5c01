"""What is in the messages that came out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from amqctl.drills import history as h
from amqctl.drills.checkers.delivery import came
from amqctl.drills.model import History, Op, Verdict


def intact(history: History) -> Verdict:
    """By digest. A store that cuts content off at 64 KB acknowledges, keeps and delivers the rest."""
    claim = "big messages are taken, survive, and come out with the content that went in"
    went_in = {h.message_id(op): op.value for op in _sized(history)}
    short = [op.value for op in history if op.what == "sending" and op.phase == "fail" and op.value.get("size")]
    changed = [
        (key, got, went_in[key]) for key, got in _came_out(history) if key in went_in and _differs(got, went_in[key])
    ]
    found = {"changed": [key for key, _, _ in changed], "short": short}
    if changed:
        key, got, sent = changed[0]
        what = f"came as {got['bytes']:,} of {sent['bytes']:,} bytes" if "bytes" in got else "was cut off"
        return Verdict(claim, False, f"{len(changed)} with another content than went in, e.g. {key} {what}", found)
    if short:
        done, of, size, because = (short[0][k] for k in ("done", "of", "size", "because"))
        return Verdict(claim, False, f"{done} of {of} messages of {size:,} bytes acknowledged: {because}", found)
    survived = _survivors(history, went_in)
    if not survived or len(survived) < len({value["bytes"] for value in went_in.values()}):
        return Verdict(claim, None, "not of every size a message was acknowledged before the fault and came out", found)
    counts = ", ".join(f"{n} of {size:,} bytes" for size, n in sorted(survived.items()))
    return Verdict(claim, True, f"as they went in, over the takeover: {counts}", found)


def _sized(history: History) -> list[Op]:
    return [op for op in history if op.what == "send" and op.phase == "invoke" and _has_digest(op.value)]


def _has_digest(value: Any) -> bool:
    return isinstance(value, Mapping) and "digest" in value


def _came_out(history: History) -> list[tuple[str, Mapping[str, Any]]]:
    return [(h.message_id(op), op.value if isinstance(op.value, Mapping) else {}) for op in came(history, "receive")]


def _differs(got: Mapping[str, Any], sent: Mapping[str, Any]) -> bool:
    return bool(got.get("digest") != sent["digest"])


def _survivors(history: History, went_in: Mapping[str, Mapping[str, Any]]) -> Counter[int]:
    """By size: acknowledged by the old master before the fault, and delivered by another."""
    hurt = h.fault(history)
    if hurt is None:
        return Counter()
    out = {h.message_id(op) for op in came(history, "receive") if op.node != hurt.node}
    before = [s for s in h.sends(history).values() if s.phase == "ok" and (s.ended or 0.0) <= hurt.invoked]
    return Counter(went_in[s.id]["bytes"] for s in before if s.id in went_in and s.id in out)
