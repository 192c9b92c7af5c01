"""amqctl top"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any

import click

from amqctl.cli import console, session
from amqctl.cli.seconds import Seconds
from amqctl.cluster.sight.asking import sight
from amqctl.cluster.sight.model import Sight
from amqctl.cluster.sight.views import frame
from amqctl.cluster.watched import Watched
from amqctl.wait import SYSTEM

TICK = 0.1  # seconds between looks at the keyboard


@click.command("top")
@session.cluster_option
@session.attach_option
@click.option("--interval", type=Seconds(0.2, 60), default=2.0, show_default=True, help="Seconds between frames.")
@click.option("--once", is_flag=True, help="Print one frame and end; so it does where there is no terminal.")
@session.output_option
def command(cluster_name: str | None, attach: str | None, interval: float, once: bool, output: str) -> None:
    """Watch the cluster: master of each group, bridges, the deepest queues, rates. q or Ctrl-C leaves."""
    watched = session.watched(cluster_name, attach)
    if once or output == "json" or not (sys.stdout.isatty() and sys.stdin.isatty()):
        first = _sight(watched)
        SYSTEM.sleep(min(interval, 1.0))  # rates need two looks
        now = _sight(watched)
        data = frame(now, first, watched.runtime)
        if output == "json":
            console.json(data)
        else:
            from amqctl.report import top

            console.out(top.text(data, console.width()))
        if attach is not None:
            from amqctl.cli.attaching import unknown

            unknown(now.look)
        return
    with suppress(KeyboardInterrupt):  # the way to leave
        _live(watched, interval)


def _sight(watched: Watched) -> Sight:
    return sight(watched.look(), watched.login)


def _live(watched: Watched, interval: float) -> None:
    before: Sight | None = None
    with console.screen() as show, _keys() as pressed:
        while True:
            now = _sight(watched)
            show(_drawn(frame(now, before, watched.runtime, most=20)))
            before = now
            for _ in range(max(1, round(interval / TICK))):
                if "q" in pressed():
                    return
                SYSTEM.sleep(TICK)


def _drawn(data: dict[str, Any]) -> Any:
    from amqctl.report import top

    return top.frame(data, datetime.now().strftime("%H:%M:%S") + "  q leaves")


@contextmanager
def _keys() -> Iterator[Callable[[], str]]:
    """A function that says what was pressed since it was last called: of an arrow key three characters. Where a
    terminal cannot tell, Ctrl-C is left."""
    try:
        import select
        import termios
        import tty
    except ImportError:  # no POSIX
        yield lambda: ""
        return
    descriptor = sys.stdin.fileno()

    def pressed() -> str:
        # not through sys.stdin: what its buffer has taken, select() does not see
        return os.read(descriptor, 64).decode(errors="ignore") if select.select([descriptor], [], [], 0)[0] else ""

    before = termios.tcgetattr(descriptor)
    try:
        tty.setcbreak(descriptor)
        yield pressed
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
