"""One life of a broker after the other, as its log tells of them: which lines are whose, and how one ended."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_BEGINS = "Java Runtime:"  # the first that a broker prints (org.apache.activemq.console.Main of 5.9 to 6.3)
_FAILURE = re.compile(r"\b(ERROR|FATAL)\b|Exception|Error\b|Caused by:")
END = 60  # last lines of a life, in which its failure is told

# ends at its start that are ActiveMQ's own, and that the next start does not repeat: what is in its log -> why
_RACES = {
    # run: 5.16.6, three members started at once on a new ZooKeeper
    "org.linkedin.zookeeper.tracker.NodeEventsListener.onEvents": (
        "another member joined between the look at the group in ZooKeeper and the listening to it"
    ),
}


def race(log: Iterable[str]) -> str | None:
    """What happened, where one of these lines is in the log of the life that ended."""
    return next((why for line in log for sign, why in _RACES.items() if sign in line), None)


def ended(log: Sequence[str]) -> list[str]:
    """Of a broker that ended and was started again, the lines of the life that ended, and of those before it: what the
    next one has written already says nothing of that end. The next one may not have begun to write: so the last life
    in the log is left out only where it tells of no failure, and the one before it does."""
    begins = [number for number, line in enumerate(log) if line.startswith(_BEGINS)]
    last = begins[-1] if begins else 0
    before = list(log[:last])
    failed = any(map(_FAILURE.search, log[last:]))
    return before if not failed and any(map(_FAILURE.search, before[-END:])) else list(log)
