"""Drills about quorums and ZooKeeper, over a fake: an honest one is valid, each sin is found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from amqctl.drills import runner
from amqctl.drills.actions import Action, HurtEnsemble
from amqctl.drills.catalogue import CATALOGUE, zookeeper
from amqctl.drills.folder import RunFolder
from amqctl.drills.model import Drill
from amqctl.drills.recheck import recheck
from amqctl.drills.results import DrillResult
from amqctl.drills.stage import Options
from amqctl.drills.target import Facts, GroupView, Target
from amqctl.events import Event, silent
from tests.fake_replicas import FakeReplicas, ReplicaSins
from tests.fakes import FakeCluster, Sins
from tests.unit.test_drills import QUICK

BELOW = CATALOGUE["below-quorum"]


def shortened(drill: Drill) -> Drill:
    """ZooKeeper is away for a moment, long enough for a wrong election."""

    def script(subject, standard) -> tuple[Action, ...]:
        actions = drill.script(subject, standard)
        return tuple(replace(a, seconds=0.25) if isinstance(a, HurtEnsemble) else a for a in actions)

    return replace(drill, script=script)


LOSS, QUORUM_LOSS, PAUSE = map(shortened, (zookeeper.LOSS, zookeeper.QUORUM_LOSS, zookeeper.PAUSE))


def run(drill: Drill, cluster: FakeCluster, where: Path, options: Options = QUICK, tell=silent) -> DrillResult:
    target: Target = cluster
    return runner.run(drill, target, RunFolder(where), tell, options, connect=cluster.connect)[0]


# ── below-quorum


def test_below_its_quorum_an_honest_trio_has_no_master_and_then_one_again(tmp_path: Path) -> None:
    cluster = FakeReplicas()
    result = run(BELOW, cluster, tmp_path)
    assert result.verdict == "valid", result.because
    assert "with 1 of 3 brokers, 2 needed" in result.because
    assert result.messages.lost == 0 and all(node.up for node in cluster.nodes.values())
    assert recheck(Path(result.history or "")).result == result


def test_of_five_three_are_killed(tmp_path: Path) -> None:
    result = run(BELOW, FakeReplicas(members=5), tmp_path)
    assert result.verdict == "valid" and "with 2 of 5 brokers, 3 needed" in result.because


@pytest.mark.parametrize(
    ("own", "because"),
    [
        (ReplicaSins(minds_no_quorum=True), "acknowledged below the quorum"),
        (ReplicaSins(minds_no_quorum=True, forgets_below_quorum=True), "acknowledged messages lost"),
        (ReplicaSins(never_again=True), "nothing was acknowledged in the"),
        (ReplicaSins(forgets_below_quorum=True), "acknowledged messages lost"),
    ],
    ids=str,
)
def test_what_goes_wrong_below_the_quorum_is_found(own: ReplicaSins, because: str, tmp_path: Path) -> None:
    result = run(BELOW, FakeReplicas(own=own), tmp_path, replace(QUICK, ready_within=0.5))
    assert (result.verdict, because in result.because) == ("invalid", True), result.because


def test_who_serves_below_the_quorum_and_takes_no_message_is_found_by_samples(tmp_path: Path) -> None:
    """A master that answers handshakes and stalls."""
    cluster = FakeReplicas(own=ReplicaSins(minds_no_quorum=True))

    def stall(event: Event) -> None:
        if "one fewer than the quorum" in event.text:
            cluster.sins = Sins(stalls=True)

    result = run(BELOW, cluster, tmp_path, replace(QUICK, ready_within=0.5, send_timeout=0.2), tell=stall)
    assert result.verdict == "invalid"
    assert any("served" in v.because and "after the quorum was lost" in v.because for v in result.verdicts)


def test_killed_members_are_started_again_when_the_drill_is_interrupted(tmp_path: Path) -> None:
    cluster = FakeReplicas()

    def interrupt(event: Event) -> None:
        if "the quorum is there again" in event.text:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(BELOW, cluster, tmp_path, tell=interrupt)
    assert all(node.up for node in cluster.nodes.values())


# ── zk-loss


def test_the_loss_of_one_zookeeper_is_not_noticed(tmp_path: Path) -> None:
    result = run(LOSS, FakeReplicas(), tmp_path)
    assert result.verdict == "valid", result.because
    assert "a1 served on" in result.because and "without zk-1" in result.because
    assert recheck(Path(result.history or "")).result == result


def test_a_master_that_was_connected_to_it_may_step_down_once(tmp_path: Path) -> None:
    result = run(LOSS, FakeReplicas(own=ReplicaSins(rests=0.15), budget=3.0), tmp_path)
    assert result.verdict == "valid", result.because
    assert "a1 stepped down without zk-1" in result.because


@pytest.mark.parametrize(
    ("own", "because"),
    [
        (ReplicaSins(moves_on=True), "more than once"),
        (ReplicaSins(rests=0.45), "and a takeover may take 0.3 s"),
        (ReplicaSins(restarts=True), "a1 ended and came back as a new process"),
    ],
    ids=str,
)
def test_a_group_that_notices_more_is_found(own: ReplicaSins, because: str, tmp_path: Path) -> None:
    result = run(LOSS, FakeReplicas(own=own), tmp_path)
    assert (result.verdict, because in result.because) == ("invalid", True), result.because


# ── zk-quorum-loss, zk-pause


@pytest.mark.parametrize("drill", [QUORUM_LOSS, PAUSE], ids=lambda d: d.name)
@pytest.mark.parametrize(("goes_on", "told"), [(True, "a1 went on all the time"), (False, "a1 stepped down")])
def test_without_zookeeper_a_master_may_go_on_or_step_down(drill: Drill, goes_on: bool, told: str, tmp_path: Path):
    cluster = FakeReplicas(goes_on=goes_on)
    result = run(drill, cluster, tmp_path)
    assert result.verdict == "valid", result.because
    assert told in result.because
    assert not cluster.away and not cluster.frozen
    assert recheck(Path(result.history or "")).result == result


@pytest.mark.parametrize(
    ("own", "sins", "because"),
    [
        (ReplicaSins(elects_alone=True), Sins(), "served while ZooKeeper had no quorum"),
        (ReplicaSins(two_after=True), Sins(), "both served for"),
        (ReplicaSins(never_again=True), Sins(), "nothing was acknowledged in the"),
        (ReplicaSins(), Sins(separate_stores=True), "acknowledged messages lost"),
    ],
    ids=str,
)
def test_what_goes_wrong_without_zookeeper_is_found(own: ReplicaSins, sins: Sins, because: str, tmp_path: Path) -> None:
    cluster = FakeReplicas(own=own, sins=sins)
    if sins.separate_stores:  # and another one is elected afterwards
        cluster.members["a"].reverse()
        cluster.masters["a"] = "a1"
    result = run(QUORUM_LOSS, cluster, tmp_path, replace(QUICK, ready_within=0.5))
    assert (result.verdict, because in result.because) == ("invalid", True), result.because


def test_zookeeper_is_brought_back_when_the_drill_is_interrupted(tmp_path: Path) -> None:
    for drill, begins in ((QUORUM_LOSS, "stop zk-1"), (PAUSE, "pause zk-1")):
        cluster = FakeReplicas()

        def interrupt(event: Event, cluster: FakeReplicas = cluster, begins: str = begins) -> None:
            if event.text.startswith(begins):
                cluster.pause_servers(cluster.servers[:2])
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            run(drill, cluster, tmp_path / drill.name, tell=interrupt)
        assert not cluster.away


# ── whom they are for


def test_they_are_skipped_with_the_reason_where_they_do_not_fit(tmp_path: Path) -> None:
    plain = FakeCluster()
    assert "no quorum to lose" in run(BELOW, plain, tmp_path).because
    alone = FakeReplicas(servers=1)
    assert "1 of the 3 servers of which one may fail" in run(LOSS, alone, tmp_path).because
    assert run(PAUSE, FakeReplicas(pauses=False), tmp_path).because == "the fake cannot freeze a node"


def test_usual_where_they_fit() -> None:
    def usual(quorum: int, servers: int) -> set[str]:
        ensemble = tuple(map(str, range(servers)))
        facts = Facts((GroupView("a", ("a1", "a2", "a3"), 1.0, quorum=quorum, ensemble=ensemble),), ())
        return {"below-quorum", "zk-loss", "zk-quorum-loss", "zk-pause"} & {
            name for name, drill in CATALOGUE.items() if drill.usual(facts)
        }

    assert usual(0, 0) == set()
    assert usual(2, 0) == {"below-quorum"}
    assert usual(2, 1) == {"below-quorum", "zk-pause"}
    assert usual(2, 3) == {"below-quorum", "zk-loss", "zk-quorum-loss", "zk-pause"}
