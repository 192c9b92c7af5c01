"""amqctl queues"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from amqctl.cli import console, session
from amqctl.cli.seconds import Seconds
from amqctl.cluster.sight import views as close
from amqctl.cluster.sight.asking import sight
from amqctl.cluster.sight.spread import parts, wholes
from amqctl.wait import SYSTEM


@click.command("queues")
@session.cluster_option
@session.attach_option
@click.option("--interval", type=Seconds(0, 60), default=1.0, show_default=True,
              help="Seconds over which rates are measured; 0 leaves them out.")  # fmt: skip
@session.output_option
def command(cluster_name: str | None, attach: str | None, interval: float, output: str) -> None:
    """Show the queues of all masters and over the network: depth, consumers and which of them are bridges, rates."""
    watched = session.watched(cluster_name, attach)
    first = sight(watched.look(links=False), watched.login) if interval else None
    SYSTEM.sleep(interval)
    look = watched.look(links=False)
    now = sight(look, watched.login)
    rows = close.queues(now, first)
    found, unknown = parts(now)
    whole = [asdict(w) | {"groups": list(w.groups)} for w in wholes(found)]
    if output == "json":
        console.json({"cluster": look.plan.cluster, "queues": rows, "network": whole, "unknown": unknown})
    else:
        _tell(rows, whole, len(look.plan.settled.groups))
        for group in unknown:
            console.say(f"{group}: has no master that answers; its queues are unknown")
    if attach is not None:
        from amqctl.cli.attaching import unknown as judge

        judge(look)


def _tell(rows: list[dict[str, Any]], whole: list[dict[str, Any]], groups: int) -> None:
    headers = ["GROUP", "NODE", "QUEUE", "DEPTH", "CONSUMERS", "BRIDGES", "IN/S", "OUT/S", "IN FLIGHT"]
    keys = ["group", "node", "queue", "depth", "real", "bridges", "in_per_second", "out_per_second", "in_flight"]
    console.table(headers, [_cells(r, keys) for r in rows])
    if groups > 1 and whole:
        console.out("")
        headers = ["QUEUE", "DEPTH", "CONSUMERS", "BRIDGES", "IN FLIGHT", "MESSAGES AT"]
        keys = ["queue", "depth", "real", "bridges", "in_flight"]
        console.table(headers, [[*_cells(w, keys), ", ".join(w["groups"]) or "-"] for w in whole])


def _cells(row: dict[str, Any], keys: list[str]) -> list[object]:
    return ["-" if row[k] is None else row[k] for k in keys]
