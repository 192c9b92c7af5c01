"""The application on real brokers, also while one of them dies."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from orders import Orders

COUNT = 300


def test_an_order_that_was_placed_is_taken(orders: Orders) -> None:
    number = orders.place("tea")
    assert orders.take() == {"number": number, "item": "tea"}


def test_orders_survive_the_death_of_the_master(orders: Orders, kill_master: Callable[[], None]) -> None:
    placed = {orders.place(f"item {i}") for i in range(20)}
    kill_master()
    taken = {orders.take()["number"] for _ in placed}
    assert taken == placed


def test_no_order_is_lost_while_the_master_dies(orders: Orders, kill_master: Callable[[], None]) -> None:
    with ThreadPoolExecutor(1) as clerk:
        first = orders.place("the first")  # the load is running when the master dies
        placing = clerk.submit(lambda: {orders.place(f"item {i}") for i in range(COUNT)})
        kill_master()
        placed = placing.result(timeout=60) | {first}
    assert len(placed) == COUNT + 1
    assert {orders.take()["number"] for _ in placed} == placed
