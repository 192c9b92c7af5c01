"""The command line: one module a verb, loaded when it is used. The only place that exits."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from keyword import iskeyword

import click

from amqctl import interrupt

# Pydantic would look through all installed packages for plugins, a tenth of `validate`'s time; its models
# here are a file format, on which nobody's plugin should have a say.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

# verb -> what `amqctl --help` says; no module is imported for that
VERBS = {
    "up": "Bring a cluster up and wait until it is ready; a second up changes only what differs.",
    "down": "Take a cluster down; data is kept unless --volumes.",
    "upgrade": "Move a running cluster to another version, one node at a time, and back if that fails.",
    "ls": "List clusters.",
    "status": "Show roles, links and addresses (--watch).",
    "urls": "Print what clients connect to.",
    "failover-test": "Kill masters under load and account for every message.",
    "recheck": "Judge a recorded drill again.",
    "start": "Start nodes: amq1, slave@GROUP, all@GROUP, GROUP.",
    "stop": "Stop nodes gracefully.",
    "kill": "Kill nodes with SIGKILL: amq1, master@GROUP.",
    "restart": "Stop and start nodes, slaves first.",
    "logs": "Show the brokers' logs, merged (-f, --since).",
    "send": "Send messages and wait for their receipts.",
    "recv": "Receive messages one by one.",
    "queues": "Show queues over all brokers: depth, consumers and bridges, rates.",
    "trace": "Explain why a queue does not drain, from the brokers' own facts.",
    "top": "Watch the cluster live: masters, links, deepest queues, rates.",
    "metrics": "Print or serve metrics for Prometheus, waiting brokers included.",
    "graph": "Draw the network with its live roles: mermaid, dot or svg.",
    "validate": "Check topology files and report every problem.",
    "lint": "Find what is valid for ActiveMQ and will hurt all the same, in anybody's activemq.xml.",
    "import": "Turn existing activemq.xml and compose files into a topology.",
    "versions": "List versions of ActiveMQ: Java, stores, known vulnerabilities, where a copy comes from.",
    "explain": "Show every settled value of a node and where it came from.",
    "render": "Write each node's configuration files without starting anything.",
    "export": "Write the cluster as a compose file that runs without amqctl.",
    "image": "Build, list and prune the container images of brokers.",
    "schema": "Print the JSON Schema of the topology file.",
    "doctor": "Look for what would be in the way on this machine.",
    "completion": "Print a shell completion script.",
}


def module_of(verb: str) -> str:
    """Its module in this package; a verb that Python keeps for itself has one with a `_` behind."""
    name = verb.replace("-", "_")
    return f"{name}_" if iskeyword(name) else name


class _Verbs(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        command: click.Command = import_module(f"amqctl.cli.{module_of(cmd_name)}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in VERBS and not args[0].startswith("-"):
            import difflib

            close = difflib.get_close_matches(args[0], VERBS, n=1)
            raise click.UsageError(f"no verb {args[0]}" + (f"; did you mean {close[0]}?" if close else ""), ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(VERBS.items()))


@click.group(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="amqctl", prog_name="amqctl")
def cli() -> None:
    """Real ActiveMQ Classic clusters from a YAML topology, and drills that prove their failover.

    \b
    Exit codes: 0 done, 1 a claim failed, 2 bad usage or topology,
    3 could not run or unknown, 130 interrupted.
    """


def main() -> None:
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # as stderr: a terminal without "→" must not end a verb
    # A cancelled CI job and a closed terminal are interrupts too: what a drill broke must be healed.
    interrupt.heed(_at_once)
    sys.exit(run())


def _at_once() -> None:
    said = b"\ninterrupted twice: all is left as it was at this moment; amqctl up or amqctl down puts it right\n"
    with suppress(OSError):
        os.write(2, said)  # the handler of a signal may stand within a write to sys.stderr
    os._exit(130)


def run(args: Sequence[str] | None = None) -> int:
    """The exit code of one command line; None for that of this process."""
    from amqctl.errors import AmqctlError

    try:
        code = cli.main(args, prog_name="amqctl", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except click.exceptions.Exit as exc:
        return exc.exit_code
    except click.ClickException as exc:
        exc.show()
        return 2
    except AmqctlError as exc:
        from amqctl.cli import console

        console.error(exc)
        return exc.exit_code
    except (click.Abort, KeyboardInterrupt) as exc:  # click makes an Abort of a Ctrl-C inside a verb
        from amqctl.cli import console

        left = str(exc if isinstance(exc, KeyboardInterrupt) else exc.__cause__ or "")
        console.say(f"interrupted; {left or 'what was begun is kept: run the same command again, or amqctl down'}")
        return 130
    except BrokenPipeError:
        # the reader (head, less) has what it wanted; Python would complain at exit otherwise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except SystemExit:
        # click met the closed pipe first and would exit with 1, which here says that a claim failed
        return 0
    except OSError as exc:
        from amqctl.cli import console

        console.error(AmqctlError(f"{exc.filename or 'this machine'}: {exc.strerror or exc}"))
        return 3
    except Exception as exc:  # noqa: BLE001  the last net: a bug is reported as one, without a screenful
        from amqctl.cli import console

        return console.bug(exc)
