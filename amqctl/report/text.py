"""A Report for the terminal: rows and lines. Only `cli.console` writes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from amqctl.drills.results import DrillResult, Messages, Report

HEADINGS = ("drill", "group", "verdict", "takeover", "lock", "acknowledged", "lost", "duplicated", "because")


@dataclass(frozen=True, slots=True)
class Table:
    """cells: one row a drill, in the order of HEADINGS; before and after: lines around the table."""

    before: tuple[str, ...]
    cells: tuple[tuple[str, ...], ...]
    after: tuple[str, ...]


def table(report: Report) -> Table:
    facts = [f"{group}: {words}" for group, words in report.facts.items()]
    caveats = ["What this does not show:", *(f"  - {c}" for c in report.caveats)] if report.caveats else []
    where = [f"history, logs and rendered files: {report.folder}"] if report.folder else []
    return Table(
        before=(f"{report.cluster}, profile {report.profile}{_clients(report)}", *facts),
        cells=tuple(_row(d) for d in report.drills),
        after=(f"{report.verdict.upper()}: {_sentence(report)}", *caveats, *where),
    )


def text(report: Report, width: int = 120) -> str:
    """The table as plain lines, the last column wrapped at `width` characters."""
    import textwrap

    shown = table(report)
    rows = [HEADINGS, *shown.cells]
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEADINGS) - 1)]
    indent = sum(widths) + 2 * len(widths)
    lines = list(shown.before) + [""]
    for row in rows:
        head = "".join(cell.ljust(w) + "  " for cell, w in zip(row, widths, strict=False))
        wrapped = textwrap.wrap(row[-1], max(24, width - indent)) or [""]
        lines += [head + wrapped[0], *(" " * indent + more for more in wrapped[1:])]
    return "\n".join([*lines, "", *shown.after]) + "\n"


def _row(drill: DrillResult) -> tuple[str, ...]:
    counted = drill.verdict != "skipped" and drill.messages != Messages()
    counts: Sequence[int] = (drill.messages.acknowledged, drill.messages.lost, drill.messages.duplicated)
    numbers = tuple(f"{n:,}" if counted else "–" for n in counts)
    seconds = (_seconds(drill.takeover_seconds), _seconds(drill.lock_seconds))
    return (drill.name, drill.group, drill.verdict, *seconds, *numbers, drill.because)


def _clients(report: Report) -> str:
    """Who drilled; not said where all was STOMP, as it is unless somebody asked for another."""
    named = {"jms": "ActiveMQ's Java client", "stomp": "STOMP"}
    seen = dict.fromkeys(named.get(d.client, d.client) for d in report.drills if d.verdict != "skipped")
    return "" if list(seen) in ([], ["STOMP"]) else f", client: {' and '.join(seen)}"


def _seconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f} s"


def _sentence(report: Report) -> str:
    counts = {o: sum(1 for d in report.drills if d.verdict == o) for o in ("valid", "invalid", "unknown", "skipped")}
    return ", ".join(f"{n} {o}" for o, n in counts.items() if n) or "no drill was run"
