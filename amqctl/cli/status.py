"""amqctl status"""

from __future__ import annotations

import click

from amqctl.cli import console, session
from amqctl.cli.session import Opened
from amqctl.cluster import views
from amqctl.wait import SYSTEM

UP = {True: "up", False: "not up", None: "unknown"}


@click.command("status")
@session.cluster_option
@click.option("-w", "--watch", is_flag=True, help="Show it again whenever it changes, until Ctrl-C.")
@session.output_option
def command(cluster_name: str | None, watch: bool, output: str) -> None:
    """Show who is master, who waits, which links are up, and the addresses to connect to."""
    opened = session.running(cluster_name)
    before = show(opened, output)
    while watch:
        SYSTEM.sleep(1.0)
        now = views.status(opened.plan, opened.runtime.name, opened.cluster.observe())
        if now != before:
            before = show(opened, output)


def show(opened: Opened, output: str) -> dict[str, object]:
    """Print the cluster as it is now, and hand back what was printed."""
    data = views.status(opened.plan, opened.runtime.name, opened.cluster.observe())
    if output == "json":
        console.json(data)
        return data
    ready = "ready" if data["ready"] else "not ready"
    console.out(f"{data['cluster']}  {ready}  (profile {data['profile']}, runtime {data['runtime']})\n")
    rows = [
        [g["name"], b["name"], b["role"], b["version"], b["openwire"] or "-", b["stomp"] or "-", b["console"]]
        for g in data["groups"]
        for b in g["brokers"]
    ]
    console.table(["GROUP", "NODE", "ROLE", "VERSION", "OPENWIRE", "STOMP", "CONSOLE"], rows)
    if data["companions"]:
        console.out("")
        servers = [[c["name"], c["kind"], "ready" if c["up"] else "down", c["address"]] for c in data["companions"]]
        console.table(["COMPANION", "KIND", "STATE", "ADDRESS"], servers)
    if data["links"]:
        console.out("")
        links = [
            [k["name"], f"{k['from']} {'<->' if k['duplex'] else '->'} {k['to']}", UP[k["up"]]] for k in data["links"]
        ]
        console.table(["LINK", "BETWEEN", "STATE"], links)
    return data
