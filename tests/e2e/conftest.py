"""Fixtures of the end-to-end tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.machine import Machine


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    setattr(item, f"report_{report.when}", report)
    return report


def _machine(request, tmp_path: Path, amqctl_home: Path, **options) -> Iterator[Machine]:
    machine = Machine(tmp_path / "home", amqctl_home / "cache", **options)
    yield machine
    failed = getattr(getattr(request.node, "report_call", None), "failed", False)
    kept = os.environ.get("AMQCTL_KEEP_FAILED")
    machine.clean(Path(kept) / request.node.name if failed and kept else None)


@pytest.fixture
def machine(request, tmp_path: Path, amqctl_home: Path) -> Iterator[Machine]:
    """A bare machine: Python and a network, no Java, no Docker."""
    yield from _machine(request, tmp_path, amqctl_home)
