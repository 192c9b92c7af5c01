"""Where along its line each label is, so that none hides another, a box, or the cross of a dead bridge. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

# along the line, best first: in the middle, then on either side of it, not at the arrow heads
PLACES = (0.5, 0.45, 0.55, 0.4, 0.6, 0.35, 0.65, 0.3, 0.7, 0.25, 0.75, 0.2, 0.8, 0.15, 0.85)
APART = 6.0  # between two labels
THICK = 0.05  # what a pixel of a line counts that is hidden: a line can be followed under a label, a text cannot

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Area:
    left: float
    top: float
    wide: float
    high: float

    def shared(self, other: Area) -> float:
        """Square pixels that both have, with the distance they must keep."""
        wide = min(self.left + self.wide, other.left + other.wide) - max(self.left, other.left) + APART
        high = min(self.top + self.high, other.top + other.high) - max(self.top, other.top) + APART
        return max(0.0, wide) * max(0.0, high)

    def inside(self, start: Point, end: Point) -> float:
        """How much of a line lies in it, in pixels (Liang and Barsky)."""
        first, last = 0.0, 1.0
        lows, sizes = (self.left, self.top), (self.wide, self.high)
        for here, there, low, size in zip(start, end, lows, sizes, strict=True):
            way = there - here
            if abs(way) < 1e-9:
                if not low <= here <= low + size:
                    return 0.0
                continue
            near, far = sorted(((low - here) / way, (low + size - here) / way))
            first, last = max(first, near), min(last, far)
        return max(0.0, last - first) * math.dist(start, end)


@dataclass(frozen=True, slots=True)
class Label:
    """On the line from `start` to `end`. sides: what it takes, seen from its point on the line; one for each side of
    it on which it may be, best first."""

    start: Point
    end: Point
    sides: tuple[Area, ...]

    def point(self, at: float) -> Point:
        (x, y), (tx, ty) = self.start, self.end
        return x + (tx - x) * at, y + (ty - y) * at

    def choices(self) -> Iterator[tuple[Point, int, Area]]:
        for at in PLACES:
            x, y = self.point(at)
            for number, side in enumerate(self.sides):
                yield (x, y), number, Area(x + side.left, y + side.top, side.wide, side.high)


def placed(labels: Sequence[Label], boxes: Sequence[Area]) -> list[tuple[Point, int]]:
    """For each its point and which of its sides, those first that come first. Where no place is free, the one that
    hides least."""
    taken = list(boxes)
    found = []
    for label in labels:
        lines = [(other.start, other.end) for other in labels if other is not label]

        def hidden(choice: tuple[Point, int, Area], lines: Sequence[tuple[Point, Point]] = lines) -> float:
            area = choice[2]
            return sum(map(area.shared, taken)) + THICK * sum(area.inside(*line) for line in lines)

        point, side, area = min(label.choices(), key=hidden)  # the first of those that hide as little
        taken.append(area)
        found.append((point, side))
    return found
