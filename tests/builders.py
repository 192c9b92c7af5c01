"""Topologies in a line or two, and what amqctl makes of them."""

from __future__ import annotations

from textwrap import dedent

from amqctl.activemq import engines
from amqctl.activemq.versions import caps
from amqctl.errors import BadTopology, Problem
from amqctl.topology import check
from amqctl.topology.settled import Row, Settled

HEAD = "apiVersion: amqctl/v1\nname: t\n"  # a test's own text begins on line 3
PAIR = "groups: {a: {brokers: 2}}"
TWO_PAIRS = "groups: {a: {brokers: 2}, b: {brokers: 2}}"
SOURCE = "/topo/t.yaml"


def settled(text: str, *, name: str | None = None, port_offset: int = 0, head: str = HEAD) -> Settled:
    """The topology that `text` describes below the two lines that every one has."""
    return check.settled(head + dedent(text), SOURCE, caps=caps, engines=engines, name=name, port_offset=port_offset)


def problems(text: str | bytes, *, port_offset: int = 0, head: str = HEAD) -> tuple[Problem, ...]:
    """What is wrong with `text`; nothing, for a topology that can be used."""
    whole = text if isinstance(text, bytes) else head + dedent(text)
    try:
        check.settled(whole, SOURCE, caps=caps, engines=engines, port_offset=port_offset)
    except BadTopology as exc:
        return exc.problems
    return ()


def problem(text: str | bytes, *, port_offset: int = 0, head: str = HEAD) -> Problem:
    """The one thing that is wrong with `text`."""
    found = problems(text, port_offset=port_offset, head=head)
    assert len(found) == 1, "\n".join(map(str, found)) or "nothing is wrong"
    return found[0]


def row(of: Settled, node: str, key: str) -> Row:
    return next(r for r in of.rows[node] if r.key == key)


def big(count: int) -> str:
    """A whole file of `count` brokers written out in pairs, with all their ports and a chain of links."""
    lines = [HEAD + "defaults: {connectors: {openwire: {maximumConnections: 1000}, stomp: }}", "groups:"]
    for group in range(count // 2):
        lines += [f"  g{group}:", "    store: {kahadb: {}}", "    brokers:"]
        for index in (2 * group, 2 * group + 1):
            ports = f"{{openwire: {10000 + index}, stomp: {20000 + index}, console: {30000 + index}}}"
            lines.append(f"      n{index}: {{ports: {ports}}}")
    lines.append("network:")
    lines += [f"  - {{name: l{g}, from: g{g}, to: g{g + 1}, duplex: true}}" for g in range(count // 2 - 1)]
    return "\n".join(lines)
