"""Checkers on histories of a few lines: sane ones are valid, each pathology is what it is called."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest

from amqctl.drills import checkers, judge
from amqctl.drills import history as h
from amqctl.drills.model import History, Op, Standard, Verdict
from amqctl.drills.recorder import Recorder
from amqctl.drills.results import Messages

LAX = Standard(acknowledged=2, producers=1, last_second=1, in_flight=1)


def a_history(*ops: Op, budget: float = 1.0, standard: Standard = LAX, **facts: Any) -> History:
    value = {
        "drill": "kill-master", "label": "a", "hurt": "a", "to_group": "", "link": "", "nodes": ["a1", "a2"],
        "budget": budget, "standard": asdict(standard), "counted": 0, "epoch": 0.0,
    } | facts  # fmt: skip
    return (Op(0.0, "runner", "setup", "info", value), *sorted(ops, key=lambda op: op.at))


def sent(
    key: str, at: float, phase: str | None = "ok", *, node: str = "a1", took: float = 0.01, **more: Any
) -> list[Op]:
    who, value = more.get("who", "producer-0"), {"id": key, "persistent": False} if more.get("volatile") else key
    begun = Op(at, who, "send", "invoke", value, node)
    return [begun, Op(at + took, who, "send", phase, key, node)] if phase else [begun]  # type: ignore[arg-type]


def got(key: str, at: float = 9.0, who: str = "drain@a") -> Op:
    return Op(at, who, "receive", "ok", key, "a2")


def sample(node: str, began: float, ended: float, answers: bool) -> Op:
    return Op(ended, "sampler", "sample", "ok", {"from": began, "answers": answers}, node)


def killed(at: float, ended: float | None = None, node: str = "a1") -> list[Op]:
    value = {"pid": 1}
    ops = [Op(at, "nemesis", "kill", "invoke", value, node)]
    return ops if ended is None else [*ops, Op(ended, "nemesis", "kill", "ok", value, node)]


def taken(at: float, pid: int | None = 2) -> Op:
    return Op(at, "nemesis", "takeover", "ok", {"pid": pid}, "a2")


def sampled(began: float, ended: float, every: float = 0.02) -> list[Op]:
    """The survivor is asked and does not answer."""
    count = round((ended - began) / every)
    return [sample("a2", began + i * every, began + i * every + 0.001, False) for i in range(count)]


# ── nothing_lost ────────────────────────────────────────────────────────────────────────────────────


def test_what_was_acknowledged_and_comes_out_is_not_lost() -> None:
    verdict = checkers.nothing_lost(a_history(*sent("m1", 1), got("m1")))
    assert verdict.valid is True and verdict.because == "1 acknowledged, none lost"


def test_an_acknowledged_message_that_does_not_come_out_is_lost() -> None:
    verdict = checkers.nothing_lost(a_history(*sent("m1", 1), *sent("m2", 2), got("m1")))
    assert verdict.valid is False and "1 of 2 acknowledged messages lost, e.g. m2" in verdict.because


@pytest.mark.parametrize("phase", ["info", "fail", None])
def test_losing_what_was_not_acknowledged_is_no_loss(phase: str | None) -> None:
    assert checkers.nothing_lost(a_history(*sent("m1", 1), got("m1"), *sent("m2", 2, phase))).valid is True


def test_counts_are_jepsens() -> None:
    history = a_history(
        *sent("m1", 1), got("m1"), got("m1"), *sent("m2", 2, "info"), got("m2"), *sent("m3", 3), got("x")
    )
    assert checkers.messages(history) == Messages(
        attempted=3, acknowledged=2, received=3, lost=1, duplicated=1, unexpected=1, recovered=1
    )


def test_a_message_that_nobody_sent_is_invalid_even_if_nothing_is_lost() -> None:
    verdict = checkers.nothing_lost(a_history(*sent("m1", 1), got("m1"), got("x")))
    assert verdict.valid is False and "1 received that nobody sent, e.g. x" in verdict.because


def test_a_loss_is_unknown_while_queues_were_not_read_to_the_end() -> None:
    left = Op(9, "drain", "drain", "fail", "3 still queued after 60 s")
    verdict = checkers.nothing_lost(a_history(*sent("m1", 1), left))
    assert verdict.valid is None and "3 still queued" in verdict.because


def test_lost_non_persistent_sends_are_called_so() -> None:
    verdict = checkers.nothing_lost(a_history(*sent("m1", 1, volatile=True)))
    assert verdict.valid is False and "1 of the lost were sent non-persistent" in verdict.because


def test_non_persistent_sends_that_survive_prove_nothing() -> None:
    verdict = checkers.nothing_lost(a_history(*sent("m1", 1, volatile=True), got("m1")))
    assert verdict.valid is None and "not put to the test" in verdict.because


def test_the_broker_itself_says_what_was_not_persistent() -> None:
    """The producer believed it sent persistent messages; the delivered one carries no such header."""
    came = Op(9, "drain@a", "receive", "ok", {"id": "m1", "persistent": False}, "a2")
    assert checkers.nothing_lost(a_history(*sent("m1", 1), came)).valid is None


def test_a_dead_letter_is_not_lost_and_is_mentioned() -> None:
    dead = Op(9, "browse@a", "browse", "ok", "m1", "a2")
    verdict = checkers.nothing_lost(a_history(*sent("m1", 1), dead))
    assert verdict.valid is True and "dead-letter" in verdict.because


# ── took_over ───────────────────────────────────────────────────────────────────────────────────────


def test_takeover_runs_from_the_kill_to_the_first_ok_of_a_send_invoked_after_it() -> None:
    history = a_history(
        *sent("m1", 1.0), *killed(2.0, 2.1), *sent("m2", 1.999, "info", took=0.2),
        *sent("m3", 2.4, node="a2", took=0.1), taken(2.5),
    )  # fmt: skip
    verdict = checkers.took_over(history)
    assert verdict.valid is True and verdict.evidence["takeover_seconds"] == 0.5


def test_a_send_that_the_old_master_still_acknowledged_moves_the_start() -> None:
    """The supervisor is stopped before the kill: the signal came after the nemesis' invoke."""
    history = a_history(*killed(2.0, 2.3), *sent("m1", 2.2), *sent("m2", 2.6, node="a2", took=0.1), taken(2.7))
    assert checkers.took_over(history).evidence["takeover_seconds"] == 0.5


