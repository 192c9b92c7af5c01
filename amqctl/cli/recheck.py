"""amqctl recheck"""

from __future__ import annotations

from pathlib import Path

import click

from amqctl import report
from amqctl.cli import console, session
from amqctl.drills.recheck import recheck


@click.command("recheck")
@click.argument("files", nargs=-1, required=True, metavar="HISTORY...", type=click.Path(path_type=Path))
@session.output_option
def command(files: tuple[Path, ...], output: str) -> int:
    """Judge recorded drills (history.jsonl files of a run folder) again, offline."""
    judged = [recheck(path) for path in files]
    done = report.build(judged[0].cluster, judged[0].profile, (), [j.result for j in judged], started="")
    if output == "json":
        console.json(report.contract(done))
    else:
        console.out(report.text(done, console.width()))
    return report.exit_code(done)
