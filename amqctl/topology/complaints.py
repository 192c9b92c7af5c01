"""What pydantic found wrong with the data, in the words of the topology file: one problem per mistake.

pydantic reports every branch of a union that did not fit and names branches inside the location.
Here a location is walked against the data itself, which tells keys from branch names, and what the
branches of one value said is told once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from amqctl.errors import Problem
from amqctl.topology.model import Topology, scalars
from amqctl.topology.not_yet import KEYS_TO_COME
from amqctl.topology.words import meant
from amqctl.topology.yamltext import Marks, Path

# pattern -> (what such a text is, what it looks like)
_PATTERNS = {
    scalars.GROUP: ("a name", "letters, digits, `.`, `_` and `-`, the first a letter or digit"),
    scalars.HOST: ("a host name", "letters, digits and `-`, neither first nor last a `-`"),
    scalars.PRINCIPAL: ("a user or group name", "letters, digits, `.`, `_`, `@` and `-`"),
    scalars.VERSION: ("an ActiveMQ version", "write it with three parts, e.g. 6.1.7"),
    scalars.SIZE: ("a size", "write 64mb, 1gb or 70%"),
    scalars.HEAP: ("a heap size", "write 512m or 1g"),
    scalars.ATTRIBUTE: ("an attribute's name", "letters, digits, `.`, `_` and `-`, the first a letter"),
    scalars.IMAGE: ("a container image", "write name:tag, or an image's id"),
    scalars.VARIABLE: ("an environment variable's name", "letters, digits and `_`"),
    scalars.ZNODE: ("a path in ZooKeeper", "write e.g. /activemq/orders"),
    scalars.TIMESPAN: ("a time", "write 2s or 1500ms"),
    scalars.BIND: ("an address to listen on", "write tcp://0.0.0.0:PORT; on which addresses is the runtime's to say"),
    scalars.SQL_NAME: ("a database's name or a table prefix", "letters, digits and `_`, the first a letter"),
}
_NUMBERLIKE: Mapping[str | int, str] = {"activemq": scalars.VERSION, "heap": scalars.HEAP}
_MISSING = {
    "apiVersion": "write `apiVersion: amqctl/v1`",
    "name": "write `name:` and a name of your choice",
    "groups": "write `groups:` and at least one group of brokers",
    "brokers": "write `brokers: 2`, or a map of host name to broker",
    "from": "write `from:` and the group or broker that declares the link",
}
_EITHER = {
    "password": "generated, {env: NAME} or {file: PATH}, never the password itself",
    "brokers": "a number, or a map of host name to broker",
}
_CONNECTOR = "true, false, or a map of URI options"
_SCALAR = "text, a number, true or false"
_TYPES = {
    "string_type": "text",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "dict_type": "a map (key: value)",
    "model_type": "a map (key: value)",
    "list_type": "a list ([a, b], or lines that begin with `- `)",
}


@dataclass(frozen=True, slots=True)
class Found:
    """One of pydantic's errors. path: in the data. name: the key that is missing or too many."""

    path: Path
    name: str | None
    of_key: bool
    branched: bool  # the value at path failed as one branch of a union
    kind: str
    ctx: Mapping[str, Any]


def mistakes(errors: Sequence[Mapping[str, Any]], data: Any) -> list[list[Found]]:
    """errors: of ValidationError.errors(); data: what was validated. All that was said of one place, together."""
    by_place: dict[tuple[Path, str | None, bool], list[Found]] = {}
    for one in (located(error, data) for error in errors):
        by_place.setdefault((one.path, one.name, one.of_key), []).append(one)
    inside = {path[:n] for path, name, _ in by_place for n in range(len(path) + (name is not None))}
    # where the map of a union was meant and has mistakes of its own, that the others did not fit is no news
    return [said for (path, _, _), said in by_place.items() if path not in inside or not all(s.branched for s in said)]


def complaints(found: Iterable[list[Found]], data: Any, marks: Marks, source: str | None) -> list[Problem]:
    """A problem for each of `mistakes`, in no particular order."""
    return [_told(said, data, marks, source) for said in found]


def located(error: Mapping[str, Any], data: Any) -> Found:
    """Where in `data` one of pydantic's errors is."""
    path: list[str | int] = []
    node, name, of_key, branched = data, None, False, False
    last = len(error["loc"]) - 1
    for at, step in enumerate(error["loc"]):
        if step == "[key]":
            of_key = True
        elif isinstance(node, dict) and step in node and not (at == last and error["type"] == "missing"):
            node, branched = node[step], False
            path.append(step)
            if at == last and error["type"] == "extra_forbidden":
                name = str(path.pop())
        elif isinstance(node, list) and isinstance(step, int) and step < len(node):
            node, branched = node[step], False
            path.append(step)
        elif at == last and error["type"] in ("missing", "extra_forbidden"):
            name = str(step)
        else:
            branched = True
        if _is_secret(path):
            # whatever is wrong in there, what is to be written is a password's source, and one sentence says it
            return Found(tuple(path), None, False, False, "password", {})
    return Found(tuple(path), name, of_key, branched and name is None, error["type"], error.get("ctx") or {})


def _is_secret(path: Sequence[str | int]) -> bool:
    if path[:2] == ["security", "users"]:
        return path[3:] == ["password"]
    if path[:1] == ["network"]:
        return path[2:] == ["password"]
    return path[-2:] in (["jdbc", "password"], ["leveldb", "zkPassword"])


