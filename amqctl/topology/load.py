"""Text -> Topology, or BadTopology with every problem, each with line and column."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any

from amqctl.errors import BadTopology, Problem
from amqctl.topology.model import Topology
from amqctl.topology.yamltext import NO_MARKS, Marks, Reader

MAX_BYTES = 16 * 1024 * 1024  # a thousand brokers written out in full are half a megabyte


@dataclass(frozen=True, slots=True)
class Loaded:
    """A topology and where its parts stand in the text."""

    topology: Topology
    marks: Marks


@dataclass(frozen=True, slots=True)
class Read:
    """topology: also where there are problems, if it can be read without what they are about."""

    topology: Topology | None
    marks: Marks
    problems: tuple[Problem, ...]


def load(text: str | bytes, source: str | None) -> Loaded:
    """Read a topology. source: the file's name, for the problems.

    Raises BadTopology with all problems of the text and of its shape, in the order of the file.
    `check.settled` also names those of its meaning.
    """
    found = read(text, source)
    if found.problems or found.topology is None:
        raise BadTopology(found.problems)
    return Loaded(found.topology, found.marks)


def content(path: str | FilePath) -> bytes:
    """A topology file's. Raises BadTopology where it cannot be read."""
    source = str(path)
    try:
        with FilePath(source).open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as exc:
        problem = Problem(exc.strerror or str(exc), "name a topology file that can be read", source)
    except ValueError:  # a NUL in the name
        problem = Problem(f"{source!r} cannot be the name of a file", "name a topology file that can be read")
    raise BadTopology([problem])


def read(text: str | bytes, source: str | None) -> Read:
    """As load(), but for a caller with more to check."""
    if isinstance(text, bytes):
        decoded = _decoded(text, source)
        if isinstance(decoded, Problem):
            return Read(None, NO_MARKS, (decoded,))
        text = decoded
    reader = Reader(source)
    root = reader.read(text)
    problems = reader.problems
    if root is None or not isinstance(root.data, dict):
        return Read(None, NO_MARKS, tuple(problems) or (_no_map(root.data if root else None, source),))
    marks = Marks(root)
    topology, wrong = _validated(root.data, marks, source)
    # what the text's own problem stands on was replaced by a guess: nothing more about that place
    known = {(p.line, p.column) for p in problems}
    problems += [p for p in wrong if (p.line, p.column) not in known]
    return Read(topology, marks, in_file_order(problems))


def in_file_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Sorted by place, each said once."""
    return tuple(sorted(dict.fromkeys(problems), key=lambda p: (p.line or 0, p.column or 0)))


def _validated(data: dict[str, Any], marks: Marks, source: str | None) -> tuple[Topology | None, list[Problem]]:
    from pydantic import ValidationError

    try:
        return Topology.model_validate(data), []
    except ValidationError as exc:
        # both are needed for mistakes only
        from amqctl.topology.complaints import complaints, mistakes
        from amqctl.topology.salvage import salvaged

        found = mistakes(exc.errors(include_url=False, include_input=False), data)
    problems = complaints(found, data, marks, source)
    rest = salvaged(data, found)
    try:
        return (Topology.model_validate(rest) if rest else None), problems
    except ValidationError:
        return None, problems


def _decoded(content: bytes, source: str | None) -> str | Problem:
    if len(content) > MAX_BYTES:
        return Problem(f"more than {MAX_BYTES >> 20} MiB: not a topology", "", source)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as exc:
        before = content[: exc.start]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1
        what = f"byte 0x{content[exc.start]:02X} is not UTF-8"
        return Problem(what, "save the file as UTF-8 text", source, line, column)


def _no_map(data: object, source: str | None) -> Problem:
    fix = "begin with `apiVersion: amqctl/v1`; `amqctl schema` prints the whole shape"
    if data is None:
        return Problem("the file is empty", fix, source, 1, 1)
    kind = "a list" if isinstance(data, list) else "a single value"
    return Problem(f"a topology is a map (key: value); here is {kind}", fix, source, 1, 1)
