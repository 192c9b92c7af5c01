"""amqctl urls"""

from __future__ import annotations

import click

from amqctl.cli import console, keys, session
from amqctl.cluster import clients


@click.command("urls")
@session.cluster_option
@click.option("--show-password", is_flag=True, help="Print the password too.")
@session.output_option
def command(cluster_name: str | None, show_password: bool, output: str) -> None:
    """Print what clients connect to: a failover URL for JMS, and the addresses by protocol."""
    opened = session.running(cluster_name)
    user = clients.client_user(opened.plan)
    tls = keys.for_clients(opened.plan, opened.passwords, session.world(), show=show_password)
    data = clients.urls(opened.plan, opened.passwords[user] if show_password else None, tls)
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
