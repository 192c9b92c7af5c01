"""A number of seconds on the command line."""

from __future__ import annotations

from math import isfinite
from typing import Any

import click

LONGEST = 1_000_000.0  # eleven days; far beyond that, sockets and locks refuse to count


class Seconds(click.FloatRange):
    """click's own lets nan through, since it is neither below nor above anything, and a wait for inf seconds
    is an error deep inside."""

    def __init__(self, least: float = 0.0, most: float = LONGEST) -> None:
        super().__init__(least, most)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        seconds = float(click.FLOAT.convert(value, param, ctx))
        if not isfinite(seconds):
            self.fail(f"{value} is not a number of seconds.", param, ctx)
        return float(super().convert(seconds, param, ctx))

    def _describe_range(self) -> str:
        return super()._describe_range() if self.max != LONGEST else f"x>={self.min:g}"
