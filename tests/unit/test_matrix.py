"""The table of systems: what a cell says, and that parts of it can be run one after the other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from amqctl.drills.catalogue import CATALOGUE
from tests import matrix
from tests.systems import PARTS

STORES = PARTS[0]


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
    lines = matrix.table(STORES, kept).splitlines()
    assert "| local | valid 0.40 s | not run |" in lines[2] and "– (1)" in lines[2]
    assert "| docker | not run |" in lines[3] and "– (1)" in lines[3]
    assert lines[-1] == "1. no database"


def test_a_row_is_written_without_the_loss_of_another(tmp_path: Path) -> None:
    kept = tmp_path / "kept.jsonl"
    matrix.keep(kept, ("trio", "docker"), matrix.cells([a_result("kill-master", "invalid", 0.9)]))
    matrix.keep(kept, ("pair", "local"), matrix.cells([a_result("kill-master", "valid", 0.4)]))
    matrix.keep(kept, ("trio", "docker"), matrix.cells([a_result("stop-master", "valid", 0.5)]))
    matrix.keep(kept, ("trio", "docker"), matrix.cells([a_result("kill-master", "valid", 0.6)]))
    found = matrix.read(kept)
    assert list(found) == [("pair", "local"), ("trio", "docker")]  # in the order of the table
    assert {drill: cell["seconds"] for drill, cell in found["trio", "docker"].items()} == {
        "kill-master": 0.6, "stop-master": 0.5,
    }  # fmt: skip


def test_a_system_in_two_tables_is_run_once_with_the_drills_of_both() -> None:
    both = [part for part in PARTS if part.name in ("stores", "networks")]
    [system] = matrix.systems(both, ["ms-plus-cluster"])
    assert {"stop-master", "reach"} < set(matrix.drills_of(system, both))
    assert "reach" not in matrix.drills_of(system, both[:1])
    kept = {("ms-plus-cluster", "local"): matrix.cells([a_result("reach", "valid", None)])}
    _, stores, networks, *_ = matrix.tables(kept).split("## ")
    assert "valid" not in stores and "| local | not run | not run | valid |" in networks


def test_every_column_is_a_drill() -> None:
    assert not {drill for part in PARTS for drill in (*part.drills, *part.extra)} - set(CATALOGUE)


def test_every_system_has_its_file_and_the_lab_its_images() -> None:
    for system in matrix.systems(PARTS, None):
        data = yaml.safe_load(matrix.topology(system.name, lab=True))
        assert data["name"] == system.name
    mysql = yaml.safe_load(matrix.topology("two-jdbc-pairs", lab=True))["companions"]["db"]["mysql"]
    assert mysql["image"].startswith("amqctl-lab/") and mysql["settings"] == {"innodb_lock_wait_timeout": 2}
