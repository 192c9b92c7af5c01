"""Report -> text, JSON, JUnit XML and exit code."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from amqctl import report
from amqctl.drills.model import Verdict
from amqctl.drills.results import DrillResult, Messages, Outcome
from amqctl.drills.target import GroupView

GROUP = GroupView(
    "a", ("a1", "a2"), 1.5, store_kind="kahadb", version="6.1.7", locker="shared-file-locker", file_system="ext4",
    caveats=("a local lock says nothing of NFS lease expiry",),
)  # fmt: skip
VALID = DrillResult(
    "kill-master", "a", "valid", "2,000 acknowledged, none lost", "a claim", 0.31, 0.12, 0.1, 0.05,
    Messages(2004, 2000, 2001, 0, 0, 0, 1), "runs/x/kill-master-a/history.jsonl", (Verdict("c", True, "b"),),
)  # fmt: skip
INVALID = replace(VALID, verdict="invalid", because="3 of 2,000 lost <&\x00>", takeover_seconds=None)
UNKNOWN = replace(VALID, verdict="unknown", because="proves nothing")
SKIPPED = DrillResult("bridging", "-", "skipped", "no link between groups")


def a_report(*drills: DrillResult) -> report.model.Report:
    return report.build("c", "lab", [GROUP], drills, started="2026-07-01T12:00:00Z", folder="runs/x")


@pytest.mark.parametrize(
    ("drills", "verdict", "code"),
    [
        ((VALID, VALID), "valid", 0),
        ((VALID, SKIPPED), "valid", 0),
        ((VALID, UNKNOWN, INVALID), "invalid", 1),
        ((VALID, UNKNOWN), "unknown", 3),
        ((SKIPPED, SKIPPED), "skipped", 3),
        ((), "skipped", 3),
    ],
)
def test_the_worst_verdict_decides_and_so_the_exit_code(
    drills: tuple[DrillResult, ...], verdict: Outcome, code: int
) -> None:
    assert (a_report(*drills).verdict, report.exit_code(a_report(*drills))) == (verdict, code)


def test_the_json_contract_has_exactly_these_keys() -> None:
    said = json.loads(report.dumps(report.contract(a_report(VALID, SKIPPED))))
    assert list(said) == ["verdict", "profile", "drills"]
    for drill in said["drills"]:
        assert list(drill) == [
            "name", "group", "verdict", "because", "takeover_seconds", "lock_seconds", "messages", "history",
            "client", "reconnect_seconds",
        ]  # fmt: skip
        assert list(drill["messages"]) == [
            "attempted", "acknowledged", "received", "lost", "duplicated", "unexpected", "recovered"
        ]  # fmt: skip
    assert said["drills"][1]["takeover_seconds"] is None and said["drills"][1]["history"] is None


def test_report_json_adds_to_the_contract_and_takes_nothing_away() -> None:
    full, contract = report.full(a_report(VALID)), report.contract(a_report(VALID))
    assert {k: full[k] for k in contract if k != "drills"} == {k: v for k, v in contract.items() if k != "drills"}
    (brief,), (whole,) = contract["drills"], full["drills"]
    assert {k: whole[k] for k in brief} == brief
    assert full["drills"][0]["recovery_seconds"] == 0.1
    assert full["caveats"] and full["stands_on"]["a"].startswith("ActiveMQ 6.1.7, kahadb")


def test_junit_has_a_case_a_drill_and_holds_any_text() -> None:
    suite = ET.fromstring(report.junit(a_report(VALID, INVALID, UNKNOWN, SKIPPED)).encode()).find("testsuite")
    assert suite is not None
    assert {k: suite.get(k) for k in ("tests", "failures", "errors", "skipped")} == {
        "tests": "4", "failures": "1", "errors": "1", "skipped": "1"
    }  # fmt: skip
    cases = suite.findall("testcase")
    assert cases[0].get("time") == "0.310" and len(cases[0]) == 0
    failure = cases[1].find("failure")
    assert failure is not None and failure.get("message") == "3 of 2,000 lost <&\ufffd>"


def test_the_text_names_what_the_run_stood_on_and_what_it_does_not_show() -> None:
    said = report.text(a_report(VALID, SKIPPED))
    for part in (
        "c, profile lab", "shared-file-locker on ext4", "takeover budget 1.5 s", "0.31 s", "2,000", "no link between",
        "VALID: 1 valid, 1 skipped", "NFS lease expiry", "power loss is not tested", "runs/x",
    ):  # fmt: skip
        assert part in said
    assert max(map(len, report.text(a_report(VALID), width=100).splitlines()[:6])) <= 120
