"""Whole drills over a fake cluster: an honest one is valid, each sin is found and named."""

from __future__ import annotations

import json
import threading
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from amqctl.drills import runner
from amqctl.drills.actions import Heal, Kill
from amqctl.drills.catalogue import CATALOGUE
from amqctl.drills.folder import RunFolder
from amqctl.drills.model import Standard
from amqctl.drills.recheck import recheck
from amqctl.drills.results import DrillResult, Messages
from amqctl.drills.stage import Options
from amqctl.drills.target import LinkView, Target
from amqctl.errors import AmqctlError
from amqctl.events import Event, silent
from tests.fakes import FakeCluster, Sins

QUICK = Options(
    standard=Standard(acknowledged=120, last_second=20, before=60, after=20),
    ready_within=0.15, load_within=2.0, send_timeout=0.02, receive_within=0.05, drain_within=1.0,
    quiet=0.005, quiet_unknown=0.01, quiet_missing=0.1, sample_every=0.003, look=0.01, takeover_patience=0.1,
)  # fmt: skip
DUPLEX = (LinkView("a-b", "a", "b", duplex=True),)


def drill(name: str, cluster: FakeCluster, where: Path, options: Options = QUICK, tell=silent) -> DrillResult:
    target: Target = cluster
    return runner.run(CATALOGUE[name], target, RunFolder(where), tell, options, connect=cluster.connect)[0]


@pytest.fixture(autouse=True)
def no_thread_is_left_behind():
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) <= before


def test_kill_master_of_an_honest_cluster_is_valid(tmp_path: Path) -> None:
    cluster = FakeCluster()
    result = drill("kill-master", cluster, tmp_path)
    assert result.verdict == "valid", result.because
    assert result.messages.lost == 0 and result.messages.acknowledged >= 120
    assert 0.08 <= (result.takeover_seconds or 0) <= 1.0
    assert result.lock_seconds is not None and result.connectors_seconds is not None
    assert cluster.role("a1") == "waiting", "the killed broker was started again"
    assert not any(cluster.shared["a"].values()), "the drill's queues are left empty"


def test_stop_master_of_an_honest_cluster_is_valid(tmp_path: Path) -> None:
    result = drill("stop-master", FakeCluster(), tmp_path)
    assert result.verdict == "valid", result.because
    assert "is shutdown" in result.because


def test_bridging_over_a_duplex_link_is_valid(tmp_path: Path) -> None:
    cluster = FakeCluster(("a", "b"), links=DUPLEX)
    result = drill("bridging", cluster, tmp_path)
    assert result.verdict == "valid", result.because
    assert "100 sent, 80 consumed, 20 left over both groups" in result.because
    assert "5 the other way" in result.because
    assert result.group == "a -> b"


def test_bridging_over_a_one_way_link_claims_one_way_only(tmp_path: Path) -> None:
    cluster = FakeCluster(("a", "b"), links=(LinkView("a-b", "a", "b", duplex=False),))
    result = drill("bridging", cluster, tmp_path)
    assert result.verdict == "valid" and "other way" not in result.because


def test_engine_restart_of_an_honest_cluster_is_valid(tmp_path: Path) -> None:
    cluster = FakeCluster(("a", "b"))
    results = runner.run(
        CATALOGUE["engine-restart"], cluster, RunFolder(tmp_path), options=QUICK, connect=cluster.connect
    )
    assert [(r.group, r.verdict) for r in results] == [("a", "valid"), ("b", "valid")], results[0].because
    assert "all 4 brokers were back" in results[0].because
    assert results[0].messages.lost == 0
    assert 0.03 + 0.08 <= (results[0].takeover_seconds or 0) <= 1.0, "from the engine's end to the first send after"
    history = Path(results[0].history or "").read_text()
    assert '"start"' not in history, "nobody but the engine started a broker"


def test_engine_restart_does_not_need_a_slave(tmp_path: Path) -> None:
    result = drill("engine-restart", FakeCluster(members=1), tmp_path)
    assert result.verdict == "valid", result.because


def test_what_an_interrupted_engine_restart_leaves_is_healed(tmp_path: Path) -> None:
    """Interrupted while the engine is away: the command is given again, and brokers that it left down start."""

    class Interrupted(FakeCluster):
        calls = 0

        def restart_engine(self) -> None:
            self.calls += 1
            if self.calls == 1:
                for name in self.nodes:
                    self._down(name)
                self.engine_away = True
                raise KeyboardInterrupt
            super().restart_engine()

    cluster = Interrupted()
    with pytest.raises(KeyboardInterrupt):
        drill("engine-restart", cluster, tmp_path)
    assert cluster.calls == 2
    assert set(cluster.roles().values()) == {"master", "waiting"}


