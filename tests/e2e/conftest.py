"""Fixtures of the end-to-end tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.machine import Machine
from tests.e2e.sides import DockerSide, LocalSide, Side


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    setattr(item, f"report_{report.when}", report)
    return report


def _machine(request, amqctl_home: Path, side: Side) -> Iterator[Machine]:
    machine = Machine(side.home, amqctl_home / "cache", side)
    yield machine
    failed = getattr(getattr(request.node, "report_call", None), "failed", False)
    kept = os.environ.get("AMQCTL_KEEP_FAILED")
    machine.clean(Path(kept) / request.node.name if failed and kept else None)


@pytest.fixture
def machine(request, tmp_path: Path, amqctl_home: Path) -> Iterator[Machine]:
    """A bare machine: Python and a network, no Java, no Docker."""
    yield from _machine(request, amqctl_home, LocalSide(tmp_path / "home"))


@pytest.fixture
def docker_machine(request, tmp_path: Path, amqctl_home: Path, base_image: str) -> Iterator[Machine]:
    """One with a Docker engine."""
    yield from _machine(request, amqctl_home, DockerSide(tmp_path / "home", base_image))


@pytest.fixture(params=["local", pytest.param("docker", marks=pytest.mark.docker)])
def any_machine(request, tmp_path: Path, amqctl_home: Path) -> Iterator[Machine]:
    """One test for every runtime: a bare machine, and one with a Docker engine."""
    home = tmp_path / "home"
    if request.param == "local":
        yield from _machine(request, amqctl_home, LocalSide(home))
    else:
        yield from _machine(request, amqctl_home, DockerSide(home, request.getfixturevalue("base_image")))
