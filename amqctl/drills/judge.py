"""A history and its drill's checkers -> the result. Pure; used by a run and by `amqctl recheck`."""

from __future__ import annotations

from amqctl.drills import history as h
from amqctl.drills.checkers import judge, merge, messages
from amqctl.drills.model import Drill, DrillResult, History, Outcome, Skip, Verdict

_OUTCOME: dict[bool | None, Outcome] = {True: "valid", False: "invalid", None: "unknown"}


def result(drill: Drill, history: History, path: str | None = None) -> DrillResult:
    verdicts = judge(history, drill.checkers) + troubles(history)
    valid = merge(verdicts)
    took = h.takeover(history)
    parts = h.phases(history, took) if took else h.Phases()
    return DrillResult(
        name=drill.name,
        group=h.setup(history)["label"],
        verdict=_OUTCOME[valid],
        because=because(verdicts, valid),
        claim=drill.claim,
        takeover_seconds=_rounded(took.seconds if took else None),
        lock_seconds=_rounded(parts.lock),
        recovery_seconds=_rounded(parts.recovery),
        connectors_seconds=_rounded(parts.connectors),
        messages=messages(history),
        history=path,
        verdicts=verdicts,
    )


def because(verdicts: tuple[Verdict, ...], valid: bool | None) -> str:
    """What decided: every failed claim, else every unknown one, else what all saw."""
    return "; ".join(v.because for v in verdicts if v.valid is valid)


def troubles(history: History) -> tuple[Verdict, ...]:
    """What kept the run from being what the script says. Unknown, for it says nothing of the cluster."""
    seen = [op for op in history if op.what in ("trouble", "crash")]
    if not seen:
        return ()
    return (Verdict("the run went by its script", None, "; ".join(str(op.value) for op in seen)),)


def skipped(drill: Drill, skip: Skip) -> DrillResult:
    return DrillResult(drill.name, skip.group, "skipped", skip.reason, claim=drill.claim)


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)
