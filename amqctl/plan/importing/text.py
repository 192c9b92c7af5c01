"""The imported topology as YAML, with where each part came from and what was left, as comments. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from amqctl.plan.importing.model import Imported, Left

WIDTH = 110


def yaml_text(found: Imported, sources: str) -> str:
    """sources: the files that were imported, as the user named them."""
    lines = [f"# imported from {sources} by `amqctl import`", *_left(found.left), ""]
    for key, value in found.topology.items():
        if key == "groups":
            lines.append("groups:")
            for name, body in value.items():
                lines.append(f"  # {found.origins[f'groups.{name}']}")
                lines += _dumped({name: body}, "  ")
        elif key == "network":
            lines.append("network:")
            for number, link in enumerate(value):
                lines.append(f"  # {found.origins.get(f'network.{number}', '')}".rstrip())
                first, *rest = _dumped(link, "    ")
                lines += [f"  - {first.lstrip()}", *rest]
        else:
            lines += _dumped({key: value}, "")
    return "\n".join(lines) + "\n"


def _left(left: tuple[Left, ...]) -> Iterator[str]:
    if not left:
        return
    yield "#"
    yield "# Not carried over, or not as it was:"
    for one in left:
        text = f"{one.place}: {one.element}: {one.why}. To do: {one.do}"
        yield from textwrap.wrap(text, WIDTH, initial_indent="#   ", subsequent_indent="#     ", break_on_hyphens=False)


def _dumped(data: Mapping[str, Any], indent: str) -> list[str]:
    import yaml

    class Dumper(yaml.SafeDumper):
        """No aliases: each place is to be changed by itself."""

        def ignore_aliases(self, data: Any) -> bool:
            return True

    # leaves on one line, but for a scalar's, which would become a document of its own
    flow = None if any(isinstance(value, dict | list) for value in data.values()) else False
    text = yaml.dump(data, Dumper=Dumper, sort_keys=False, default_flow_style=flow, width=WIDTH, allow_unicode=True)
    return [indent + line if line else line for line in text.splitlines()]
