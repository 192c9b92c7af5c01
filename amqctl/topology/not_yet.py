"""What the shape of the file has and amqctl cannot do yet: refused by name, never ignored.

One table. Whoever builds a part deletes its line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from amqctl.errors import Problem
from amqctl.topology.model import Topology
from amqctl.topology.yamltext import Marks, Path


@dataclass(frozen=True, slots=True)
class NotYet:
    """path: keys as in the file, "*" for any name or item. when: only for such values; always for None."""

    path: str
    what: str
    instead: str
    when: Callable[[Any], bool] | None = None


NOT_YET = (
    NotYet("hosts.*", "hosts: not yet", "all brokers run on this machine today"),
    NotYet("groups.*.brokers.*.host", "host: not yet", "all brokers run on this machine today"),
)

# keys that no model knows so far
KEYS_TO_COME: Mapping[str, str] = {}


def not_yet(topology: Topology, marks: Marks, source: str | None) -> list[Problem]:
    problems = []
    for entry in NOT_YET:
        for path, value in _matches(topology, entry.path.split("."), ()):
            if entry.when is None or entry.when(value):
                line, column = marks.key(path) or (None, None)
                problems.append(Problem(entry.what, entry.instead, source, line, column))
    return problems


def _matches(value: Any, steps: list[str], path: Path) -> Iterator[tuple[Path, Any]]:
    """Every place in `value` that `steps` lead to and that was written."""
    if value is None:
        return
    if not steps:
        yield path, value
        return
    step, rest = steps[0], steps[1:]
    if isinstance(value, BaseModel):
        if step in value.model_fields_set:
            yield from _matches(getattr(value, step), rest, (*path, step))
    elif isinstance(value, dict):
        for key in value if step == "*" else [step] if step in value else []:
            yield from _matches(value[key], rest, (*path, key))
    elif isinstance(value, list) and step == "*":
        for index, item in enumerate(value):
            yield from _matches(item, rest, (*path, index))
