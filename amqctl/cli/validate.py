"""`amqctl validate FILE...`: every problem, each with its place and what to write; then lint's errors and warnings."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import click

from amqctl.activemq import engines
from amqctl.activemq.lint.model import Finding
from amqctl.activemq.versions import caps
from amqctl.cli import console, linked
from amqctl.cli.linting import lint_topology, problems_of
from amqctl.errors import BadTopology, Problem
from amqctl.provision.ownconf import Confs
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

    Nothing is started and nothing is fetched. Exit code 2 when any file has a problem, or an error of lint's.
    """
    results = [_checked(file) for file in files]
    problems = [problem for result in results for problem in result.problems]
    if output == "json":
        console.json([_as_json(result) for result in results])
    else:
        for result in results:
            if result.good and not result.problems:
                console.out(f"{result.file}: {_summary(result.good)}")
                for line in linked.lines(result.good.links):
                    console.out(f"  {line}")
            _warn(result.findings)
    if problems and output == "json":
        raise click.exceptions.Exit(BadTopology.exit_code)
    if problems:
        raise BadTopology(problems, hint=_count(problems, files))


@dataclass(frozen=True, slots=True)
class _Checked:
    file: str
    good: Settled | None
    problems: tuple[Problem, ...]
    findings: tuple[Finding, ...] = ()


def _checked(file: str) -> _Checked:
    try:
        good = settled(content(file), file, caps=caps, engines=engines, confs=Confs())
        # notes are for those who ask `amqctl lint`
        findings = tuple(f for f in lint_topology(good).findings if f.severity != "info")
    except BadTopology as exc:
        return _Checked(file, None, exc.problems)
    return _Checked(file, good, tuple(problems_of(findings)), findings)


def _warn(findings: tuple[Finding, ...]) -> None:
    """Errors are problems, and told as such."""
    if warnings := [finding for finding in findings if finding.severity == "warning"]:
        from amqctl.report.findings import line  # the room's other modules know drills, which costs time here

        for finding in warnings:
            console.out(line(finding))


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


def _as_json(result: _Checked) -> dict[str, object]:
    problems = [{"line": p.line, "column": p.column, "what": p.what, "fix": p.fix} for p in result.problems]
    findings = [asdict(finding) for finding in result.findings]
    links = linked.as_json(result.good.links) if result.good else []
    return {"file": result.file, "ok": not problems, "problems": problems, "findings": findings, "links": links}
