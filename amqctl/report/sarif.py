"""Findings as SARIF 2.1.0, which code hosts show beside the line they are about."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from amqctl.activemq.lint.model import Finding, Severity
from amqctl.activemq.lint.rule import Rule
from amqctl.errors import Problem

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS: dict[Severity, str] = {"error": "error", "warning": "warning", "info": "note"}


def sarif(
    findings: Sequence[Finding], problems: Sequence[Problem], rules: Sequence[Rule], version: str
) -> dict[str, Any]:
    """problems: of files that could not be read; with any, the run was not a success."""
    index = {rule.id: number for number, rule in enumerate(rules)}
    driver = {"name": "amqctl", "version": version, "rules": [_rule(rule) for rule in rules]}
    invocation: dict[str, Any] = {"executionSuccessful": not problems}
    if problems:
        invocation["toolExecutionNotifications"] = [_notification(p) for p in problems]
    run = {
        "tool": {"driver": driver},
        "invocations": [invocation],
        "columnKind": "unicodeCodePoints",
        "results": [_result(f, index[f.rule]) for f in findings],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "name": "".join(word.capitalize() for word in rule.id.split("-")),
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.reason},
        "help": {"text": f"{rule.fix}. Source: {rule.source}"},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {"tags": [rule.family]},
    }


def _result(finding: Finding, index: int) -> dict[str, Any]:
    about = f"{finding.node}: " if finding.node and finding.place else ""
    inside = f" ({finding.place})" if finding.place else ""
    text = f"{about}{finding.message}{inside}" + (f"\n{finding.fix}" if finding.fix else "")
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": _LEVELS[finding.severity],
        "message": {"text": text},
        "partialFingerprints": {"amqctl/v1": _fingerprint(finding)},
    }
    if finding.file is not None:
        result["locations"] = [_location(finding.file, finding.line, finding.column)]
    return result


def _location(file: str, line: int | None, column: int | None) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": {"uri": _uri(file)}}
    if line is not None:
        place["region"] = {"startLine": line, "startColumn": column or 1}
    return {"physicalLocation": place}


def _uri(file: str) -> str:
    path = PurePath(file)
    return path.as_uri() if path.is_absolute() else quote(path.as_posix())


def _notification(problem: Problem) -> dict[str, Any]:
    note: dict[str, Any] = {"level": "error", "message": {"text": problem.what}}
    if problem.file is not None:
        note["locations"] = [_location(problem.file, problem.line, problem.column)]
    return note


def _fingerprint(finding: Finding) -> str:
    """Stays the same when lines above it change."""
    return hashlib.sha256("\n".join([finding.rule, finding.file or "", finding.message]).encode()).hexdigest()[:32]
