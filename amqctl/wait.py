"""The one way to wait. No other module sleeps."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol, TypeVar

from amqctl.errors import NeverHappened

T = TypeVar("T")


class NotYet(Exception):
    """Raised by a probe: the awaited fact does not hold yet; the text says what was seen instead."""


class Clock(Protocol):
    def now(self) -> float: ...
    def sleep(self, seconds: float) -> None: ...


class _System:
    def now(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


SYSTEM: Clock = _System()


def until(probe: Callable[[], T], *, what: str, within: float, every: float = 0.05, clock: Clock = SYSTEM) -> T:
    """Ask `probe` until it returns, and hand that back.

    A probe that raises NotYet is asked again after `every` seconds; any other exception ends the
    wait at once. The probe is asked at least once, and once more after the last sleep.

    Raises NeverHappened after `within` seconds with what the last NotYet said.
    """
    deadline = clock.now() + within
    while True:
        try:
            return probe()
        except NotYet as seen:
            left = deadline - clock.now()
            if left <= 0:
                raise NeverHappened(what, within, str(seen)) from seen
            clock.sleep(min(every, left))
