"""Every promise of the seam, on the fake and on every real runtime. One suite, no copies."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from amqctl.activemq.versions import caps
from amqctl.cluster.intent import Intent, plan_of
from amqctl.cluster.model import Login
from amqctl.cluster.observation import handshakes
from amqctl.errors import AmqctlError
from amqctl.events import silent
from amqctl.plan.model import Files, Plan, digest
from amqctl.plan.render import render
from amqctl.wait import NotYet, until
from tests.fake_runtime import FakeRuntime

SINGLE = """
apiVersion: amqctl/v1
name: {name}
activemq: 5.18.3
groups:
  "only.one-{name}":
    brokers: {{n-1: {{}}, n-2: {{}}}}
"""
PATIENCE = 60.0


class LocalHarness:
    """The local runtime, and what the suite needs besides the seam."""

    real = True

    def __init__(self, home: Path, cache: Path, cluster: str) -> None:
        from amqctl.provision.dirs import Dirs
        from amqctl.provision.sources import Sources
        from amqctl.runtimes.local import LocalRuntime

        dirs = Dirs(cache=cache, state=home / "state")
        self.runtime = LocalRuntime(cluster, dirs=dirs, sources=Sources(cache=cache), tell=silent, env=dict(os.environ))

    def end_by_itself(self, node: str) -> None:
        """SIGTERM to the JVM alone: to its supervisor this is a broker that stopped itself."""
        import psutil

        pid = self.runtime.observe().nodes[node].pid
        assert pid is not None
        psutil.Process(pid).terminate()

    def has_data(self) -> bool:
        return (self.runtime.root / "stores").is_dir()


class FakeHarness:
    real = False

    def __init__(self, world: dict[str, dict], cluster: str) -> None:
        self.runtime = FakeRuntime(cluster, world)

    def end_by_itself(self, node: str) -> None:
        self.runtime.end_by_itself(node)

    def has_data(self) -> bool:
        return self.runtime.has_data()


@pytest.fixture(params=["fake", pytest.param("local", marks=pytest.mark.real)])
def open_harness(request, tmp_path, real_cache):
    """A function cluster name -> harness; all that it opened is destroyed after the test, also when it fails."""
    opened = []
    world: dict[str, dict] = {}

    def open_one(cluster: str):
        harness = (
            FakeHarness(world, cluster) if request.param == "fake" else LocalHarness(tmp_path, real_cache, cluster)
        )
        opened.append(harness)
        return harness

    yield open_one
    for harness in opened:
        harness.runtime.destroy(volumes=True)


@pytest.fixture
def real_cache(request) -> Path:
    if "local" in request.node.name:
        return request.getfixturevalue("amqctl_home") / "cache"
    return Path("/nonexistent")


def planned(harness, name: str, offset: int = 1200) -> tuple[Plan, Files]:
    plan = plan_of(Intent(SINGLE.format(name=name), None, port_offset=offset), harness.runtime.place)
    return plan, render(plan, {u.name: f"pw-{u.name}" for u in plan.settled.users}, caps)


def created(harness, name: str, offset: int = 1200) -> tuple[Plan, Files]:
    plan, files = planned(harness, name, offset)
    harness.runtime.prepare(plan)
    for node in plan.nodes:
        harness.runtime.create(node, files[node.name])
    return plan, files


def serving(harness, plan: Plan, node: str) -> None:
    """Wait until the node's broker completes a handshake, where there is a real one."""
    if not harness.real:
        return

    def probe() -> None:
        if not handshakes(plan.node(node), Login("admin", "pw-admin")):
            raise NotYet("no handshake")

    until(probe, what=f"{node} serves", within=PATIENCE)


def test_place_is_plain_data_and_the_same_each_time(open_harness) -> None:
    runtime = open_harness("c1").runtime
    assert runtime.place("n-1") == runtime.place("n-1")
    assert runtime.place("n-1").data != runtime.place("n-2").data
    assert runtime.place("n-1").stores == runtime.place("n-2").stores


def test_check_and_observe_change_nothing(open_harness) -> None:
    harness = open_harness("c1")
    plan, _ = planned(harness, "c1")
    assert harness.runtime.check(plan) == []
    state = harness.runtime.observe()
    assert state.intent is None
    assert state.nodes == {}
    assert not harness.has_data()


def test_prepare_records_the_intent_and_may_be_repeated(open_harness) -> None:
    harness = open_harness("c1")
    plan, _ = planned(harness, "c1")
    harness.runtime.prepare(plan)
    harness.runtime.prepare(plan)
    assert harness.runtime.observe().intent == plan.intent
    assert harness.runtime.observe().nodes == {}


def test_create_makes_a_node_with_these_files_that_does_not_run(open_harness) -> None:
    harness = open_harness("c1")
    plan, files = created(harness, "c1")
    node = harness.runtime.observe().nodes["n-1"]
    assert node.status == "created"
    assert node.pid is None
    assert node.files == {name: digest(text) for name, text in files["n-1"].items()}


