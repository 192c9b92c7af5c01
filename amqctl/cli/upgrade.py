"""amqctl upgrade"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from amqctl.cli import console, session
from amqctl.cli.seconds import Seconds
from amqctl.cli.session import Opened


@click.command("upgrade")
@click.argument("target", metavar="[FILE|NAME]", required=False)
@click.option("--to", "version", metavar="VERSION", required=True, help="The version that every broker is to run.")
@click.option("--group", "groups", multiple=True, metavar="GROUP", help="Only this group; can be repeated.")
@session.base_image_option
@click.option("--dry-run", is_flag=True, help="Print the steps, each with its because; change nothing.")
@click.option("--timeout", type=Seconds(1), default=120.0, show_default=True, help="Seconds of each wait.")
@click.option("--offline", is_flag=True, help="Use the cache only.")
@click.option("--publish-vulnerable", is_flag=True, help="Also to a version with known holes, beyond loopback.")
@session.output_option
def command(
    target: str | None, version: str, groups: tuple[str, ...], base_image: str | None, dry_run: bool, timeout: float,
    offline: bool, publish_vulnerable: bool, output: str,
) -> None:  # fmt: skip
    """Move a running cluster to another version, one node at a time.

    Waiting nodes go first, then masters, one group after the other. After each step the whole cluster must be
    ready, and a message stored before it must come out. Where that fails, all goes back to what it ran before. An
    interrupted upgrade goes on when it is run again.

    FILE|NAME is a cluster that is up, or the topology file it runs from; without it the one that is up is taken.
    """
    from amqctl.cli.upgrading import Upgrading, name_of

    with console.Progress(quiet=output == "json") as tell:
        here = session.world(tell, base_image, offline=offline or None)
        name = name_of(target, here)

        def upgrading(opened: Opened) -> Upgrading:
            return Upgrading(opened, here, version, groups, timeout, publish_vulnerable=publish_vulnerable)

        if dry_run:
            _show(upgrading(session.running(name, tell, here=here)).planned(), output)
            return
        with session.held(name, here) as opened:
            going = upgrading(opened)
            moved = going.run()
    source = going.source()
    if output == "json":
        console.json({"cluster": opened.plan.cluster, "version": version, "moved": [m.node for m in moved]})
        return
    count = "1 node was" if len(moved) == 1 else f"{len(moved)} nodes were"
    console.out(f"{opened.plan.cluster} runs {version}" + (f"; {count} moved" if moved else " already"))
    if source and Path(source).exists():
        console.say(f"  → write `activemq: {version}` in {source}, else the next up takes it back")


def _show(found: dict[str, Any], output: str) -> None:
    if output == "json":
        console.json(found)
        return
    for step in found["steps"]:
        console.out(f"{step['do']} {step['node']}: {step['from']} → {step['to']}: {step['because']}")
    if not found["steps"]:
        console.out(f"{found['cluster']}: nothing to do")
    for fact in found["facts"]:
        console.out(f"note: {fact}")
