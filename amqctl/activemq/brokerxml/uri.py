"""ActiveMQ's URIs taken apart: tcp://h:1?a=b, static:(…), masterslave:(…)?…, static:failover:(a,b)?x=1, multicast://….

By the rules of org.apache.activemq.util.URISupport.parseComposite, which are not those of RFC 3986:
options belong to the list in parentheses that they follow, and a list without parentheses has none of
its own, so that in `static:failover:(a,b)?x=1` the option is failover's. Placeholders (${…}) stay text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

# Schemes whose rest is a list of further URIs.
COMPOSITE = frozenset({"static", "simple", "masterslave", "failover", "fanout", "discovery", "ha", "mock", "zk"})
MAX_DEPTH = 12  # nobody nests deeper than three

_SCHEME = re.compile(r"\s*([A-Za-z][A-Za-z0-9+.-]*):")
_AUTHORITY = re.compile(r"(?:[^@/?#]*@)?((?:\$\{[^}]*\}|\[[^\]]*\]|[^/?#:\s])*)(?::(\$\{[^}]*\}|\d*))?([^?#]*)")


class BadUri(ValueError):
    """Says what is wrong, for a person."""


@dataclass(frozen=True, slots=True)
class Uri:
    """One URI. host and path are empty, port is None, where there is none or a placeholder stands for it.

    parts: of a composite, what it lists. options: its own, not those of its parts.
    """

    text: str
    scheme: str
    host: str = ""
    port: int | None = None
    path: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    parts: tuple[Uri, ...] = ()

    @property
    def leaves(self) -> tuple[Uri, ...]:
        """The addresses that it leads to in the end, in their order."""
        return tuple(leaf for part in self.parts for leaf in part.leaves) if self.composite else (self,)

    @property
    def composite(self) -> bool:
        return self.scheme in COMPOSITE

    def walk(self) -> Iterator[Uri]:
        """Itself and everything in it."""
        yield self
        for part in self.parts:
            yield from part.walk()

    @property
    def address(self) -> str:
        """host:port as one would say it; the whole text where there is no host."""
        return f"{self.host}:{self.port}" if self.host and self.port is not None else self.text


def parse(text: str, depth: int = 0) -> Uri:
    """Raises BadUri."""
    text = text.strip()
    if depth > MAX_DEPTH:
        raise BadUri(f"nested more than {MAX_DEPTH} deep")
    if not _balanced(text):
        raise BadUri("its parentheses do not match")
    scheme = _SCHEME.match(text)
    if scheme is None:
        return Uri(text, "")  # a placeholder for all of it, or not a URI; a rule may say so
    name, rest = scheme[1].lower(), text[scheme.end() :].strip()
    if name in COMPOSITE:
        return _composite(text, name, rest.removeprefix("//").strip(), depth)
    return _plain(text, name, rest)


def _composite(text: str, name: str, rest: str, depth: int) -> Uri:
    options: Mapping[str, str] = {}
    listed = rest
    if rest.startswith("("):
        end = _closing(rest)
        listed, after = rest[1:end], rest[end + 1 :]
        options = _options(after.partition("?")[2])
    parts = tuple(parse(part, depth + 1) for part in _split(listed))
    return Uri(text, name, options=options, parts=parts)


def _plain(text: str, name: str, rest: str) -> Uri:
    head, _, query = rest.partition("?")
    if not head.startswith("//"):
        return Uri(text, name, path=head, options=_options(query))
    match = _AUTHORITY.match(head[2:])
    assert match is not None  # every part of it may be empty
    host, port, path = match[1], match[2] or "", match[3]
    number = int(port) if port.isdigit() and len(port) < 7 else None
    return Uri(text, name, host.strip("[]").lower(), number, path, _options(query))


def _options(query: str) -> dict[str, str]:
    from urllib.parse import unquote

    pairs = (pair.partition("=") for pair in re.split(r"[&;]", query) if pair)
    return {key: unquote(value) for key, _, value in pairs}


def _balanced(text: str) -> bool:
    depth = 0
    for char in text:
        depth += {"(": 1, ")": -1}.get(char, 0)
        if depth < 0:
            return False
    return depth == 0


def _closing(text: str) -> int:
    """Where the parenthesis that `text` begins with is closed; parentheses match."""
    depth = 0
    for index, char in enumerate(text):
        depth += {"(": 1, ")": -1}.get(char, 0)
        if depth == 0:
            return index
    raise BadUri("its parentheses do not match")


def _split(listed: str) -> list[str]:
    """At the commas that stand in no parentheses."""
    parts, depth, start = [], 0, 0
    for index, char in enumerate(listed):
        depth += {"(": 1, ")": -1}.get(char, 0)
        if char == "," and depth == 0:
            parts.append(listed[start:index])
            start = index + 1
    parts.append(listed[start:])
    return [part for part in map(str.strip, parts) if part]
