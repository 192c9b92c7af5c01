"""amqctl logs"""

from __future__ import annotations

import heapq
import queue
import re
import threading
import time
from collections.abc import Iterator
from datetime import datetime

import click

from amqctl.cli import console, session
from amqctl.cluster import targets
from amqctl.errors import BadUsage
from amqctl.runtimes.seam import LogLine, Runtime

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@click.command("logs")
@click.argument("target", required=False)
@session.cluster_option
@click.option("-f", "--follow", is_flag=True, help="Go on until Ctrl-C, or until the nodes are removed.")
@click.option("--since", metavar="WHEN", help="A duration (90s, 5m, 2h) or a time (2026-01-31T12:00:00).")
def command(target: str | None, cluster_name: str | None, follow: bool, since: str | None) -> None:
    """Show the logs of TARGET (amq1, master@GROUP, GROUP) or of all nodes, merged by time."""
    by_role = target is not None and "@" in target
    opened = session.running(cluster_name, login=by_role)
    start = _when(since, time.time()) if since else None
    nodes = tuple(n.name for n in opened.plan.all)
    if target:
        roles = opened.cluster.observe(links=False).roles if by_role else {}
        nodes = targets.resolve(target, opened.plan, roles)
    width = max(len(n) for n in nodes)
    lines = following(opened.runtime, nodes, start) if follow else _merged(opened.runtime, nodes, start)
    for line in lines:
        stamp = datetime.fromtimestamp(line.at).strftime("%H:%M:%S.%f")[:-3] if line.at else " " * 12
        console.out(f"{line.node:{width}s} {stamp} {line.text}")


def _merged(runtime: Runtime, nodes: tuple[str, ...], since: float | None) -> Iterator[LogLine]:
    return heapq.merge(*(runtime.logs(n, since=since) for n in nodes), key=lambda line: line.at)


def following(runtime: Runtime, nodes: tuple[str, ...], since: float | None) -> Iterator[LogLine]:
    """Until the last log has ended, as those of a cluster that goes down do. Raises what a reader met."""
    lines: queue.Queue[LogLine | Exception | None] = queue.Queue()

    def read(node: str) -> None:
        try:
            for line in runtime.logs(node, since=since, follow=True):
                lines.put(line)
        except Exception as exc:  # noqa: BLE001  raised below, in the thread that can say it
            lines.put(exc)
        else:
            lines.put(None)

    for node in nodes:
        threading.Thread(target=read, args=(node,), daemon=True).start()
    reading = len(nodes)
    while reading:
        line = lines.get()
        if isinstance(line, Exception):
            raise line
        if line is None:
            reading -= 1
        else:
            yield line


def _when(text: str, now: float) -> float:
    """Epoch seconds. Raises BadUsage."""
    span = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd])", text)
    if span:
        return now - float(span[1]) * UNITS[span[2]]
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError as exc:
        raise BadUsage(f"--since {text}: neither a duration nor a time", hint="90s, 5m, 2026-01-31T12:00:00") from exc
