"""A history and its drill's checkers -> the result. Pure; used by a run and by `amqctl recheck`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from amqctl.drills import history as h
from amqctl.drills.checkers import messages
from amqctl.drills.model import Checker, Drill, History, Skip, Verdict
from amqctl.drills.results import DrillResult, Outcome

_OUTCOME: dict[bool | None, Outcome] = {True: "valid", False: "invalid", None: "unknown"}


def result(drill: Drill, history: History, path: str | None = None) -> DrillResult:
    """Of a run that was cut short nothing is judged: its messages are still in the queues."""
    if why := h.cut_short(history):
        unknown = Verdict("the run came to its end", None, why)
        label, client = h.setup(history)["label"], h.setup(history).get("client", "stomp")
        return DrillResult(
            drill.name, label, "unknown", why, claim=drill.claim, history=path, verdicts=(unknown,), client=client
        )
    verdicts = verdicts_of(history, drill.checkers) + reconnected(history) + troubles(history)
    valid = merge(verdicts)
    took = h.takeover(history)
    parts = h.phases(history, took) if took else h.Phases()
    return DrillResult(
        name=drill.name,
        group=h.setup(history)["label"],
        verdict=_OUTCOME[valid],
        because=because(verdicts, valid),
        claim=drill.claim,
        takeover_seconds=h.rounded(took.seconds if took else None),
        lock_seconds=h.rounded(parts.lock),
        recovery_seconds=h.rounded(parts.recovery),
        connectors_seconds=h.rounded(parts.connectors),
        messages=messages(history),
        history=path,
        verdicts=verdicts,
        client=h.setup(history).get("client", "stomp"),
        reconnect_seconds=h.rounded(max((s for s in h.interruptions(history).values() if s is not None), default=None)),
    )


def verdicts_of(history: History, checkers: Sequence[Checker]) -> tuple[Verdict, ...]:
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


def because(verdicts: tuple[Verdict, ...], valid: bool | None) -> str:
    """What decided: every failed claim, else every unknown one, else what all saw."""
    return "; ".join(v.because for v in verdicts if v.valid is valid)


def reconnected(history: History) -> tuple[Verdict, ...]:
    """The takeover as clients over failover: saw it. Nothing of clients that do not tell, as over STOMP."""
    seen = h.interruptions(history)
    if not seen:
        return ()
    claim = "each client that was interrupted is connected again by itself"
    if lost := [who for who, seconds in seen.items() if seconds is None]:
        return (Verdict(claim, None, f"{len(lost)} of {len(seen)} clients never said that they were connected again"),)
    longest = max(seconds or 0.0 for seconds in seen.values())
    text = f"{len(seen)} clients over failover: were connected again in {longest:.2f} s at most"
    return (Verdict(claim, True, text, {"seconds": {who: h.rounded(s) for who, s in seen.items()}}),)


def troubles(history: History) -> tuple[Verdict, ...]:
    """What kept the run from being what the script says. Unknown, for it says nothing of the cluster."""
    seen = [op for op in history if op.what in ("trouble", "crash")]
    if not seen:
        return ()
    return (Verdict("the run went by its script", None, "; ".join(str(op.value) for op in seen)),)


def skipped(drill: Drill, skip: Skip) -> DrillResult:
    return DrillResult(drill.name, skip.group, "skipped", skip.reason, claim=drill.claim)
