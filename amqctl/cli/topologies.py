"""Reading the topology a verb was pointed at."""

from __future__ import annotations

import sys
from pathlib import Path

from amqctl.cluster.intent import Intent
from amqctl.errors import BadTopology, BadUsage, Problem


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
    try:
        return Intent(path.read_text(encoding="utf-8"), str(path.resolve()), name, port_offset)
    except UnicodeDecodeError as exc:
        raise BadTopology([Problem("not UTF-8 text", "save it as UTF-8", file=word, line=1, column=1)]) from exc
    except OSError as exc:
        raise BadUsage(f"{word}: {exc.strerror}") from exc


def _shipped() -> Path:
    package = Path(__file__).resolve().parent.parent
    inside = package / "topologies"
    return inside if inside.is_dir() else package.parent / "topologies"
