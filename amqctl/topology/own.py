"""Somebody's own configuration of a broker (`conf: DIR`), as far as settling must know of it. Plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

OwnStore = Literal["kahadb", "jdbc", "memory", "other"]
OwnPool = Literal["dbcp1", "dbcp2", ""]


@dataclass(frozen=True, slots=True)
class OwnTransport:
    """A transport connector of somebody's activemq.xml. kind: None for one of which amqctl does not speak the
    protocol, or not over TLS; else one of ConnectorKind. port: as it is written there, 0 where a placeholder stands."""

    name: str
    kind: str | None
    port: int


@dataclass(frozen=True, slots=True)
class OwnNetwork:
    name: str
    duplex: bool


@dataclass(frozen=True, slots=True)
class OwnConf:
    """What must be known of a directory with a broker's own configuration (`conf:`). No secrets.

    broker_name: None where a placeholder stands. console: it has one. store: what its persistence adapter is;
    "memory" keeps nothing. acquire_sleep, keep_alive: of its locker, in ms. pool: of its data source, ""
    where that is none of DBCP's. jars: absolute paths.
    """

    directory: str
    broker_name: str | None
    transports: tuple[OwnTransport, ...]
    console: bool
    store: OwnStore
    acquire_sleep: int
    keep_alive: int
    lease: bool
    pool: OwnPool
    scheduler: bool
    networks: tuple[OwnNetwork, ...]
    jars: tuple[str, ...]

    @staticmethod
    def parse(data: Mapping[str, Any]) -> OwnConf:
        """What asdict() made, by way of JSON."""
        return OwnConf(
            **dict(data)
            | {
                "transports": tuple(OwnTransport(**one) for one in data["transports"]),
                "networks": tuple(OwnNetwork(**one) for one in data["networks"]),
                "jars": tuple(data["jars"]),
            }
        )
