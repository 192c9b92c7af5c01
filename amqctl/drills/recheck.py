"""Judging a saved history again, offline."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from amqctl.drills import history as h
from amqctl.drills import judge
from amqctl.drills.catalogue import CATALOGUE
from amqctl.drills.model import History
from amqctl.drills.results import DrillResult
from amqctl.errors import BadUsage


@dataclass(frozen=True, slots=True)
class Rechecked:
    """cluster and profile: those it was recorded on."""

    cluster: str
    profile: str
    result: DrillResult


def recheck(path: Path) -> Rechecked:
    """Raises BadUsage for a file that is no history of a drill that is known here."""
    history = _read(path)
    try:
        facts = h.setup(history)
        drill = CATALOGUE.get(facts["drill"])
        if drill is None:
            raise BadUsage(f"{path}: no drill {facts['drill']}", hint="known: " + ", ".join(CATALOGUE))
        return Rechecked(str(facts["cluster"]), str(facts["profile"]), judge.result(drill, history, str(path)))
    except KeyError as exc:
        raise _none(path, f"its setup has no {exc}") from exc
    except (ValueError, TypeError, AttributeError) as exc:  # JSON lines of another shape, or edited by hand
        raise _none(path, str(exc)) from exc


def _read(path: Path) -> History:
    try:
        return h.parse(path.read_text(encoding="utf-8"))
    except OSError as exc:
        raise BadUsage(f"{path}: {exc.strerror or exc}") from exc
    except UnicodeDecodeError as exc:
        raise _none(path, "it is not UTF-8 text") from exc
    except ValueError as exc:
        raise _none(path, str(exc)) from exc


def _none(path: Path, why: str) -> BadUsage:
    return BadUsage(f"{path} is not the history of a drill: {why}", hint="name a history.jsonl of a run folder")
