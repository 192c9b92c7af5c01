"""amqctl recheck"""

from __future__ import annotations

from pathlib import Path

import click

from amqctl import report
from amqctl.cli import console, session
from amqctl.drills import history, runner


@click.command("recheck")
@click.argument("files", nargs=-1, required=True, metavar="HISTORY...", type=click.Path(path_type=Path))
@session.output_option
def command(files: tuple[Path, ...], output: str) -> int:
    """Judge recorded drills (history.jsonl files of a run folder) again, offline."""
    results = [runner.recheck(path) for path in files]
    facts = history.setup(history.parse(files[0].read_text(encoding="utf-8")))
    done = report.build(facts["cluster"], facts["profile"], (), results, started="")
    if output == "json":
        console.json(report.contract(done))
    else:
        console.out(report.text(done, console.width()))
    return report.exit_code(done)
