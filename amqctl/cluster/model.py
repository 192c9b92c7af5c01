"""What is seen of a running cluster, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from amqctl.activemq.uris import bracketed

# master: completed a protocol handshake. waiting: alive, and its group has a master.
# starting: alive, and nobody in its group is master yet. down: no process. unknown: of a broker that amqctl did
# not start, and that cannot be asked.
Role = Literal["master", "waiting", "starting", "down", "unknown"]


@dataclass(frozen=True, slots=True)
class Address:
    host: str
    port: int

    def __str__(self) -> str:
        """As a URI has it: an IPv6 address in brackets."""
        return f"{bracketed(self.host)}:{self.port}"


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom to believe that it is a broker. pem: certificates; place: the file that they are in, for a person.
    certificate: a PEM file with what to show to those that ask, and its key."""

    pem: str
    place: str
    certificate: str | None = None


@dataclass(frozen=True, slots=True)
class Login:
    """How one gets in. tls: None where connections are not encrypted."""

    user: str
    password: str
    tls: Trust | None = None

    def __repr__(self) -> str:  # never in a log or a traceback
        return f"Login({self.user!r}, …)"


@dataclass(frozen=True, slots=True)
class StoreLook:
    """What stood in a store's tables, by the database's own word. tables, expected: names in lower case.

    holders: the rows of the lock table, each BROKER_NAME or None. held: whether somebody has the lock's row,
    None where that cannot be asked (a lease is no row lock). leases: whether holders name the master.
    stored: rows with a message of each queue that was asked for.
    """

    tables: tuple[str, ...]
    expected: tuple[str, ...]
    holders: tuple[str | None, ...]
    held: bool | None
    leases: bool
    stored: Mapping[str, int]
