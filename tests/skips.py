"""Tests that are skipped fail where nothing may be skipped: AMQCTL_TEST_NO_SKIPS=1, as CI has it.

A developer may lack root, an engine or a network; a run that proves something lacks nothing, or says so in red. What
is not for a machine by definition (a server that is installed on it, say) is no parameter of its tests there at all.
"""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest

VARIABLE = "AMQCTL_TEST_NO_SKIPS"


def _judged(report: pytest.TestReport | pytest.CollectReport) -> None:
    if report.skipped and os.environ.get(VARIABLE) == "1" and not hasattr(report, "wasxfail"):
        said = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid} was skipped, and {VARIABLE}=1 forbids that: {said}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _judged(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """A whole module may be skipped while it is collected."""
    report = yield
    _judged(report)
    return report
