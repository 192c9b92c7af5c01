"""Databases by their own protocols: is one ready, what must be in it, what is in it.

    greeting(kind, address, timeout)      is it ready? without credentials
    ensure(target, password, wanted)      databases, users and grants are there; safe to repeat
    tables(target, login, database)       names of the tables a user has there
    rows(target, login, database, sql)    what a query answers

MySQL and MariaDB are spoken to by PyMySQL, PostgreSQL by pg8000, Derby by its own shell `ij` in a JVM:
nobody has written its protocol (DRDA) for Python.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Protocol, cast

from amqctl.cluster.databases.greetings import greeting as greeting
from amqctl.cluster.databases.model import DatabaseError as DatabaseError
from amqctl.cluster.databases.model import Greeting as Greeting
from amqctl.cluster.databases.model import LoginRefused as LoginRefused
from amqctl.cluster.databases.model import Row as Row
from amqctl.cluster.databases.model import Target as Target
from amqctl.cluster.databases.model import Unanswered as Unanswered
from amqctl.cluster.databases.model import Wanted as Wanted
from amqctl.cluster.model import Login

# kind -> module
_CLIENTS: Mapping[str, str] = {
    "mysql": "amqctl.cluster.databases.mysql",
    "mariadb": "amqctl.cluster.databases.mysql",
    "postgres": "amqctl.cluster.databases.postgres",
    "derby": "amqctl.cluster.databases.derby",
}


class _Client(Protocol):
    def ensure(self, target: Target, admin_password: str, wanted: Sequence[Wanted]) -> None: ...
    def tables(self, target: Target, login: Login, database: str) -> list[str]: ...
    def rows(self, target: Target, login: Login, database: str, sql: str) -> list[Row]: ...


def ensure(target: Target, admin_password: str, wanted: Sequence[Wanted]) -> None:
    """Each database is there, and its user may log in with that password and do all in it.

    Raises LoginRefused where the administrator's password is not that of the data, Unanswered where nobody
    answers; both are DatabaseErrors. No password is in any message.
    """
    _client(target.kind).ensure(target, admin_password, wanted)


def tables(target: Target, login: Login, database: str) -> list[str]:
    """In lower case, sorted: engines disagree about the case of names."""
    return sorted(name.lower() for name in _client(target.kind).tables(target, login, database))


def rows(target: Target, login: Login, database: str, sql: str) -> list[Row]:
    """One SELECT. Every value as text, bytes as hex, None for NULL: the same from every engine."""
    return _client(target.kind).rows(target, login, database, sql)


def _client(kind: str) -> _Client:
    return cast(_Client, import_module(_CLIENTS[kind]))
