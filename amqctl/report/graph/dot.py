"""DOT, for Graphviz."""

from __future__ import annotations

from amqctl.report.graph.mermaid import said
from amqctl.report.graph.model import Drawing, Group, Line

_FILL = {
    "master": 'fillcolor="#1b7f3b" fontcolor=white penwidth=3', "waiting": 'fillcolor="#eef1f4"',
    "starting": 'fillcolor="#fff3cd"', "down": 'fillcolor="#fde2e1" fontcolor="#aa1111" style="filled,dashed"',
    "unknown": 'fillcolor=white style="filled,dotted"',
}  # fmt: skip


def dot(drawing: Drawing) -> str:
    ids = {group.name: f"g{n}" for n, group in enumerate(drawing.groups)}
    state = "ready" if drawing.ready else "not ready"
    out = [
        f"digraph {_text(drawing.title)} {{",
        f"  label={_text(f'{drawing.title} ({state})')}; compound=true; rankdir=LR;",
        '  node [shape=box style=filled fontname="sans-serif"]; edge [fontname="sans-serif"];',
    ]
    for group in drawing.groups:
        out += _group(group, ids[group.name])
    out += [_edge(line, ids) for line in drawing.lines]
    return "\n".join([*out, "}"]) + "\n"


def _group(group: Group, ident: str) -> list[str]:
    out = [f"  subgraph cluster_{ident} {{ label={_text(group.name)};"]
    for number, broker in enumerate(group.brokers):
        out.append(f"    {ident}b{number} [label={_text(f'{broker.name}: {broker.word}')} {_FILL[broker.role]}];")
    for number, depth in enumerate(group.queues):
        fill = ' fillcolor="#ffb000" penwidth=3' if depth.deepest else " fillcolor=white"
        out.append(f"    {ident}q{number} [shape=cylinder label={_text(said(depth))}{fill}];")
    if not group.brokers:
        out.append(f'    {ident}b0 [label="not asked" style=dotted];')
    return [*out, "  }"]


def _edge(line: Line, ids: dict[str, str]) -> str:
    here, there = ids[line.source], ids[line.target]
    ends = f"ltail=cluster_{here} lhead=cluster_{there}"
    arrows = ' dir="both"' if line.duplex else ""
    look = ""
    if line.up is False:
        look = ' color="#cc0000" fontcolor="#cc0000" style=dashed penwidth=3 arrowhead=tee arrowtail=tee'
    elif line.up is None:
        look = ' color="#777777" style=dotted'
    return f"  {here}b0 -> {there}b0 [label={_text(line.label)} {ends}{arrows}{look}];"


def _text(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ") + '"'
