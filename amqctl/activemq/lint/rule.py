"""A rule: one row of the table, with the function that finds what breaks it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from amqctl.activemq.brokerxml.tree import Element
from amqctl.activemq.lint.cluster import Cluster
from amqctl.activemq.lint.model import Node, Severity

# The families of research: where a rule's subject lies.
Family = Literal["shared file", "jdbc", "leveldb", "network", "clients and console", "lint itself"]


@dataclass(frozen=True, slots=True)
class Hit:
    """What a rule found in one broker. fix: where it is more concrete than the rule's own."""

    message: str
    at: Element
    fix: str = ""


Check = Callable[[Node, Cluster], Iterator[Hit]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table. source: an issue, a page of ActiveMQ's, a class, or what we measured ourselves."""

    id: str
    severity: Severity
    title: str
    reason: str
    source: str
    fix: str
    family: Family
    check: Check
