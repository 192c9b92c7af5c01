"""amqctl queues"""

from __future__ import annotations

import time
from dataclasses import asdict

import click

from amqctl.cli import console, session
from amqctl.cli.seconds import Seconds
from amqctl.cli.session import Opened
from amqctl.cluster.queues import QueueFacts, at_masters
from amqctl.wait import SYSTEM


@click.command("queues")
@session.cluster_option
@click.option("--interval", type=Seconds(0, 60), default=1.0, show_default=True,
              help="Seconds over which rates are measured; 0 leaves them out.")  # fmt: skip
@session.output_option
def command(cluster_name: str | None, interval: float, output: str) -> None:
    """Show the queues of all masters: depth, consumers, messages in and out per second."""
    opened = session.running(cluster_name)
    first, _ = _look(opened)
    born = time.monotonic()
    if interval:
        SYSTEM.sleep(interval)
    facts, unknown = _look(opened) if interval else (first, _)
    span = time.monotonic() - born
    before = {(f.node, f.queue): f for f in first}
    rows = [_row(f, before.get((f.node, f.queue), f), span if interval else 0) for f in facts]
    if output == "json":
        console.json({"cluster": opened.plan.cluster, "queues": rows, "unknown": unknown})
        return
    headers = ["GROUP", "NODE", "QUEUE", "DEPTH", "CONSUMERS", "IN/S", "OUT/S", "IN FLIGHT"]
    keys = ["group", "node", "queue", "depth", "consumers", "in_per_second", "out_per_second", "in_flight"]
    console.table(headers, [["-" if r[k] is None else r[k] for k in keys] for r in rows])
    for group in unknown:
        console.say(f"{group}: has no master that answers; its queues are unknown")


def _look(opened: Opened) -> tuple[list[QueueFacts], list[str]]:
    masters = opened.cluster.observe(links=False).masters
    return at_masters(opened.plan, masters, opened.cluster.login)


def _row(now: QueueFacts, before: QueueFacts, span: float) -> dict[str, object]:
    rates = {
        "in_per_second": round((now.enqueued - before.enqueued) / span, 1) if span else None,
        "out_per_second": round((now.dequeued - before.dequeued) / span, 1) if span else None,
    }
    return asdict(now) | rates
