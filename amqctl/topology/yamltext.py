"""YAML text -> plain data, with the line and column of every key and value.

Stricter than YAML on purpose: whatever two readers of one file could understand differently is a
problem here, with what to write instead. The walk is over libyaml's events, not its composed nodes:
libyaml composes recursively, so a text of a hundred thousand "[" would exhaust the C stack.

Values are text, whole numbers, true/false or null. A number with a point stays text: `6.10` is a
version or an attribute, and as a float it would come back as 6.1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NoReturn

import yaml

from amqctl.errors import Problem
from amqctl.topology.yamlerrors import explained

MAX_DEPTH = 40  # the deepest topology needs 9
MAX_ALIASED = 100_000  # nodes that aliases may add; what is written out costs what it costs

Path = tuple[str | int, ...]
Place = tuple[int, int]  # line and column, from 1

_INT = re.compile(r"-?(0|[1-9][0-9]{0,17})")
# YAML 1.1 reads these as true and false, YAML 1.2 as text
_MAYBE_BOOL = frozenset(word.casefold() for word in ("yes", "no", "on", "off"))
_WORDS: dict[str, bool | None] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
# not allowed in XML 1.0, where most values end up, nor sensible anywhere else
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")


@dataclass(slots=True, eq=False)
class Node:
    """One value. data: the plain data of it and all below. size: nodes in it, aliases expanded."""

    place: Place
    data: Any
    children: dict[str | int, Node] = field(default_factory=dict)
    keys: dict[str, Place] = field(default_factory=dict)  # of a map: where each key stands
    size: int = 1
    height: int = 1
    open: bool = True


class Refused(Exception):
    """The text cannot be read on from here."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


class Reader:
    """Reads one document. `problems` grows while it reads; only Refused ends it early."""

    def __init__(self, source: str | None) -> None:
        self.problems: list[Problem] = []
        self._source = source
        self._anchors: dict[str, Node] = {}
        self._aliased = 0

    def read(self, text: str) -> Node | None:
        """The document's root, or None where nothing more can be said than `problems` do."""
        text = text.removeprefix("\ufeff")
        if found := _CONTROL.search(text):
            self._bad_character(text, found.start())
            return None
        try:
            return self._document(_events(text))
        except Refused as exc:
            self.problems.append(exc.problem)
        except yaml.MarkedYAMLError as exc:
            self.problems.append(explained(exc, text, self._source))
        except yaml.YAMLError as exc:
            self.problems.append(Problem(f"not YAML: {exc}", file=self._source, line=1, column=1))
        return None

    def _document(self, events: Iterator[yaml.Event]) -> Node | None:
        root: Node | None = None
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                if root is not None:
                    self._refuse(event, "a second document begins here", "one file is one topology; remove the `---`")
                root = self._node(next(events), events, 1)
        return root

    def _node(self, event: Any, events: Iterator[yaml.Event], depth: int) -> Node:
        if depth > MAX_DEPTH:
            self._refuse(event, f"nested more than {MAX_DEPTH} deep", "a topology needs no more than ten levels")
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, depth)
        node = Node(_place(event), None)
        if event.anchor:
            self._anchors[event.anchor] = node
        if event.tag and event.tag != "!":
            what = f"tag {_tag(event.tag)} is not used in a topology"
            self._say(_place(event), what, "remove it; quotes make a text")
        if isinstance(event, yaml.MappingStartEvent):
            self._map(node, events, depth)
        elif isinstance(event, yaml.SequenceStartEvent):
            self._list(node, events, depth)
        else:
            node.data = self._scalar(event)
        node.open = False
        return node

    def _map(self, node: Node, events: Iterator[yaml.Event], depth: int) -> None:
        node.data = {}
        for event in events:
            if isinstance(event, yaml.MappingEndEvent):
                return
            key = self._key(event, events, depth)
            value = self._node(next(events), events, depth + 1)
            if key is None:
                continue
            if key in node.keys:
                first = node.keys[key][0]
                self._say(_place(event), f"{key} is written twice, first on line {first}", "keep one of them")
                continue
            node.keys[key] = _place(event)
            self._adopt(node, key, value)
            node.data[key] = value.data

    def _list(self, node: Node, events: Iterator[yaml.Event], depth: int) -> None:
        node.data = []
        for event in events:
            if isinstance(event, yaml.SequenceEndEvent):
                return
            value = self._node(event, events, depth + 1)
            self._adopt(node, len(node.data), value)
            node.data.append(value.data)

    def _adopt(self, node: Node, key: str | int, child: Node) -> None:
        node.children[key] = child
        node.size += child.size
        node.height = max(node.height, child.height + 1)

    def _key(self, event: yaml.Event, events: Iterator[yaml.Event], depth: int) -> str | None:
        if not isinstance(event, yaml.ScalarEvent):
            self._node(event, events, depth + 1)
            self._say(_place(event), "a key must be a word, not an alias, a map or a list", "write the key out")
            return None
        key = event.value
        if event.implicit[0] and key == "<<":
            fix = "write what is shared under `defaults:`, which every group and broker inherits"
            self._say(_place(event), "merge keys (<<) are not used in a topology", fix)
            return None
        value = self._scalar(event, of_key=True)
        if not isinstance(value, str):
            shown = f"key {key}" if key else "an empty key"
            self._say(_place(event), f"{shown} is {_kind(value)}, not text", f'write it in quotes: "{key}"')
            return None
        return key

    def _alias(self, event: Any, depth: int) -> Node:
        name = event.anchor
        node = self._anchors.get(name)
        if node is None:
            self._refuse(event, f"*{name} refers to an anchor that is not there", f"write &{name} above")
        if node.open:
            self._refuse(event, f"*{name} contains itself: a cycle", "write the value out")
        self._aliased += node.size
        if self._aliased > MAX_ALIASED:
            self._refuse(event, f"aliases expand to more than {MAX_ALIASED} values", "write the values out")
        if depth + node.height > MAX_DEPTH:
            self._refuse(event, f"nested more than {MAX_DEPTH} deep", "a topology needs no more than ten levels")
        return node

    def _scalar(self, event: Any, *, of_key: bool = False) -> str | int | bool | None:
        text: str = event.value
        if found := _CONTROL.search(text):
            self._say(_place(event), f"character U+{ord(found.group()):04X} cannot stand in a value", "remove it")
            return text.replace(found.group(), "")
        if not event.implicit[0]:
            return text
        if text in _WORDS:
            return _WORDS[text]
        if _INT.fullmatch(text):
            return int(text)
        if text.casefold() in _MAYBE_BOOL and not of_key:
            meant = "true" if text.casefold() in ("yes", "on") else "false"
            fix = f'write {meant}, or "{text}" in quotes if it is text'
            self._say(_place(event), f"{text} is a truth value to some and text to others", fix)
            return meant == "true"
        return text

    def _bad_character(self, text: str, at: int) -> None:
        line = text.count("\n", 0, at) + 1
        column = at - text.rfind("\n", 0, at)
        what = f"character U+{ord(text[at]):04X} cannot stand in a topology file"
        self._say((line, column), what, "remove it; the file is UTF-8 text")

    def _say(self, place: Place, what: str, fix: str) -> None:
        self.problems.append(Problem(what, fix, self._source, *place))

    def _refuse(self, event: yaml.Event, what: str, fix: str) -> NoReturn:
        raise Refused(Problem(what, fix, self._source, *_place(event)))


