"""The only module that writes to the terminal. Results go to stdout, everything said on the way to stderr."""

from __future__ import annotations

import json as _json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any

from amqctl.errors import AmqctlError
from amqctl.events import Event


def out(text: str) -> None:
    sys.stdout.write(text if text.endswith("\n") else text + "\n")


def json(data: Any) -> None:
    out(_json.dumps(data, indent=2))


def say(text: str) -> None:
    """To whom it concerns. That nobody hears it any more (a closed terminal, a `tee` that Ctrl-C ended) must not keep
    a drill from healing what it broke."""
    try:
        sys.stderr.write(text + "\n")
        sys.stderr.flush()
    except OSError:
        _unheard()


def _unheard() -> None:
    """What is still to be said goes nowhere; else Python would fail at exit over what it could not write."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stderr.fileno())
    os.close(nowhere)


def width() -> int:
    """Columns of the terminal; 120 where there is none."""
    import shutil

    return shutil.get_terminal_size((120, 40)).columns


def table(headers: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Columns as wide as they need to be; plain text, so that it can be cut and grepped."""
    texts = [[str(cell) for cell in row] for row in rows]
    widths = [max(len(h), *(len(r[i]) for r in texts)) if texts else len(h) for i, h in enumerate(headers)]
    for line in [list(headers), *texts]:
        out("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


@contextmanager
def screen() -> Iterator[Callable[[Any], None]]:
    """The whole terminal for something that is drawn again and again: a function that takes what rich draws."""
    from rich.live import Live

    with Live(screen=True, auto_refresh=False, vertical_overflow="crop") as live:
        yield lambda drawn: live.update(drawn, refresh=True)


def error(exc: AmqctlError) -> None:
    say(f"error: {exc.message}")
    for line in exc.details:
        say(f"    {line}")
    if exc.hint:
        say(f"  → {exc.hint}")


def bug(exc: Exception) -> int:
    """A mistake of amqctl's own: one line, and the whole story in a file. AMQCTL_DEBUG=1 shows it at once."""
    import tempfile
    import traceback

    story = "".join(traceback.format_exception(exc))
    if os.environ.get("AMQCTL_DEBUG"):
        say(story)
        return 3
    with tempfile.NamedTemporaryFile("w", prefix="amqctl-bug-", suffix=".txt", delete=False) as out_:
        out_.write(story)
    say(f"error: a bug in amqctl: {type(exc).__name__}: {exc}\n  → please report it with {out_.name}")
    return 3


class Progress:
    """The listener of events, from any thread. On a terminal measured work is a bar; else every step is one line."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._born = time.monotonic()
        self._bars: Any = None
        self._tasks: dict[str, Any] = {}
        self._tenth: dict[str, int] = {}
        self._one = threading.Lock()  # downloads and brokers report side by side

    def __enter__(self) -> Callable[[Event], None]:
        return self.tell

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bars is not None:
            self._bars.stop()

    def tell(self, event: Event) -> None:
        with self._one:
            try:
                self._tell(event)
            except OSError:  # of a bar, which rich draws
                _unheard()

    def _tell(self, event: Event) -> None:
        if self._quiet and event.phase != "warn":
            return
        if event.total and event.done is not None:
            self._measured(event)
            return
        mark = {"warn": "! ", "done": "✓ "}.get(event.phase, "  ")
        line = f"{time.monotonic() - self._born:6.1f}s {mark}{event.subject}: {event.text}"
        if self._bars is not None:
            self._bars.console.print(line, markup=False, highlight=False, soft_wrap=True)
        else:
            say(line)

    def _measured(self, event: Event) -> None:
        if not sys.stderr.isatty():
            tenth = 10 * (event.done or 0) // (event.total or 1)
            if tenth in (0, 5, 10) and self._tenth.get(event.subject) != tenth:
                self._tenth[event.subject] = tenth
                say(f"{time.monotonic() - self._born:6.1f}s   {event.subject}: {event.text} {10 * tenth}%")
            return
        if self._bars is None:
            from rich.console import Console
            from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
            from rich.progress import Progress as Bars

            self._bars = Bars(
                TextColumn("{task.description}"),
                BarColumn(),
                TextColumn("{task.percentage:3.0f}%"),
                TimeElapsedColumn(),
                console=Console(stderr=True),
                transient=True,
            )
            self._bars.start()
        if event.subject not in self._tasks:
            self._tasks[event.subject] = self._bars.add_task(f"{event.subject} {event.text}", total=event.total)
        self._bars.update(self._tasks[event.subject], completed=event.done, total=event.total)
        if event.done == event.total:
            self._bars.remove_task(self._tasks.pop(event.subject))
