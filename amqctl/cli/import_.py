"""amqctl import"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from amqctl.activemq import engines
from amqctl.activemq.versions import caps
from amqctl.cli import console, session
from amqctl.errors import BadTopology, BadUsage
from amqctl.plan.importing import Imported, imported
from amqctl.plan.importing.model import host_name
from amqctl.plan.importing.text import yaml_text
from amqctl.provision import private
from amqctl.provision.foreign import gather
from amqctl.topology.check import settled


@click.command("import")
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@click.option("-d", "--directory", type=click.Path(path_type=Path, file_okay=False), required=True, help="Where to.")
@click.option("--name", metavar="NAME", help="Of the cluster; default: the directory's name.")
@click.option("--activemq", "version", metavar="VERSION", help="Which ActiveMQ the files are for.")
@session.output_option
def command(sources: tuple[str, ...], directory: Path, name: str | None, version: str | None, output: str) -> None:
    """Turn existing files into a topology: DIRECTORY/NAME.yaml, with passwords in DIRECTORY/secrets/ and
    key stores in DIRECTORY/keys/.

    SOURCE is an activemq.xml, a compose file that mounts some, or a directory with either. What could not
    be carried over is listed, here and at the top of the topology. Nothing is started. Exit code 2 when the
    topology needs a change before it can be used.
    """
    if version is not None:
        caps(version)  # or BadUsage
    called = host_name(name or directory.resolve().name)
    target = directory / f"{called}.yaml"
    if target.exists():
        raise BadUsage(f"{target} exists", hint="name another directory, or delete that file")
    found = gather(sources, version)
    made = imported(called, found.founds, found.servers, found.source)
    text = yaml_text(made, " ".join(sources))
    _write(made, target, text)
    _tell(made, target, output)
    try:
        settled(text, str(target), caps=caps, engines=engines)
    except BadTopology as exc:
        raise BadTopology(exc.problems, hint=f"change {target}, then amqctl validate {target}") from exc


def _write(made: Imported, target: Path, text: str) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")
    files: dict[str, bytes] = {name: f"{text}\n".encode() if text else b"" for name, text in made.secrets.items()}
    for name, body in (files | dict(made.files)).items():
        path = target.parent / name
        path.parent.mkdir(mode=0o700, exist_ok=True)
        private.write(path, body)


def _tell(made: Imported, target: Path, output: str) -> None:
    groups = made.topology["groups"]
    if output == "json":
        console.json(
            {
                "topology": str(target),
                "groups": {name: list(body["brokers"]) for name, body in groups.items()},
                "secrets": [str(target.parent / name) for name in (*made.secrets, *made.files)],
                "left": [asdict(one) for one in made.left],
            }
        )
        return
    if made.left:
        rows = [[one.place, one.element, one.why, one.do] for one in made.left]
        console.table(["WHERE", "WHAT", "WHY", "WHAT TO DO"], rows)
        console.out("")
    brokers = sum(len(body["brokers"]) for body in groups.values())
    links = len(made.topology.get("network", []))
    console.out(
        f"{target}: {brokers} brokers in {len(groups)} groups, {links} links, {len(made.left)} things to look at"
    )