def test_an_ok_after_the_kill_of_a_send_invoked_before_it_is_no_takeover() -> None:
    history = a_history(*sent("m1", 1.9, node="a2", took=0.5), *killed(2.0, 2.1), *sent("m2", 3.5, "info", node="a2"))
    assert checkers.took_over(history).valid is False


def test_a_late_takeover_is_invalid_and_says_how_late() -> None:
    verdict = checkers.took_over(a_history(*killed(1, 1.1), *sent("m", 3.0, node="a2"), taken(3.1), budget=1.0))
    assert verdict.valid is False and "in 2.01 s, the budget is 1 s" in verdict.because


def test_no_takeover_is_invalid_only_after_the_budget() -> None:
    assert checkers.took_over(a_history(*killed(1, 1.1), sample("a2", 5, 5.1, False))).valid is False
    assert checkers.took_over(a_history(*killed(1, 1.1), sample("a2", 1.2, 1.3, False))).valid is None


def test_the_same_process_is_no_new_master() -> None:
    assert checkers.took_over(a_history(*killed(1, 1.1), *sent("m", 1.2, node="a2"), taken(1.3, pid=1))).valid is False


def test_a_kill_that_did_not_complete_proves_nothing() -> None:
    assert checkers.took_over(a_history(*killed(1), sample("a2", 5, 5.1, False))).valid is None


def test_lock_recovery_and_connectors_come_from_the_new_masters_log() -> None:
    def line(at: float, proves: str, node: str = "a2") -> Op:
        return Op(at, node, "log", "info", {"proves": proves, "text": ""}, node)

    history = a_history(
        line(0.5, "lock"), line(1.15, "lock", "a1"), *killed(1.0, 1.1), line(1.2, "lock"), line(1.5, "stored"),
        line(1.6, "connector"), *sent("m", 1.7, node="a2"),
    )  # fmt: skip
    took = h.takeover(history)
    assert took is not None
    found = h.phases(history, took)
    assert (found.lock, found.recovery, found.connectors) == pytest.approx((0.2, 0.3, 0.1))


@pytest.mark.parametrize(
    ("line", "proves"),
    [
        ("KahaDB is version 7", "lock"),
        ("Becoming the master on dataSource: x", "lock"),
        ("amq1, becoming master with lease expiry Mon", "lock"),
        ("Persistence Adapter successfully started", "stored"),
        ("Connector openwire started", "connector"),
        ("Apache ActiveMQ 5.18.3 (a, ID:vm-1-2-0:1) started", "started"),
        ("Apache ActiveMQ 5.18.3 (a, ID:vm-1-2-0:1) is shutdown", "shutdown"),
        ("Apache ActiveMQ 5.18.3 (a, ID:vm-1-2-0:1) is shutting down", None),
        ("Network Connector DiscoveryNetworkConnector:l:BrokerService[a] started", None),
    ],
)
def test_what_a_log_line_proves(line: str, proves: str | None) -> None:
    assert h.evidence(f"2026-01-01 00:00:00,000 | INFO | {line}") == proves


