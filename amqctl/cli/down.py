"""amqctl down"""

from __future__ import annotations

from collections.abc import Mapping

import click

from amqctl.cli import console, session
from amqctl.cli.takedown import take_down
from amqctl.errors import BadUsage
from amqctl.events import Event
from amqctl.runtimes import World, list_clusters, open_runtime
from amqctl.runtimes.seam import Runtime


@click.command("down")
@click.argument("name", required=False)
@click.option("--volumes", is_flag=True, help="Delete the stores with all their messages, and the passwords.")
@click.option("--all", "everything", is_flag=True, help="Every cluster that was brought up from here.")
def command(name: str | None, volumes: bool, everything: bool) -> None:
    """Stop the brokers of NAME (a cluster, or the only one) and remove them; data is kept unless --volumes."""
    with console.Progress() as tell:
        here = session.world(tell)
        runtimes = {n: open_runtime(r, n, here) for n, r in list_clusters(here)}
        known = list(runtimes)
        for chosen in _mine(runtimes, here) if everything else [_chosen(name, known, session.ours(runtimes, here))]:
            with session.locked(chosen, here):
                take_down(chosen, runtimes[chosen], here, volumes=volumes)


def _mine(runtimes: Mapping[str, Runtime], here: World) -> list[str]:
    mine = session.ours(runtimes, here)
    for name in runtimes:
        if name not in mine:
            here.tell(Event(name, "warn", f"not brought up from here, so it stays; amqctl down {name} ends it"))
    return mine


def _chosen(name: str | None, known: list[str], mine: list[str]) -> str:
    if name is None:
        if len(mine) == 1:
            return mine[0]
        raise BadUsage("no cluster" if not mine else "several clusters", hint="known: " + (", ".join(known) or "none"))
    if name not in known:
        raise BadUsage(f"no cluster {name}", hint="known: " + (", ".join(known) or "none"))
    return name
