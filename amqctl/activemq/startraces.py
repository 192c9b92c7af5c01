"""Ends of a broker at its start that are ActiveMQ's own, and that the next start does not repeat."""

from __future__ import annotations

from collections.abc import Iterable

# what is in its log -> what happened
_RACES = {
    # run: 5.16.6, three members started at once on a new ZooKeeper
    "org.linkedin.zookeeper.tracker.NodeEventsListener.onEvents": (
        "another member joined between the look at the group in ZooKeeper and the listening to it"
    ),
}


def race(log: Iterable[str]) -> str | None:
    """What happened, where one of these lines is in the log of the life that ended."""
    return next((why for line in log for sign, why in _RACES.items() if sign in line), None)
