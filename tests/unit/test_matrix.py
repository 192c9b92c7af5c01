"""The table of systems: what a cell says, and that parts of it can be run one after the other."""

from __future__ import annotations

from typing import Any

import yaml

from tests import matrix


def a_result(name: str, verdict: str, seconds: float | None, because: str = "so") -> dict[str, Any]:
    return {
        "name": name, "verdict": verdict, "because": because, "takeover_seconds": seconds, "messages": {"lost": 0},
    }  # fmt: skip


def test_a_cell_is_the_worst_group_and_the_longest_takeover() -> None:
    found = matrix.cells(
        [
            a_result("kill-master", "valid", 0.4),
            a_result("kill-master", "invalid", 0.9, "lost"),
            a_result("tables", "valid", 0.2),
        ]
    )
    assert found["kill-master"] == {"verdict": "invalid", "because": "lost", "seconds": 0.9, "lost": 0}
    assert found["tables"]["verdict"] == "valid"


def test_what_is_not_valid_has_its_reason_below() -> None:
    kept = {
        ("pair", "local"): matrix.cells(
            [a_result("kill-master", "valid", 0.4), a_result("tables", "skipped", None, "no database")]
        ),
        ("trio", "docker"): matrix.cells([a_result("tables", "skipped", None, "no database")]),
    }
    lines = matrix.table(kept).splitlines()
    assert "| local | valid 0.40 s | not run |" in lines[2] and "– (1)" in lines[2]
    assert "| docker | not run |" in lines[3] and "– (1)" in lines[3]
    assert lines[-1] == "1. no database"


def test_every_system_has_its_file_and_the_lab_its_images() -> None:
    for system in matrix.SYSTEMS:
        data = yaml.safe_load(matrix.topology(system.name, lab=True))
        assert data["name"] == system.name
    mysql = yaml.safe_load(matrix.topology("two-jdbc-pairs", lab=True))["companions"]["db"]["mysql"]
    assert mysql["image"].startswith("amqctl-lab/") and mysql["settings"] == {"innodb_lock_wait_timeout": 2}
