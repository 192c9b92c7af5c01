"""Names of destinations and the patterns that match them: `.` between elements, `*` for one, `>` for the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cmp_to_key


def matches(pattern: str, name: str) -> bool:
    """As DestinationFilter.parseFilter does. `a.>` is for `a` too. Only a `>` at the end is for the rest."""
    return any(_matches(part.split("."), name.split(".")) for part in pattern.split(","))


def nearest(patterns: Iterable[str], name: str) -> list[str]:
    """Of the patterns that match, the one whose policy a destination has (DestinationMap.chooseValue): its own name,
    else the one that others include, else the first by alphabet. Of those that include each other, as `a.>` and `a.*`
    do, ActiveMQ takes any: they are all here."""
    fitting = [p for p in dict.fromkeys(patterns) if matches(p, name)]
    first = min(fitting, key=cmp_to_key(_nearer(name)), default=None)
    return [p for p in fitting if first is not None and not _nearer(name)(first, p)]


def _matches(pattern: list[str], name: list[str]) -> bool:
    if pattern[-1] != ">":
        return len(pattern) == len(name) and all(p in ("*", n) for p, n in zip(pattern, name, strict=True))
    while pattern and pattern[-1] == ">":
        pattern = pattern[:-1]
    # a pattern may be held against a pattern: `a.>` includes `*.b`, but not the other way round
    return len(name) >= len(pattern) and all(p == "*" or n in ("*", p) for p, n in zip(pattern, name, strict=False))


def _nearer(name: str) -> Callable[[str, str], int]:
    def compare(one: str, other: str) -> int:
        if one == other or name in (one, other):
            return (one != name) - (other != name)
        wider, narrower = matches(one, other), matches(other, one)
        if wider or narrower:
            return wider - narrower
        return -1 if one < other else 1

    return compare
