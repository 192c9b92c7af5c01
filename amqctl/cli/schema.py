"""`amqctl schema`: the JSON Schema of the topology file, for editors."""

from __future__ import annotations

import click

from amqctl.cli import console
from amqctl.topology.schema import schema_text


@click.command()
def command() -> None:
    """Print the JSON Schema of the topology file.

    Editors with the YAML language server use it when a file begins with
    `# yaml-language-server: $schema=PATH`.
    """
    console.out(schema_text())
