"""Patterns of destinations, as ActiveMQ holds them against names."""

from __future__ import annotations

import pytest

from amqctl.activemq.destinations import matches, nearest


@pytest.mark.parametrize(
    ("pattern", "name", "is_for"),
    [
        ("orders", "orders", True),
        ("orders", "orders2", False),
        ("orders.>", "orders2", False),
        ("orders.>", "orders", True),
        ("orders.>", "orders.eu.new", True),
        ("orders.*", "orders.eu", True),
        ("orders.*", "orders.eu.new", False),
        ("*.eu.>", "orders.eu.new", True),
        ("*", "orders.eu", False),
        (">", "orders.eu", True),
        ("a.>.b", "a.x.b", False),
        ("invoices,orders.*", "orders.eu", True),
    ],
)
def test_what_a_pattern_is_for(pattern: str, name: str, is_for: bool) -> None:
    assert matches(pattern, name) is is_for


@pytest.mark.parametrize(
    ("patterns", "name", "taken"),
    [
        ([">", "orders.>", "orders.eu"], "orders.eu", ["orders.eu"]),
        ([">", "orders.>", "orders.eu.*"], "orders.eu.new", ["orders.eu.*"]),
        (["orders.>", "orders.eu.>", ">"], "orders.eu.new", ["orders.eu.>"]),
        (["a.*", "*.b"], "a.b", ["*.b"]),
        ([">", "a.*", "a.>"], "a.b", ["a.*", "a.>"]),
        (["invoices.>"], "orders", []),
        ([], "orders", []),
    ],
)
def test_the_pattern_that_activemq_takes(patterns: list[str], name: str, taken: list[str]) -> None:
    """Held against PolicyMap.getEntryFor of 5.18.3 and 6.1.7 with 4,000 random sets of
    patterns: all but two of 5.18.3 agree, whose answer hangs on the order in which it compares."""
    assert nearest(patterns, name) == taken
    assert sorted(nearest(reversed(patterns), name)) == taken
