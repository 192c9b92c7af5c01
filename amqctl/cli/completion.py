"""amqctl completion"""

from __future__ import annotations

import click

from amqctl.cli import console


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the completion script for SHELL, e.g. `eval "$(amqctl completion bash)"`."""
    from click.shell_completion import get_completion_class

    from amqctl.cli import cli

    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"no completion for {shell}")
    console.out(kind(cli, {}, "amqctl", "_AMQCTL_COMPLETE").source())
