"""amqctl status"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from amqctl.cli import console, session
from amqctl.cli.session import Opened
from amqctl.cluster import views
from amqctl.cluster.sight.asking import sight
from amqctl.cluster.sight.counters import ends
from amqctl.cluster.sight.model import Look
from amqctl.cluster.watched import Own, Watched
from amqctl.wait import SYSTEM

UP = {True: "up", False: "not up", None: "unknown"}


@click.command("status")
@session.cluster_option
@session.attach_option
@click.option("-w", "--watch", is_flag=True, help="Show it again whenever it changes, until Ctrl-C.")
@session.output_option
def command(cluster_name: str | None, attach: str | None, watch: bool, output: str) -> None:
    """Show who is master, who waits, which links are up and what went over them, and the addresses to connect to."""
    watched = session.watched(cluster_name, attach)
    data, look = seen(watched)
    tell(data, output)
    before = _steady(data)
    while watch:
        SYSTEM.sleep(1.0)
        data, look = seen(watched)
        if _steady(data) != before:
            tell(data, output)
            before = _steady(data)
    if attach is not None:
        from amqctl.cli.attaching import unknown

        unknown(look)


def seen(watched: Watched) -> tuple[dict[str, Any], Look]:
    look = watched.look()
    links = look.plan.settled.links
    close = sight(look, watched.login, consumers=False) if links else None
    counted = {link.name: ends(link, close) for link in links} if close else {}
    locks = watched.lock_lines(look.observation)
    return views.status(look.plan, watched.runtime, look.observation, locks, counted), look


def show(opened: Opened, output: str) -> dict[str, object]:
    """Print the cluster as it is now, and hand back what was printed."""
    data, _ = seen(Own(opened.cluster, opened.seen))
    tell(data, output)
    return data


def _steady(data: dict[str, Any]) -> dict[str, Any]:
    """Without what counts on by itself."""
    return data | {"links": [{k: v for k, v in link.items() if k != "ends"} for link in data["links"]]}


def tell(data: dict[str, Any], output: str) -> None:
    if output == "json":
        console.json(data)
        return
    ready = "ready" if data["ready"] else "not ready"
    how = f"profile {data['profile']}, runtime {data['runtime']}" if data["profile"] else "attached"
    console.out(f"{data['cluster']}  {ready}  ({how})")
    for what in data["lacking"]:
        console.out(f"  {what}")
    console.out("")
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
        groups = [g["name"] for g in data["groups"]]
        links = [
            [
                k["name"], f"{k['from']} {'<->' if k['duplex'] else '->'} {k['to']}", UP[k["up"]],
                *(_end(end, known=end["group"] in groups) for end in k["ends"]),
            ]
            for k in data["links"]
        ]  # fmt: skip
        console.table(["LINK", "BETWEEN", "STATE", "NEAR END", "FAR END"], links)


def _end(end: dict[str, Any], *, known: bool) -> str:
    """amq1 sent 30 of 31, got 0. known: whose end it is; of a cluster that is only looked at, that may not be."""
    if end["node"] is None:
        return "no master" if known else "not known"
    sent = None if end["dequeued"] is None else f"sent {end['dequeued']} of {end['enqueued']}"
    got = None if end["received"] is None else f"got {end['received']}"
    slow = "blocked" if end["blocked"] else "slow" if end["slow"] else None
    return f"{end['node']} " + (", ".join(filter(None, (sent, got, slow))) or "-")


def _role(broker: dict[str, Any]) -> str:
    return f"{broker['role']} (assumed)" if broker["assumed"] else str(broker["role"])


def _quote(lock: dict[str, Any]) -> list[str]:
    """The line without log4j's columns, which say where in ActiveMQ it was written."""
    at = datetime.fromisoformat(lock["at"]).astimezone().strftime("%H:%M:%S") if lock["at"] else "-"
    line = lock["line"].split(" | ")
    return [at, max(line, key=len) if len(line) > 1 else line[0]]
