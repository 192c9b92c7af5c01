"""What importing is given, what it makes, and the book in which it notes what could not be carried over."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from amqctl.activemq.brokerxml.tree import Element
from amqctl.activemq.lint.model import Node
from amqctl.topology.model.scalars import GROUP, HOST

Keys = dict[str, Any]  # a part of the topology, as YAML has it


@dataclass(frozen=True, slots=True)
class Found:
    """One broker's file. texts: of the files beside its activemq.xml. published: port in its container ->
    on the host. heap: as -Xmx has it. image: that it ran from. stores: a key store as its sslContext names it ->
    its bytes, of those that could be read. others: what is beside <broker> that BrokerFacts has no place for."""

    node: Node
    texts: Mapping[str, str] = field(default_factory=dict, repr=False)
    published: Mapping[int, int] = field(default_factory=dict)
    heap: str | None = None
    image: str | None = None
    stores: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    others: tuple[Element, ...] = ()

    @property
    def file(self) -> str:
        return self.node.file or "activemq.xml"


@dataclass(frozen=True, slots=True)
class Server:
    """A database or ZooKeeper of a compose file. kind: as under `companions`."""

    name: str
    kind: str
    image: str
    published: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Left:
    """What is not in the topology as it was. do: what a person may do about it."""

    file: str
    line: int | None
    element: str
    why: str
    do: str

    @property
    def place(self) -> str:
        return self.file if self.line is None else f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Imported:
    """topology: as a YAML reader would give it. origins: "groups.a" -> where that was. secrets: file, relative
    to the topology's -> its text. files: the same of key stores."""

    topology: Keys
    origins: Mapping[str, str]
    secrets: Mapping[str, str] = field(repr=False)
    left: tuple[Left, ...]
    files: Mapping[str, bytes] = field(default_factory=dict, repr=False)


class Book:
    """Gathers what is left over, and secrets. The same about several members is said once, with the first's place."""

    def __init__(self) -> None:
        self.left: list[Left] = []
        self.secrets: dict[str, str] = {}
        self.files: dict[str, bytes] = {}
        self.origins: dict[str, str] = {}
        self._said: set[tuple[str, str]] = set()

    def leave(self, found: Found, element: Element | None, what: str, why: str, do: str) -> None:
        if (what, why) not in self._said:
            self.left.append(Left(found.file, element.line if element else None, what, why, do))
        self._said.add((what, why))

    def note(self, file: str, what: str, why: str, do: str) -> None:
        if (what, why) not in self._said:
            self.left.append(Left(file, None, what, why, do))
        self._said.add((what, why))

    def secret(self, name: str, text: str) -> dict[str, str]:
        """`password:` that reads it from a file beside the topology."""
        path = f"secrets/{re.sub(r'[^A-Za-z0-9._-]', '_', name)}"
        if self.secrets.get(path, text) != text:
            path = unique(path, list(self.secrets))
        self.secrets[path] = text
        return {"file": path}


def scalar(text: str) -> str | int | bool:
    """A value as one would write it in YAML, which comes out again as the same text."""
    if text in ("true", "false"):
        return text == "true"
    return int(text) if re.fullmatch(r"0|-?[1-9]\d{0,17}", text) else text


def group_name(text: str) -> str:
    """A name that `groups` takes."""
    name = re.sub(r"[^A-Za-z0-9._-]", "_", text).lstrip("._-")[:63]
    return name if re.match(GROUP, name) else "broker"


def host_name(text: str) -> str:
    """A name that `brokers` takes."""
    name = re.sub(r"[^A-Za-z0-9-]", "-", text).strip("-")[:63]
    return name if re.match(HOST, name) else "broker"


def unique(name: str, taken: Sequence[str]) -> str:
    """`name`, or with a number behind it that nobody in `taken` has; case does not tell names apart."""
    known = {other.casefold() for other in taken}
    return next(n for n in (name, *(f"{name}-{i}" for i in range(2, 10_000))) if n.casefold() not in known)


def quoted(text: str) -> str | None:
    """An XPath string; None for one that has both quotes."""
    if '"' not in text:
        return f'"{text}"'
    return f"'{text}'" if "'" not in text else None
