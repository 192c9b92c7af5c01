"""amqctl up"""

from __future__ import annotations

from pathlib import Path

import click

from amqctl.cli import console, session, topologies
from amqctl.cli.seconds import Seconds


@click.command("up")
@click.argument("file")
@click.option("--name", metavar="NAME", help="Run under another name, beside the first.")
@click.option("--port-offset", type=click.IntRange(0, 60000), default=0, help="Added to every port.")
@session.runtime_option
@session.base_image_option
@click.option("--dry-run", is_flag=True, help="Print the steps, each with its because; change nothing.")
@click.option("--any-master", is_flag=True, help="Start all at once: no head start for the first listed.")
@click.option("--timeout", type=Seconds(1), default=120.0, show_default=True, help="Seconds until ready.")
@click.option("--offline", is_flag=True, help="Use the cache only.")
@click.option("--archive", type=click.Path(path_type=Path), help="A local ActiveMQ archive or its directory.")
@click.option("--publish-vulnerable", is_flag=True, help="Publish a version with known holes beyond loopback.")
@session.output_option
def command(
    file: str, name: str | None, port_offset: int, runtime: str, base_image: str | None, dry_run: bool,
    any_master: bool, timeout: float, offline: bool, archive: Path | None, publish_vulnerable: bool, output: str,
) -> None:  # fmt: skip
    """Bring the cluster in FILE up and wait until it is ready.

    FILE is a topology file, - for standard input, or the name of one that comes with amqctl.
    A second `up` changes only what differs, slaves first; an interrupted one can be run again.
    """
    from amqctl.cli.bringup import bring_up

    intent = topologies.read(file, name=name, port_offset=port_offset)
    with console.Progress(quiet=output == "json") as tell:
        here = session.world(tell, base_image, offline=offline or None, archive=archive)
        opened = bring_up(
            intent, runtime, here, dry_run=dry_run, any_master=any_master, within=timeout, output=output,
            publish_vulnerable=publish_vulnerable,
        )  # fmt: skip
    if opened is None:
        return
    from amqctl.cli.status import show

    show(opened, output)
