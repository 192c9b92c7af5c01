"""One table of systems × runtimes × drills, from real runs.

    python -m tests.matrix                                   everything this machine can run; prints the table
    python -m tests.matrix --write docs/systems.md           and puts it there
    python -m tests.matrix --runtime local --only pair       a part; what was run before is kept in --results
    python -m tests.matrix --none                            nothing is run: the table of what is kept

--lab takes the lab's database images (`python -m tests.lab all` makes them), for where none can be pulled.
--server mysql=mariadb lets one database server stand in for another; such a row says so.
Exit code 1 where a cell is invalid or unknown.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

REPOSITORY = Path(__file__).resolve().parents[1]
HEAD, TAIL = "<!-- the table: python -m tests.matrix -->", "<!-- end of the table -->"
WORST = ("invalid", "unknown", "could not run", "valid", "skipped")
COLUMNS = ("kill-master", "stop-master", "bridging", "bounce-store", "tables", "big-messages")
LONG, ENGINE = "bounce-store-60", "engine-restart"


@dataclass(frozen=True)
class System:
    """name: the file in topologies/. meets: the source documents' systems that it runs."""

    name: str
    meets: str
    what: str


SYSTEMS = (
    System("two-jdbc-pairs", "S1", "two pairs on one MySQL, linked both ways"),
    System("pair", "S2d", "a pair on a shared KahaDB"),
    System("trio", "S5c", "three brokers on one KahaDB"),
    System("ms-plus-cluster", "S5f", "two KahaDB pairs and a duplex link"),
    System("jdbc-mysql", "S2d, S4, S5d", "a pair on MySQL"),
    System("jdbc-mariadb", "S2d, S4, S5d", "a pair on MariaDB"),
    System("jdbc-postgres", "S4, S5d", "a pair on PostgreSQL"),
    System("jdbc-derby", "S4, S5d", "a pair on Derby, by lease"),
    System("jdbc-prefixes", "tables apart by prefix", "two pairs in one MariaDB database"),
)
RUNTIMES = ("local", "docker")


def main() -> int:
    options = arguments()
    kept = read(options.results)
    systems = [] if options.none else [s for s in SYSTEMS if not options.only or s.name in options.only]
    for runtime in options.runtime or RUNTIMES:
        for system in systems:
            row_of = (system.name, runtime + said(options.server))
            kept[row_of] = {**kept.get(row_of, {}), **run(system, runtime, options)}
            options.results.parent.mkdir(parents=True, exist_ok=True)
            lines = (json.dumps({"system": s, "runtime": r, "cells": cells}) for (s, r), cells in kept.items())
            options.results.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    text = table(kept)
    print(text)
    if options.write:
        page = options.write.read_text(encoding="utf-8")
        before, _, rest = page.partition(HEAD)
        after = rest.partition(TAIL)[2]
        options.write.write_text(f"{before}{HEAD}\n\n{text}\n{TAIL}{after}", encoding="utf-8")
    return int(any(cell["verdict"] in WORST[:2] for cells in kept.values() for cell in cells.values()))


def said(stand_ins: Sequence[str]) -> str:
    """What a row's runtime is followed by: ", mariadb for mysql"."""
    return "".join(f", {other} for {kind}" for kind, _, other in (pair.partition("=") for pair in stand_ins))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", metavar="SYSTEM", choices=[s.name for s in SYSTEMS])
    parser.add_argument("--runtime", action="append", choices=RUNTIMES)
    parser.add_argument("--drill", action="append", metavar="NAME", help="only these")
    parser.add_argument("--long", action="store_true", help=f"{LONG} too")
    parser.add_argument("--engine-restart-command", metavar="CMD", help=f"{ENGINE} too, on Docker")
    parser.add_argument("--lab", action="store_true")
    parser.add_argument("--none", action="store_true")
    parser.add_argument("--server", action="append", default=[], metavar="KIND=OTHER")
    parser.add_argument("--prefix", default="", help="of the clusters' names, where others use the same engine")
    parser.add_argument("--port-offset", default="1200")
    parser.add_argument("--results", type=Path, default=REPOSITORY / "runs" / "matrix.jsonl")
    parser.add_argument("--write", type=Path, metavar="PAGE")
    return parser.parse_args()


def read(results: Path) -> dict[tuple[str, str], dict[str, Any]]:
    if not results.exists():
        return {}
    found = map(json.loads, results.read_text(encoding="utf-8").splitlines())
    return {(one["system"], one["runtime"]): one["cells"] for one in found}


# ── running


def run(system: System, runtime: str, options: argparse.Namespace) -> dict[str, Any]:
    """Drill -> its cell. A system that cannot be brought up has one reason in all of them."""
    engine = ["--engine-restart-command", options.engine_restart_command] if options.engine_restart_command else []
    more = [*([LONG] if options.long else []), *([ENGINE] if engine and runtime == "docker" else [])]
    drills = options.drill or [*COLUMNS, *more]
    stand_ins = dict(pair.split("=", 1) for pair in options.server)
    cluster = options.prefix + system.name
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / f"{cluster}.yaml"
        text = topology(system.name, lab=options.lab and runtime == "docker", stand_ins=stand_ins, name_as=cluster)
        file.write_text(text, encoding="utf-8")
        up = amqctl("up", str(file), "--runtime", runtime, "--port-offset", options.port_offset)
        try:
            if up.returncode != 0:
                return dict.fromkeys(drills, {"verdict": "could not run", "because": reason(up.stderr)})
            named = [word for drill in drills for word in ("--drill", drill)]
            runs = ["--runs", str(options.results.parent / "matrix"), *(engine if ENGINE in drills else [])]
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


def table(kept: Mapping[tuple[str, str], Mapping[str, Any]]) -> str:
    extra = [d for d in (LONG, ENGINE) if any(d in found for found in kept.values())]
    columns = [*COLUMNS, *extra]
    notes: dict[str, int] = {}
    head = ["system", "runtime", *(f"`{c}`" for c in columns)]
    lines = [row(head), row(["---"] * len(head))]
    for system in SYSTEMS:
        rows = [(where, found) for (of, where), found in kept.items() if of == system.name]
        for where, found in sorted(rows, key=lambda one: (RUNTIMES.index(one[0].split(",")[0]), one[0])):
            name = f"`{system.name}`: {system.what} ({system.meets})"
            lines.append(row([name, where, *(shown(found.get(c), notes) for c in columns)]))
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