SINS = [
    ("kill-master", Sins(separate_stores=True), "invalid", "acknowledged messages lost, e.g. producer-"),
    ("kill-master", Sins(two_masters=True), "invalid", "both served for"),
    ("kill-master", Sins(ignores_lock_when_restarted=True), "invalid", "both served for"),
    ("kill-master", Sins(never_takes_over=True), "invalid", "no send was acknowledged by another broker"),
    ("kill-master", Sins(invents=1), "invalid", "1 received that nobody sent, e.g. stranger-0"),
    ("kill-master", Sins(same_pid=True), "invalid", "old master's pid 7"),
    ("kill-master", Sins(slow_takeover=0.1), "invalid", "the budget is 0.1 s"),
    ("kill-master", Sins(stalls=True), "unknown", "no master was hurt, 0 acknowledged"),
    ("kill-master", Sins(refuses=True), "unknown", "not authorized"),
    ("kill-master", Sins(no_slave=True), "unknown", "a2 is down"),
    ("kill-master", Sins(crashes_on_kill=True), "unknown", "the runtime is gone"),
    ("stop-master", Sins(no_shutdown_line=True), "invalid", "has no “is shutdown” line"),
    ("kill-master", Sins(declines_consumers=True), "unknown", "not authorized to read"),
    ("kill-master", Sins(hangs_when_restarted=True), "unknown", "did not become whole again"),
    ("engine-restart", Sins(forgets=True), "invalid", "acknowledged messages lost"),
    ("engine-restart", Sins(stays_down=True), "invalid", "not all came back in"),
    ("engine-restart", Sins(ignores_lock_when_restarted=True), "invalid", "both served for"),
    ("engine-restart", Sins(runs_on=True), "unknown", "no broker's process is known to have ended"),
    ("engine-restart", Sins(engine_stays_away=True), "unknown", "the engine answers again: not within 60 s"),
    ("bridging", Sins(one_way=True), "invalid", "link a-b claims to carry from b to a, but only 0 of 5"),
    ("bridging", Sins(duplicates=2), "invalid", "came twice"),
    ("bridging", Sins(separate_stores=True), "invalid", "acknowledged messages lost"),
]


@pytest.mark.parametrize(("name", "sins", "verdict", "because"), SINS, ids=lambda v: str(v)[:60])
def test_each_sin_is_found_and_named(name: str, sins: Sins, verdict: str, because: str, tmp_path: Path) -> None:
    bridging = name == "bridging"
    budget = 0.1 if sins.slow_takeover or sins.never_takes_over else 1.0
    cluster = FakeCluster(
        ("a", "b") if bridging else ("a",), sins=sins, links=DUPLEX if bridging else (), budget=budget, takeover=0.02
    )
    options = replace(QUICK, load_within=0.05) if sins.stalls or sins.refuses else QUICK
    if sins.slow_takeover:  # it comes, however late
        options = replace(options, takeover_patience=5.0)
    result = drill(name, cluster, tmp_path, options)
    assert (result.verdict, because in result.because) == (verdict, True), result.because


def test_non_persistent_sends_are_lost_and_called_so(tmp_path: Path) -> None:
    result = drill("kill-master", FakeCluster(), tmp_path, replace(QUICK, persistent=False))
    assert result.verdict == "invalid"
    assert "of the lost were sent non-persistent" in result.because


def test_duplicates_are_counted_and_not_condemned(tmp_path: Path) -> None:
    result = drill("kill-master", FakeCluster(sins=Sins(duplicates=3)), tmp_path)
    assert result.verdict == "valid", result.because
    assert result.messages.duplicated >= 3


def test_a_message_in_the_dead_letter_queue_is_not_lost_and_stays_there(tmp_path: Path) -> None:
    cluster = FakeCluster(sins=Sins(dead_letters=2))
    result = drill("kill-master", cluster, tmp_path)
    assert result.verdict == "valid" and "2 of them in the dead-letter queue" in result.because
    assert len(cluster.shared["a"]["/queue/ActiveMQ.DLQ"]) == 2


def test_a_backlog_is_stored_first_and_counts(tmp_path: Path) -> None:
    result = drill("kill-master", FakeCluster(), tmp_path, replace(QUICK, backlog=130))
    assert result.verdict == "valid", "the backlog must not pass for the load"
    assert result.messages.acknowledged >= 130 + 120
    text = Path(result.history or "").read_text()
    assert '"backlog-130"' in text and text.index('"backlog-130"') < text.index('"producer-0-1"')


def test_too_few_producers_prove_nothing(tmp_path: Path) -> None:
    result = drill("kill-master", FakeCluster(), tmp_path, replace(QUICK, producers=2))
    assert result.verdict == "unknown" and "2 producers, 4 wanted" in result.because


def test_what_a_drill_breaks_is_healed_when_it_is_interrupted(tmp_path: Path) -> None:
    cluster = FakeCluster()

    def interrupt(event: Event) -> None:
        if "is master" in event.text:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        drill("kill-master", cluster, tmp_path, tell=interrupt)
    assert cluster.role("a1") in ("waiting", "master")
    (kept,) = tmp_path.rglob("history.jsonl")
    again = recheck(kept).result
    assert again.verdict == "unknown", "what was not read yet is not lost"
    assert "the run was cut short after" in again.because and again.messages == Messages()


