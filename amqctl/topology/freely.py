"""Attributes that are written as ActiveMQ calls them (`set:`), and those that have a place of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from amqctl.topology.notes import Notes, text
from amqctl.topology.settled import Row
from amqctl.topology.yamltext import Path


def attributes(
    written: Mapping[str, Any], reserved: Mapping[str, str], key: str, here: Path, notes: Notes, rows: list[Row]
) -> dict[str, str]:
    """As text, each with its row. reserved: attribute -> why it is a problem here. key, here: of the map itself."""
    out = {}
    for name, value in written.items():
        if name in reserved:
            notes.problem(f"{name} cannot be set here: {reserved[name]}", f"remove {name}", (*here, name))
            continue
        out[name] = text(value)
        rows.append(Row(f"{key}.{name}", out[name], notes.origin((*here, name))))
    return out
