"""Reading a broker's log: lines with the time that log4j put in front."""

from __future__ import annotations

from collections.abc import Iterator
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
                at = _time(text) or at
                if since is None or at >= since:
                    yield LogLine(node, at, _message(text))


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


def _time(text: str) -> float | None:
    """Of `2026-01-31T12:00:00.123+0000 | INFO | …`; None for any other line."""
    head, bar, _ = text.partition(" | ")
    if not bar or len(head) != 28:
        return None
    try:
        return datetime.fromisoformat(head).timestamp()
    except ValueError:
        return None


def _message(text: str) -> str:
    head, bar, rest = text.partition(" | ")
    return rest.strip() if bar and _time(text) is not None else text
