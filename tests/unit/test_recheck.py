"""Judging a saved history again: the same verdict, unknown of what was cut short, and bad usage of what is none."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from amqctl.drills.recheck import recheck
from amqctl.errors import BadUsage
from tests.fakes import FakeCluster
from tests.unit.test_drills import drill


@pytest.mark.parametrize(
    "cut",
    [
        pytest.param(lambda text: text[: len(text) // 2], id="within a line"),
        pytest.param(lambda text: text[:-3], id="within the last line"),
        pytest.param(lambda text: "".join(text.splitlines(keepends=True)[:-1]), id="before the last line"),
        pytest.param(lambda text: text.splitlines(keepends=True)[0], id="behind the setup"),
        pytest.param(lambda text: text.replace('"what": "end"', '"what": "other"'), id="killed between two lines"),
    ],
)
def test_a_history_that_was_cut_off_shows_nothing(cut: Callable[[str], str], tmp_path: Path) -> None:
    result = drill("kill-master", FakeCluster(), tmp_path)
    path = Path(result.history or "")
    assert recheck(path).result == result and result.verdict == "valid", result.because
    path.write_text(cut(path.read_text()))
    again = recheck(path).result
    assert again.verdict == "unknown" and "cut short" in again.because


def test_a_history_of_before_runs_said_that_they_end_is_judged_by_whether_its_queues_were_read(tmp_path: Path) -> None:
    """And one of a drill that could not begin has said why."""
    path = Path(drill("kill-master", FakeCluster(), tmp_path).history or "")
    older = path.read_text().replace(', "ends": true', "").replace('"what": "end"', '"what": "other"')
    path.write_text(older)
    assert recheck(path).result.verdict == "valid"
    path.write_text(older.replace('"what": "drain"', '"what": "other"'))
    assert "cut short" in recheck(path).result.because


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[" * 100_000,
        "not json\n",
        "[]\n",
        '{"at": 1}\n',
        '{"at":0,"who":"x","what":"setup","phase":"info","value":{}}',
    ],
)
def test_recheck_of_what_is_no_history_is_bad_usage(text: str, tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    path.write_text(text)
    with pytest.raises(BadUsage):
        recheck(path)


@pytest.mark.parametrize("kind", ["absent", "directory", "binary"])
def test_recheck_of_what_is_no_text_is_bad_usage(kind: str, tmp_path: Path) -> None:
    path = tmp_path / kind
    if kind == "directory":
        path.mkdir()
    elif kind == "binary":
        path.write_bytes(bytes(range(256)) * 10)
    with pytest.raises(BadUsage, match=kind):
        recheck(path)


SETUP = {
    "drill": "kill-master", "label": "a", "hurt": "a", "to_group": "", "link": "", "nodes": ["a1"], "budget": 1.0,
    "standard": {}, "counted": 0, "epoch": 0.0, "cluster": "c", "profile": "lab",
}  # fmt: skip
DRAINED = {"at": 2, "who": "drain", "what": "drain", "phase": "ok"}


@pytest.mark.parametrize(
    "ops",
    [
        [{"at": 1, "who": "x", "what": "setup", "phase": "info", "value": value}]
        for value in (None, 7, "text", [1], {**SETUP, "drill": "nope"}, {**SETUP, "drill": ["x"]})
    ]
    + [
        [{"at": 0, "who": "r", "what": "setup", "phase": "info", "value": SETUP}, DRAINED, odd]
        for odd in (
            {"at": "1", "who": "x", "what": "send", "phase": "ok"},
            {"at": 1, "who": "x", "what": "send", "phase": "sure"},
            {"at": 1, "who": "x", "what": ["send"], "phase": "ok"},
            {"at": float("nan"), "who": "x", "what": "send", "phase": "ok"},
            {"at": 1, "who": "x", "what": "kill", "phase": "invoke", "value": [1]},
            {"at": 1, "who": "x", "what": "send", "phase": "ok", "value": {}},
            {"at": 1, "who": "x", "what": "send", "phase": "ok", "extra": 1},
        )
    ],
    ids=lambda ops: json.dumps(ops[-1])[:70],
)
def test_recheck_of_operations_of_another_shape_is_bad_usage(ops: list[dict[str, object]], tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    path.write_text("".join(json.dumps(op) + "\n" for op in ops))
    with pytest.raises(BadUsage, match="history.jsonl"):
        recheck(path)


def test_a_history_of_before_engine_restart_is_still_judged(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    path.write_text(json.dumps({"at": 0, "who": "r", "what": "setup", "phase": "info", "value": SETUP}) + "\n")
    assert recheck(path).result.verdict == "unknown"
