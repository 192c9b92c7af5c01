"""amqctl graph"""

from __future__ import annotations

import click

from amqctl.cli import console, session
from amqctl.cluster.sight.asking import sight


@click.command("graph")
@session.cluster_option
@session.attach_option
@click.option("-o", "--output", type=click.Choice(["mermaid", "dot", "svg", "json"]), default="mermaid",
              show_default=True, help="Form of the picture; json: what is in it.")  # fmt: skip
def command(cluster_name: str | None, attach: str | None, output: str) -> None:
    """Draw the network as it is now: groups, who is master of each, bridges up and dead, the deepest queues."""
    from dataclasses import asdict

    from amqctl.report import graph

    watched = session.watched(cluster_name, attach)
    look = watched.look()
    drawn = graph.drawing(sight(look, watched.login))
    if output == "json":
        console.json({**asdict(drawn), "ready": drawn.ready})
    else:
        console.out(graph.FORMS[output](drawn))
    if attach is not None:
        from amqctl.cli.attaching import unknown

        unknown(look)
