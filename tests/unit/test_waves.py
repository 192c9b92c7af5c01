"""A large cluster is started in waves: no more brokers boot at once than the machine has room for."""

from __future__ import annotations

import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from amqctl.activemq import engines
from amqctl.activemq.versions import caps
from amqctl.cluster.cluster import Cluster
from amqctl.cluster.model import Login
from amqctl.cluster.observation import Observation, Seen
from amqctl.cluster.readiness import BOOT, Followers
from amqctl.errors import NeverHappened
from amqctl.events import silent
from amqctl.plan.model import Plan
from amqctl.plan.reconcile import one_after_another, reconcile
from amqctl.topology import check
from tests.fake_runtime import FakeRuntime
from tests.fakes import FakeClock
from tests.plans import a_group, a_plan, files_of
from tests.unit.test_observation import observed

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "twenty-brokers" / "topology.py"
LEADING = Seen(alive=True, serving=True, slave=False, store=True)


def twenty() -> Plan:
    """Ports that nobody listens on."""
    return a_plan(*(a_group(f"g{i}", 1, start=-200 + i) for i in range(20)))


def made(plan: Plan) -> FakeRuntime:
    runtime = FakeRuntime("t", {})
    runtime.prepare(plan)
    for name, files in files_of(plan).items():
        runtime.create(plan.node(name), files)
    return runtime


def run(runtime: FakeRuntime) -> set[str]:
    return {name for name, state in runtime.observe().nodes.items() if state.status == "running"}


def looked(plan: Plan, masters: set[str]) -> Observation:
    return observed(plan, {plan.node(n).group: n for n in masters}, **dict.fromkeys(masters, LEADING))


def passed(followers: Followers, plan: Plan, masters: set[str]) -> None:
    """One look, with all that it starts."""
    followers.start(plan, looked(plan, masters))
    for future in followers._begun:
        future.result()


def test_up_starts_as_many_as_there_is_room_for_and_makes_the_files_of_all() -> None:
    plan, runtime = twenty(), FakeRuntime("t", {})
    runtime.prepare(plan)
    steps = reconcile(plan, files_of(plan), runtime.observe(), {})
    clock = FakeClock()
    cluster = Cluster(plan, runtime, Login("admin", "x"), silent, most_booting=4, clock=clock)  # type: ignore[arg-type]
    with pytest.raises(NeverHappened):
        cluster.apply(steps, files_of(plan), within=0.3)
    assert run(runtime) == {"g0-1", "g1-1", "g2-1", "g3-1"}
    assert len(runtime.observe().nodes) == 20


def test_the_next_is_started_when_one_serves() -> None:
    plan = twenty()
    runtime = made(plan)
    names = [n.name for n in plan.nodes]
    for name in names[:4]:
        runtime.start(name)
    with Followers(runtime, dict.fromkeys(names[4:]), names[:4], 4, FakeClock()) as followers:  # type: ignore[arg-type]
        passed(followers, plan, set())
        assert len(run(runtime)) == 4
        serving: set[str] = set()
        while followers:
            serving.add(min(run(runtime) - serving, key=names.index))
            passed(followers, plan, serving)
            assert len(run(runtime) - serving) <= 4
    assert run(runtime) == set(names)


def test_a_slave_waits_for_its_groups_lock_and_for_room() -> None:
    plan = a_plan(a_group("a", 2, start=-200), a_group("b", 2, start=-190))
    runtime = made(plan)
    later = {"b-1": None, "a-2": "a", "b-2": "b"}
    runtime.start("a-1")
    with Followers(runtime, later, ["a-1"], 1, FakeClock()) as followers:  # type: ignore[arg-type]
        passed(followers, plan, set())
        assert run(runtime) == {"a-1"}
        passed(followers, plan, {"a-1"})
        assert run(runtime) == {"a-1", "b-1"}, "a-2 may, and there is no room"
        passed(followers, plan, {"a-1", "b-1"})
        assert run(runtime) == {"a-1", "b-1", "a-2"}


def test_those_that_need_others_to_become_anything_keep_nobody_from_starting() -> None:
    """Of a quorum of three, one that is started alone would wait for ever."""
    plan, clock = twenty(), FakeClock()
    runtime = made(plan)
    names = [n.name for n in plan.nodes]
    runtime.start(names[0])
    with Followers(runtime, dict.fromkeys(names[1:3]), names[:1], 1, clock) as followers:  # type: ignore[arg-type]
        passed(followers, plan, set())
        assert len(run(runtime)) == 1
        clock.sleep(BOOT)
        passed(followers, plan, set())
        assert len(run(runtime)) == 2


def test_one_whose_start_is_under_way_is_counted_among_those_that_are_to_be_started() -> None:
    plan, go = twenty(), threading.Event()
    runtime = made(plan)
    runtime.start = lambda node: go.wait(10)  # type: ignore[method-assign,assignment]  # as an engine does
    with Followers(runtime, {"g0-1": None}, (), 1, FakeClock()) as followers:  # type: ignore[arg-type]
        followers.start(plan, looked(plan, set()))
        assert len(followers) == 1 and followers
        go.set()
        followers._begun[0].result()
        followers.start(plan, looked(plan, set()))
        assert len(followers) == 0 and not followers


@pytest.mark.parametrize(("shape", "links"), [("ring", 20), ("hub", 19), ("mesh", 190), ("chain", 19)])
def test_the_example_prints_a_topology_of_twenty_brokers(shape: str, links: int) -> None:
    ran = subprocess.run([sys.executable, str(EXAMPLE), shape], capture_output=True, text=True, check=True)
    made = check.settled(ran.stdout, "twenty.yaml", caps=caps, engines=engines)
    assert [len(group.brokers) for group in made.groups] == [1] * 20
    assert len(made.links) == links


def test_members_that_find_each_other_by_zookeeper_join_one_after_the_other() -> None:
    plan = a_plan(a_group("a", 3, start=-200))
    runtime = made(plan)
    names = [n.name for n in plan.nodes]
    after = one_after_another([replace(node, replica="replica") for node in plan.nodes])
    assert after == {"a-2": "a-1", "a-3": "a-2"}
    assert one_after_another(plan.nodes) == {}, "those that share a store take its lock"
    joined: set[str] = set()
    clock = FakeClock()
    runtime.start(names[0])
    with Followers(
        runtime, dict.fromkeys(names[1:]), names[:1], 4, clock, after, lambda node, seen: node in joined  # type: ignore[arg-type]
    ) as followers:  # fmt: skip
        passed(followers, plan, set())
        assert run(runtime) == {"a-1"}
        joined.add("a-1")
        passed(followers, plan, set())
        assert run(runtime) == {"a-1", "a-2"}
        passed(followers, plan, set())
        assert run(runtime) == {"a-1", "a-2"}
        clock.sleep(BOOT)  # one that never joins keeps nobody from starting
        passed(followers, plan, set())
        assert run(runtime) == {"a-1", "a-2", "a-3"}
