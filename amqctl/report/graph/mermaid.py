"""Mermaid, as GitHub and GitLab draw it in a Markdown file."""

from __future__ import annotations

from amqctl.report.graph.model import Depth, Drawing, Group, Line

_CLASSES = {
    "master": "fill:#1b7f3b,color:#fff,stroke:#0d4f23,stroke-width:3px",
    "waiting": "fill:#eef1f4,color:#333,stroke:#9aa5b1",
    "starting": "fill:#fff3cd,color:#333,stroke:#c79a00",
    "down": "fill:#fde2e1,color:#a11,stroke:#a11,stroke-dasharray:4 3",
    "unknown": "fill:#fff,color:#555,stroke:#777,stroke-dasharray:2 3",
    "queue": "fill:#fff,color:#333,stroke:#9aa5b1",
    "deepest": "fill:#ffb000,color:#000,stroke:#8a5a00,stroke-width:3px",
}


def mermaid(drawing: Drawing) -> str:
    ids = {group.name: f"g{n}" for n, group in enumerate(drawing.groups)}
    out = ["flowchart LR"]
    for group in drawing.groups:
        out += _group(group, ids[group.name])
    dead = []
    for number, line in enumerate(drawing.lines):
        out.append(f"  {ids[line.source]} {_arrow(line)}|{_text(line.label)}| {ids[line.target]}")
        if line.up is not True:
            color = "#c00" if line.up is False else "#777"
            dead.append(f"  linkStyle {number} stroke:{color},stroke-width:3px,stroke-dasharray:6 4,color:{color}")
    out += dead
    out += [f"  classDef {name} {style}" for name, style in _CLASSES.items()]
    return "\n".join(out) + "\n"


def _group(group: Group, ident: str) -> list[str]:
    out = [f"  subgraph {ident}[{_text(group.name)}]"]
    for number, broker in enumerate(group.brokers):
        out.append(f"    {ident}b{number}[{_text(f'{broker.name}: {broker.word}')}]:::{broker.role}")
    for number, depth in enumerate(group.queues):
        out.append(f"    {ident}q{number}[({_text(said(depth))})]:::{'deepest' if depth.deepest else 'queue'}")
    if not group.brokers:
        out.append(f"    {ident}x[{_text('not asked')}]:::unknown")
    return [*out, "  end"]


def said(depth: Depth) -> str:
    messages = f"{depth.queue}: {depth.depth} messages"
    return f"DEEPEST {messages}" if depth.deepest else messages


def _arrow(line: Line) -> str:
    if line.up is True:
        return "<-->" if line.duplex else "-->"
    return "x-.-x" if line.up is False else "-.-"


def _text(text: str) -> str:
    """In quotes; Mermaid knows entities by number and no backslash."""
    return '"' + "".join(c if c.isalnum() or c in " .,:-_/()" else f"#{ord(c)};" for c in text) + '"'
