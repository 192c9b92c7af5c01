"""Reading a broker's log: lines with the time that log4j put in front."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from amqctl.runtimes.seam import LogLine
from amqctl.wait import SYSTEM

POLL = 0.1  # seconds between looks at the end of a file that is followed


def read(node: str, path: Path, *, since: float | None, follow: bool) -> Iterator[LogLine]:
    """Lines at or after `since` (epoch seconds). A line without a time (a stack trace, the JVM's own) has
    that of the line before it. follow: goes on for ever, over a rotation too."""
    at = 0.0
    for source in (path.with_suffix(".log.1"), path):
        if not source.exists():
            continue
        with source.open(encoding="utf-8", errors="replace") as log:
            for text in _lines(log, path, follow=follow and source == path):
                stamp, message = stamped(text)
                at = stamp or at
                if since is None or at >= since:
                    yield LogLine(node, at, message)


def _lines(log, path: Path, *, follow: bool) -> Iterator[str]:  # type: ignore[no-untyped-def]
    held = ""
    while True:
        chunk = log.readline()
        if chunk.endswith("\n"):
            yield (held + chunk).rstrip("\n")
            held = ""
            continue
        held += chunk
        if chunk:
            continue
        if not follow:
            if held:
                yield held
            return
        if not path.exists() or path.stat().st_ino != _inode(log):
            return  # rotated or removed; what follows is another file
        SYSTEM.sleep(POLL)


def _inode(log) -> int:  # type: ignore[no-untyped-def]
    import os

    return os.fstat(log.fileno()).st_ino


def stamped(text: str) -> tuple[float | None, str]:
    """The time (epoch seconds) that log4j put in front, and the rest; None for a line without one.

    `2026-01-31T12:00:00.123+0000 | INFO | …`: see templates/log4j*.properties.j2.
    """
    head, bar, rest = text.partition(" | ")
    if bar and len(head) == 28:
        with suppress(ValueError):
            return datetime.fromisoformat(head).timestamp(), rest.strip()
    return None, text
