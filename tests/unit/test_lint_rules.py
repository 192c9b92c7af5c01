"""Every rule has brokers that trip it and brokers that do not; what a row of the table must have."""

from __future__ import annotations

import importlib
import pkgutil
import re

import pytest

from amqctl.activemq import lint as package
from amqctl.activemq.lint import RULES, lint
from amqctl.activemq.lint.rule import Rule
from tests.lint.cases import CASES

IDS = [rule.id for rule in RULES]


def test_every_rule_has_its_cases_and_every_case_its_rule() -> None:
    assert sorted(CASES) == sorted(IDS)


def test_every_module_with_rules_is_in_the_table() -> None:
    modules = [importlib.import_module(f"{package.__name__}.{m.name}") for m in pkgutil.iter_modules(package.__path__)]
    known = [rule.id for module in modules for rule in getattr(module, "RULES", ())]
    assert sorted(known) == sorted(rule.id for rule in RULES if rule.family != "lint itself")


@pytest.mark.parametrize("rule", RULES, ids=IDS)
def test_a_rule_is_tripped(rule: Rule) -> None:
    case = CASES[rule.id]
    found = [f for f in lint(case.trips, case.ignored).findings if f.rule == rule.id]
    assert found
    for finding in found:
        assert finding.severity == rule.severity
        assert finding.message and finding.fix
        assert finding.file is None or finding.line


@pytest.mark.parametrize("rule", RULES, ids=IDS)
def test_a_rule_is_not_tripped_by_what_is_right(rule: Rule) -> None:
    case = CASES[rule.id]
    assert [f.message for f in lint(case.clean, case.clean_ignored).findings if f.rule == rule.id] == []


@pytest.mark.parametrize("rule", RULES, ids=IDS)
def test_a_rule_can_be_silenced(rule: Rule) -> None:
    if rule.family == "lint itself":
        return
    result = lint(CASES[rule.id].trips, {rule.id: "meant"})
    assert rule.id not in {f.rule for f in result.findings}
    assert result.silenced[rule.id] > 0


@pytest.mark.parametrize("rule", RULES, ids=IDS)
def test_a_row_says_all_that_a_reader_needs(rule: Rule) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", rule.id)
    assert rule.reason.endswith(".")
    assert not rule.title.endswith(".")
    assert rule.source and rule.fix


def test_ids_are_unique() -> None:
    assert len(set(IDS)) == len(IDS)
