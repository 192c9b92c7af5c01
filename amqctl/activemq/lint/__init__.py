"""Rules over BrokerFacts: what is valid XML for ActiveMQ and will hurt all the same.

    nodes -> Cluster -> every rule of every node -> findings, but for those silenced with a reason

Pure. A new rule is a function and a row in the RULES of one of the modules below.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from amqctl.activemq.brokerxml.tree import Element
from amqctl.activemq.lint import bridges, clients, jdbc, leveldb, networks, rights, routing, rowlock, shared_file, web
from amqctl.activemq.lint.cluster import Cluster
from amqctl.activemq.lint.model import SEVERITIES, Finding, Node, Result
from amqctl.activemq.lint.rule import Hit, Rule


def _told_elsewhere(node: Node, cluster: Cluster) -> Iterator[Hit]:
    """Of ignores, which are not a broker's; see _about_ignores."""
    return iter(())


_ITSELF = (
    Rule("ignore-unknown-rule", "info", "Ignore of a rule that does not exist",
         "It silences nothing, and whoever wrote it thinks that it does.", "amqctl", "amqctl lint --rules lists them",
         "lint itself", _told_elsewhere),
    Rule("ignore-without-effect", "info", "Ignore of something that is not there",
         "What it was written for is gone, and it would hide the next one.", "amqctl", "remove it", "lint itself",
         _told_elsewhere),
    Rule("ignore-without-reason", "info", "Ignore without a reason",
         "Nobody can tell later whether it still holds, so it silences nothing.", "amqctl",
         "<!-- amqctl-lint: ignore RULE why -->", "lint itself", _told_elsewhere),
)  # fmt: skip

RULES: tuple[Rule, ...] = (
    *shared_file.RULES,
    *jdbc.RULES,
    *rowlock.RULES,
    *leveldb.RULES,
    *networks.RULES,
    *rights.RULES,
    *bridges.RULES,
    *routing.RULES,
    *clients.RULES,
    *web.RULES,
    *_ITSELF,
)
BY_ID: Mapping[str, Rule] = {rule.id: rule for rule in RULES}

_IGNORE = re.compile(r"amqctl-lint:\s*ignore\s+(\S+)\s*(.*)", re.DOTALL)


@dataclass(slots=True)
class _Ignore:
    """One wish to silence a rule: of a file's comment at `line`, or of a topology (node None)."""

    rule: str
    reason: str
    node: Node | None
    file: str | None
    line: int | None = None
    column: int | None = None
    used: int = 0


def lint(nodes: Sequence[Node], ignored: Mapping[str, str] | None = None, source: str | None = None) -> Result:
    """Every finding, in the order of the nodes and their lines.

    ignored: rule -> reason, for all nodes. source: the file that says so, for findings about it.
    """
    cluster = Cluster(nodes)
    ignores = [_Ignore(rule, reason, None, source) for rule, reason in (ignored or {}).items()]
    ignores += [found for node in nodes for found in _written(node)]
    findings = []
    for node in nodes:
        for rule in RULES:
            for hit in rule.check(node, cluster):
                silent = [i for i in ignores if i.rule == rule.id and i.reason and i.node in (None, node)]
                for ignore in silent:
                    ignore.used += 1
                if not silent:
                    findings.append(_finding(rule, node, hit))
    findings += [f for ignore in ignores if (f := _about(ignore)) is not None]
    order = {node.name: index for index, node in enumerate(nodes)}
    findings.sort(key=lambda f: (order.get(f.node or "", -1), f.line or 0, SEVERITIES.index(f.severity), f.rule))
    silenced: dict[str, int] = {}
    for ignore in ignores:
        if ignore.used:
            silenced[ignore.rule] = silenced.get(ignore.rule, 0) + ignore.used
    return Result(tuple(findings), silenced)


def _written(node: Node) -> Iterator[_Ignore]:
    for comment in node.comments:
        match = _IGNORE.match(comment.text)
        if match:
            yield _Ignore(match[1], match[2].strip(), node, node.file, comment.line, comment.column)


def _about(ignore: _Ignore) -> Finding | None:
    name = ignore.node.name if ignore.node else None
    if ignore.rule not in BY_ID:
        ident, what = "ignore-unknown-rule", f"there is no rule {ignore.rule}"
    elif not ignore.reason:
        ident, what = "ignore-without-reason", f"{ignore.rule} is ignored without a reason, so it is not"
    elif not ignore.used:
        ident, what = "ignore-without-effect", f"{ignore.rule} is ignored ({ignore.reason}), and is not found"
    else:
        return None
    rule = BY_ID[ident]
    return Finding(ident, rule.severity, what, rule.fix, name, ignore.file, ignore.line, ignore.column)


def _finding(rule: Rule, node: Node, hit: Hit) -> Finding:
    place = f"{node.name}/activemq.xml:{hit.at.line}" if node.rendered else None
    line, column = (node.line, 1 if node.line else None) if node.rendered else _place(hit.at)
    return Finding(rule.id, rule.severity, hit.message, hit.fix or rule.fix, node.name, node.file, line, column, place)


def _place(element: Element) -> tuple[int, int]:
    return element.line, element.column
