"""One frame of `top`, as something that rich draws. Pure: from a frame's data to a picture of a given width."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

_ROLE = {
    "master": "bold white on green",
    "waiting": "dim",
    "starting": "yellow",
    "down": "bold red",
    "unknown": "magenta",
}
BAR = 24  # columns of the deepest queue


def frame(data: dict[str, Any], clock: str = "") -> RenderableType:
    """data: of sight.views.frame. clock: what time it is, for a person."""
    from rich.console import Group
    from rich.text import Text

    state = Text(
        " ready " if data["ready"] else " NOT READY ", style="black on green" if data["ready"] else "white on red"
    )
    masters = sum(1 for g in data["groups"] if g["master"])
    head = Text.assemble(
        (data["cluster"], "bold"), "  ", state, f"  {masters} of {len(data['groups'])} groups have a master  {clock}"
    )
    lacking = [Text(f"  {what}", style="red") for what in data["lacking"]]
    links = [_links(data), Text()] if data["links"] else []
    return Group(head, *lacking, Text(), _groups(data), Text(), *links, _queues(data))


def text(data: dict[str, Any], width: int, clock: str = "") -> str:
    """The frame as plain text."""
    import io

    from rich.console import Console

    out = io.StringIO()
    Console(file=out, width=width, no_color=True, highlight=False, legacy_windows=False).print(frame(data, clock))
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def _table(*headers: str) -> Any:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), pad_edge=False, header_style="bold", show_edge=False)
    for header in headers:
        right = header in ("DEPTH", "IN/S", "OUT/S", "IN FLIGHT", "CONSUMERS", "BRIDGES", "STORE", "MEMORY", "CONN.")
        table.add_column(header, justify="right" if right else "left", no_wrap=True)
    return table


def _groups(data: dict[str, Any]) -> Any:
    from rich.text import Text

    table = _table("GROUP", "MASTER", "BROKER", "ROLE", "VERSION", "STORE", "MEMORY", "CONN.")
    for group in data["groups"]:
        for number, broker in enumerate(group["brokers"]):
            first = number == 0
            master = Text(group["master"] or "NONE", style="bold" if group["master"] else "bold white on red")
            role = "MASTER" if broker["role"] == "master" else broker["role"]
            table.add_row(
                Text(group["name"]) if first else Text(""),
                master if first else Text(""),
                Text(broker["name"]),
                Text(role.upper() if role == "down" else role, style=_ROLE[broker["role"]]),
                Text(broker["version"] or "-"),
                _percent(broker["store"]),
                _percent(broker["memory"]),
                Text("-" if broker["connections"] is None else str(broker["connections"])),
            )
    return table


def _links(data: dict[str, Any]) -> Any:
    from rich.text import Text

    table = _table("BRIDGE", "BETWEEN", "STATE", "SENT", "BACK")
    for link in data["links"]:
        state = {True: Text("up", "green"), False: Text("DEAD", "bold white on red"), None: Text("unknown", "magenta")}
        way = "<->" if link["duplex"] else "->"
        table.add_row(
            Text(link["name"]),
            Text(f"{link['from']} {way} {link['to']}"),
            state[link["up"]] + Text(", blocked" if link["blocked"] else ""),
            _moved(link["sent"], link["sent_per_second"]),
            _moved(link["received"], link["received_per_second"]) if link["duplex"] else Text("-"),
        )
    return table


def _queues(data: dict[str, Any]) -> Any:
    from rich.console import Group
    from rich.text import Text

    if not data["queues"]:
        said = "no queues" + (f" (unknown: {', '.join(data['unknown'])})" if data["unknown"] else "")
        return Text(said, "dim")
    table = _table("DEEPEST QUEUES", "GROUP", "DEPTH", "", "CONSUMERS", "BRIDGES", "IN FLIGHT", "IN/S", "OUT/S")
    deepest = max(q["depth"] for q in data["queues"])
    for number, queue in enumerate(data["queues"]):
        top = number == 0 and deepest > 0
        name = Text(queue["queue"] + (" (paused)" if queue["paused"] else ""), "bold" if top else "")
        bar = "█" * max(1 if queue["depth"] else 0, round(BAR * queue["depth"] / deepest)) if deepest else ""
        keys = ("real", "bridges", "in_flight", "in_per_second", "out_per_second")
        rest = ["-" if queue[k] is None else str(queue[k]) for k in keys]
        table.add_row(name, Text(queue["group"]), Text(str(queue["depth"]), "bold" if top else ""),
                      Text(bar, "yellow" if top else "blue"), *rest)  # fmt: skip
    notes = [Text(f"and {data['more']} more", "dim")] if data["more"] else []
    notes += [Text(f"{', '.join(data['unknown'])}: queues unknown", "magenta")] if data["unknown"] else []
    return Group(table, *notes)


def _percent(value: int | None) -> Text:
    from rich.text import Text

    return Text("-" if value is None else f"{value}%", "bold red" if value is not None and value >= 90 else "")


def _moved(count: int | None, rate: float | None) -> Text:
    from rich.text import Text

    if count is None:
        return Text("-")
    return Text(f"{count}" + (f" ({rate:g}/s)" if rate else ""))
