"""Reading a broker's log: lines with the time that log4j put in front."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TextIO

from amqctl.runtimes.seam import LogLine
from amqctl.wait import SYSTEM

TAIL = 64 * 1024  # bytes; some hundred lines
POLL = 0.1  # seconds between looks at the end of a file that is followed


def read(node: str, path: Path, *, since: float | None, follow: bool) -> Iterator[LogLine]:
    """Lines at or after `since` (epoch seconds). A line without a time (a stack trace, the JVM's own) has
    that of the line before it. follow: goes on over rotations, until the node is removed."""
    at = 0.0
    for text in _texts(path, follow):
        stamp, message = stamped(text)
        at = stamp or at
        if since is None or at >= since:
            yield LogLine(node, at, message)


def tail(node: str, path: Path) -> list[LogLine]:
    """The latest lines, at a cost that does not grow with the log. None of a file that is not there."""
    with suppress(FileNotFoundError), path.open("rb") as log:
        start = max(0, log.seek(0, os.SEEK_END) - TAIL)
        log.seek(start)
        texts = log.read().decode("utf-8", "replace").splitlines()
        at, out = 0.0, []
        for text in texts[1:] if start else texts:  # the first is the end of one
            stamp, message = stamped(text)
            at = stamp or at
            out.append(LogLine(node, at, message))
        return out
    return []


def _texts(path: Path, follow: bool) -> Iterator[str]:
    yield from _of(path.with_suffix(".log.1"), follow=False)
    while True:
        yield from _of(path, follow=follow)
        if not follow or not path.parent.is_dir():
            return
        SYSTEM.sleep(POLL)  # between the old file and the new one there may be none


def _of(path: Path, *, follow: bool) -> Iterator[str]:
    """Of one file, until its end; with `follow`, until there is another in its place. Nothing where there is none."""
    with suppress(FileNotFoundError), path.open(encoding="utf-8", errors="replace") as log:
        yield from _lines(log, path, follow)


def _lines(log: TextIO, path: Path, follow: bool) -> Iterator[str]:
    held, last = "", not follow
    while True:
        chunk = log.readline()
        if chunk.endswith("\n"):
            yield (held + chunk).rstrip("\n")
            held = ""
        elif chunk:
            held += chunk
        elif last:
            if held:
                yield held
            return
        elif not path.exists() or path.stat().st_ino != os.fstat(log.fileno()).st_ino:
            last = True  # rotated or removed: once more to its end, which may have grown since
        else:
            SYSTEM.sleep(POLL)


def stamped(text: str) -> tuple[float | None, str]:
    """The time (epoch seconds) that log4j put in front, and the rest; None for a line without one.

    `2026-01-31T12:00:00.123+0000 | INFO | …`: see templates/log4j*.properties.j2.
    """
    head, bar, rest = text.partition(" | ")
    if bar and len(head) == 28:
        with suppress(ValueError):
            return datetime.fromisoformat(head).timestamp(), rest.strip()
    return None, text
