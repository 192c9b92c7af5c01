"""Reading the topology a verb was pointed at."""

from __future__ import annotations

import sys
from pathlib import Path

from amqctl.cluster.intent import Intent
from amqctl.errors import BadUsage
from amqctl.topology.load import content, load


def read(word: str, *, name: str | None = None, port_offset: int = 0) -> Intent:
    """A file, `-` for standard input, or the bare name of a topology that comes with amqctl."""
    if word == "-":
        return Intent(sys.stdin.read(), None, name, port_offset)
    path = Path(word)
    if not path.exists():
        shipped = _shipped() / f"{word}.yaml"
        if "/" in word or not shipped.is_file():
            known = ", ".join(sorted(p.stem for p in _shipped().glob("*.yaml")))
            raise BadUsage(f"{word}: no such file", hint=f"a file, - for standard input, or one of: {known}")
        path = shipped
    data = content(str(path))
    try:
        return Intent(data.decode(), str(path.resolve()), name, port_offset)
    except UnicodeDecodeError:
        load(data, word)  # names the line and column of the bad byte
        raise


def _shipped() -> Path:
    package = Path(__file__).resolve().parent.parent
    inside = package / "topologies"
    return inside if inside.is_dir() else package.parent / "topologies"
