"""amqctl recv"""

from __future__ import annotations

import click

from amqctl.cli import console, session
from amqctl.cli.seconds import Seconds
from amqctl.cli.send import destination, joined
from amqctl.cluster.messaging import PATIENCE
from amqctl.errors import ClaimFailed


@click.command("recv")
@click.argument("queue")
@click.option("-n", "--count", type=click.IntRange(1), help="How many; fewer is exit code 1. Default: all there are.")
@click.option("--from", "target", metavar="TARGET", help="A node or a group; default: the first group's master.")
@click.option("--timeout", type=Seconds(0.1), default=5.0, show_default=True, help="Seconds without a message.")
@click.option("--wait", type=Seconds(), default=PATIENCE, show_default=True,
              help="Seconds to wait where there is no master, as after a kill.")  # fmt: skip
@click.option("-q", "--quiet", is_flag=True, help="Print counts only.")
@session.cluster_option
@session.output_option
def command(
    queue: str, count: int | None, target: str | None, timeout: float, wait: float,
    quiet: bool, cluster_name: str | None, output: str,
) -> None:  # fmt: skip
    """Receive messages from QUEUE one by one (prefetch 1, each acknowledged) and print them."""
    named = destination(queue)
    node, client = joined(cluster_name, target, wait)
    got: list[dict[str, str]] = []
    with client:
        client.subscribe(named, prefetch=1, ack="client-individual")
        while count is None or len(got) < count:
            message = client.receive(timeout)
            if message is None:
                break
            client.ack(message)
            got.append({"id": message.id, "body": message.body})
            if output == "text" and not quiet:
                console.out(message.body)
    if output == "json":
        console.json({"queue": queue, "node": node, "received": len(got), "messages": [] if quiet else got})
    elif quiet:
        console.out(f"{len(got)} messages from {queue} at {node}")
    if count is not None and len(got) < count:
        raise ClaimFailed(f"{len(got)} of {count} messages came from {queue} at {node} within {timeout:g} s of quiet")
