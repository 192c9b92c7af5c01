"""An engine that restarts, that is gone in the middle, that has no room: on one of the test's own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import docker
import pytest

from amqctl.errors import CannotRun, NoEngine
from amqctl.plan.model import digest
from amqctl.wait import NotYet, until
from tests.contract.harness import PATIENCE, DockerHarness, created, planned, serving, started
from tests.lab.private import PrivateEngine, private_engine

pytestmark = [pytest.mark.real, pytest.mark.docker, pytest.mark.engine]


@pytest.fixture(scope="module")
def engine(base_image: str, amqctl_home: Path) -> Iterator[PrivateEngine]:
    """The image that the brokers need is built on the engine that all share and copied: that is quicker."""
    shared = DockerHarness(os.environ, base_image, amqctl_home / "cache", "own-engine")
    shared.runtime.provide(planned(shared)[0])
    with closing(docker.from_env()) as client, private_engine("2g") as own:
        [image] = [t for i in client.images.list("amqctl/activemq") for t in i.tags if ":5.18.3-" in t]
        own.load(image)
        yield own


@pytest.fixture
def harness(engine: PrivateEngine, base_image: str, amqctl_home: Path) -> Iterator[DockerHarness]:
    env = {"DOCKER_HOST": engine.url}
    one = DockerHarness(env, base_image, amqctl_home / "cache", "own-engine")
    yield one
    engine.make_room()
    if engine.process is None:
        engine.start()
    one.runtime.destroy(volumes=True)


def test_after_an_engine_restart_all_is_seen_and_what_ran_runs_again(
    engine: PrivateEngine, harness: DockerHarness
) -> None:
    """The broker that was killed on purpose stays down, the other comes back without being asked for."""
    plan, files = created(harness)
    started(harness, plan, "n-1")
    harness.runtime.start("n-2")
    harness.runtime.kill("n-1")
    serving(harness, plan, "n-2")
    before = harness.runtime.observe()
    engine.restart()

    def back() -> None:
        if harness.runtime.observe().nodes["n-2"].status != "running":
            raise NotYet(str(harness.runtime.observe().nodes["n-2"]))

    until(back, what="n-2 runs again", within=PATIENCE)
    serving(harness, plan, "n-2")
    after = harness.runtime.observe()
    assert after.nodes["n-1"].status == "created"
    assert after.intent == before.intent
    assert after.nodes["n-2"].pid != before.nodes["n-2"].pid
    assert after.nodes["n-2"].files == {name: digest(text) for name, text in files["n-2"].items()}
    assert harness.has_data()
    harness.runtime.start("n-1")
    harness.runtime.kill("n-2")
    serving(harness, plan, "n-1")


def test_an_engine_that_is_gone_is_named_and_one_that_is_back_goes_on(
    engine: PrivateEngine, harness: DockerHarness
) -> None:
    """Whatever is asked of it meanwhile; the same runtime object finds the engine again when it is back."""
    plan, files = created(harness)
    started(harness, plan, "n-1")
    engine.kill()
    asked = [
        lambda: harness.runtime.check(plan),
        harness.runtime.observe,
        lambda: harness.runtime.prepare(plan),
        lambda: harness.runtime.create(plan.node("n-2"), files["n-2"]),
        lambda: harness.runtime.start("n-2"),
        lambda: harness.runtime.stop("n-1", grace=5),
        lambda: harness.runtime.kill("n-1"),
        lambda: harness.runtime.remove("n-1"),
        lambda: harness.runtime.destroy(volumes=True),
        lambda: list(harness.runtime.logs("n-1")),
    ]
    for ask in asked:
        with pytest.raises(NoEngine) as told:
            ask()
        assert "does not answer" in told.value.problems[0].what
        assert told.value.problems[0].fix
    engine.start()
    assert set(harness.runtime.observe().nodes) == {"n-1", "n-2"}
    harness.runtime.start("n-2")
    harness.runtime.kill("n-1")
    serving(harness, plan, "n-2")


def test_no_room_on_the_engine_is_said_and_nothing_half_made_bears_a_nodes_name(
    engine: PrivateEngine, harness: DockerHarness
) -> None:
    plan, files = planned(harness)
    harness.runtime.prepare(plan)
    engine.fill()
    with pytest.raises(CannotRun) as told:
        harness.runtime.create(plan.node("n-1"), files["n-1"])
    assert "no space left" in told.value.problems[0].what
    assert "make room" in told.value.problems[0].fix
    assert harness.runtime.observe().nodes == {}
    engine.make_room()
    harness.runtime.create(plan.node("n-1"), files["n-1"])
    started(harness, plan, "n-1")
