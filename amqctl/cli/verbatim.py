"""What is changed of somebody's own files (`conf:`), for the verbs that show or run them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from amqctl.events import Event, Tell
from amqctl.plan.model import Plan

if TYPE_CHECKING:
    from amqctl.activemq.ownconf import OwnFiles
    from amqctl.plan.ownfiles import Changed


def changed(plan: Plan, own: Mapping[str, OwnFiles], passwords: Mapping[str, str]) -> list[Changed]:
    """Of all nodes, in order. Raises BadTopology where a change has no place in a file."""
    if not own:
        return []
    from amqctl.plan.ownfiles import changes  # most topologies have none

    return [
        one
        for node in plan.nodes
        if node.broker.own
        for one in changes(plan, node, own[node.broker.own.directory], passwords)
    ]


def diff(found: Iterable[Changed]) -> list[str]:
    return [line for one in found for line in one.diff()]


def tell_changes(found: Iterable[Changed], nodes: Iterable[str], tell: Tell) -> None:
    """A line for each change of the files of `nodes`."""
    wanted = set(nodes)
    for one in found:
        for edit in one.edits if one.node in wanted else ():
            tell(Event(one.node, "progress", f"{one.name}:{edit.line}: {edit.because}"))


def as_json(found: Iterable[Changed]) -> list[dict[str, Any]]:
    return [
        {"node": one.node, "file": one.path, "line": edit.line, "column": edit.column, "because": edit.because}
        for one in found
        for edit in one.edits
    ]
