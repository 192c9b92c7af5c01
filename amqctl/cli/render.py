"""amqctl render"""

from __future__ import annotations

from pathlib import Path

import click

from amqctl.activemq.jasypt import VARIABLE
from amqctl.activemq.versions import caps
from amqctl.cli import console, keys, session, topologies, verbatim
from amqctl.cli.checking import check_schema
from amqctl.cluster.intent import settled_of
from amqctl.errors import BadTopology, BadUsage
from amqctl.plan.model import content, written
from amqctl.plan.plan import make_plan
from amqctl.plan.render import render
from amqctl.provision import private
from amqctl.provision.ownconf import own_files
from amqctl.runtimes.choice import choose


@click.command("render")
@click.argument("file")
@click.option("-d", "--directory", type=click.Path(path_type=Path, file_okay=False), help="Where to.")
@click.option(
    "--diff", "show", is_flag=True, help="Print what is changed of files of your own (`conf:`); write nothing."
)
@click.option("--name", metavar="NAME", help="As for `up`.")
@click.option("--port-offset", type=click.IntRange(0, 60000), default=0, help="As for `up`.")
@session.runtime_option
@click.option("--offline", is_flag=True, help="Check against schemas in the cache only.")
def command(
    file: str, directory: Path | None, show: bool, name: str | None, port_offset: int, runtime: str, offline: bool
) -> None:
    """Write each node's configuration files to DIRECTORY/NODE/, with the cluster's passwords (mode 0600).

    Each activemq.xml is checked against the schema of its own version first.
    """
    if directory is None and not show:
        raise BadUsage("no -d DIRECTORY", hint="where to write to; or --diff")
    intent = topologies.read(file, name=name, port_offset=port_offset)
    settled = settled_of(intent)
    with console.Progress() as tell:
        here = session.world(tell, offline=offline or None)
        own = own_files(settled)
        plan = make_plan(settled, choose(runtime, settled, here).place, intent.dump())
        if show:
            found = verbatim.changed(plan, own, session.peek_secrets(plan, here))
            for line in verbatim.diff(found):
                console.out(line)
            return
        passwords = session.load_secrets(plan, here)
        files = render(plan, passwords, caps, keys.load(plan, passwords, here), own)
        problems = check_schema(plan, files, here)
        if problems:
            raise BadTopology(problems)
    assert directory is not None  # or it would be a diff
    for node, texts in files.items():
        (directory / node).mkdir(parents=True, exist_ok=True)
        for path, text in written(texts).items():
            private.write(directory / node / path, content(path, text))
    if settled.encryption is not None:
        console.say(f"their key is in none of them: brokers look for it in {VARIABLE}")
    console.say(f"{len(files)} nodes written to {directory}")
