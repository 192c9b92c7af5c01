"""Writing a history: cheap, from many threads, on one monotonic clock."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Callable
from typing import Any

from amqctl.drills.model import History, Op, OpPhase


class Recorder:
    """epoch: seconds since the epoch at which `at` is 0, to place the brokers' own log lines.

    list.append is atomic, so no lock is taken on the producers' way.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, wall: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._zero = clock()
        self.epoch = wall()
        self._ops: list[Op] = []
        self._acks: list[tuple[float, str, float]] = []

    def now(self) -> float:
        return self._clock() - self._zero

    def add(self, who: str, what: str, phase: OpPhase, value: Any = None, node: str = "") -> float:
        at = self.now()
        self._ops.append(Op(round(at, 6), who, what, phase, value, node))
        return at

    def moment(self, monotonic: float) -> float:
        """When that was, of a reading of the same clock: what another process has done has times of its own."""
        return monotonic - self._zero

    def place(self, op: Op) -> None:
        """An operation with a time of its own: a log line."""
        self._ops.append(op)

    def acked(self, invoked: float, at: float, node: str) -> None:
        """Beside the ok of a send: lets the script watch the load without reading the history."""
        self._acks.append((at, node, invoked))

    @property
    def acknowledged(self) -> int:
        return len(self._acks)

    def rate(self, seconds: float = 1.0) -> int:
        """Acknowledged sends of the last `seconds`."""
        acks = self._acks[:]
        return len(acks) - bisect_left(acks, (self.now() - seconds, "", 0.0))

    def acknowledged_after(self, moment: float, not_by: str) -> list[tuple[float, str, float]]:
        """(at, node, invoked) of sends invoked after `moment` and acknowledged by another node."""
        acks = self._acks[:]
        return [a for a in acks[bisect_left(acks, (moment, "", 0.0)) :] if a[1] != not_by and a[2] >= moment]

    def history(self) -> History:
        """In order of time: threads and log lines may have come late."""
        return tuple(sorted(self._ops, key=lambda op: op.at))