def _told(said: list[Found], data: Any, marks: Marks, source: str | None) -> Problem:
    """One problem for all that was said about one place."""
    first = next((s for s in said if not s.kind.endswith("_type") and s.kind != "literal_error"), said[0])
    value = _value(data, first.path)
    if first.kind == "extra_forbidden":
        return _unknown(first, marks, source)
    if first.kind == "missing":
        what = f"{_name(first.path)} needs `{first.name}`"
        fix = _MISSING.get(first.name or "", f"write `{first.name}:`")
        return _problem(first.path, what, fix, marks, source, key=True)
    if first.of_key:
        what, fix = _key_sentence(first)
        return _problem(first.path, what, fix, marks, source, key=True)
    if len(said) > 1 and (first.kind.endswith("_type") or first.kind == "literal_error"):
        what, fix = f"{_name(first.path)} must be {_either(first.path)}; here it is {_shown(value)}", ""
    else:
        what, fix = _sentence(first, value)
    return _problem(first.path, what, fix, marks, source, key=first.kind in ("value_error", "too_short"))


def _unknown(found: Found, marks: Marks, source: str | None) -> Problem:
    name, path = found.name or "", found.path
    here = (*path, name)
    if coming := KEYS_TO_COME.get(name):
        return _problem(here, f"{name}: not yet ({coming})", f"remove `{name}:`", marks, source, key=True)
    allowed = keys_at(path)
    where = _name(path) if path else "the topology"
    fix = meant(name, allowed)
    fix = (fix + " " if fix else "") + f"allowed here: {', '.join(allowed)}"
    # `store: kahdb` is short for a map with that key: the word stands where the value does
    return _problem(here, f"{where} has no key {name}", fix, marks, source, key=here in marks or not path)


def _key_sentence(found: Found) -> tuple[str, str]:
    key = found.path[-1] if found.path else ""
    if found.kind == "string_pattern_mismatch":
        what, fix = _PATTERNS[found.ctx["pattern"]]
        return f"{key} is not {what}", fix
    if found.kind == "string_too_long":
        return f"{_short(str(key))} is too long a name", f"at most {found.ctx['max_length']} characters"
    return f"{key} cannot be a key here", ""


def _sentence(found: Found, value: Any) -> tuple[str, str]:
    name, ctx = _name(found.path), found.ctx
    match found.kind:
        case "string_type" if found.path and found.path[-1] in _NUMBERLIKE:
            what, fix = _PATTERNS[_NUMBERLIKE[found.path[-1]]]
            return f"{_shown(value)} is not {what}", fix
        case "string_type" if isinstance(value, bool | int):
            text = _shown(value)
            return f"{name} must be text; here it is {text}", f'write it in quotes: "{text}"'
        case kind if kind in _TYPES:
            return f"{name} must be {_TYPES[kind]}; here it is {_shown(value)}", ""
        case "literal_error":
            allowed = re.findall(r"'([^']*)'", ctx["expected"]) or [ctx["expected"].lower()]
            fix = meant(value, allowed) if isinstance(value, str) else ""
            return f"{name} must be {' or '.join(allowed)}; here it is {_shown(value)}", fix
        case "string_pattern_mismatch":
            what, fix = _PATTERNS[ctx["pattern"]]
            return f"{_shown(value)} is not {what}", fix
        case "password":
            return f"password must be {_EITHER['password']}", ""
        case "greater_than_equal":
            return f"{name} must be at least {ctx['ge']}; here it is {_shown(value)}", ""
        case "less_than_equal":
            return f"{name} must be at most {ctx['le']}; here it is {_shown(value)}", ""
        case "string_too_long":
            return f"{name} is too long: {_shown(value)}", f"at most {ctx['max_length']} characters"
        case "string_too_short" | "too_short":
            return f"{name} must not be empty", _MISSING.get(str(found.path[-1]), "") if found.path else ""
        case "value_error":
            return f"{name}: {ctx['error']}", ""
    return f"{name} cannot be {_shown(value)}", ""


def keys_at(path: Path) -> list[str]:
    """The keys that the map at `path` may have, in the order of the documentation."""
    kinds: list[Any] = [Topology]
    for step in path:
        kinds = [inner for kind in kinds for inner in _below(kind, step)]
    return [
        field.alias or name
        for kind in kinds
        if isinstance(kind, type) and issubclass(kind, BaseModel)
        for name, field in kind.model_fields.items()
    ]


def _below(kind: Any, step: str | int) -> list[Any]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        fields = {field.alias or name: field for name, field in kind.model_fields.items()}
        return _plain(fields[str(step)].annotation) if step in fields else []
    if get_origin(kind) in (dict, list):
        return _plain(get_args(kind)[-1])
    return []


def _plain(annotation: Any) -> list[Any]:
    """The types an annotation allows, without Annotated, Union and None."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _plain(get_args(annotation)[0])
    if origin is Union or type(annotation).__name__ == "UnionType":
        return [plain for arg in get_args(annotation) for plain in _plain(arg)]
    return [annotation]


def _either(path: Path) -> str:
    if len(path) > 1 and path[-2] == "connectors":
        return _CONNECTOR
    return _EITHER.get(str(path[-1]), _SCALAR) if path else _SCALAR


def _value(data: Any, path: Path) -> Any:
    for step in path:
        data = data[step]
    return data


def _name(path: Path) -> str:
    """A place as one says it: the key, or the item of a list."""
    if not path:
        return "the topology"
    if isinstance(path[-1], int):
        return f"{_name(path[:-1])} item {path[-1] + 1}"
    return _short(path[-1])


def _shown(value: Any) -> str:
    match value:
        case None:
            return "nothing"
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case str():
            return f'"{_short(value)}"'
        case dict():
            return "a map"
    return "a list"


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."


def _problem(path: Path, what: str, fix: str, marks: Marks, source: str | None, *, key: bool = False) -> Problem:
    place = marks.key(path) if key else marks.value(path)
    line, column = place or (None, None)
    return Problem(what, fix, source, line, column)
