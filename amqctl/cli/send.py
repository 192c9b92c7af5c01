"""amqctl send"""

from __future__ import annotations

import uuid
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from amqctl.cli import console, session
from amqctl.cli.seconds import Seconds
from amqctl.cluster.clients import client_user
from amqctl.cluster.messaging import PATIENCE, connected
from amqctl.errors import BadUsage

if TYPE_CHECKING:
    from amqctl.cluster.stomp import Client


@click.command("send")
@click.argument("queue")
@click.option("-n", "--count", type=click.IntRange(1), default=1, show_default=True, help="How many messages.")
@click.option("--to", "target", metavar="TARGET", help="A node or a group; default: the first group's master.")
@click.option("--body", help="Text of each message; {n} is its number.")
@click.option("--file", "path", type=click.Path(path_type=Path, dir_okay=False, exists=True), help="Text from a file.")
@click.option("--non-persistent", is_flag=True, help="Send messages that a restart may lose.")
@click.option("--wait", type=Seconds(), default=PATIENCE, show_default=True,
              help="Seconds to wait where there is no master, as after a kill.")  # fmt: skip
@session.cluster_option
@session.output_option
def command(
    queue: str, count: int, target: str | None, body: str | None, path: Path | None, non_persistent: bool,
    wait: float, cluster_name: str | None, output: str,
) -> None:  # fmt: skip
    """Send COUNT messages to QUEUE, persistent, and wait for the broker's receipt of each."""
    from amqctl.cluster import stomp

    text = _text(body, path)
    named = destination(queue)
    node, client = joined(cluster_name, target, wait)
    acknowledged = 0
    with client:
        try:
            for number in range(1, count + 1):
                message = text if path else text.replace("{n}", str(number))
                client.send(named, message, persistent=not non_persistent)
                acknowledged += 1
        except stomp.ClientError:
            console.say(f"{acknowledged} of {count} messages to {queue} were acknowledged by {node} before:")
            raise
    if output == "json":
        console.json({"queue": queue, "node": node, "sent": count, "acknowledged": acknowledged})
    else:
        console.out(f"{acknowledged} of {count} messages to {queue} acknowledged by {node}")


def joined(cluster_name: str | None, target: str | None, wait: float) -> tuple[str, Client]:
    """(node, a client there as the user that applications have). Raises as session.running() and connected()."""
    from amqctl.cluster import stomp

    opened = session.running(cluster_name)
    user = client_user(opened.plan)
    login = replace(opened.cluster.login, user=user, password=opened.passwords[user])
    return connected(opened.cluster, target, lambda at: stomp.connect(at, login), within=wait, waiting=console.say)


def _text(body: str | None, path: Path | None) -> str:
    if path is None:
        return sendable(body, "--body") if body is not None else f"amqctl {uuid.uuid4().hex[:8]} {{n}}"
    if body is not None:
        raise BadUsage("--body and --file both say what the messages are", hint="write one of them")
    try:
        return path.read_bytes().decode()
    except UnicodeDecodeError as exc:
        hint = "what is sent is a TextMessage"
        raise BadUsage(f"--file {path} is not UTF-8 text (byte {exc.start + 1})", hint=hint) from exc


def sendable(text: str, what: str) -> str:
    """Bytes of a command line that are no UTF-8 arrive as half characters, which nothing can encode again."""
    try:
        text.encode()
    except UnicodeEncodeError as exc:
        raise BadUsage(f"{what} is not UTF-8 text") from exc
    return text


def destination(name: str) -> str:
    """`orders` and `queue://orders` are queues, `topic://prices` is a topic; `/queue/orders` is taken as it is."""
    sendable(name, "the queue's name")
    for scheme, prefix in (("queue://", "/queue/"), ("topic://", "/topic/")):
        if name.startswith(scheme):
            return prefix + name[len(scheme) :]
    return name if name.startswith("/") else f"/queue/{name}"
