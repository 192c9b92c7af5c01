"""amqctl export"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from amqctl.activemq.versions import caps
from amqctl.cli import console, keys, session, topologies
from amqctl.cli.checking import check_schema
from amqctl.cluster.intent import settled_of
from amqctl.errors import BadTopology, BadUsage
from amqctl.plan.model import Files, content, written
from amqctl.plan.plan import make_plan
from amqctl.plan.render import render
from amqctl.provision.ownconf import own_files
from amqctl.runtimes import open_runtime


@click.group("export")
def command() -> None:
    """Write a cluster in a form that runs without amqctl."""


@command.command("compose")
@click.argument("file")
@click.option("-d", "--directory", type=click.Path(path_type=Path, file_okay=False), required=True, help="Where to.")
@click.option("--name", metavar="NAME", help="As for `up`.")
@click.option("--port-offset", type=click.IntRange(0, 60000), default=0, help="As for `up`.")
@session.base_image_option
@click.option("--offline", is_flag=True, help="As for `up`.")
def compose(
    file: str, directory: Path, name: str | None, port_offset: int, base_image: str | None, offline: bool
) -> None:
    """Write DIRECTORY/docker-compose.yml and the brokers' configuration; plain `docker-compose up -d` runs them.

    The images are those that `amqctl up --runtime docker` uses; they are built here if need be. The
    passwords are the cluster's own, in files that only you can reach: DIRECTORY is made with mode 0700.
    """
    from amqctl.provision.image import images
    from amqctl.provision.schema import checked
    from amqctl.runtimes.compose import compose as compose_text
    from amqctl.runtimes.drivers import drivers

    if directory.exists() and any(directory.iterdir()) and not (directory / "docker-compose.yml").exists():
        raise BadUsage(f"{directory} is not empty and holds no docker-compose.yml", hint="name a new directory")
    settled = settled_of(topologies.read(file, name=name, port_offset=port_offset))
    with console.Progress() as tell:
        here = session.world(tell, base_image, offline=offline or None)
        if settled.companions:
            servers = ", ".join(one.name for one in settled.companions)
            what = f"a compose file with companions ({servers}): not yet; amqctl sets servers up once they run"
            raise BadUsage(what, hint="name one that is there already: `store: {jdbc: {url: …}}`, or `zkAddress:`")
        plan = make_plan(settled, open_runtime("docker", settled.name, here).place, "")
        passwords = session.load_secrets(plan, here)
        files = render(plan, passwords, caps, keys.load(plan, passwords, here), own_files(settled))
        if problems := check_schema(plan, files, here):
            raise BadTopology(problems)
        found = images(plan, here.engine, here.base_image, here.sources, here.tell)
        jars = drivers(plan, here.sources, here.tell)
    validated = all(checked(n.broker.version, here.sources) for n in plan.nodes)
    mounted = {node: [jar.name for jar in paths] for node, paths in jars.items()}
    _write_all(directory, files, jars, compose_text(plan, found, mounted, validated=validated))
    console.say(f"{directory}: docker-compose.yml and the configuration of {len(files)} brokers")


def _write_all(directory: Path, files: Files, jars: Mapping[str, Sequence[Path]], text: str) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    directory.chmod(0o700)  # what lies below must be readable by the brokers' user, so the door is here
    for node, texts in files.items():
        for name, body in written(texts).items():
            _write(directory / "conf" / node / name, content(name, body))
    for node, paths in jars.items():
        for jar in paths:
            _write(directory / "lib" / node / jar.name, jar.read_bytes())
    _write(directory / "docker-compose.yml", text.encode())


def _write(path: Path, body: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
    path.write_bytes(body)
    path.chmod(0o644)
