"""amqctl urls"""

from __future__ import annotations

from typing import Any

import click

from amqctl.cli import console, keys, session
from amqctl.cli.session import Opened
from amqctl.cluster import clients
from amqctl.errors import BadUsage
from amqctl.topology.clients import fault
from amqctl.topology.words import meant


@click.command("urls")
@session.cluster_option
@click.option("--show-password", is_flag=True, help="Print the password too.")
@click.option(
    "--option",
    "written",
    metavar="KEY=VALUE",
    multiple=True,
    help="Of the failover URL, e.g. timeout=3000; repeatable.",
)
@click.option("--group", metavar="NAME", help="With --for: connect to this group only.")
@click.option(
    "--for",
    "library",
    type=click.Choice(["java", "spring", "stomp.py", "proton", "node"]),
    help="Print lines to paste for this client library.",
)
@session.output_option
def command(
    cluster_name: str | None,
    show_password: bool,
    written: tuple[str, ...],
    group: str | None,
    library: str | None,
    output: str,
) -> None:
    """Print what clients connect to: a failover URL for JMS, and the addresses by protocol."""
    options = _options(written)
    opened = session.running(cluster_name)
    user = clients.client_user(opened.plan)
    tls = keys.for_clients(opened.plan, opened.passwords, session.world(), show=show_password)
    data = clients.urls(opened.plan, opened.passwords[user] if show_password else None, tls, options)
    if library is not None:
        _paste(library, data, opened, group, output)
        return
    if output == "json":
        console.json(data)
        return
    console.out(f"user      {user}")
    console.out(f"password  {data.get('password', '(amqctl urls --show-password)')}")
    for what, text in (tls or {}).items():
        console.out(f"{what.replace('_', ' ')}  {text}")
    for name, part in [("cluster", data["cluster"]), *data["groups"].items()]:
        console.out(f"\n{name}")
        for kind, value in part.items():
            for text in value if isinstance(value, list) else [value]:
                if text:
                    console.out(f"  {kind:8s}{text}")


def _options(written: tuple[str, ...]) -> dict[str, str]:
    """KEY=VALUE words. Raises BadUsage for one that ActiveMQ's client would refuse."""
    options = {}
    for word in written:
        key, equals, value = word.partition("=")
        if not equals:
            raise BadUsage(f"{word} is no option of the failover URL", hint="write --option KEY=VALUE")
        if wrong := fault(key, value):
            raise BadUsage(wrong[0], hint=wrong[1])
        options[key] = value
    return options


def _paste(library: str, data: dict[str, Any], opened: Opened, group: str | None, output: str) -> None:
    from amqctl.cluster.snippets import snippet  # for those who ask

    if group is not None and group not in data["groups"]:
        raise BadUsage(f"no group {group}", hint=meant(group, data["groups"]) or "known: " + ", ".join(data["groups"]))
    versions = sorted({node.broker.version for node in opened.plan.nodes})
    text = snippet(library, data, versions, group)
    if output == "json":
        console.json({"for": library, "text": text})
        return
    console.out(text.rstrip("\n"))
