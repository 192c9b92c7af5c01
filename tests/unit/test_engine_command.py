"""Restarting the container engine by a command of the user's."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from amqctl.drills.engine import by_command
from amqctl.errors import AmqctlError, BadUsage, NeverHappened


def test_the_command_may_leave_an_engine_running(tmp_path: Path) -> None:
    """What it leaves behind inherits its output, and must not keep us waiting."""
    done = tmp_path / "done"
    by_command(f"sh -c 'sleep 20 & echo started $! > {done}'", within=10)()
    words = done.read_text().split()
    os.kill(int(words[1]), signal.SIGKILL)


def test_a_command_that_fails_shows_what_it_said() -> None:
    with pytest.raises(AmqctlError, match="exit code 3") as caught:
        by_command("sh -c 'echo no permission; exit 3'")()
    assert caught.value.details == ("no permission",)


def test_a_command_that_does_not_end_is_ended() -> None:
    with pytest.raises(NeverHappened, match="it still ran"):
        by_command("sleep 60", within=0.05)()


def test_a_command_that_an_interrupt_ended_is_run_once_more(tmp_path: Path) -> None:
    """As by Ctrl-C at a terminal, which the command hears too: it may have got only halfway."""
    log = tmp_path / "log"
    script = f"echo began >> {log}; test $(wc -l < {log}) = 1 && kill -INT {os.getpid()} && sleep 0.1 && exit 130; true"
    with pytest.raises(KeyboardInterrupt):
        by_command(f"sh -c '{script}'")()
    assert log.read_text() == "began\nbegan\n"


@pytest.mark.parametrize("command", ["", "   ", "no-such-program-anywhere --now", "sh -c 'open"])
def test_a_command_that_cannot_be_run_is_refused_before_anything_is_hurt(command: str) -> None:
    with pytest.raises(BadUsage, match="restart the engine"):
        by_command(command)