@pytest.mark.parametrize("cut", [KeyboardInterrupt(), AmqctlError("the runtime is gone")], ids=["interrupt", "error"])
def test_a_heal_within_a_script_that_is_cut_short_is_done_at_its_end(cut: BaseException, tmp_path: Path) -> None:
    class CutShort(FakeCluster):
        starts = 0

        def start(self, node: str) -> None:
            self.starts += 1
            if self.starts == 1:
                raise cut
            super().start(node)

    cluster = CutShort()
    healed = replace(CATALOGUE["kill-master"], script=lambda subject, standard: (Kill(subject.group), Heal()))
    with suppress(KeyboardInterrupt):
        runner.run(healed, cluster, RunFolder(tmp_path), options=QUICK, connect=cluster.connect)
    assert set(cluster.roles().values()) == {"master", "waiting"}


def test_a_run_folder_holds_history_and_logs_and_can_be_judged_again(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path / "runs", "fake", rendered={"a1/activemq.xml": "<broker/>"})
    cluster = FakeCluster()
    result = runner.run(CATALOGUE["kill-master"], cluster, folder, options=QUICK, connect=cluster.connect)[0]
    assert (tmp_path / "runs" / "latest" / "rendered" / "a1" / "activemq.xml").read_text() == "<broker/>"
    assert "KahaDB is version" in (folder.path / "kill-master-a" / "logs" / "a2.log").read_text()
    path = Path(result.history or "")
    again = recheck(path)
    assert (again.result, again.cluster, again.profile) == (result, "fake", "lab")
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert "secret" not in path.read_text()
    assert lines == sorted(lines, key=lambda op: op["at"])


def test_a_starved_broker_that_delivers_late_has_lost_nothing(tmp_path: Path) -> None:
    """Its queues' depths cannot be read, and for some rounds nothing comes: that is no empty queue."""
    cluster = FakeCluster()
    cluster.depths_known, cluster.naps = False, 4
    result = drill("kill-master", cluster, tmp_path, replace(QUICK, quiet_missing=5.0))
    assert result.verdict == "valid", result.because


def test_two_runs_in_one_second_get_two_folders(tmp_path: Path) -> None:
    first, second = RunFolder.create(tmp_path, "x"), RunFolder.create(tmp_path, "x")
    assert first.path != second.path
    assert (tmp_path / "latest").resolve() == second.path.resolve()


def test_drills_that_are_repeated_have_a_folder_for_each_time(tmp_path: Path) -> None:
    """Also several of them: their first times share one."""
    from amqctl.cli.failover_test import folder_of

    names = ["kill-master", "kill-master", "stop-master", "stop-master", "bridging"]
    found = [folder_of(RunFolder(tmp_path), names, n).drill(name, "a").path for n, name in enumerate(names)]
    assert [str(p.relative_to(tmp_path)) for p in found] == [
        "001/kill-master-a", "002/kill-master-a", "001/stop-master-a", "002/stop-master-a", "bridging-a"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "cluster", "reason"),
    [
        ("kill-master", FakeCluster(members=1), "nobody can take over"),
        ("kill-master", FakeCluster(stomp=False), "no STOMP connector"),
        ("engine-restart", FakeCluster(engine=False), "the fake has no engine"),
        ("engine-restart", FakeCluster(stomp=False), "no STOMP connector"),
        ("bounce-store", FakeCluster(), "the fake has no database"),
        ("tables", FakeCluster(), "the fake has no database"),
        ("tables", FakeCluster(server="db", members=1), "nobody can take over"),
        ("bridging", FakeCluster(), "no link between groups"),
        ("bridging", FakeCluster(("a", "b"), links=DUPLEX, members=1), "a has one broker"),
        ("bridging", FakeCluster(("a", "b"), links=DUPLEX, stomp=False), "a has no STOMP connector"),
    ],
)
def test_a_drill_that_cannot_be_run_is_skipped_with_the_reason(
    name: str, cluster: FakeCluster, reason: str, tmp_path: Path
) -> None:
    result = drill(name, cluster, tmp_path)
    assert result.verdict == "skipped" and reason in result.because


def test_each_group_with_a_slave_is_a_result_of_its_own(tmp_path: Path) -> None:
    cluster = FakeCluster(("a", "b"))
    heard: list[DrillResult] = []
    results = runner.run(
        CATALOGUE["stop-master"],
        cluster,
        RunFolder(tmp_path),
        options=QUICK,
        connect=cluster.connect,
        done=heard.append,
    )
    assert [r.group for r in results] == ["a", "b"] and list(results) == heard


def test_two_links_between_two_groups_are_one_subject_with_both_directions() -> None:
    links = (LinkView("ab", "a", "b", duplex=False), LinkView("ba", "b", "a", duplex=False))
    cluster = FakeCluster(("a", "b"), links=links)
    from amqctl.drills.model import Subject
    from amqctl.drills.target import Facts

    found = CATALOGUE["bridging"].needs(Facts(tuple(cluster.groups()), links))
    assert found == [Subject("a -> b", "a", "b", "ba", forward=True, reverse=True)]
