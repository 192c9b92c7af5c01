"""What the working rooms tell while they work. `cli.console` is the only listener that writes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Phase = Literal["start", "progress", "done", "warn"]


@dataclass(frozen=True, slots=True)
class Event:
    """One step of one subject.

    subject: a node, a file being fetched, a drill. phase: start and done bracket a piece of work,
    progress may repeat, warn is something the user must see though work goes on.
    done and total: bytes or counts, None where the work cannot be measured.
    """

    subject: str
    phase: Phase
    text: str
    done: int | None = None
    total: int | None = None


Tell = Callable[[Event], None]


def silent(event: Event) -> None:
    """A listener for those who do not want to hear."""
