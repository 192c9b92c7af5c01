"""What is said to databases and comes back, as plain data; and what can go wrong."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from amqctl.cluster.model import Address
from amqctl.errors import AmqctlError

CONNECT = 5.0  # seconds
ANSWER = 60.0  # seconds for one statement; the first database of a Derby server takes a few on a busy machine

Row = tuple[str | None, ...]


def literal(text: str) -> str:
    """As standard SQL writes a string. Not for MySQL, to which a backslash is more than itself."""
    return "'" + text.replace("'", "''") + "'"


@dataclass(frozen=True, slots=True)
class Target:
    """A database server. ij: the command line of Derby's shell (`companions.derby.ij_command`), for Derby only."""

    kind: str
    address: Address
    ij: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """A database and a user who may do all in it. Several may name one database, or one user."""

    database: str
    user: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Greeting:
    """seen: what came back, or why nothing did; for a person who waits."""

    ready: bool
    seen: str


class DatabaseError(AmqctlError):
    """A database server did not do what was asked of it."""


class Unanswered(DatabaseError):
    """No connection, or none that lasted."""


class LoginRefused(DatabaseError):
    """It knows no such user with this password, or none who may use this database."""


OTHER_PASSWORD = "its data was made with another password; `amqctl down --volumes` deletes data and passwords"


def lets_in(connecting: AbstractContextManager[Any]) -> bool:
    """Whether the login that `connecting` makes is accepted. Raises what else can go wrong."""
    try:
        with connecting:
            return True
    except LoginRefused:
        return False


def text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value).hex()
    return str(value)
