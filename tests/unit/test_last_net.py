"""How a verb ends that is interrupted, hits a bug, or finds nobody listening."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from amqctl.cli import run
from tests.unit.commandline import PAIR

# --- the last net --------------------------------------------------------------------------------------------------


class Raises:
    """Standard input that ends the verb in its own way, as a person or a bug would."""

    def __init__(self, exc: BaseException) -> None:
        self._exc = exc

    def read(self) -> str:
        raise self._exc


def test_ctrl_c_is_130_and_says_what_to_do_next(amq) -> None:
    done = amq("up", "-", stdin=Raises(KeyboardInterrupt()))
    assert done.code == 130
    assert "interrupted" in done.err
    assert "amqctl down" in done.err


def test_a_bug_is_one_line_and_a_file(amq, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    done = amq("up", "-", stdin=Raises(RuntimeError("boom")))
    assert done.code == 3
    first, second = done.err.splitlines()
    assert first == "error: a bug in amqctl: RuntimeError: boom"
    story = Path(second.rpartition(" ")[2])
    assert story.parent == tmp_path
    assert "Traceback" in story.read_text()
    assert story.stat().st_mode & 0o077 == 0  # a traceback may quote what a variable held


def test_a_bug_is_told_at_once_when_asked_for(home: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.setenv("AMQCTL_DEBUG", "1")
    monkeypatch.setattr(sys, "stdin", Raises(RuntimeError("boom")))
    assert run(["up", "-"]) == 3
    assert "Traceback" in capsys.readouterr().err


def test_a_disk_that_refuses_is_one_line(amq, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("in the way")
    done = amq("render", "pair", "-d", "out/deeper", "--offline")
    assert done.code in (2, 3)
    assert "out" in done.err


def test_a_reader_that_goes_away_is_no_failure() -> None:
    """`amqctl schema | head -1`: exit code 1 would say that a claim failed."""
    writer = subprocess.Popen(
        [sys.executable, "-m", "amqctl", "schema"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert writer.stdout is not None
    assert writer.stderr is not None
    writer.stdout.close()
    assert writer.stderr.read() == b""
    assert writer.wait() == 0


def test_a_terminal_that_knows_ascii_only_is_no_failure(tmp_path: Path) -> None:
    env = {"AMQCTL_HOME": str(tmp_path), "PYTHONIOENCODING": "ascii", "AMQCTL_OFFLINE": "1"}
    line = [sys.executable, "-m", "amqctl", "validate", "ü.yaml", "-o", "text"]
    (tmp_path / "ü.yaml").write_text(PAIR)
    ran = subprocess.run(line, env=env, cwd=tmp_path, capture_output=True, text=True)
    assert (ran.returncode, ran.stdout.partition(":")[0]) == (0, "\\xfc.yaml"), ran.stderr
