"""Findings of lint as text and as JSON; SARIF has a module of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from amqctl.activemq.lint.model import SEVERITIES, Finding
from amqctl.activemq.lint.rule import Rule
from amqctl.errors import Problem

_WORDS = {"error": ("error", "errors"), "warning": ("warning", "warnings"), "info": ("note", "notes")}


def line(finding: Finding) -> str:
    """As compilers say it, so that editors find the place."""
    where = finding.file or "-"
    if finding.line is not None:
        where += f":{finding.line}:{finding.column or 1}"
    about = f"{finding.node} " if finding.node and finding.place else ""
    inside = f" ({finding.place})" if finding.place else ""
    text = f"{where}: {finding.severity}: {about}{finding.message}{inside} [{finding.rule}]"
    return f"{text}\n    {finding.fix}" if finding.fix else text


def counted(findings: Iterable[Finding]) -> str:
    """ "1 error, 2 warnings"; "nothing found" """
    counts = Counter(f.severity for f in findings)
    parts = [f"{counts[s]} {_WORDS[s][counts[s] != 1]}" for s in SEVERITIES if counts[s]]
    return ", ".join(parts) or "nothing found"


def as_json(
    findings: Sequence[Finding], silenced: Mapping[str, int], problems: Sequence[Problem], rules: Mapping[str, Rule]
) -> dict[str, Any]:
    """The contract of `lint -o json`."""
    return {
        "findings": [asdict(f) | {"source": rules[f.rule].source} for f in findings],
        "silenced": dict(silenced),
        "problems": [asdict(p) for p in problems],
    }


def rules_json(rules: Sequence[Rule]) -> list[dict[str, str]]:
    return [
        {
            "id": rule.id, "severity": rule.severity, "family": rule.family, "title": rule.title,
            "reason": rule.reason, "source": rule.source, "fix": rule.fix,
        }
        for rule in rules
    ]  # fmt: skip


def rules_markdown(rules: Sequence[Rule]) -> str:
    """The table of docs/lint.md, a section a family."""
    lines: list[str] = []
    for family in dict.fromkeys(rule.family for rule in rules):
        lines += [
            "",
            f"### {family[0].upper()}{family[1:]}",
            "",
            "| rule | | what and why | source |",
            "|---|---|---|---|",
        ]
        for rule in rules:
            if rule.family == family:
                what = f"{rule.title}. {rule.reason} → {rule.fix}"
                lines.append("| " + " | ".join(map(_cell, (f"`{rule.id}`", rule.severity, what, rule.source))) + " |")
    return "\n".join(lines).strip() + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")
