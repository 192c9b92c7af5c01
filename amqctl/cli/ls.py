"""amqctl ls"""

from __future__ import annotations

import click

from amqctl.cli import console, session
from amqctl.runtimes import list_clusters, open_runtime


@click.command("ls")
@session.output_option
def command(output: str) -> None:
    """List clusters: those that are up, and those of which only data is left."""
    rows = []
    with console.Progress(quiet=output == "json") as tell:
        here = session.world(tell)
        clusters = list_clusters(here)
    for name, runtime in clusters:
        state = open_runtime(runtime, name, here).observe()
        running = sum(n.status == "running" for n in state.nodes.values())
        kind = "up" if running else "stopped" if state.intent is not None else "data kept"
        rows.append({"cluster": name, "runtime": runtime, "state": kind, "running": running, "nodes": len(state.nodes)})
    if output == "json":
        console.json({"clusters": rows})
    elif rows:
        cells = [[r["cluster"], r["runtime"], r["state"], f"{r['running']}/{r['nodes']}"] for r in rows]
        console.table(["CLUSTER", "RUNTIME", "STATE", "RUNNING"], cells)
    else:
        console.say("no clusters; amqctl up FILE brings one up")
