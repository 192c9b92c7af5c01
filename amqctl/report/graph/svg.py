"""SVG by our own layout: groups as boxes on a ring (a row of two, a hub in the middle), links as lines between."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from amqctl.report.graph.model import Depth, Drawing, Group, Line

WIDE, HEAD, ROW = 320.0, 34.0, 30.0  # of a group's box
GAP = 340.0  # between boxes, where a link's label has room
EDGE, TITLE, LEGEND = 40.0, 70.0, 56.0
TEXT = 15  # px
_ROLES = {  # fill, text, outline
    "master": ("#1b7f3b", "#ffffff", "#0d4f23"), "waiting": ("#eef1f4", "#333333", "#9aa5b1"),
    "starting": ("#fff3cd", "#333333", "#c79a00"), "down": ("#fde2e1", "#aa1111", "#aa1111"),
    "unknown": ("#ffffff", "#555555", "#777777"),
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
    ]  # fmt: skip
    bundles: dict[frozenset[str], int] = {}
    labels: list[str] = []
    for line in drawing.lines:
        pair = frozenset((line.source, line.target))
        number = bundles[pair] = bundles.get(pair, -1) + 1
        stroke, label = _link(line, boxes[line.source], boxes[line.target], number, _where(line, list(boxes)))
        out.append(stroke)
        labels.append(label)
    out += [_group(box) for box in boxes.values()]
    out += labels  # over lines and boxes: they must be read
    out.append(_legend(high))
    return "\n".join([*out, "</svg>"]) + "\n"


def _placed(drawing: Drawing) -> tuple[Mapping[str, _Box], float, float]:
    """Boxes by group, and the size of the picture."""
    groups = drawing.groups
    centres = _centres(drawing)
    tall = max((height(g) for g in groups), default=0.0)
    left = min((x for x, _ in centres.values()), default=0.0) - WIDE / 2 - EDGE
    top = min((y for _, y in centres.values()), default=0.0) - tall / 2 - TITLE
    boxes = {}
    for group in groups:
        x, y = centres[group.name]
        boxes[group.name] = _Box(group, x - WIDE / 2 - left, y - height(group) / 2 - top)
    wide = max((b.x + WIDE for b in boxes.values()), default=0.0) + EDGE
    high = max((b.y + b.high for b in boxes.values()), default=TITLE) + LEGEND
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


def _where(line: Line, names: list[str]) -> float:
    """Where along the line its label is: in the middle, but for chords of a ring, which cross there."""
    apart = abs(names.index(line.source) - names.index(line.target))
    if len(names) < 4 or apart in (1, len(names) - 1):
        return 0.5
    return 0.22 + 0.06 * (names.index(line.target) % 3)


def _link(line: Line, here: _Box, there: _Box, number: int, at: float) -> tuple[str, str]:
    shift = number * 64.0
    start, end = _border(here, there, shift), _border(there, here, -shift)
    color = _UP if line.up else _DOWN if line.up is False else _PERHAPS
    dash = "" if line.up else ' stroke-dasharray="10 8"'
    x, y = start[0] + (end[0] - start[0]) * at, start[1] + (end[1] - start[1]) * at
    parts = [
        f'<line x1="{start[0]:.1f}" y1="{start[1]:.1f}" x2="{end[0]:.1f}" y2="{end[1]:.1f}" stroke="{color}"'
        f' stroke-width="4"{dash}/>'
    ]
    if line.up is not False:  # a dead bridge points nowhere
        parts.append(_head(start, end, color))
        if line.duplex:
            parts.append(_head(end, start, color))
    else:
        parts.append(
            f'<path d="M {x - 16:.1f} {y - 16:.1f} L {x + 16:.1f} {y + 16:.1f} M {x - 16:.1f} {y + 16:.1f}'
            f' L {x + 16:.1f} {y - 16:.1f}" stroke="{_DOWN}" stroke-width="7" fill="none"/>'
        )
    return "\n".join(parts), _label(line, x, y, color)


def _label(line: Line, x: float, y: float, color: str) -> str:
    texts = [f"bridge {line.name}", *_counts(line)]
    wide = max(len(t) for t in texts) * 8.6 + 18
    top = y + 22 if line.up is False else y - len(texts) * 10 - 6
    parts = [
        f'<rect x="{x - wide / 2:.1f}" y="{top:.1f}" width="{wide:.1f}" height="{len(texts) * 20 + 8}" rx="5"'
        f' fill="#ffffff" stroke="{color}"/>'
    ]
    for number, text in enumerate(texts):
        parts.append(
            _words(x, top + 19 + number * 20, text, size=14, anchor="middle", fill=color, bold=line.up is False)
        )
    return "\n".join(parts)


def _counts(line: Line) -> list[str]:
    if line.up is False:
        return ["DEAD: no bridge"]
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
    reach = min(
        (WIDE / 2 - abs(x - box.middle[0])) / abs(dx) if abs(dx) > 1e-6 else math.inf,
        (box.high / 2 - abs(y - box.middle[1])) / abs(dy) if abs(dy) > 1e-6 else math.inf,
    )
    return x + dx * max(reach, 0.0) + dx * 4, y + dy * max(reach, 0.0) + dy * 4


def _head(start: tuple[float, float], end: tuple[float, float], color: str) -> str:
    turn = math.atan2(end[1] - start[1], end[0] - start[0])
    points = [end]
    for side in (2.6, -2.6):
        points.append((end[0] + 16 * math.cos(turn + side), end[1] + 16 * math.sin(turn + side)))
    return f'<polygon points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}" fill="{color}"/>'


def _group(box: _Box) -> str:
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
        out.append(_queue(depth, x, row))
        row += 2 * ROW if depth.deepest else ROW
    if group.more:
        out.append(_words(x + 18, row + 18, f"and {group.more} more queues", fill="#555555", size=13))
    elif not group.queues:
        said = "no messages" if group.known else "queues unknown"
        out.append(_words(x + 18, row + 18, said, fill="#555555", size=13))
    return "\n".join(out)


_DASH = ' stroke-dasharray="5 4"'


def _queue(depth: Depth, x: float, row: float) -> str:
    fill, line, thick, rows = ("#ffb000", "#8a5a00", 3, 2) if depth.deepest else ("#ffffff", "#9aa5b1", 1, 1)
    box = (
        f'<rect x="{x + 8:.1f}" y="{row:.1f}" width="{WIDE - 16}" height="{rows * ROW - 4}" rx="12" fill="{fill}"'
        f' stroke="{line}" stroke-width="{thick}"/>'
    )
    if depth.deepest:
        name = _words(x + 18, row + 20, _short(depth.queue, 31), bold=True)
        return "\n".join([box, name, _words(x + 18, row + 43, f"DEEPEST QUEUE: {depth.depth} messages", bold=True)])
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
