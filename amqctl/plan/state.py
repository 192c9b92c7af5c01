"""What exists of a cluster now, as a runtime observes it: plain frozen data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Status = Literal["created", "running", "exited"]


@dataclass(frozen=True, slots=True)
class NodeState:
    """One node as it is now.

    created: files are there, it was never started or has been stopped or killed on purpose.
    running: its JVM lives. exited: it ended by itself and is not (or not yet) back.
    started_at: seconds since the epoch. restarts: how often it came back by itself since its last
    start(). files: digest of each configuration file. supervised: it will be brought back if it
    ends by itself. published: the addresses at which an engine publishes its ports. networks: those of the engine
    that it is on.
    """

    name: str
    status: Status
    pid: int | None = None
    exit_code: int | None = None
    restarts: int = 0
    started_at: float | None = None
    supervised: bool = True
    files: Mapping[str, str] = field(default_factory=dict)
    published: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class State:
    """intent: what the last prepare() recorded, None where the cluster does not exist."""

    intent: str | None
    nodes: Mapping[str, NodeState]
