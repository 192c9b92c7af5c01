"""amqctl status"""

from __future__ import annotations

from datetime import datetime
from typing import Any

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
        now = seen(opened)
        if now != before:
            before = show(opened, output)


def seen(opened: Opened) -> dict[str, Any]:
    cluster = opened.cluster
    return views.status(opened.plan, opened.runtime.name, cluster.observe(), cluster.lock_lines())


def show(opened: Opened, output: str) -> dict[str, object]:
    """Print the cluster as it is now, and hand back what was printed."""
    data = seen(opened)
    if output == "json":
        console.json(data)
        return data
    ready = "ready" if data["ready"] else "not ready"
    console.out(f"{data['cluster']}  {ready}  (profile {data['profile']}, runtime {data['runtime']})\n")
    rows = [
        [g["name"], b["name"], _role(b), b["version"], *(b[key] or "-" for key in ("openwire", "stomp", "console"))]
        for g in data["groups"]
        for b in g["brokers"]
    ]
    console.table(["GROUP", "NODE", "ROLE", "VERSION", "OPENWIRE", "STOMP", "CONSOLE"], rows)
    for broker in (b for g in data["groups"] for b in g["brokers"] if b["refused"]):
        console.out(f"\n{broker['name']}: {broker['refused']}")
    if quotes := [[b["name"], *_quote(b["lock"])] for g in data["groups"] for b in g["brokers"] if b["lock"]]:
        console.out("")
        console.table(["NODE", "AT", "LAST SAID OF ITS LOCK"], quotes)
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


def _role(broker: dict[str, Any]) -> str:
    return f"{broker['role']} (assumed)" if broker["assumed"] else str(broker["role"])


def _quote(lock: dict[str, Any]) -> list[str]:
    """The line without log4j's columns, which say where in ActiveMQ it was written."""
    at = datetime.fromisoformat(lock["at"]).astimezone().strftime("%H:%M:%S") if lock["at"] else "-"
    line = lock["line"].split(" | ")
    return [at, max(line, key=len) if len(line) > 1 else line[0]]
