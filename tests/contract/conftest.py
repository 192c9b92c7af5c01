"""Fixtures of the contract suites."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.contract.harness import DockerHarness, FakeHarness, Harness, LocalHarness

Open = Callable[[str], Harness]

RUNTIMES = [
    "fake",
    pytest.param("local", marks=pytest.mark.real),
    pytest.param("docker", marks=[pytest.mark.real, pytest.mark.docker]),
]


@pytest.fixture(params=RUNTIMES)
def open_harness(request, tmp_path: Path) -> Iterator[Open]:
    """A function name -> harness; all that it opened is destroyed after the test, also when it fails."""
    yield from _opener(_maker(request, tmp_path))


def _maker(request, tmp_path: Path) -> Open:
    if request.param == "fake":
        world: dict[str, dict] = {}
        return lambda cluster: FakeHarness(world, cluster)
    cache = request.getfixturevalue("amqctl_home") / "cache"
    if request.param == "local":
        return lambda cluster: LocalHarness(tmp_path, cache, cluster)
    base = request.getfixturevalue("base_image")
    return lambda cluster: DockerHarness(os.environ, base, cache, cluster)


def _opener(make: Open) -> Iterator[Open]:
    token = f"t{secrets.token_hex(3)}"
    opened: list[Harness] = []

    def open_one(name: str) -> Harness:
        opened.append(make(f"{token}-{name}"))
        return opened[-1]

    yield open_one
    for harness in opened:
        harness.runtime.destroy(volumes=True)
