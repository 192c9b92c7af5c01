"""The words of lint: a broker with what is known of it, and what is told of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from amqctl.activemq.brokerxml.facts import BrokerFacts
from amqctl.activemq.brokerxml.tree import Comment, Element

Severity = Literal["error", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")  # worst first


@dataclass(frozen=True, slots=True)
class HostFacts:
    """What is known of the machine a broker runs on; None is not known. Sizes are in bytes.

    file_system: type under the store, as the kernel names it ("ext4", "nfs", "nfs4"). store_free,
    temp_free: what the disks under the store and under the temporary store have left. java: major.
    """

    file_system: str | None = None
    store_free: int | None = None
    temp_free: int | None = None
    writable: bool | None = None
    java: int | None = None


@dataclass(frozen=True, slots=True)
class Node:
    """One broker's file, with what is known of it from elsewhere.

    name: unique among those that are linted together. file, line: where a person would change it;
    line None takes the place in the XML itself. hosts: names by which others reach it, in lower case.
    group: whose members share a store, where that is known. machine: whose file system and loopback
    it has, where that is known. store: what its store is on, where its own path does not say
    (a volume). beside: files that lie beside it and were read, name -> root element. clients: hosts at
    which clients outside reach it; () where it is in a container and they are not known, None where
    nothing is known.
    """

    name: str
    facts: BrokerFacts
    file: str | None = None
    line: int | None = None
    rendered: bool = False
    version: str | None = None
    hosts: frozenset[str] = frozenset()
    group: str | None = None
    machine: str | None = None
    store: str | None = None
    host: HostFacts = HostFacts()
    comments: tuple[Comment, ...] = ()
    beside: Mapping[str, Element] = field(default_factory=dict)
    clients: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """line and column are None where the file's own places are not those of the broker's XML.

    place: in the broker's own XML, e.g. "amq1/activemq.xml:34", where file is not that XML.
    """

    rule: str
    severity: Severity
    message: str
    fix: str
    node: str | None
    file: str | None
    line: int | None = None
    column: int | None = None
    place: str | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """silenced: how many findings each ignored rule would have had."""

    findings: tuple[Finding, ...]
    silenced: Mapping[str, int] = field(default_factory=dict)

    def worst(self) -> Severity | None:
        return next((s for s in SEVERITIES if any(f.severity == s for f in self.findings)), None)
