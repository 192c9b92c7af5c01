"""PostgreSQL through pg8000."""

from __future__ import annotations

import base64
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from amqctl.activemq.companions.postgres import ADMIN
from amqctl.cluster.databases.model import (
    ANSWER,
    CONNECT,
    OTHER_PASSWORD,
    DatabaseError,
    LoginRefused,
    Row,
    Target,
    Unanswered,
    Wanted,
    lets_in,
    literal,
    text,
)
from amqctl.cluster.model import Login

_MAINTENANCE = "postgres"  # the database that is always there


def ensure(target: Target, admin_password: str, wanted: Sequence[Wanted]) -> None:
    admin = Login(ADMIN, admin_password)
    with _connected(target, admin, _MAINTENANCE, hint=OTHER_PASSWORD) as connection:
        for each in wanted:
            database, user = _name(each.database), _name(each.user)
            if not connection.run("SELECT 1 FROM pg_roles WHERE rolname = :name", name=each.user):
                connection.run(f"CREATE ROLE {user} LOGIN PASSWORD {literal(_verifier(each.password))}")
            elif not lets_in(_connected(target, Login(each.user, each.password), _MAINTENANCE)):
                connection.run(f"ALTER ROLE {user} LOGIN PASSWORD {literal(_verifier(each.password))}")
            if not connection.run("SELECT 1 FROM pg_database WHERE datname = :name", name=each.database):
                connection.run(f"CREATE DATABASE {database}")
            connection.run(f"GRANT ALL PRIVILEGES ON DATABASE {database} TO {user}")
    for each in wanted:
        with _connected(target, admin, each.database) as connection:
            # from 15 on nobody but the owner may create tables there
            connection.run(f"GRANT ALL PRIVILEGES ON SCHEMA public TO {_name(each.user)}")


def tables(target: Target, login: Login, database: str) -> list[str]:
    sql = "SELECT tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
    with _connected(target, login, database) as connection:
        return [str(row[0]) for row in connection.run(sql) or ()]


def rows(target: Target, login: Login, database: str, sql: str) -> list[Row]:
    with _connected(target, login, database) as connection:
        return [tuple(text(value) for value in row) for row in connection.run(sql) or ()]


def _verifier(password: str) -> str:
    """What the server keeps of a password (RFC 5803), made here: the password itself is in no statement that
    the server could log. By the library that pg8000 logs in with, so both read other alphabets alike."""
    from scramp import ScramMechanism

    salt, stored, server, iterations = ScramMechanism().make_auth_info(password)
    kept = [base64.b64encode(part).decode("ascii") for part in (salt, stored, server)]
    return f"SCRAM-SHA-256${iterations}:{kept[0]}${kept[1]}:{kept[2]}"


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


@contextmanager
def _connected(target: Target, login: Login, database: str, hint: str = "") -> Iterator[Any]:
    """A connection; each statement is a transaction of its own."""
    import pg8000.exceptions
    import pg8000.native

    host = target.address.host
    try:
        # pg8000's own time-out for connecting would stay on the socket, for every statement
        with socket.create_connection((host, target.address.port), CONNECT) as link:
            link.settimeout(ANSWER)
            connection = pg8000.native.Connection(
                login.user, host=host, password=login.password, database=database, application_name="amqctl",
                sock=link,
            )  # fmt: skip
            try:
                yield connection
            finally:
                connection.close()
    except pg8000.exceptions.DatabaseError as exc:
        raise _translated(exc, target, login.user, hint) from exc
    except (pg8000.exceptions.InterfaceError, OSError) as exc:
        raise Unanswered(f"{target.address}: no PostgreSQL answers ({exc})") from exc


def _translated(exc: Any, target: Target, user: str, hint: str) -> DatabaseError:
    fields = exc.args[0] if exc.args and isinstance(exc.args[0], dict) else {}
    state, said = fields.get("C", ""), fields.get("M", str(exc))
    if state.startswith("28"):  # invalid_authorization_specification
        return LoginRefused(f"{target.address}: PostgreSQL refuses the login of {user}", hint=hint)
    kind = Unanswered if state.startswith(("57P", "08")) else DatabaseError
    return kind(f"{target.address}: PostgreSQL answers {state}: {said}")
