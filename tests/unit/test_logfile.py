"""Reading a broker's log from its file: over rotations, and with a time for each line."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from amqctl.runtimes.logfile import read

AT = "2026-01-31T12:00:0{}.000+0000 | INFO | {}\n"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    place = tmp_path / "log"
    place.mkdir()
    return place / "broker.log"


def test_the_rotated_file_comes_first_and_lines_without_a_time_have_the_last_one_s(log: Path) -> None:
    log.with_suffix(".log.1").write_text(AT.format(1, "old"))
    log.write_text(AT.format(2, "new") + "\tat a.b.C\nno end")
    found = list(read("n", log, since=None, follow=False))
    assert [line.text for line in found] == ["INFO | old", "INFO | new", "\tat a.b.C", "no end"]
    assert [line.at - found[0].at for line in found] == [0, 1, 1, 1]
    assert [line.text for line in read("n", log, since=found[1].at, follow=False)] == [
        "INFO | new",
        "\tat a.b.C",
        "no end",
    ]


def test_following_goes_on_with_the_new_file(log: Path) -> None:
    log.write_text(AT.format(1, "a"))
    lines = read("n", log, since=None, follow=True)
    assert next(lines).text == "INFO | a"
    for number in range(3):
        with log.open("a") as file:
            file.write(AT.format(2, f"last of {number}"))  # what came before the rotation and was not read yet
        log.rename(log.with_suffix(".log.1"))
        log.write_text(AT.format(3, f"first after {number}"))
        assert next(lines).text == f"INFO | last of {number}"
        assert next(lines).text == f"INFO | first after {number}"


def test_following_ends_when_the_node_is_removed(log: Path) -> None:
    log.write_text(AT.format(1, "a"))
    lines = read("n", log, since=None, follow=True)
    assert next(lines).text == "INFO | a"
    shutil.rmtree(log.parent)
    assert list(lines) == []
