"""`amqctl explain NODE [FILE]`: every settled value of a broker, and where it came from."""

from __future__ import annotations

import click

from amqctl.activemq import engines
from amqctl.activemq.versions import caps
from amqctl.cli import console, session
from amqctl.errors import BadUsage
from amqctl.provision.ownconf import Confs
from amqctl.topology.check import settled
from amqctl.topology.load import content
from amqctl.topology.settled import Row
from amqctl.topology.words import meant


@click.command()
@click.argument("node")
@click.argument("file", required=False)
@session.cluster_option
@click.option("--name", help="As `up --name`.")
@click.option("--port-offset", type=click.IntRange(0, 60000), default=0, help="As `up --port-offset`.")
@click.option(
    "-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True, help="Form of the result."
)
def command(
    node: str, file: str | None, cluster_name: str | None, name: str | None, port_offset: int, output: str
) -> None:
    """Show every settled value of a node of FILE, or of a cluster that is up, and where it came from.

    Where: the line of the file, the profile, the ActiveMQ version whose default it is, amqctl's own default.
    """
    if file is None:
        rows = session.running(cluster_name, login=False).plan.settled.rows
    else:
        rows = settled(
            content(file), file, caps=caps, engines=engines, name=name, port_offset=port_offset, confs=Confs()
        ).rows
    if node not in rows:
        raise BadUsage(
            f"{file or 'the cluster'} has no broker {node}", hint=meant(node, rows) or "brokers: " + ", ".join(rows)
        )
    if output == "json":
        console.json([_as_json(row) for row in rows[node]])
        return
    console.table(("KEY", "VALUE", "WHERE FROM"), [(row.key, row.value, row.origin) for row in rows[node]])


def _as_json(row: Row) -> dict[str, object]:
    return {"key": row.key, "value": row.value, "origin": str(row.origin), "line": row.origin.line}
