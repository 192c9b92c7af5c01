"""Exact places in an XML text, for edits that leave every other byte as it is.

`tree` knows where each tag begins; here that is turned into offsets of its attributes' values. No XML is
written anew: a comment, a blank, the order of attributes all stay.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from xml.sax.saxutils import escape

from amqctl.activemq.brokerxml.tree import Element

_NAME = re.compile(r"<([^\s/>]+)")
_ATTRIBUTE = re.compile(r"""\s+([^\s=/>]+)\s*=\s*("[^"]*"|'[^']*')""")
_CLOSE = re.compile(r"\s*(/?)>")
_LINE = re.compile(r"\r\n|\r|\n")  # as expat counts them


@dataclass(frozen=True, slots=True)
class Edit:
    """What stands from start to end of the text becomes `new`, which is raw XML. line, column: of start.

    because: why amqctl must have it so. secret: neither the old nor the new text is for a screen.
    """

    start: int
    end: int
    new: str
    because: str
    line: int
    column: int
    secret: bool = False


class Sheet:
    """One text and where things stand in it. text: without a byte-order mark, as tree.parse() got it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._lines = [0, *(match.end() for match in _LINE.finditer(text))]

    def offset(self, element: Element) -> int:
        return self._lines[element.line - 1] + element.column - 1

    def value(self, element: Element, attribute: str) -> tuple[int, int] | None:
        """Where the attribute's raw value stands, without its quotes."""
        name = _NAME.match(self.text, self.offset(element))
        if name is None:
            return None
        at = name.end()
        while match := _ATTRIBUTE.match(self.text, at):
            if match[1] == attribute:
                return match.start(2) + 1, match.end(2) - 1
            at = match.end()
        return None

    def replaced(self, element: Element, attribute: str, value: str, because: str, *, secret: bool = False) -> Edit:
        """The attribute with another value; one that is not written is added, first in its tag."""
        if span := self.value(element, attribute):
            return self.edit(*span, raw(value), because, secret=secret)
        name = _NAME.match(self.text, self.offset(element))
        at = name.end() if name else self.offset(element)
        return self.edit(at, at, f' {attribute}="{raw(value)}"', because, secret=secret)

    def inside(self, element: Element, xml: str, because: str) -> Edit:
        """`xml` as the first child of an element, on the line on which its tag ends."""
        name = _NAME.match(self.text, self.offset(element))
        at = name.end() if name else self.offset(element)
        while match := _ATTRIBUTE.match(self.text, at):
            at = match.end()
        close = _CLOSE.match(self.text, at)
        if close is None or not close[1]:
            return self.edit(close.end() if close else at, close.end() if close else at, xml, because)
        return self.edit(at, close.end(), f">{xml}</{name[1] if name else element.name}>", because)

    def edit(self, start: int, end: int, new: str, because: str, *, secret: bool = False) -> Edit:
        line = next(number for number in range(len(self._lines), 0, -1) if self._lines[number - 1] <= start)
        return Edit(start, end, new, because, line, start - self._lines[line - 1] + 1, secret)

    def is_change(self, edit: Edit) -> bool:
        return self.text[edit.start : edit.end] != edit.new


def raw(value: str) -> str:
    """A value between double or single quotes."""
    return escape(value, {'"': "&quot;", "'": "&apos;", "\n": "&#10;", "\r": "&#13;", "\t": "&#9;"})


def applied(text: str, edits: Iterable[Edit], *, mask: str | None = None) -> str:
    """The text with its edits, which do not overlap. mask: what stands for a secret, in old text too."""
    for edit in sorted(edits, key=lambda e: e.start, reverse=True):
        new = mask if mask is not None and edit.secret else edit.new
        text = text[: edit.start] + new + text[edit.end :]
    return text


def masked(text: str, edits: Iterable[Edit], mask: str) -> str:
    """The text as it was, but for what a secret edit replaces."""
    secrets = [Edit(e.start, e.end, mask, e.because, e.line, e.column) for e in edits if e.secret]
    return applied(text, secrets)
