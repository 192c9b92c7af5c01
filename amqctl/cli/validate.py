"""`amqctl validate FILE...`: every problem, each with its place and what to write."""

from __future__ import annotations

import click

from amqctl.activemq.versions import caps
from amqctl.cli import console
from amqctl.errors import BadTopology, Problem
from amqctl.topology.check import settled
from amqctl.topology.load import content
from amqctl.topology.settled import Settled


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True, help="Form of the result."
)
def command(files: tuple[str, ...], output: str) -> None:
    """Check topology files and report every problem.

    Nothing is started and nothing is fetched. Exit code 2 when any file has a problem.
    """
    results = [(file, *_checked(file)) for file in files]
    problems = [problem for _, _, found in results for problem in found]
    if output == "json":
        console.json([_as_json(*result) for result in results])
    else:
        for file, good, found in results:
            if good and not found:
                console.out(f"{file}: {_summary(good)}")
    if problems and output == "json":
        raise click.exceptions.Exit(BadTopology.exit_code)
    if problems:
        raise BadTopology(problems, hint=_count(problems, files))


def _checked(file: str) -> tuple[Settled | None, tuple[Problem, ...]]:
    try:
        return settled(content(file), file, caps=caps), ()
    except BadTopology as exc:
        return None, exc.problems


def _summary(good: Settled) -> str:
    brokers, groups = _many(len(good.brokers), "broker"), _many(len(good.groups), "group")
    versions = ", ".join(sorted({b.version for b in good.brokers}))
    links = _many(len(good.links), "link")
    return f"ok: {brokers} in {groups}, {links}, ActiveMQ {versions}, profile {good.profile}"


def _many(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _count(problems: list[Problem], files: tuple[str, ...]) -> str:
    many = _many(len(problems), "problem")
    return many if len(files) == 1 else f"{many} in {len({p.file for p in problems})} of {len(files)} files"


def _as_json(file: str, good: Settled | None, problems: tuple[Problem, ...]) -> dict[str, object]:
    return {
        "file": file,
        "ok": not problems,
        "problems": [{"line": p.line, "column": p.column, "what": p.what, "fix": p.fix} for p in problems],
    }
