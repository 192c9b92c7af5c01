"""What start, stop, kill and restart share: targets, the lock, a line per node, and waiting after."""

from __future__ import annotations

from collections.abc import Callable

import click

from amqctl.cli import console, session
from amqctl.cli.seconds import Seconds
from amqctl.cluster import targets
from amqctl.cluster.cluster import Cluster
from amqctl.events import Event

Act = Callable[[Cluster, str, Callable[[], None]], None]  # the last waits until all that is to run is ready


def verb(name: str, help_text: str, done: str, act: Act, *, wait: bool) -> click.Command:
    """A click command that does `act` to each node of the targets, slaves before masters."""

    @click.command(name, help=help_text)
    @click.argument("words", metavar="TARGET...", nargs=-1, required=True)
    @session.cluster_option
    @click.option("--wait/--no-wait", "waiting", default=wait, help="Wait until all that is not stopped is ready.")
    @click.option("--timeout", type=Seconds(1), default=120.0, show_default=True, help="Seconds of each wait.")
    def command(words: tuple[str, ...], cluster_name: str | None, waiting: bool, timeout: float) -> None:
        with console.Progress() as tell:
            with session.held(cluster_name, session.world(tell)) as opened:
                cluster = opened.cluster

                def ready() -> None:
                    cluster.wait_ready(timeout, without=_stopped(cluster))

                seen = cluster.observe(links=False)
                # all are resolved before the first is touched: a word that names nothing changes nothing
                nodes = dict.fromkeys(n for word in words for n in targets.resolve(word, opened.plan, seen.roles))
                for node in sorted(nodes, key=lambda n: seen.roles.get(n) == "master"):
                    act(cluster, node, ready)
                    was = seen.roles.get(node) or seen.companions.get(node) or "ready"
                    tell(Event(node, "done", f"{done} (it was {was})"))
                if waiting:
                    ready()

    return command


def _stopped(cluster: Cluster) -> frozenset[str]:
    """Nodes that were stopped or killed on purpose, or never started: nobody waits for these."""
    nodes = cluster.runtime.observe().nodes
    return frozenset(n.name for n in cluster.plan.all if n.name not in nodes or nodes[n.name].status == "created")