# ── one_master_at_a_time ────────────────────────────────────────────────────────────────────────────


def test_an_answer_between_two_answers_of_the_other_is_a_second_master() -> None:
    history = a_history(sample("a1", 1, 1.1, True), sample("a2", 1.2, 1.3, True), sample("a1", 1.4, 1.5, True))
    verdict = checkers.one_master_at_a_time(history)
    assert verdict.valid is False and "a2 and a1 both served for 0.10 s" in verdict.because


def test_overlapping_handshakes_at_a_takeover_are_not_two_masters() -> None:
    """a1 answered before the kill, within a long handshake; a2 after it."""
    history = a_history(
        sample("a1", 0.5, 0.6, True), sample("a1", 1.0, 2.0, True), *killed(1.5, 1.6), sample("a2", 1.7, 1.8, True)
    )
    assert checkers.one_master_at_a_time(history).valid is True


def test_an_unanswered_sample_ends_a_mastership() -> None:
    history = a_history(
        sample("a1", 1, 1.1, True), sample("a1", 1.2, 1.3, False), sample("a2", 1.4, 1.5, True),
        sample("a2", 1.6, 1.7, False), sample("a1", 1.8, 1.9, True),
    )  # fmt: skip
    assert checkers.one_master_at_a_time(history).valid is True


def test_acknowledged_sends_are_answers_too() -> None:
    history = a_history(*sent("m1", 1), *sent("m2", 1.1, node="a2"), *sent("m3", 1.2), sample("a1", 0, 0.1, True))
    assert checkers.one_master_at_a_time(history).valid is False


def test_without_samples_nothing_is_known() -> None:
    assert checkers.one_master_at_a_time(a_history(*sent("m1", 1))).valid is None


def test_a_member_that_was_never_sampled_may_be_a_second_master() -> None:
    verdict = checkers.one_master_at_a_time(a_history(sample("a1", 1, 1.1, True), sample("a1", 1.2, 1.3, True)))
    assert verdict.valid is None and "a2 was never sampled" in verdict.because


# ── stop-master, merging, recording ─────────────────────────────────────────────────────────────────


def stopped(*more: Op) -> History:
    ops = [Op(1.0, "nemesis", "stop", "invoke", {"pid": 1}, "a1"), Op(1.5, "nemesis", "stop", "ok", {"pid": 1}, "a1")]
    return a_history(*ops, *more)


def test_a_stop_is_clean_by_the_brokers_own_line() -> None:
    read = Op(9, "runner", "logs", "ok", {"lines": 2}, "a1")
    line = Op(1.4, "a1", "log", "info", {"proves": "shutdown", "text": "is shutdown"}, "a1")
    older = Op(0.5, "a1", "log", "info", {"proves": "shutdown", "text": "is shutdown"}, "a1")
    assert checkers.shut_down_cleanly(stopped(read, line)).valid is True
    assert checkers.shut_down_cleanly(stopped(read, older)).valid is False
    assert checkers.shut_down_cleanly(stopped(read)).valid is False
    assert checkers.shut_down_cleanly(stopped()).valid is None, "a log that was not read proves nothing"


def test_a_checker_that_crashes_knows_nothing_and_costs_the_others_nothing() -> None:
    def crashes(history: History) -> Verdict:
        raise KeyError("x")

    verdicts = judge.verdicts_of(a_history(*sent("m1", 1), got("m1")), (crashes, checkers.nothing_lost))
    assert verdicts[0].valid is None and "checker crashes crashed: KeyError" in verdicts[0].because
    assert verdicts[1].valid is True


@pytest.mark.parametrize(
    ("seen", "merged"),
    [((True, True), True), ((True, None), None), ((None, False, True), False), ((), None)],
)
def test_false_comes_before_unknown_before_true(seen: tuple[bool | None, ...], merged: bool | None) -> None:
    assert judge.merge(Verdict("c", valid, "") for valid in seen) is merged


def test_a_history_survives_its_file() -> None:
    history = a_history(*sent("m1", 1, volatile=True), got("ü\n"), *killed(2, 3))
    assert h.parse(h.dump(history)) == history


def test_the_recorder_counts_the_last_second_and_sends_invoked_after_a_moment() -> None:
    time = 0.0
    recorder = Recorder(clock=lambda: time, wall=lambda: 1000.0)
    for time in (0.1, 1.2, 1.3, 1.4):
        recorder.acked(time - 0.2, time, "a2" if time > 1.25 else "a1")
    time = 2.0
    assert recorder.acknowledged == 4 and recorder.rate() == 3
    after = recorder.acknowledged_after(1.15, not_by="a1")
    assert [a[0] for a in after] == [1.4]