@dataclass(frozen=True, slots=True)
class Marks:
    """Where things stand in the file. A path that is not in it has the place of its nearest parent that is."""

    root: Node | None = None

    def value(self, path: Sequence[str | int]) -> Place | None:
        """Line and column of the value at `path`, or of the nearest thing above it."""
        return self._walk(path, of_key=False)

    def key(self, path: Sequence[str | int]) -> Place | None:
        """Line and column of the key that `path` ends with (of an item, for a list)."""
        return self._walk(path, of_key=True)

    def line(self, path: Sequence[str | int]) -> int | None:
        """The key's line, which is where an editor should go."""
        place = self.key(path)
        return place[0] if place else None

    def __contains__(self, path: Sequence[str | int]) -> bool:
        node = self.root
        for step in path:
            if node is None:
                return False
            node = node.children.get(step)
        return node is not None

    def _walk(self, path: Sequence[str | int], *, of_key: bool) -> Place | None:
        node = self.root
        if node is None:
            return None
        place = node.place
        for step in path:
            child = node.children.get(step)
            if child is None:
                break
            # an alias stands where its text is written, except its key
            place = node.keys.get(str(step), child.place) if of_key or child.data is None else child.place
            node = child
        return place


NO_MARKS = Marks()


def _events(text: str) -> Iterator[yaml.Event]:
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
    try:
        while loader.check_event():
            yield loader.get_event()
    finally:
        loader.dispose()


def _place(event: Any) -> Place:
    return event.start_mark.line + 1, event.start_mark.column + 1


def _kind(value: object) -> Literal["nothing", "a truth value", "a number"]:
    return "nothing" if value is None else "a truth value" if isinstance(value, bool) else "a number"


def _tag(tag: str) -> str:
    return tag.replace("tag:yaml.org,2002:", "!!")
