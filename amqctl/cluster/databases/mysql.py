"""MySQL and MariaDB through PyMySQL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from amqctl.activemq.companions.mysqld import ADMIN
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
    text,
)
from amqctl.cluster.model import Login

_REFUSED = (1044, 1045, 1698)  # ER_DBACCESS_DENIED, ER_ACCESS_DENIED, ER_ACCESS_DENIED_NO_PASSWORD


def ensure(target: Target, admin_password: str, wanted: Sequence[Wanted]) -> None:
    with _connected(target, Login(ADMIN, admin_password), None, hint=OTHER_PASSWORD) as cursor:
        for each in wanted:
            cursor.execute(f"CREATE DATABASE IF NOT EXISTS {_name(each.database)}")
            _user(cursor, target, each)
            # the name in a GRANT is a pattern
            pattern = _name(each.database.replace("\\", "\\\\").replace("_", "\\_").replace("%", "\\%"))
            cursor.execute(f"GRANT ALL PRIVILEGES ON {pattern}.* TO %s@'%%'", (each.user,))


def tables(target: Target, login: Login, database: str) -> list[str]:
    with _connected(target, login, database) as cursor:
        cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = %s", (database,))
        return [str(row[0]) for row in cursor.fetchall()]


def rows(target: Target, login: Login, database: str, sql: str) -> list[Row]:
    with _connected(target, login, database) as cursor:
        cursor.execute(sql)
        return [tuple(text(value) for value in row) for row in cursor.fetchall()]


def _user(cursor: Any, target: Target, wanted: Wanted) -> None:
    cursor.execute("SELECT COUNT(*) FROM mysql.user WHERE User = %s AND Host = '%%'", (wanted.user,))
    if not cursor.fetchone()[0]:
        # servers write hashes in place of what stands behind IDENTIFIED BY into their logs
        cursor.execute("CREATE USER %s@'%%' IDENTIFIED BY %s", (wanted.user, wanted.password))
    elif not lets_in(_connected(target, Login(wanted.user, wanted.password), None)):
        cursor.execute("SELECT VERSION()")
        if str(cursor.fetchone()[0]).startswith("5.6."):
            cursor.execute("SET PASSWORD FOR %s@'%%' = PASSWORD(%s)", (wanted.user, wanted.password))
        else:
            cursor.execute("ALTER USER %s@'%%' IDENTIFIED BY %s", (wanted.user, wanted.password))


def _name(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


@contextmanager
def _connected(target: Target, login: Login, database: str | None, hint: str = "") -> Iterator[Any]:
    """A cursor; each statement is a transaction of its own."""
    import pymysql

    try:
        connection = pymysql.connect(
            host=target.address.host,
            port=target.address.port,
            user=login.user,
            password=login.password,
            database=database,
            autocommit=True,
            charset="utf8mb4",
            connect_timeout=CONNECT,
            read_timeout=ANSWER,
            write_timeout=ANSWER,
        )
        with connection, connection.cursor() as cursor:
            yield cursor
    except pymysql.err.Error as exc:
        raise _translated(exc, target, login.user, hint) from exc


def _translated(exc: Any, target: Target, user: str, hint: str) -> DatabaseError:
    import pymysql

    code, *words = exc.args or (0,)
    if code in _REFUSED:
        return LoginRefused(f"{target.address}: {target.kind} refuses the login of {user}", hint=hint)
    said = f"{target.address}: {target.kind} answers {code}: {' '.join(map(str, words))}"
    lost = isinstance(exc, (pymysql.err.OperationalError, pymysql.err.InterfaceError)) and code in (0, 2003, 2006, 2013)
    return Unanswered(said) if lost else DatabaseError(said)
