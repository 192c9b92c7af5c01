"""What the terminal shows: results on stdout, everything said on the way on stderr."""

from __future__ import annotations

import io
import re
import sys
import threading

import pytest

from amqctl.cli import console
from amqctl.errors import AmqctlError, BadTopology, Problem
from amqctl.events import Event


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_table_is_as_wide_as_its_cells_and_has_no_blanks_at_its_end(capsys) -> None:
    console.table(["NODE", "ROLE"], [["a-long-name", "master"], ["b", ""]])
    captured = capsys.readouterr()
    assert captured.out == "NODE         ROLE\na-long-name  master\nb\n"
    assert captured.err == ""


def test_an_empty_table_has_its_headings(capsys) -> None:
    console.table(["NODE", "ROLE"], [])
    assert capsys.readouterr().out == "NODE  ROLE\n"


def test_json_is_one_document_on_stdout(capsys) -> None:
    console.json({"a": [1, None, True]})
    assert capsys.readouterr().out == '{\n  "a": [\n    1,\n    null,\n    true\n  ]\n}\n'


def test_an_error_says_what_shows_the_evidence_and_what_to_do(capsys) -> None:
    console.error(AmqctlError("amq1 died", hint="amqctl logs amq1", details=["line 1", "line 2"]))
    assert capsys.readouterr().err == "error: amq1 died\n    line 1\n    line 2\n  → amqctl logs amq1\n"


def test_an_error_of_problems_names_each_with_its_place(capsys) -> None:
    console.error(BadTopology([Problem("x", "write y", "t.yaml", 3, 5), Problem("z", "", "t.yaml", 4)]))
    assert capsys.readouterr().err == "error: t.yaml:3:5: x\n    write y\nt.yaml:4:1: z\n"


def test_steps_are_lines_with_the_time_and_a_mark(capsys) -> None:
    with console.Progress() as tell:
        tell(Event("amq1", "start", "starts"))
        tell(Event("amq1", "done", "is master"))
        tell(Event("amq2", "warn", "has known holes"))
    captured = capsys.readouterr()
    lines = [re.sub(r"^ +\d+\.\ds", "0.0s", line) for line in captured.err.splitlines()]
    assert lines == ["0.0s   amq1: starts", "0.0s ✓ amq1: is master", "0.0s ! amq2: has known holes"]
    assert captured.out == ""


def test_quiet_leaves_only_warnings(capsys) -> None:
    with console.Progress(quiet=True) as tell:
        tell(Event("amq1", "start", "starts"))
        tell(Event("a.jar", "progress", "downloading", done=1, total=2))
        tell(Event("amq2", "warn", "has known holes"))
    assert [line.partition("! ")[2] for line in capsys.readouterr().err.splitlines()] == ["amq2: has known holes"]


def test_measured_work_is_three_lines_where_there_is_no_terminal(capsys) -> None:
    """A CI log is not to be filled with percents."""
    with console.Progress() as tell:
        for done in range(1, 1001):
            tell(Event("a.jar", "progress", "downloading", done=done, total=1000))
    shown = [line.rpartition(" ")[2] for line in capsys.readouterr().err.splitlines()]
    assert shown == ["0%", "50%", "100%"]


def test_measured_work_is_a_bar_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """With lines said meanwhile above it, and nothing of it left at the end."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", Terminal())
    with console.Progress() as tell:
        tell(Event("a.jar", "progress", "downloading", done=1, total=2))
        tell(Event("b", "start", "a [line] of its own"))
        tell(Event("a.jar", "progress", "downloading", done=2, total=2))
    shown = sys.stderr.getvalue()
    assert "a.jar downloading" in shown
    assert "b: a [line] of its own" in shown
    assert shown.endswith("\x1b[?25h") or "\x1b[?25h" in shown  # the cursor is back


def test_measured_work_of_many_threads_has_one_set_of_bars(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    crashed: list[BaseException] = []

    def work(subject: str) -> None:
        try:
            for done in range(21):
                tell(Event(subject, "progress", "fetching", done=done, total=20))
        except BaseException as exc:  # noqa: BLE001  a thread's own error would only be printed
            crashed.append(exc)

    with console.Progress() as tell:
        threads = [threading.Thread(target=work, args=(f"part {n}",)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not crashed


def test_a_bar_is_gone_when_the_work_ends_by_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", Terminal())
    with pytest.raises(KeyboardInterrupt), console.Progress() as tell:
        tell(Event("a.jar", "progress", "downloading", done=1, total=2))
        raise KeyboardInterrupt
    assert "\x1b[?25h" in sys.stderr.getvalue()
