"""Ctrl-C, SIGTERM and SIGHUP: the first ends the work in good order, a second Ctrl-C ends it at once.

The first raises KeyboardInterrupt in the main thread: what was begun is undone on the way out. What undoes it (a
drill's healing, the end of a cluster that was brought up for a test) stands in `held()`, where a first interrupt waits
until that is done. Another SIGTERM or SIGHUP changes nothing: a terminal that is closed sends two of them.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


class _Interrupt:
    """Of this process. asked: the first has come. waiting: it came where it is held, and was not raised yet."""

    def __init__(self) -> None:
        self.asked = False
        self.waiting = False
        self.holds = 0


_OURS = _Interrupt()


def heed(at_once: Callable[[], None]) -> None:
    """From now on, in the main thread. at_once: what a second Ctrl-C does; it should not return.

    What was started to ignore one of them (`nohup`, a shell's background job) goes on ignoring it.
    """

    def handle(signum: int, frame: FrameType | None) -> None:
        if _OURS.asked:
            if signum == signal.SIGINT:
                at_once()
            return
        _OURS.asked = True
        if _OURS.holds:
            _OURS.waiting = True
            return
        raise KeyboardInterrupt

    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
            signal.signal(number, handle)


@contextmanager
def held(done: str = "") -> Iterator[None]:
    """What is in here is done whole; KeyboardInterrupt comes after it. Where `heed` was not called, as it came.

    done: what the person at the terminal is told of it then, behind "interrupted; ".
    """
    _OURS.holds += 1
    try:
        yield
    finally:
        _OURS.holds -= 1
    if _OURS.waiting and not _OURS.holds:
        _OURS.waiting = False
        raise KeyboardInterrupt(done)
