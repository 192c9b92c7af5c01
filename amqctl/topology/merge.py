"""The merge defaults < group < broker: maps deep, everything else replaces. Each value keeps its path."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from amqctl.topology.model.broker import BrokerKeys
from amqctl.topology.yamltext import Path


@dataclass(frozen=True, slots=True)
class Traced:
    """A value and where it was written. A map's value is a dict of Traced; a list is one value."""

    value: Any
    path: Path

    def get(self, *keys: str) -> Traced | None:
        """What lies below, or None where nothing was written."""
        here: Traced | None = self
        for key in keys:
            if here is None or not isinstance(here.value, dict):
                return None
            here = here.value.get(key)
        return here

    def items(self) -> list[tuple[str, Traced]]:
        """Of a map; of anything else, none."""
        return list(self.value.items()) if isinstance(self.value, dict) else []


EMPTY = Traced({}, ())


def broker_keys(keys: BrokerKeys, path: Path) -> Traced:
    """What `keys` says of brokers; not what a group says of its store and members."""
    written = {
        name: getattr(keys, name)
        for name in BrokerKeys.model_fields
        if name in keys.model_fields_set and getattr(keys, name) is not None
    }
    return Traced({name: _traced(value, (*path, name)) for name, value in written.items()}, path)


def merged(low: Traced, high: Traced) -> Traced:
    """`high` wins; `false` over a map switches it off, a map over `false` on."""
    if not isinstance(low.value, dict) or not isinstance(high.value, dict):
        return high
    if not high.value:
        return Traced(low.value, high.path if high.path else low.path)
    both = dict(low.value)
    for key, value in high.value.items():
        both[key] = merged(both[key], value) if key in both else value
    return Traced(both, high.path)


def _traced(value: Any, path: Path) -> Traced:
    if isinstance(value, BaseModel):
        value = {name: getattr(value, name) for name in value.model_fields_set if getattr(value, name) is not None}
    if isinstance(value, dict):
        return Traced({key: _traced(inner, (*path, key)) for key, inner in value.items()}, path)
    return Traced(value, path)
