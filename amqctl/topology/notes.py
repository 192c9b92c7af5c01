"""What settling writes down on its way: problems with their lines, and where values came from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from amqctl.errors import Problem
from amqctl.topology.settled import Origin
from amqctl.topology.yamltext import Marks, Path


class CapsLike(Protocol):
    """What settling asks of an ActiveMQ version; `activemq.versions.Caps` is one."""

    @property
    def version(self) -> str: ...
    @property
    def defaults(self) -> Mapping[str, str]: ...
    @property
    def absent(self) -> Mapping[str, Mapping[str, str]]: ...
    @property
    def attributes(self) -> Mapping[str, Mapping[str, str]]: ...
    @property
    def mkahadb_mixes(self) -> bool: ...
    @property
    def leveldb(self) -> bool: ...
    @property
    def jasypt_aes(self) -> bool: ...


class Notes:
    """partial: a topology from which what could not be read was left out, so that its other problems are
    found in the same run. What may only follow from a part that is not there is not said then.
    """

    def __init__(self, marks: Marks, source: str | None, *, partial: bool = False) -> None:
        self.marks = marks
        self.source = source
        self.problems: list[Problem] = []
        self._partial = partial

    def problem(self, what: str, fix: str, path: Path, *, value: bool = False, of_absence: bool = False) -> None:
        """At the key that `path` ends with, or at its value. of_absence: because something is not written."""
        if of_absence and self._partial:
            return
        place = self.marks.value(path) if value else self.marks.key(path)
        line, column = place or (None, None)
        self.problems.append(Problem(what, fix, self.source, line, column))

    def origin(self, path: Path, detail: str = "") -> Origin:
        return Origin("file", detail, self.marks.line(path))

    def line(self, path: Path) -> str:
        """` (line 7)`, or nothing where there is no text."""
        line = self.marks.line(path)
        return f" (line {line})" if line else ""


def text(value: Any) -> str:
    """A scalar as ActiveMQ's XML and URIs spell it."""
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
