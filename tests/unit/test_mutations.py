"""Whatever is done to a topology, it is accepted or refused with its problems: there is no third outcome.

Seeded: a failure names the seed and can be repeated. AMQCTL_MUTATIONS sets how many are tried of each kind.
"""

from __future__ import annotations

import os
import random
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given
from hypothesis import settings as rules
from hypothesis import strategies as st

from amqctl.activemq import engines
from amqctl.activemq.versions import caps
from amqctl.errors import BadTopology
from amqctl.topology.check import settled
from amqctl.topology.load import load

ORIGINAL = (Path(__file__).resolve().parents[2] / "topologies" / "ms-plus-cluster.yaml").read_text()
TREE = yaml.safe_load(ORIGINAL)
HOW_MANY = int(os.environ.get("AMQCTL_MUTATIONS", "100"))
BATCHES = range(4)

FRAGMENTS = [
    *(
        "\t",
        "\n",
        "\r",
        " ",
        "  ",
        ":",
        ": ",
        "- ",
        "-",
        "{",
        "}",
        "[",
        "]",
        ",",
        "#",
        "'",
        '"',
        "|",
        ">",
        "%",
        "@",
        "`",
    ),
    *("&a ", "*a", "<<: *a", "&b [*b]", "!!x ", "! ", "?", "? ", "---\n", "...\n", "\\", '"\\u0000"', "${x}", "<&>"),
    *("null", "~", "true", "false", "yes", "0", "-1", "9" * 20, "1e999", ".inf", "0x10", "0o7", "2024-01-01", "6.1"),
    *("\x00", "\x1b", "\x85", "\u2028", "\ufeff", "\U0001f600", "ä"),
    *("groups", "brokers: ", "from: ", "kahadb", "jdbc: ", "61616", "activemq: "),
]
VALUES: list[Any] = [
    *(None, True, False, 0, -1, 1, 61616, 70000, 10**30, 1.5, "", " ", "a", "amq1", "ms-broker-a", "6.1.7", "5.9.1"),
    *("yes", "kahadb", "generated", "\x01", "\U0001f600", "x" * 300),
    *([], [None], ["a"], [[]], {}, {"": None}, {"a": None}, {"a": {"a": {}}}),
]


def as_yaml(tree: Any) -> str:
    text: str = yaml.dump(tree, Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper), allow_unicode=True)
    return text


def outcome(text: str | bytes) -> str:
    """accepted or refused; anything else is raised."""
    try:
        made = settled(text, "/topo/t.yaml", caps=caps, engines=engines)
    except BadTopology as exc:
        assert exc.problems
        places = [(p.line or 0, p.column or 0) for p in exc.problems]
        assert places == sorted(places)
        assert all(p.what for p in exc.problems)
        return "refused"
    assert made.brokers
    assert load(text, None).topology.groups  # what settles also loads by itself
    return "accepted"


@pytest.mark.parametrize("seed", BATCHES)
def test_mutations_of_the_text(seed: int) -> None:
    chance = random.Random(seed)
    seen = set()
    for _ in range(HOW_MANY):
        text = ORIGINAL
        for _ in range(chance.randint(1, 4)):
            text = _mutated_text(text, chance)
        seen.add(outcome(text))
    assert seen == {"accepted", "refused"}, "the mutations do not try both sides"


@pytest.mark.parametrize("seed", BATCHES)
def test_mutations_of_the_tree(seed: int) -> None:
    chance = random.Random(1000 + seed)
    seen = set()
    for _ in range(HOW_MANY):
        tree = deepcopy(TREE)
        for _ in range(chance.randint(1, 3)):
            _mutate_tree(tree, chance)
        seen.add(outcome(as_yaml(tree)))
    assert seen == {"accepted", "refused"}, "the mutations do not try both sides"


@pytest.mark.parametrize("seed", BATCHES)
def test_mutations_of_the_bytes(seed: int) -> None:
    chance = random.Random(2000 + seed)
    for _ in range(HOW_MANY):
        content = bytearray(ORIGINAL.encode())
        for _ in range(chance.randint(1, 3)):
            content[chance.randrange(len(content))] = chance.randrange(256)
        outcome(bytes(content))


def test_every_prefix_of_the_file() -> None:
    """What a cut download or a full disk leaves."""
    for end in range(0, len(ORIGINAL), max(1, len(ORIGINAL) // HOW_MANY)):
        outcome(ORIGINAL[:end])


@rules(max_examples=HOW_MANY // 2, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.text(max_size=100))
def test_any_text(text: str) -> None:
    outcome(text)


@rules(max_examples=HOW_MANY // 2, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
        max_leaves=8,
    ),
    st.sampled_from(["security", "defaults", "groups", "network", "ports", "companions", "hosts", "lint", "runtime"]),
)
def test_anything_below_any_key(value: Any, key: str) -> None:
    tree = {"apiVersion": "amqctl/v1", "name": "t", "groups": {"a": {"brokers": 2}}} | {key: value}
    outcome(as_yaml(tree))


def _mutated_text(text: str, chance: random.Random) -> str:
    at = chance.randrange(len(text) + 1)
    end = min(len(text), at + chance.choice([0, 1, 3, 20]))
    lines = text.split("\n")
    line = chance.randrange(len(lines))
    match chance.randrange(5):
        case 0:
            return text[:at] + chance.choice(FRAGMENTS) + text[at:]
        case 1:
            return text[:at] + text[end:]
        case 2:
            return text[:at] + text[at:end] * chance.choice([2, 3, 50]) + text[end:]
        case 3:
            return "\n".join([*lines[:line], *lines[line + 1 :]])
        case _:
            return "\n".join([*lines[: line + 1], *lines[line:]])


def _mutate_tree(tree: Any, chance: random.Random) -> None:
    """Replace, remove, rename or move one value somewhere in the tree."""
    places = list(_places(tree))
    if not places:
        return
    holder, key = chance.choice(places)
    match chance.randrange(4):
        case 0:
            holder[key] = chance.choice(VALUES)
        case 1:
            del holder[key]
        case 2 if isinstance(holder, dict):
            holder[chance.choice(["amq1", "foo", "groups", "brokers", "", "a b", "Amq1", 5, True])] = holder.pop(key)
        case _:
            other, there = chance.choice(places)
            other[there] = deepcopy(holder[key])


def _places(tree: Any) -> list[tuple[Any, Any]]:
    found = []
    for key, value in list(tree.items() if isinstance(tree, dict) else enumerate(tree)):
        found.append((tree, key))
        if isinstance(value, dict | list):
            found += _places(value)
    return found
