"""One life of a broker after the other, as its log tells of them: which lines are whose, and how one ended."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

_BEGINS = "Java Runtime:"  # the first that a broker prints (org.apache.activemq.console.Main of 5.9 to 6.3)

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
    """Lines up to the end of the last life but one: of a broker that ended and was started again, what the new life
    has written already says nothing of that end. All of them, where no life begins behind others' lines."""
    begins = [number for number, line in enumerate(log) if line.startswith(_BEGINS)]
    return list(log[: begins[-1]] if begins and begins[-1] else log)
