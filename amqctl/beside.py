"""The same done to many side by side: what waits for brokers or engines to answer then takes as long as one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")
E = TypeVar("E", bound=Exception)

MOST = 32  # at a time


def each(act: Callable[[T], R], on: Iterable[T]) -> list[R]:
    """What `act` gave of each, in the order of `on`.

    All have ended before the first error is raised: none may still run behind it. Of one alone no thread is made: an
    interrupt then ends a long download or a training at once.
    """
    todo = list(on)
    if len(todo) < 2:
        return [act(one) for one in todo]
    with ThreadPoolExecutor(max_workers=min(MOST, len(todo))) as pool:
        begun = [pool.submit(act, one) for one in todo]
    return [future.result() for future in begun]


def tried(act: Callable[[T], R], on: Iterable[T], error: type[E]) -> tuple[dict[T, R], list[E]]:
    """What `act` gave of those that it could be done to, and the `error` of every other. Another error is raised."""

    def attempt(one: T) -> tuple[list[R], list[E]]:
        try:
            return [act(one)], []
        except error as exc:
            return [], [exc]

    todo = list(on)
    outcomes = each(attempt, todo)
    found = {one: result for one, (results, _) in zip(todo, outcomes, strict=True) for result in results}
    return found, [exc for _, errors in outcomes for exc in errors]
