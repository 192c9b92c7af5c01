"""Tables of systems × runtimes × drills, from real runs.

    python -m tests.matrix                                   everything this machine can run; prints the tables
    python -m tests.matrix --write docs/systems.md           and puts them there
    python -m tests.matrix --runtime local --only pair       a row; all other rows stay as --results has them
    python -m tests.matrix --part networks --drill reach     a column of one table
    python -m tests.matrix --none --write docs/systems.md    nothing is run: the tables of what is kept

What was found is kept in --results, a line a row. Several of these may run at once, with other clusters' names
(--prefix) and ports: each adds its row to what is there by then.
--lab takes the lab's database images, and makes those that are not there, for where none can be pulled; the lab's base
image must be there (`python -m tests.lab all`).
--server mysql=mariadb lets one database server stand in for another; such a row says so.
Exit code 1 where a cell of a row that was run is invalid or unknown; with --none, where any is.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from tests.systems import ENGINE, LONG, PARTS, Part, System

Cells = Mapping[str, Any]  # drill -> what it said
Kept = dict[tuple[str, str], Cells]  # system, runtime

REPOSITORY = Path(__file__).resolve().parents[1]
HEAD, TAIL = "<!-- the table: python -m tests.matrix -->", "<!-- end of the table -->"
WORST = ("invalid", "unknown", "could not run", "valid", "skipped")
RUNTIMES = ("local", "docker")


def main() -> int:
    options = arguments()
    parts = [p for p in PARTS if not options.part or p.name in options.part]
    ran: list[dict[str, Any]] = []
    for runtime in options.runtime or RUNTIMES:
        for system in [] if options.none else systems(parts, options.only):
            found = run(system, runtime, drills_of(system, parts), options)
            keep(options.results, (system.name, runtime + said(options.server)), found)
            ran.append(found)
    kept = read(options.results)
    text = tables(kept)
    print(text)
    if options.write:
        page = options.write.read_text(encoding="utf-8")
        before, _, rest = page.partition(HEAD)
        after = rest.partition(TAIL)[2]
        options.write.write_text(f"{before}{HEAD}\n\n{text}\n{TAIL}{after}", encoding="utf-8")
    judged = kept.values() if options.none else ran
    return int(any(cell["verdict"] in WORST[:2] for cells in judged for cell in cells.values()))


def systems(parts: Sequence[Part], only: Sequence[str] | None) -> list[System]:
    """Each once, however many tables it stands in."""
    return list(dict.fromkeys(s for p in parts for s in p.systems if not only or s.name in only))


def drills_of(system: System, parts: Sequence[Part]) -> list[str]:
    return list(dict.fromkeys(d for p in parts if system in p.systems for d in p.drills))


def said(stand_ins: Sequence[str]) -> str:
    """What a row's runtime is followed by: ", mariadb for mysql"."""
    return "".join(f", {other} for {kind}" for kind, _, other in (pair.partition("=") for pair in stand_ins))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", metavar="SYSTEM", choices=[s.name for s in systems(PARTS, None)])
    parser.add_argument("--part", action="append", choices=[p.name for p in PARTS], help="only these tables' drills")
    parser.add_argument("--runtime", action="append", choices=RUNTIMES)
    parser.add_argument("--drill", action="append", metavar="NAME", help="only these")
    parser.add_argument("--long", action="store_true", help=f"{LONG} too")
    parser.add_argument("--engine-restart-command", metavar="CMD", help=f"{ENGINE} too, on Docker")
    parser.add_argument("--lab", action="store_true")
    parser.add_argument("--none", action="store_true")
    parser.add_argument("--server", action="append", default=[], metavar="KIND=OTHER")
    parser.add_argument("--prefix", default="", help="of the clusters' names, where others use the same engine")
    parser.add_argument("--port-offset", default="1200")
    parser.add_argument("--results", type=Path, default=REPOSITORY / "docs" / "systems.jsonl")
    parser.add_argument("--runs", type=Path, default=REPOSITORY / "runs" / "matrix", help="where run folders go")
    parser.add_argument("--write", type=Path, metavar="PAGE")
    return parser.parse_args()


def read(results: Path) -> Kept:
    return parsed(results.read_text(encoding="utf-8")) if results.exists() else {}


def parsed(text: str) -> Kept:
    return {(one["system"], one["runtime"]): one["cells"] for one in map(json.loads, text.splitlines())}


