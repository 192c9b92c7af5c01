"""Derby through its own shell, `ij`, in a JVM of half a second: nobody has written DRDA for Python.

The script goes to ij's standard input, so no password is in a command line. What ij prints is made for
people: columns of fixed width, one blank or bar apart, which is what is taken apart here.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence

from amqctl.activemq.companions.derby import ADMIN
from amqctl.cluster.databases.model import (
    ANSWER,
    OTHER_PASSWORD,
    DatabaseError,
    LoginRefused,
    Row,
    Target,
    Unanswered,
    Wanted,
    literal,
)
from amqctl.cluster.model import Login
from amqctl.errors import BadUsage

WIDEST = 8192  # characters of a value; longer ones end with "&"
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_]*")  # what Derby takes for a user's and a database's name unquoted
_ERROR = re.compile(r"^(?:ij> )*(?:ERROR|IJ ERROR|JAVA ERROR)[^\n]*", re.M)
# a wrong login, or an empty one, which the client itself refuses; 08004 is also a database that is not there
_REFUSED = re.compile(r"ERROR 08004(?!.*not found)|ERROR 08001: (Password|User id) length")
_GONE = ("ERROR 08001", "ERROR 08006", "ERROR 58009", "ERROR 57017")


def ensure(target: Target, admin_password: str, wanted: Sequence[Wanted]) -> None:
    """The administrator makes each database, and in it the user: a property of that database, kept as a hash."""
    script = []
    for each in wanted:
        _must_be_plain(each.database, each.user)
        login = Login(ADMIN, admin_password)
        script += [
            _connect(target, login, each.database, create=True),
            f"CALL SYSCS_UTIL.SYSCS_SET_DATABASE_PROPERTY({literal(f'derby.user.{each.user}')}, "
            f"{literal(each.password)});",
            "disconnect;",
        ]
    _run(target, script, ADMIN, hint=OTHER_PASSWORD)
    for each in wanted:
        _run(target, [_connect(target, Login(each.user, each.password), each.database)], each.user)


def tables(target: Target, login: Login, database: str) -> list[str]:
    return [row[0] or "" for row in rows(target, login, database, _TABLES)]


_TABLES = "SELECT tablename FROM sys.systables WHERE tabletype = 'T'"


def rows(target: Target, login: Login, database: str, sql: str) -> list[Row]:
    _must_be_plain(database, login.user)
    script = [f"maximumdisplaywidth {WIDEST};", _connect(target, login, database), f"{sql.rstrip().rstrip(';')};"]
    return parse(_run(target, script, login.user))


def parse(said: str) -> list[Row]:
    """The rows of the one result in what ij said: a line of dashes as wide as a row, then the rows.

    Values are padded by characters, line ends in them included, so rows are cut off by length, not by line.
    """
    line = re.search(r"^(?:ij> )*([^\n]*)\n(-+)\n", said, re.M)
    if line is None:
        return []
    head, width = line[1].ljust(len(line[2])), len(line[2])
    bars = [at for at, char in enumerate(head) if char == "|"]
    edges = list(zip([0, *(bar + 1 for bar in bars)], [*bars, width], strict=True))
    found, at = [], line.end()
    while at < len(said) and not _END.match(said, at):
        row = said[at : at + width].ljust(width)
        values = [row[first:last].rstrip(" ") for first, last in edges]
        found.append(tuple(None if value == "NULL" else value for value in values))
        at += width + 1
    return found


_END = re.compile(r"\s*\n\d+ rows? selected")


def _run(target: Target, script: Sequence[str], user: str, hint: str = "") -> str:
    """What ij printed. Its exit code says nothing, and it goes on after an error: the first one counts."""
    if not target.ij:
        raise BadUsage("Derby is asked through its shell ij, and no Java was given for it")
    text = "\n".join([*script, "exit;", ""])
    try:
        ran = subprocess.run(
            target.ij, input=text, capture_output=True, encoding="utf-8", errors="replace", timeout=ANSWER, cwd="/"
        )
    except subprocess.TimeoutExpired as exc:
        raise Unanswered(f"{target.address}: Derby does not answer within {ANSWER:g} s") from exc
    except OSError as exc:
        raise DatabaseError(f"Derby's shell cannot be started: {exc}") from exc
    error = _ERROR.search(ran.stdout)
    if error is None and ran.returncode == 0:
        return ran.stdout
    said = error[0].rpartition("ij> ")[2] if error else (ran.stderr.strip().splitlines() or ["no word"])[-1]
    if _REFUSED.match(said):
        raise LoginRefused(f"{target.address}: Derby refuses the login of {user}", hint=hint)
    kind = Unanswered if said.startswith(_GONE) else DatabaseError
    raise kind(f"{target.address}: Derby answers {said}")


def _connect(target: Target, login: Login, database: str, *, create: bool = False) -> str:
    url = f"jdbc:derby://{target.address}/{database}{';create=true' if create else ''}"
    return f"connect {literal(url)} user {literal(login.user)} password {literal(login.password)};"


def _must_be_plain(*names: str) -> None:
    for name in names:
        if not _PLAIN.fullmatch(name):
            raise BadUsage(
                f"{name!r} cannot be a database or a user of Derby",
                hint="letters, digits and _ only, a letter first; or use another engine",
            )
