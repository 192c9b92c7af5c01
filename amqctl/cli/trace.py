"""amqctl trace"""

from __future__ import annotations

from typing import Any

import click

from amqctl.cli import console, session
from amqctl.cli.seconds import Seconds
from amqctl.cluster.sight import tracing, views
from amqctl.cluster.sight.asking import sight
from amqctl.cluster.sight.trace import reasons
from amqctl.errors import BadUsage
from amqctl.wait import SYSTEM


@click.command("trace")
@click.argument("queue")
@session.cluster_option
@session.attach_option
@click.option("--interval", type=Seconds(0.1, 60), default=1.0, show_default=True,
              help="Seconds between the two looks that tell whether it drains.")  # fmt: skip
@session.output_option
def command(queue: str, cluster_name: str | None, attach: str | None, interval: float, output: str) -> None:
    """Explain why QUEUE does not drain, each reason with the fact it was read from.

    Messages are browsed, never taken. Exit code 3 where the answer is that nobody knows.
    """
    watched = session.watched(cluster_name, attach)
    queue = queue.removeprefix("queue://").removeprefix("/queue/")
    before = sight(watched.look(), watched.login)
    SYSTEM.sleep(interval)
    look = watched.look()
    after = sight(look, watched.login, groups=True)
    unasked = [g.name for g in look.plan.settled.groups if (m := after.master(g.name)) is None or not m.answered]
    names = tracing.known(after)
    if queue not in names and not unasked:
        raise BadUsage(f"no broker has a queue {queue}", hint="known: " + (", ".join(names) or "none"))
    traced = tracing.traced(queue, before, after, watched.login)
    found = reasons(traced)
    data = views.trace(look.plan.cluster, traced, found)
    if output == "json":
        console.json(data)
    else:
        _tell(data)
    if any(r.kind in ("unknown", "not-asked") for r in found):
        raise click.exceptions.Exit(3)


def _tell(data: dict[str, Any]) -> None:
    rows = [
        [g["group"], g["master"] or "no master", *("-" if g[k] is None else g[k] for k in _KEYS)]
        for g in data["groups"]
    ]
    console.table(["GROUP", "MASTER", "DEPTH", "CONSUMERS", "BRIDGES", "IN FLIGHT"], rows)
    for reason in data["reasons"]:
        perhaps = "" if reason["sure"] else " (likely)" if reason["kind"] != "unknown" else ""
        console.out(f"\n{reason['kind']}{perhaps}: {reason['text']}")
        console.out(f"    {reason['fact']}")
        if reason["fix"]:
            console.out(f"  → {reason['fix']}")


_KEYS = ("depth", "real", "bridges", "in_flight")