def keep(results: Path, row_of: tuple[str, str], found: Cells) -> None:
    """Puts a row among those that are there by now, cell by cell, in the order of the tables."""
    results.parent.mkdir(parents=True, exist_ok=True)
    with results.open("a+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # another run may add a row of its own
        file.seek(0)
        kept = parsed(file.read())
        kept[row_of] = {**kept.get(row_of, {}), **found}
        file.truncate(0)
        for system, runtime in sorted(kept, key=place):
            line = {"system": system, "runtime": runtime, "cells": kept[system, runtime]}
            file.write(json.dumps(line, ensure_ascii=False) + "\n")


def place(row_of: tuple[str, str]) -> tuple[int, int, str]:
    names = [system.name for system in systems(PARTS, None)]
    system, runtime = row_of
    return (names.index(system) if system in names else len(names), RUNTIMES.index(runtime.split(",")[0]), runtime)


# ── running


def run(system: System, runtime: str, drills: Sequence[str], options: argparse.Namespace) -> dict[str, Any]:
    """Drill -> its cell. A system that cannot be brought up has one reason in all of them."""
    engine = ["--engine-restart-command", options.engine_restart_command] if options.engine_restart_command else []
    more = [*([LONG] if options.long else []), *([ENGINE] if engine and runtime == "docker" else [])]
    drills = options.drill or [*drills, *more]
    stand_ins = dict(pair.split("=", 1) for pair in options.server)
    cluster = options.prefix + system.name
    lab = options.lab and runtime == "docker"
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / f"{cluster}.yaml"
        text = topology(system.name, lab=lab, stand_ins=stand_ins, name_as=cluster)
        if lab:
            make_images(text)
        file.write_text(text, encoding="utf-8")
        up = amqctl("up", str(file), "--runtime", runtime, "--port-offset", options.port_offset)
        try:
            if up.returncode != 0:
                return dict.fromkeys(drills, {"verdict": "could not run", "because": reason(up.stderr)})
            named = [word for drill in drills for word in ("--drill", drill)]
            runs = ["--runs", str(options.runs), *(engine if ENGINE in drills else [])]
            done = amqctl("failover-test", cluster, *named, *runs, "-o", "json")
            if not done.stdout:
                return dict.fromkeys(drills, {"verdict": "unknown", "because": reason(done.stderr)})
            return cells(json.loads(done.stdout)["drills"])
        finally:
            amqctl("down", cluster, "--volumes")


def topology(name: str, *, lab: bool, stand_ins: Mapping[str, str] | None = None, name_as: str | None = None) -> str:
    """The file's own text where nothing of it changes. stand_ins: kind of a database server -> another kind."""
    text = (REPOSITORY / "topologies" / f"{name}.yaml").read_text(encoding="utf-8")
    if not lab and not stand_ins and name_as in (None, name):
        return text
    from tests.lab.databases import IMAGES

    data = yaml.safe_load(text)
    data["name"] = name_as or name
    for server, said in data.get("companions", {}).items():
        kind, settings = (said, {}) if isinstance(said, str) else next(iter(said.items()))
        if (other := (stand_ins or {}).get(kind)) is not None:
            kind, settings = other, {k: v for k, v in settings.items() if k != "image"}
        if lab and kind in IMAGES:
            settings = {**settings, "image": IMAGES[kind]}
        data["companions"][server] = {kind: settings}
    return yaml.safe_dump(data, sort_keys=False)


def make_images(text: str) -> None:
    """The lab's, of a topology's companions."""
    from tests.lab.databases import IMAGES, ensure

    kinds = {kind for said in (yaml.safe_load(text).get("companions") or {}).values() for kind in said}
    for kind in sorted(kinds & set(IMAGES)):
        print(ensure(kind), file=sys.stderr, flush=True)


def amqctl(*words: str) -> subprocess.CompletedProcess[str]:
    print("amqctl", *words, file=sys.stderr, flush=True)
    return subprocess.run(
        [sys.executable, "-m", "amqctl", *words], cwd=REPOSITORY, env=os.environ, capture_output=True, text=True
    )


def reason(stderr: str) -> str:
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    return next((line for line in lines if line.startswith("error")), lines[-1] if lines else "no word")


def cells(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A drill has a result for each group: the worst verdict, and the longest of the takeovers."""
    out: dict[str, Any] = {}
    for drill in dict.fromkeys(r["name"] for r in results):
        ours = [r for r in results if r["name"] == drill]
        verdict = min((r["verdict"] for r in ours), key=WORST.index)
        seconds = [r["takeover_seconds"] for r in ours if r["takeover_seconds"] is not None]
        says = next(r["because"] for r in ours if r["verdict"] == verdict)
        lost = sum(r["messages"]["lost"] for r in ours)
        out[drill] = {"verdict": verdict, "because": says, "seconds": max(seconds, default=None), "lost": lost}
    return out


# ── printing


def tables(kept: Kept) -> str:
    return "\n\n".join(f"## {part.title}\n\n{table(part, kept)}" for part in PARTS)


def table(part: Part, kept: Kept) -> str:
    """A part's table, and below it what its cells that are not valid refer to."""
    columns = [*part.drills, *(d for d in part.extra if any(d in found for found in kept.values()))]
    notes: dict[str, int] = {}
    head = ["system", "runtime", *(f"`{c}`" for c in columns)]
    lines = [row(head), row(["---"] * len(head))]
    for system in part.systems:
        name = f"`{system.name}`: {system.what} ({system.meets})"
        for of, where in sorted((r for r in kept if r[0] == system.name), key=place):
            lines.append(row([name, where, *(shown(kept[of, where].get(c), notes) for c in columns)]))
    return "\n".join([*lines, "", *(f"{number}. {text}" for text, number in notes.items())])


def shown(cell: Mapping[str, Any] | None, notes: dict[str, int]) -> str:
    """valid and how long; all else with a number, below which the reason stands."""
    if cell is None:
        return "not run"
    if cell["verdict"] == "valid":
        return "valid" if cell["seconds"] is None else f"valid {cell['seconds']:.2f} s"
    number = notes.setdefault(cell["because"], len(notes) + 1)
    return f"{'–' if cell['verdict'] == 'skipped' else '**' + cell['verdict'] + '**'} ({number})"


def row(words: Iterable[str]) -> str:
    return "| " + " | ".join(words) + " |"


if __name__ == "__main__":
    sys.exit(main())
