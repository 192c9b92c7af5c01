"""XML text -> a tree of frozen elements, each with the place where its tag begins.

expat, not lxml: it knows the line and column of a tag's first character (libxml2 has only the line on
which the tag ends, which for a <broker> of twenty attributes is somewhere else), and it loads nothing
by itself. Entities are refused when they are declared, so there is nothing to expand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from amqctl.errors import BadTopology, Problem

MAX_BYTES = 4 * 1024 * 1024  # the largest activemq.xml that ActiveMQ ships has 20 kB
MAX_DEPTH = 100


@dataclass(frozen=True, slots=True)
class Element:
    """line and column count from 1 and make no difference: two files that say the same are equal.

    attributes: those without a prefix. prefixed: "namespace name" -> value.
    """

    namespace: str
    name: str
    attributes: Mapping[str, str]
    children: tuple[Element, ...] = ()
    text: str = ""
    prefixed: Mapping[str, str] = field(default_factory=dict)
    line: int = field(default=1, compare=False)
    column: int = field(default=1, compare=False)

    def all(self, *path: str) -> tuple[Element, ...]:
        """The elements at the end of `path`, a local name a step."""
        found: tuple[Element, ...] = (self,)
        for name in path:
            found = tuple(child for element in found for child in element.children if child.name == name)
        return found

    def first(self, *path: str) -> Element | None:
        return next(iter(self.all(*path)), None)

    def walk(self) -> Iterator[Element]:
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True, slots=True)
class Comment:
    text: str
    line: int = field(default=1, compare=False)
    column: int = field(default=1, compare=False)


@dataclass(frozen=True, slots=True)
class Document:
    root: Element
    comments: tuple[Comment, ...]


def parse(text: str | bytes, file: str | None = None) -> Document:
    """Raises BadTopology with one problem, which has its place."""
    from xml.parsers import expat

    try:
        data = text.encode() if isinstance(text, str) else text
        if len(data) > MAX_BYTES:
            what = f"{len(data)} bytes are too many for a broker's configuration"
            raise _Refused(what, f"at most {MAX_BYTES}; is it the right file?", 1, 1)
        # what a str says of its encoding is about the file it came from
        return _Builder("utf-8" if isinstance(text, str) else None).run(data)
    except _Refused as exc:
        raise BadTopology([Problem(exc.what, exc.fix, file, exc.line, exc.column)]) from exc
    except expat.ExpatError as exc:
        what = f"not well-formed XML: {expat.ErrorString(exc.code)}"
        fix = "amqctl reads it as the broker would, which would not start"
        raise BadTopology([Problem(what, fix, file, exc.lineno, exc.offset + 1)]) from exc
    except (ValueError, LookupError) as exc:  # an encoding that is unknown, or not the text's
        raise BadTopology([Problem(f"not XML that can be read: {exc}", "write it in UTF-8", file, 1, 1)]) from exc


class _Refused(Exception):
    def __init__(self, what: str, fix: str, line: int, column: int) -> None:
        super().__init__(what)
        self.what, self.fix, self.line, self.column = what, fix, line, column


@dataclass(slots=True)
class _Open:
    name: str
    attributes: dict[str, str]
    line: int
    column: int
    children: list[Element] = field(default_factory=list)
    text: list[str] = field(default_factory=list)


class _Builder:
    def __init__(self, encoding: str | None) -> None:
        from xml.parsers import expat

        self._parser: Any = expat.ParserCreate(encoding, " ")
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._parser.CommentHandler = self._comment
        self._parser.EntityDeclHandler = self._entity
        self._parser.SkippedEntityHandler = self._skipped
        self._open: list[_Open] = []
        self._root: Element | None = None
        self._comments: list[Comment] = []

    def run(self, data: bytes) -> Document:
        self._parser.Parse(data, True)
        assert self._root is not None  # expat raises "no element found" first
        return Document(self._root, tuple(self._comments))

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self._open) == MAX_DEPTH:
            raise self._refused(f"elements are nested more than {MAX_DEPTH} deep", "is it the right file?")
        self._open.append(_Open(name, attributes, *self._here()))

    def _end(self, _: str) -> None:
        done = self._open.pop()
        namespace, _, name = done.name.rpartition(" ")
        element = Element(
            namespace,
            name,
            {k: v for k, v in done.attributes.items() if " " not in k},
            tuple(done.children),
            "".join(done.text).strip(),
            {k: v for k, v in done.attributes.items() if " " in k},
            done.line,
            done.column,
        )
        if self._open:
            self._open[-1].children.append(element)
        else:
            self._root = element

    def _characters(self, text: str) -> None:
        self._open[-1].text.append(text)

    def _comment(self, text: str) -> None:
        self._comments.append(Comment(text.strip(), *self._here()))

    def _entity(self, name: str, *_: Any) -> None:
        raise self._refused(f"it declares the entity {name}", "write what it stands for: entities are not resolved")

    def _skipped(self, name: str, _: bool) -> None:
        raise self._refused(f"the entity {name} is not known", "write what it stands for: no DTD is loaded")

    def _refused(self, what: str, fix: str) -> _Refused:
        return _Refused(what, fix, *self._here())

    def _here(self) -> tuple[int, int]:
        return self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber + 1
