"""Was it a test at all, and did all come back from the engine's restart."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest

from amqctl.drills import checkers
from amqctl.drills import history as h
from amqctl.drills.model import Op, Standard, Verdict
from tests.unit.test_checkers import LAX, a_history, killed, sample, sampled, sent, taken

# ── engine-restart ──────────────────────────────────────────────────────────────────────────────────


def engine(at: float, ended: float | None, pids: dict[str, int | None] | None = None) -> list[Op]:
    value = {"pid": 1, "pids": pids or {"a1": 1, "a2": 2}}
    ops = [Op(at, "nemesis", "restart-engine", "invoke", value, "a1")]
    return ops if ended is None else [*ops, Op(ended, "nemesis", "restart-engine", "ok", None, "a1")]


def back(at: float, pids: dict[str, int | None] | None = None, *, because: str = "") -> Op:
    value = {"roles": {"a1": "master", "a2": "waiting"}, "pids": pids or {"a1": 3, "a2": 4}, "because": because}
    return Op(at, "nemesis", "back", "fail" if because else "ok", value)


def test_all_brokers_back_without_help() -> None:
    verdict = checkers.came_back_by_itself(a_history(*engine(2, 4), back(6.5), everyone=["a1", "a2", "b1"]))
    assert verdict.valid is True and "all 3 brokers were back 4.5 s after" in verdict.because


def test_a_broker_that_stays_down_or_was_helped_did_not_come_back_by_itself() -> None:
    down = checkers.came_back_by_itself(a_history(*engine(2, 4), back(60, because="a2 is down")))
    assert down.valid is False and down.because.endswith("a2 is down") and "58.0 s" in down.because
    helped = Op(5, "nemesis", "start", "invoke", None, "a2")
    verdict = checkers.came_back_by_itself(a_history(*engine(2, 4), helped, back(6), everyone=["a1", "a2"]))
    assert verdict.valid is False and "a2 had to be started" in verdict.because
    healed = Op(7, "nemesis", "start", "invoke", None, "a2")
    assert checkers.came_back_by_itself(a_history(*engine(2, 4), back(6), healed, everyone=["a1", "a2"])).valid


@pytest.mark.parametrize(
    ("ops", "because"),
    [([], "nothing was done"), (engine(2, None), "not completed"), (engine(2, 4), "nobody waited")],
)
def test_an_engine_that_was_not_restarted_proves_nothing(ops: list[Op], because: str) -> None:
    verdict = checkers.came_back_by_itself(a_history(*ops))
    assert verdict.valid is None and because in verdict.because


def test_the_outage_ends_with_the_last_of_the_brokers_to_go_and_the_first_to_serve_again() -> None:
    """a1 goes, a2 serves for a moment before it is stopped too, and a1 is the first that is back."""
    history = a_history(
        *sent("m1", 1.95), *engine(2.0, 5.0), *sent("m2", 2.3, "info"), *sent("m3", 2.5, node="a2"),
        *sent("m4", 2.55, "info", node="a2"), *sent("m5", 4.4, took=0.1), back(5.5), *sent("m6", 5.6),
    )  # fmt: skip
    took = h.takeover(history)
    assert took is not None
    assert (took.node, took.began, took.pid) == ("a1", 2.5, 3)
    assert took.seconds == pytest.approx(2.0)


def test_without_an_acknowledgement_after_an_engine_restart_there_is_no_takeover() -> None:
    assert h.takeover(a_history(*sent("m1", 1), *engine(2, 3), *sent("m2", 4, "info"))) is None


def test_a_node_may_serve_again_before_the_engines_restart_returns() -> None:
    spans = [sample(n, 1 + i, 1.1 + i, n == "a1") for i in range(5) for n in ("a1", "a2")]
    assert checkers.one_master_at_a_time(a_history(*spans, *engine(2.2, 4.5))).valid is True


def an_engine_run(**changes: Any) -> Verdict:
    parts = {
        "before": [*sent("m1", 1.5), *sent("m2", 1.7)],
        "in flight": sent("m3", 1.99, "info", took=0.05),
        "engine": engine(2.0, 3.0),
        "after": [*sent("m4", 3.4), *sent("m5", 3.6)],
        "back": [back(3.5)],
        "samples": [
            op for n in ("a1", "a2") for i in range(75) for op in [sample(n, 1.5 + i / 25, 1.5 + i / 25, False)]
        ],
    } | changes
    return checkers.not_vacuous(a_history(*(op for part in parts.values() for op in part)))


def test_a_fair_engine_restart_put_the_claim_to_the_test() -> None:
    assert an_engine_run().valid is True, an_engine_run().because


@pytest.mark.parametrize(
    ("changes", "because"),
    [
        ({"after": []}, "nothing acknowledged after it"),
        ({"engine": []}, "no master was hurt"),
        ({"back": []}, "no broker's process is known to have ended"),
        ({"back": [back(3.5, {"a1": 1, "a2": 2})]}, "no broker's process is known to have ended"),
        ({"engine": engine(2.0, 3.0, {"a1": None, "a2": None})}, "no broker's process is known to have ended"),
        ({"samples": [sample("a2", 1.5 + i / 25, 1.5 + i / 25, False) for i in range(75)]}, "nobody was sampled"),
    ],
)
def test_what_a_vacuous_engine_restart_lacks_is_named(changes: dict[str, Any], because: str) -> None:
    verdict = an_engine_run(**changes)
    assert verdict.valid is None and because in verdict.because, verdict.because


# ── not_vacuous ─────────────────────────────────────────────────────────────────────────────────────


def a_fair_run(**changes: Any) -> dict[str, list[Op]]:
    parts = {
        "before": [*sent("m1", 1.5), *sent("m2", 1.7)],
        "in flight": sent("m3", 1.99, "info", took=0.05),
        "kill": killed(2.0, 2.02),
        "after": [*sent("m4", 2.4, node="a2")],
        "pid": [taken(2.5)],
        "samples": sampled(1.5, 3.0),
    }
    return parts | changes


def vacuity(standard: Standard = LAX, **changes: Any) -> Verdict:
    ops = [op for part in a_fair_run(**changes).values() for op in part]
    return checkers.not_vacuous(a_history(*ops, standard=standard))


def test_a_fair_run_put_the_claim_to_the_test() -> None:
    assert vacuity().valid is True


@pytest.mark.parametrize(
    ("changes", "because"),
    [
        ({"before": []}, "nothing acknowledged before the fault"),
        ({"in flight": []}, "no send was in flight"),
        ({"after": []}, "nothing acknowledged after it"),
        ({"kill": []}, "no master was hurt"),
        ({"pid": [taken(2.5, None)]}, "process ids are not known"),
        ({"samples": []}, "nobody was sampled"),
        ({"samples": sampled(1.5, 3.0, every=0.45)}, "a sampling gap of 0.45 s is wider"),
        ({"standard": Standard(1, 2, 1)}, "1 producers, 2 wanted"),
        ({"standard": Standard(9, 1, 1)}, "3 acknowledged, 9 wanted"),
        ({"standard": Standard(1, 1, 3)}, "2 acknowledged in the second before the fault, 3 wanted"),
    ],
)
def test_what_a_vacuous_run_lacks_is_named(changes: dict[str, Any], because: str) -> None:
    verdict = vacuity(**changes)
    assert verdict.valid is None and because in verdict.because


def test_the_standard_is_the_one_that_was_promised() -> None:
    assert asdict(Standard()) == {
        "acknowledged": 2000, "producers": 4, "last_second": 100, "before": 1200, "after": 300, "in_flight": 1
    }  # fmt: skip
