"""What can still be read of a topology with mistakes, so that one run names those of its meaning too."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import deepcopy
from typing import Any

from amqctl.topology.complaints import Found

# below these, or being one of these, a value can be left out without changing who is who and where links lead
_SOFT = frozenset(
    ("activemq", "jvm", "connectors", "ports", "usage", "policies", "patch", "broker", "kahadb", "security", "lint")
    + ("runtime", "set", "options", "via", "duplex", "profile", "image", "conf", "host")
)
_STAND_INS = {"apiVersion": "amqctl/v1", "name": "unnamed"}


def salvaged(data: dict[str, Any], mistakes: Iterable[list[Found]]) -> dict[str, Any] | None:
    """`data` without what `mistakes` are about, or None where too much depends on that."""
    rest = deepcopy(data)
    for said in mistakes:
        found = said[0]
        path = found.path if found.name is None else (*found.path, found.name)
        if len(path) == 1 and path[0] in _STAND_INS:
            rest[str(path[0])] = _STAND_INS[str(path[0])]
        elif found.kind == "extra_forbidden" or (found.kind != "missing" and _SOFT & set(path)):
            _remove(rest, path)
        else:
            return None
    return rest


def _remove(data: Any, path: Sequence[str | int]) -> None:
    """Items of a list go with the whole list: those behind would change their number, and with it their line."""
    while path and isinstance(path[-1], int):
        path = path[:-1]
    for step in path[:-1]:
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            return  # gone already
    if isinstance(data, dict) and path:
        data.pop(path[-1], None)
