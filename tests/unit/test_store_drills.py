"""Drills about a group's database and about big messages, over a fake: an honest one is valid, each sin is found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from amqctl.drills import checkers, runner
from amqctl.drills.catalogue import CATALOGUE, bounce_store
from amqctl.drills.folder import RunFolder
from amqctl.drills.model import Drill, Op
from amqctl.drills.recheck import recheck
from amqctl.drills.results import DrillResult
from amqctl.drills.stage import Options
from amqctl.drills.target import Facts, GroupView, Target
from amqctl.events import Event, silent
from tests.fakes import FakeCluster, Sins
from tests.unit.test_drills import QUICK

BOUNCE = replace(bounce_store.DRILL, script=bounce_store.away_for(0.05))


def run(drill: Drill, cluster: FakeCluster, where: Path, options: Options = QUICK, tell=silent) -> DrillResult:
    target: Target = cluster
    return runner.run(drill, target, RunFolder(where), tell, options, connect=cluster.connect)[0]


# ── bounce-store


def test_a_database_that_goes_and_comes_is_survived_by_an_honest_pair(tmp_path: Path) -> None:
    cluster = FakeCluster(server="db")
    result = run(BOUNCE, cluster, tmp_path)
    assert result.verdict == "valid", result.because
    assert "were back" in result.because and "a1 as a new process" in result.because
    assert (result.takeover_seconds or 0) >= 0.05, "the outage lasts at least as long as the database is away"
    assert recheck(Path(result.history or "")).result == result
    assert '"start"' not in Path(result.history or "").read_text(), "nobody started a broker"


def test_two_masters_after_an_outage_are_invalid_with_length_and_their_own_words(tmp_path: Path) -> None:
    result = run(BOUNCE, FakeCluster(server="db", sins=Sins(master_does_not_notice=True)), tmp_path)
    assert result.verdict == "invalid"
    assert "both served for" in result.because
    assert "a2 at" in result.because and "Becoming the master on dataSource" in result.because


@pytest.mark.parametrize(
    ("sins", "verdict", "because"),
    [
        (Sins(needs_no_store=True), "invalid", "acknowledged messages lost"),
        (Sins(forgets=True), "invalid", "acknowledged messages lost"),
        (Sins(stays_down=True), "invalid", "not all came back"),
    ],
    ids=str,
)
def test_what_goes_wrong_with_an_outage_is_found(sins: Sins, verdict: str, because: str, tmp_path: Path) -> None:
    result = run(BOUNCE, FakeCluster(server="db", sins=sins, members=2), tmp_path)
    assert (result.verdict, because in result.because) == (verdict, True), result.because


def test_messages_taken_without_the_database_show_that_it_was_not_put_to_the_test(tmp_path: Path) -> None:
    result = run(BOUNCE, FakeCluster(server="db", sins=Sins(needs_no_store=True)), tmp_path)
    unknown = [v.because for v in result.verdicts if v.valid is None]
    assert any("while the database was away" in because for because in unknown)


def test_a_database_is_started_again_when_the_drill_is_interrupted(tmp_path: Path) -> None:
    cluster = FakeCluster(server="db")

    def interrupt(event: Event) -> None:
        if event.text.startswith("stop db"):
            cluster.store_away = True
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(BOUNCE, cluster, tmp_path, tell=interrupt)
    assert not cluster.store_away


def test_what_is_still_in_the_database_is_not_lost(tmp_path: Path) -> None:
    """As after an overlap: what the other master stored, this one does not see before the next takeover."""
    result = run(CATALOGUE["kill-master"], FakeCluster(server="db", sins=Sins(hides=3)), tmp_path)
    assert result.verdict == "unknown" and "3 are rows of the database" in result.because
    blind = run(CATALOGUE["kill-master"], FakeCluster(sins=Sins(hides=3)), tmp_path / "blind")
    assert "rows of the database" not in blind.because


# ── tables


@pytest.mark.parametrize("leases", [False, True])
def test_persistent_messages_are_rows_and_the_others_are_told_of(leases: bool, tmp_path: Path) -> None:
    result = run(CATALOGUE["tables"], FakeCluster(server="db", leases=leases), tmp_path)
    assert result.verdict == "valid", result.because
    assert "25 persistent messages are 25 rows" in result.because
    assert ("the lease is a2's" if leases else "the lock's row is held") in result.because
    assert "20 of 20 non-persistent messages went with the master" in result.because
    assert (result.messages.acknowledged, result.messages.lost, result.messages.unexpected) == (25, 0, 0)


@pytest.mark.parametrize(
    ("sins", "leases", "because"),
    [
        (Sins(no_lock_table=True), False, "no table activemq_lock"),
        (Sins(nobody_has_the_lock=True), False, "a1 is master, and nobody holds the lock's row"),
        (Sins(nobody_has_the_lock=True), True, "a1 is master, and the lease is nobody's"),
        (Sins(rows_missing=1), False, "20 persistent messages acknowledged, and 19 rows"),
        (Sins(stores_volatile=True), False, "20 non-persistent messages have a row"),
        (Sins(separate_stores=True), False, "20 persistent messages acknowledged, and 0 rows"),
    ],
    ids=str,
)
def test_what_is_wrong_in_the_tables_is_found(sins: Sins, leases: bool, because: str, tmp_path: Path) -> None:
    result = run(CATALOGUE["tables"], FakeCluster(server="db", sins=sins, leases=leases), tmp_path)
    assert (result.verdict, because in result.because) == ("invalid", True), result.because


def test_a_look_while_nobody_answers_as_master_says_nothing_of_the_lease() -> None:
    """Seen on Derby, on a busy machine: the handshake took too long, and that was called a wrong lease."""
    value = {
        "tables": ["t"], "expected": ["t"], "holders": ["a2"], "held": None, "leases": True,
        "stored": {"main": 1}, "acknowledged": 1, "attempted": 1,
    }  # fmt: skip
    look = Op(at=1.0, who="nemesis", what="look", phase="ok", value=value)
    verdict = checkers.in_the_tables((look,))
    assert verdict.valid is None and "no broker answered as master" in verdict.because
    missing = Op(at=1.0, who="nemesis", what="look", phase="ok", value={**value, "tables": []})
    assert checkers.in_the_tables((missing,)).valid is False


# ── big-messages


def test_big_messages_survive_with_their_content(tmp_path: Path) -> None:
    result = run(CATALOGUE["big-messages"], FakeCluster(), tmp_path)
    assert result.verdict == "valid", result.because
    assert "5 of 70,000 bytes, 5 of 2,000,000 bytes" in result.because
    assert Path(result.history or "").stat().st_size < 200_000, "digests are recorded, not contents"


def test_a_store_that_cuts_off_at_64_kb_is_found(tmp_path: Path) -> None:
    """As MySQL does with a BLOB outside of its strict mode."""
    result = run(CATALOGUE["big-messages"], FakeCluster(sins=Sins(cuts_off=65_535)), tmp_path)
    assert result.verdict == "invalid" and "came as 65,535 of 70,000 bytes" in result.because


def test_a_store_that_keeps_only_the_beginning_is_found(tmp_path: Path) -> None:
    result = run(CATALOGUE["big-messages"], FakeCluster(sins=Sins(cuts_off=100)), tmp_path)
    assert result.verdict == "invalid" and "main-0-1 was cut off" in result.because


def test_a_broker_that_does_not_take_them_is_found(tmp_path: Path) -> None:
    result = run(CATALOGUE["big-messages"], FakeCluster(sins=Sins(refuses=True)), tmp_path)
    assert result.verdict == "invalid" and "0 of 5 messages of 70,000 bytes acknowledged" in result.because


# ── which run when none is named


def test_usual_drills_are_those_that_fit_the_stores() -> None:
    asked = ("restart-engine", "upgrade")  # each needs a word of the user's

    def usual(kind: str, server: str) -> set[str]:
        facts = Facts((GroupView("a", ("a1", "a2"), 1.0, store_kind=kind, server=server),), ())
        return {name for name, drill in CATALOGUE.items() if drill.usual(facts) and drill.ability not in asked}

    on_files = {"kill-master", "stop-master", "bridging"}
    assert usual("kahadb", "") == on_files
    assert usual("jdbc", "") == on_files | {"big-messages"}
    assert usual("jdbc", "db") == on_files | {"big-messages", "bounce-store", "tables"}
