"""The keyboard of `top`, on a terminal of the test's own."""

from __future__ import annotations

import os
import pty
import sys
from collections.abc import Callable, Iterator

import pytest

from amqctl.cli.top import _keys
from amqctl.wait import NotYet, until


@pytest.fixture
def keyboard(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Where what is typed goes in."""
    typed, terminal = pty.openpty()
    with os.fdopen(terminal) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        yield typed
    os.close(typed)


def come(pressed: Callable[[], str]) -> str:
    def probe() -> str:
        if not (keys := pressed()):
            raise NotYet("nothing was pressed")
        return keys

    return until(probe, what="a key comes", within=10)


def test_q_is_seen_behind_an_arrow_key_and_beside_others(keyboard: int) -> None:
    """An arrow is three characters: whoever takes one of them a look is two looks behind."""
    with _keys() as pressed:
        assert pressed() == ""
        os.write(keyboard, b"\x1b[A")
        assert come(pressed) == "\x1b[A"
        os.write(keyboard, b"xq")
        assert "q" in come(pressed)
        assert pressed() == ""
