"""SVG by our own layout: groups as boxes on a ring (a row of two, a hub in the middle), links as lines between."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from amqctl.report.graph.labels import Area, Label, Point, placed
from amqctl.report.graph.model import Depth, Drawing, Group, Line

WIDE, HEAD, ROW = 320.0, 34.0, 30.0  # of a group's box
GAP = 340.0  # between boxes, where a link's label has room
EDGE, TITLE, LEGEND = 40.0, 70.0, 56.0
REASON, REASONS = 20.0, 4  # a line below the state, and how many there may be
TEXT = 15  # px
_ROLES = {  # fill, text, outline
    "master": ("#1b7f3b", "#ffffff", "#0d4f23"), "waiting": ("#eef1f4", "#333333", "#9aa5b1"),
    "starting": ("#fff3cd", "#333333", "#c79a00"), "down": ("#fde2e1", "#aa1111", "#aa1111"),
    "unknown": ("#f1e6ff", "#553c7b", "#7a4fb5"),
}  # fmt: skip
_UP, _DOWN, _PERHAPS = "#1f5fae", "#cc0000", "#777777"


@dataclass(frozen=True, slots=True)
class _Box:
    group: Group
    x: float
    y: float

    @property
    def high(self) -> float:
        return height(self.group)

    @property
    def middle(self) -> tuple[float, float]:
        return self.x + WIDE / 2, self.y + self.high / 2


def height(group: Group) -> float:
    queues = len(group.queues) + (1 if group.more else 0) or 1
    queues += sum(q.deepest for q in group.queues)  # which has two rows: its name must be readable
    return HEAD + ROW * (len(group.brokers) or 1) + 6 + ROW * queues + 10


def svg(drawing: Drawing) -> str:
    boxes, wide, high = _placed(drawing)
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide:.0f} {high:.0f}" width="{wide:.0f}"'
        f' height="{high:.0f}" font-family="DejaVu Sans, Verdana, sans-serif" font-size="{TEXT}">',
        f"<title>{escape(_clean(drawing.title))}</title>",
        '<rect width="100%" height="100%" fill="#ffffff"/>',
        _words(EDGE, 44, drawing.title, size=24, bold=True),
        _words(wide - EDGE, 44, "ready" if drawing.ready else "NOT READY", size=18, bold=True, anchor="end",
               fill="#1b7f3b" if drawing.ready else _DOWN),
        *(_words(wide - EDGE, 66 + n * REASON, what, size=14, anchor="end", fill=_DOWN)
          for n, what in enumerate(_reasons(drawing))),
    ]  # fmt: skip
    spans = _spans(drawing.lines, boxes)
    # dead ones choose their places first, and are drawn last: they are what is looked for. Then those with the least
    # room to choose from
    order = sorted(range(len(spans)), key=lambda n: (drawing.lines[n].up is not False, math.dist(*spans[n])))
    wanted = [_label_of(drawing.lines[n], *spans[n]) for n in order]
    full = [Area(b.x, b.y, WIDE, b.high) for b in boxes.values()] + _margins(drawing, wide, high)
    places = dict(zip(order, placed(wanted, full), strict=True))
    out += [_stroke(drawing.lines[n], *spans[n]) for n in reversed(order)]
    out += [_group(box, drawing.all_known) for box in boxes.values()]
    out += [_label(drawing.lines[n], *places[n]) for n in reversed(order)]  # over lines and boxes: they must be read
    out.append(_legend(high))
    return "\n".join([*out, "</svg>"]) + "\n"


def _reasons(drawing: Drawing) -> list[str]:
    """Why it is not ready."""
    said = [_short(what, 60) for what in drawing.lacking]
    return said if len(said) <= REASONS else [*said[: REASONS - 1], f"and {len(said) - REASONS + 1} more"]


def _margins(drawing: Drawing, wide: float, high: float) -> list[Area]:
    """Where no label is to be: outside, on the title, on the state with its reasons and on the legend."""
    reasons = _reasons(drawing)
    across = max([180.0, *(EDGE + len(what) * 8.5 for what in reasons)])
    words = [
        Area(0, 16, EDGE + len(drawing.title) * 16, 36),
        Area(wide - across, 16, across, 36 + REASON * len(reasons)),
    ]
    beside = [Area(-1000, 0, 1004, high), Area(wide - 4, 0, 1004, high)]
    return [*words, *beside, Area(0, -1000, wide, 1004), Area(0, high - 36, wide, 1000)]


def _placed(drawing: Drawing) -> tuple[Mapping[str, _Box], float, float]:
    """Boxes by group, and the size of the picture."""
    groups = drawing.groups
    centres = _centres(drawing)
    tall = max((height(g) for g in groups), default=0.0)
    left = min((x for x, _ in centres.values()), default=0.0) - WIDE / 2 - EDGE
    above = TITLE + REASON * len(_reasons(drawing))
    top = min((y for _, y in centres.values()), default=0.0) - tall / 2 - above
    boxes = {}
    for group in groups:
        x, y = centres[group.name]
        boxes[group.name] = _Box(group, x - WIDE / 2 - left, y - height(group) / 2 - top)
    wide = max((b.x + WIDE for b in boxes.values()), default=0.0) + EDGE
    high = max((b.y + b.high for b in boxes.values()), default=above) + LEGEND
    return boxes, max(wide, 1060.0), high


def _centres(drawing: Drawing) -> dict[str, tuple[float, float]]:
    names = [g.name for g in drawing.groups]
    tall = max((height(g) for g in drawing.groups), default=0.0)
    hub = _hub(drawing)
    ring = [n for n in names if n != hub]
    if len(names) <= 2:
        return {name: (n * (WIDE + GAP), 0.0) for n, name in enumerate(names)}
    # neighbours on the ring are as far apart as a label needs
    apart = max(WIDE + GAP * 0.75, tall + 120)
    radius = max(apart / (2 * math.sin(math.pi / len(ring))), apart if hub else 0.0)
    found = {}
    for number, name in enumerate(ring):
        turn = 2 * math.pi * number / len(ring) - math.pi / 2 + (math.pi / len(ring) if len(ring) == 4 else 0)
        found[name] = (radius * math.cos(turn), radius * math.sin(turn))
    return found | ({hub: (0.0, 0.0)} if hub else {})


def _hub(drawing: Drawing) -> str | None:
    """Where every link of four groups or more has one end."""
    if len(drawing.groups) < 4:
        return None
    near = [{line.source, line.target} for line in drawing.lines]
    common = set.intersection(*near) if len(near) > 2 else set()
    return next(iter(sorted(common)), None)


def _spans(lines: Sequence[Line], boxes: Mapping[str, _Box]) -> list[tuple[Point, Point]]:
    """From where to where each goes; those between the same two side by side, two of them with room for a label."""
    bundles: dict[frozenset[str], list[int]] = {}
    for number, line in enumerate(lines):
        bundles.setdefault(frozenset((line.source, line.target)), []).append(number)
    found = []
    for number, line in enumerate(lines):
        bundle = bundles[frozenset((line.source, line.target))]
        beside = (bundle.index(number) - (len(bundle) - 1) / 2) * (96.0 if len(bundle) == 2 else 64.0)
        if line.source > line.target:  # seen from there, the other side is meant
            beside = -beside
        here, there = boxes[line.source], boxes[line.target]
        found.append((_border(here, there, beside), _border(there, here, -beside)))
    return found


def _color(line: Line) -> str:
    return _UP if line.up else _DOWN if line.up is False else _PERHAPS


def _stroke(line: Line, start: Point, end: Point) -> str:
    dash = "" if line.up else ' stroke-dasharray="10 8"'
    parts = [
        f'<line x1="{start[0]:.1f}" y1="{start[1]:.1f}" x2="{end[0]:.1f}" y2="{end[1]:.1f}" stroke="{_color(line)}"'
        f' stroke-width="4"{dash}/>'
    ]
    parts.append(_head(start, end, _color(line)))  # of a dead one too: where it was to lead
    if line.duplex:
        parts.append(_head(end, start, _color(line)))
    return "\n".join(parts)


CROSS, BESIDE = 16.0, 22.0  # half of the cross on a dead bridge; how far from its middle the label begins


def _label_of(line: Line, start: Point, end: Point) -> Label:
    """How much room it takes, with the cross of a dead one."""
    wide, high = _size(line)
    sides = []
    for left, top in _corners(line):
        right, bottom = left + wide, top + high
        if line.up is False:
            left, top, right, bottom = min(left, -CROSS), min(top, -CROSS), max(right, CROSS), max(bottom, CROSS)
        sides.append(Area(left, top, right - left, bottom - top))
    return Label(start, end, tuple(sides))


def _corners(line: Line) -> list[Point]:
    """Of the label, seen from its point on the line: on it, below or above it; of a dead one below, above or beside
    its cross."""
    wide, high = _size(line)
    if line.up is not False:
        return [(-wide / 2, -high / 2), (-wide / 2, 4), (-wide / 2, -high - 4)]
    return [(-wide / 2, BESIDE), (-wide / 2, -BESIDE - high), (BESIDE, -high / 2), (-BESIDE - wide, -high / 2)]


def _texts(line: Line) -> list[str]:
    return [f"bridge {line.name}", *_counts(line)]


def _size(line: Line) -> tuple[float, float]:
    letter = 9.6 if line.up is False else 8.6  # px; a dead one's are bold
    texts = _texts(line)
    return max(len(text) for text in texts) * letter + 18, len(texts) * 20 + 8


def _label(line: Line, point: Point, side: int) -> str:
    """point: on the line. side: which of _corners."""
    (x, y), (wide, high), (left, top) = point, _size(line), _corners(line)[side]
    color, dead = _color(line), line.up is False
    left, top = x + left, y + top
    parts = []
    if dead:
        parts.append(
            f'<path d="M {x - CROSS:.1f} {y - CROSS:.1f} L {x + CROSS:.1f} {y + CROSS:.1f}'
            f' M {x - CROSS:.1f} {y + CROSS:.1f} L {x + CROSS:.1f} {y - CROSS:.1f}"'
            f' stroke="{_DOWN}" stroke-width="7" fill="none"/>'
        )
    parts.append(
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{wide:.1f}" height="{high}" rx="5"'
        f' fill="{"#fff1f0" if dead else "#ffffff"}" stroke="{color}" stroke-width="{3 if dead else 1}"/>'
    )
    for number, text in enumerate(_texts(line)):
        at = (left + wide / 2, top + 19 + number * 20)
        parts.append(_words(*at, text, size=14, anchor="middle", fill=color, bold=dead))
    return "\n".join(parts)


def _counts(line: Line) -> list[str]:
    if line.up is False:
        return [f"DEAD: {line.why}"]
    if line.up is None:
        return ["state unknown"]
    sent = "?" if line.sent is None else f"{line.sent}"
    back = "?" if line.back is None else f"{line.back}"
    return [f"up: {sent} to {line.target}", *([f"{back} to {line.source}"] if line.duplex else [])]


def _border(box: _Box, other: _Box, shift: float) -> tuple[float, float]:
    """Where the line between two middles, `shift` beside it, leaves the box."""
    (x, y), (tx, ty) = box.middle, other.middle
    away = math.hypot(tx - x, ty - y) or 1.0
    dx, dy = (tx - x) / away, (ty - y) / away
    x, y = x - dy * shift, y + dx * shift
    (mx, my), half = box.middle, box.high / 2
    reach = min(
        (WIDE / 2 - (x - mx) * math.copysign(1, dx)) / abs(dx) if abs(dx) > 1e-6 else math.inf,
        (half - (y - my) * math.copysign(1, dy)) / abs(dy) if abs(dy) > 1e-6 else math.inf,
    )
    return x + dx * max(reach, 0.0) + dx * 4, y + dy * max(reach, 0.0) + dy * 4


def _head(start: tuple[float, float], end: tuple[float, float], color: str) -> str:
    turn = math.atan2(end[1] - start[1], end[0] - start[0])
    points = [end]
    for side in (2.6, -2.6):
        points.append((end[0] + 16 * math.cos(turn + side), end[1] + 16 * math.sin(turn + side)))
    return f'<polygon points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}" fill="{color}"/>'


def _group(box: _Box, all_known: bool) -> str:
    group, x, y = box.group, box.x, box.y
    dashed = "" if group.brokers else ' stroke-dasharray="4 4"'
    out = [
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{WIDE}" height="{box.high:.1f}" rx="9" fill="#f7f9fb"'
        f' stroke="#334155" stroke-width="2"{dashed}/>',
        _words(x + 12, y + 23, _short(f"group {group.name}" if group.brokers else group.name, 30), bold=True, size=16),
    ]
    if group.brokers and not any(b.role == "master" for b in group.brokers):
        out.append(_words(x + WIDE - 14, y + 23, "NO MASTER", bold=True, anchor="end", fill=_DOWN))
    row = y + HEAD
    if not group.brokers:
        out.append(_words(x + 12, row + 20, "not asked", fill="#555555"))
        row += ROW
    for broker in group.brokers:
        fill, text, line = _ROLES[broker.role]
        strong = broker.role == "master"
        out.append(
            f'<rect x="{x + 8:.1f}" y="{row:.1f}" width="{WIDE - 16}" height="{ROW - 4}" rx="5" fill="{fill}"'
            f' stroke="{line}"{"" if broker.role in ("master", "waiting") else _DASH}/>'
        )
        out.append(_words(x + 18, row + 18, _short(broker.name, 22), fill=text, bold=strong))
        out.append(_words(x + WIDE - 18, row + 18, broker.word, fill=text, bold=strong, anchor="end"))
        row += ROW
    row += 6
    for depth in group.queues:
        out.append(_queue(depth, x, row, all_known))
        row += 2 * ROW if depth.deepest else ROW
    if group.more:
        out.append(_words(x + 18, row + 18, f"and {group.more} more queues", fill="#555555", size=13))
    elif not group.queues:
        said = "no messages" if group.known else "queues unknown"
        out.append(_words(x + 18, row + 18, said, fill="#555555", size=13))
    return "\n".join(out)


_DASH = ' stroke-dasharray="5 4"'


def _queue(depth: Depth, x: float, row: float, all_known: bool) -> str:
    fill, line, thick, rows = ("#ffb000", "#8a5a00", 3, 2) if depth.deepest else ("#ffffff", "#9aa5b1", 1, 1)
    box = (
        f'<rect x="{x + 8:.1f}" y="{row:.1f}" width="{WIDE - 16}" height="{rows * ROW - 4}" rx="12" fill="{fill}"'
        f' stroke="{line}" stroke-width="{thick}"/>'
    )
    if depth.deepest:
        name = _words(x + 18, row + 20, _short(depth.queue, 31), bold=True)
        which = "DEEPEST QUEUE" if all_known else "DEEPEST KNOWN QUEUE"
        return "\n".join([box, name, _words(x + 18, row + 43, f"{which}: {depth.depth} messages", bold=True)])
    name = _words(x + 18, row + 18, _short(depth.queue, 26))
    return "\n".join([box, name, _words(x + WIDE - 18, row + 18, str(depth.depth), anchor="end")])


def _legend(high: float) -> str:
    y = high - 22
    out, x = [], EDGE
    for word, (fill, _, line) in [*_ROLES.items(), ("deepest queue", ("#ffb000", "", "#8a5a00"))]:
        out.append(f'<rect x="{x:.0f}" y="{y - 12:.0f}" width="18" height="14" rx="4" fill="{fill}" stroke="{line}"/>')
        out.append(_words(x + 24, y, word, size=13))
        x += 24 + len(word) * 8.2 + 22
    for word, color in (("bridge up", _UP), ("bridge dead", _DOWN)):
        dash = ' stroke-dasharray="6 4"' if color == _DOWN else ""
        mark = f'<line x1="{x:.0f}" y1="{y - 5:.0f}" x2="{x + 26:.0f}" y2="{y - 5:.0f}" stroke="{color}"'
        out.append(f'{mark} stroke-width="4"{dash}/>')
        out.append(_words(x + 32, y, word, size=13))
        x += 32 + len(word) * 8.2 + 22
    return "\n".join(out)


def _words(
    x: float, y: float, text: str, *, size: int = TEXT, bold: bool = False, fill: str = "#1f2933",
    anchor: str = "start",
) -> str:  # fmt: skip
    weight = ' font-weight="bold"' if bold else ""
    place = f'x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor={quoteattr(anchor)} fill="{fill}"{weight}'
    return f"<text {place}>{escape(_clean(text))}</text>"


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _clean(text: str) -> str:
    """What XML cannot hold, a queue's name can."""
    return "".join(c if c.isprintable() else "?" for c in text)
