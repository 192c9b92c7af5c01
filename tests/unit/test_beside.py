"""The same done to many: all have ended before anything is raised, and nothing that failed is forgotten."""

from __future__ import annotations

import threading

import pytest

from amqctl.beside import MOST, each, tried


def test_it_is_done_side_by_side_and_answered_in_order() -> None:
    meet = threading.Barrier(3)

    def act(number: int) -> int:
        meet.wait(5)  # nobody would come but all at once
        return 10 * number

    assert each(act, [3, 1, 2]) == [30, 10, 20]
    assert each(act, []) == []


def test_no_more_than_so_many_at_a_time() -> None:
    lock, now, most = threading.Lock(), 0, 0
    full = threading.Event()

    def act(number: int) -> None:
        nonlocal now, most
        with lock:
            now, most = now + 1, max(most, now + 1)
            if now == MOST:
                full.set()
        full.wait(5)
        with lock:
            now -= 1

    each(act, range(2 * MOST))
    assert most == MOST


def test_one_alone_needs_no_thread() -> None:
    assert each(lambda _: threading.current_thread(), [1]) == [threading.main_thread()]


def test_the_first_error_is_raised_when_all_have_ended() -> None:
    ended = []
    go = threading.Event()

    def act(number: int) -> None:
        if number < 2:
            go.set()
            raise ValueError(number)
        go.wait(5)
        ended.append(number)

    with pytest.raises(ValueError, match="0"):
        each(act, range(4))
    assert sorted(ended) == [2, 3]


def test_what_was_tried_tells_of_every_one() -> None:
    def act(number: int) -> int:
        if number % 2:
            raise ValueError(number)
        return -number

    found, failed = tried(act, range(5), ValueError)
    assert found == {0: 0, 2: -2, 4: -4}
    assert [str(exc) for exc in failed] == ["1", "3"]
    with pytest.raises(ZeroDivisionError):
        tried(lambda n: 1 // n, [1, 0], ValueError)
