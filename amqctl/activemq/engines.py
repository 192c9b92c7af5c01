"""What settling a topology asks of databases (topology.engines.EnginesLike), from the companions' recipes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from amqctl.activemq import companions
from amqctl.activemq.companions import jdbc
from amqctl.topology.settled import CompanionKind, ServerKind
from amqctl.topology.settledstores import EngineName, Scalar

OTHER: EngineName = "other"  # a database of which only its JDBC URL is known


def title(engine: EngineName) -> str:
    return "not known" if engine == OTHER else jdbc.DIALECTS[engine].title


def port(kind: CompanionKind) -> int:
    return companions.engine(kind).PORT


def admin(kind: ServerKind) -> str:
    return companions.engine(kind).ADMIN


def complaints(kind: CompanionKind, settings: Mapping[str, Scalar]) -> tuple[str, ...]:
    return companions.complaints(kind, settings)


def no_version(kind: ServerKind, version: str) -> str:
    return companions.no_version(kind, version)


def params(engine: EngineName) -> Mapping[str, Scalar]:
    return {} if engine == OTHER else jdbc.DIALECTS[engine].params


def of_url(url: str) -> EngineName:
    found = jdbc.of_url(url)
    return OTHER if found is None else cast(EngineName, found.name)


def no_row_lock(engine: EngineName) -> str:
    return "" if engine == OTHER else jdbc.DIALECTS[engine].database_locker
