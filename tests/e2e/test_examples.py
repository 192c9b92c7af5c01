"""The examples do what they say."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest

from tests.e2e.machine import REPOSITORY, Machine


@pytest.mark.real
def test_the_application_test_passes_and_leaves_nothing(machine: Machine) -> None:
    """As a user has it: copied out of this repository, run by pytest alone."""
    place = machine.home / "application-test"
    shutil.copytree(REPOSITORY / "examples" / "application-test", place)
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=place,
        env={**machine.env, "ORDERS_TEST_PORT_OFFSET": "5300"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "3 passed" in ran.stdout
    assert machine.processes() == []
    assert list((machine.home / "state" / "clusters").iterdir()) == []