def test_create_again_leaves_only_the_new_files(open_harness) -> None:
    harness = open_harness("c1")
    plan, files = created(harness, "c1")
    fewer = {k: v for k, v in files["n-1"].items() if k != "groups.properties"}
    harness.runtime.create(plan.node("n-1"), fewer)
    assert set(harness.runtime.observe().nodes["n-1"].files) == set(fewer)


def test_start_launches_and_a_second_start_is_nothing(open_harness) -> None:
    harness = open_harness("c1")
    plan, _ = created(harness, "c1")
    harness.runtime.start("n-1")
    serving(harness, plan, "n-1")
    first = harness.runtime.observe().nodes["n-1"]
    assert first.status == "running"
    assert first.pid
    assert first.started_at
    assert first.supervised
    harness.runtime.start("n-1")
    assert harness.runtime.observe().nodes["n-1"].pid == first.pid


def test_start_of_what_does_not_exist_is_an_error_with_advice(open_harness) -> None:
    with pytest.raises(AmqctlError, match="n-9 does not exist"):
        open_harness("c1").runtime.start("n-9")


def test_kill_is_gone_on_return_and_stays_down_until_start(open_harness) -> None:
    harness = open_harness("c1")
    plan, _ = created(harness, "c1")
    harness.runtime.start("n-1")
    serving(harness, plan, "n-1")
    before = harness.runtime.observe().nodes["n-1"].pid
    harness.runtime.kill("n-1")
    assert harness.runtime.observe().nodes["n-1"].status == "created"
    assert harness.runtime.check(plan) == []  # its ports are free
    harness.runtime.start("n-1")
    serving(harness, plan, "n-1")
    assert harness.runtime.observe().nodes["n-1"].pid != before


def test_stop_reaches_the_jvm_and_is_gone_on_return(open_harness) -> None:
    harness = open_harness("c1")
    plan, _ = created(harness, "c1")
    harness.runtime.start("n-1")
    serving(harness, plan, "n-1")
    harness.runtime.stop("n-1", grace=30)
    assert harness.runtime.observe().nodes["n-1"].status == "created"
    if harness.real:
        assert any(line.text.find("is shutdown") >= 0 for line in harness.runtime.logs("n-1"))


def test_what_ends_by_itself_comes_back(open_harness) -> None:
    harness = open_harness("c1")
    plan, _ = created(harness, "c1")
    harness.runtime.start("n-1")
    serving(harness, plan, "n-1")
    before = harness.runtime.observe().nodes["n-1"].pid
    harness.end_by_itself("n-1")

    def back() -> None:
        node = harness.runtime.observe().nodes["n-1"]
        if node.status != "running" or node.pid == before or node.restarts != 1:
            raise NotYet(str(node))

    until(back, what="n-1 is brought back", within=PATIENCE)


def test_remove_deletes_the_node_and_absent_is_fine(open_harness) -> None:
    harness = open_harness("c1")
    created(harness, "c1")
    harness.runtime.remove("n-1")
    harness.runtime.remove("n-1")
    assert set(harness.runtime.observe().nodes) == {"n-2"}
    assert harness.has_data()


def test_destroy_keeps_data_unless_asked(open_harness) -> None:
    harness = open_harness("c1")
    created(harness, "c1")
    harness.runtime.destroy(volumes=False)
    assert harness.runtime.observe() == type(harness.runtime.observe())(None, {})
    assert harness.has_data()
    harness.runtime.destroy(volumes=True)
    harness.runtime.destroy(volumes=True)
    assert not harness.has_data()


def test_two_clusters_live_side_by_side(open_harness) -> None:
    one, two = open_harness("c1"), open_harness("c2")
    plan_one, _ = created(one, "c1", 1200)
    plan_two, _ = created(two, "c2", 1300)
    one.runtime.start("n-1")
    two.runtime.start("n-1")
    serving(one, plan_one, "n-1")
    serving(two, plan_two, "n-1")
    one.runtime.destroy(volumes=True)
    assert two.runtime.observe().nodes["n-1"].status == "running"
    clash, _ = planned(open_harness("c3"), "c3", 1300)
    problems = open_harness("c3").runtime.check(clash)
    assert any("is taken by" in p.what for p in problems)
    assert all(p.fix for p in problems)


def test_logs_have_times_and_since_cuts(open_harness) -> None:
    harness = open_harness("c1")
    plan, _ = created(harness, "c1")
    harness.runtime.start("n-1")
    serving(harness, plan, "n-1")
    lines = list(harness.runtime.logs("n-1"))
    assert lines
    assert all(line.node == "n-1" for line in lines)
    assert list(harness.runtime.logs("n-1", since=lines[-1].at + 3600)) == []
