"""Interrupts of a process of its own: the first in good order, the second at once, and nobody need be listening."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

HEEDING = """
import os, signal, sys
from amqctl import interrupt

def at_once():
    os.write(1, b"at once")
    os._exit(7)

interrupt.heed(at_once)

def comes(name):
    os.kill(os.getpid(), getattr(signal, name))  # the process's own: it is handled before kill() returns

"""
CLOSED = """
import os, sys
from amqctl.cli import console
from amqctl.events import Event

reader, writer = os.pipe()
os.close(reader)
os.dup2(writer, 2)
console.say("nobody reads this")
with console.Progress() as tell:
    tell(Event("amq1", "progress", "start amq1 again"))
print("healed")
"""


def said(code: str, expect: int = 0, **how: object) -> str:
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, **how)  # type: ignore[call-overload]
    assert ran.returncode == expect, ran.stderr
    out: str = ran.stdout
    return out


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_the_first_interrupt_is_raised_where_the_work_stands(name: str) -> None:
    code = f"try:\n    comes({name!r})\nexcept KeyboardInterrupt:\n    print('undone')\n"
    assert said(HEEDING + code) == "undone\n"


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_what_is_held_is_done_whole(name: str) -> None:
    code = f"""
try:
    with interrupt.held("the rest"):
        with interrupt.held():
            comes({name!r})
            print("healed")
        print("and down")
    print("never")
except KeyboardInterrupt as exc:
    print("then", exc)
"""
    assert said(HEEDING + code) == "healed\nand down\nthen the rest\n"


def test_an_interrupt_that_was_raised_is_not_raised_again_by_what_is_held() -> None:
    code = """
try:
    try:
        comes("SIGTERM")
    finally:
        with interrupt.held():
            print("healed")
        print("and down")
except KeyboardInterrupt:
    print("once")
"""
    assert said(HEEDING + code) == "healed\nand down\nonce\n"


@pytest.mark.parametrize(
    ("first", "second", "code", "out"),
    [
        ("SIGINT", "SIGINT", 7, "at once"),
        ("SIGTERM", "SIGINT", 7, "at once"),
        ("SIGINT", "SIGTERM", 0, "healed\n"),
        ("SIGHUP", "SIGHUP", 0, "healed\n"),
    ],
)
def test_only_a_second_ctrl_c_ends_at_once(first: str, second: str, code: int, out: str) -> None:
    body = f"""
try:
    comes({first!r})
except KeyboardInterrupt:
    comes({second!r})
    print("healed")
"""
    assert said(HEEDING + body, expect=code) == out


def test_what_is_ignored_stays_ignored() -> None:
    """As under nohup."""
    code = HEEDING.replace(
        "interrupt.heed(at_once)", "signal.signal(signal.SIGHUP, signal.SIG_IGN)\ninterrupt.heed(at_once)"
    )
    assert said(code + 'comes("SIGHUP")\nprint("goes on")\n') == "goes on\n"


def test_that_nobody_listens_ends_nothing() -> None:
    """The terminal was closed, or Ctrl-C has ended the `tee` as well: the drill heals all the same."""
    assert said(CLOSED) == "healed\n"


def test_a_verb_says_what_is_left_and_exits_with_130() -> None:
    code = """
import os, signal, sys
import click
from amqctl import cli

@click.command()
def command():
    os.kill(os.getpid(), signal.SIGTERM)

cli.cli.get_command = lambda ctx, name: command
sys.argv = ["amqctl", "ls"]
cli.main()
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)
    assert ran.returncode == 130 == 128 + signal.SIGINT
    assert "interrupted; what was begun is kept" in ran.stderr and "Traceback" not in ran.stderr
