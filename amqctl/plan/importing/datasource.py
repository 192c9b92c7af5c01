"""The data source of a store or a lock -> how a topology names a database: `server:`, or `url:` with its login."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote

from amqctl.activemq import engines
from amqctl.activemq.brokerxml.facts import Bean, placeholder
from amqctl.activemq.brokerxml.tree import Element
from amqctl.plan.importing.model import Book, Found, Keys, Server, scalar
from amqctl.topology.model.scalars import SQL_NAME

_URL = re.compile(r"jdbc:(\w+):(?://)?([\w.-]+)(?::(\d+))?/([\w$-]+)(?:[?;](.*))?")
_USERINFO = re.compile(r"(?<=//)([^/?;:@]*):([^/?;@]*)@")
_ORACLE = re.compile(r"(?<=:thin:)([^@/]+)/([^@]+)(?=@)")
_PARAMETER = re.compile(r"([?&;,])(user|username|password|pwd)=([^&;,]*)", re.IGNORECASE)
_LOGIN = ("url", "jdbcUrl", "URL", "username", "user", "password")
_KINDS = {"mysql": "mysql", "mariadb": "mariadb", "postgresql": "postgres"}
_TABLES = {
    "messageTableName": "ACTIVEMQ_MSGS",
    "durableSubAcksTableName": "ACTIVEMQ_ACKS",
    "lockTableName": "ACTIVEMQ_LOCK",
}


def where(group: str, found: Found, bean: Bean, written: str, servers: Sequence[Server], book: Book) -> Keys:
    """written: the bean's URL, in which a password may stand; a topology has none."""
    url, inside = _split(written)
    user = next((bean.properties[k] for k in ("username", "user") if k in bean.properties), inside.get("user", ""))
    password = bean.properties.get("password", inside.get("password", ""))
    match = _URL.match(url)
    server = next((s for s in servers if match and s.name.lower() == match[2].lower()), None)
    if server is not None and match and _KINDS.get(match[1]) == server.kind:
        return _on_companion(found, bean, match, user, server, book)
    keys: Keys = {"url": url, "user": user or "activemq"}
    secret = book.secret(f"db-{group}", "" if _untold(password) else password)
    if _untold(password):
        why = "it cannot be told" if password else "there is none"
        book.leave(found, bean.element, "password of the data source", why, f"write it into {secret['file']}")
    keys["password"] = secret
    if engines.of_url(url) == engines.OTHER:
        book.leave(found, bean.element, "driver", "amqctl knows none for this database", "write `driver:`")
    return keys


def _on_companion(found: Found, bean: Bean, match: re.Match[str], user: str, server: Server, book: Book) -> Keys:
    keys: Keys = {"server": server.name}
    if re.match(SQL_NAME, match[4]):
        keys["database"] = match[4]
    if user and user not in ("root", "postgres"):
        keys["user"] = user
    own = {k: str(v).lower() for k, v in engines.params(engines.of_url(match[0])).items()}
    pairs = dict(p.split("=", 1) for p in re.split("[&;]", match[5] or "") if "=" in p)
    if params := {k: scalar(v) for k, v in pairs.items() if own.get(k) != v.lower()}:
        keys["params"] = params
    why = "amqctl makes the database, its user and a password of its own"
    book.leave(found, bean.element, f"password of {user or 'the database'}", why, "nothing")
    return keys


def pool(found: Found, bean: Bean, book: Book) -> Keys:
    """`pool:`, and what of the bean has no key."""
    known = (*_LOGIN, "driverClassName", "driverClass", "poolPreparedStatements", "maxActive", "maxTotal")
    for name in sorted(set(bean.properties) - set(known)):
        book.leave(found, bean.element, f"{name} of the data source", "it has no key", "`patch:` can set it")
    for name in ("maxActive", "maxTotal"):
        if name in bean.properties:
            what = f"{name} {bean.properties[name]} of the data source"
            book.leave(found, bean.element, what, "amqctl's brokers have 40 connections", "`patch:` can set it")
    return {"pool": "dbcp1"} if "dbcp" in bean.cls and "dbcp2" not in bean.cls else {}


def prefix(found: Found, statements: Element | None, only: Sequence[str], book: Book) -> Keys:
    """`tablePrefix:`, where the names of the tables in <statements> can be told by one. only: those that are used."""
    if statements is None:
        return {}
    said = dict(statements.attributes)
    general = said.pop("tablePrefix", "")
    names = {key: general + said.pop(key, _TABLES[key]) for key in only}
    for key, value in said.items():
        what = f"statements {key}={value}"
        book.leave(found, statements, what, "it has no key", "`patch:` at //amq:statements/amq:statements can set it")
    fronts = {_front(name, _TABLES[key]) for key, name in names.items()}
    front = fronts.pop() if len(fronts) == 1 else None
    if front == "":
        return {}
    if front is None or not re.match(SQL_NAME, front) or len(front) > 30:
        why = "tables can have a prefix, and no other names"
        book.leave(
            found, statements, f"tables {', '.join(names.values())}", why, "write `tablePrefix:`, and rename them"
        )
        return {}
    return {"tablePrefix": front}


def _front(name: str, usual: str) -> str | None:
    """What stands before the usual name of that table. SQL does not tell its cases apart."""
    return name[: -len(usual)] if name.upper().endswith(usual) else None


def _split(url: str) -> tuple[str, dict[str, str]]:
    """(without a login, that login). In the forms that engines know: //user:password@, :thin:user/password@, params."""
    login: dict[str, str] = {}
    for pattern in (_USERINFO, _ORACLE):
        if match := pattern.search(url):
            login |= {"user": unquote(match[1]), "password": unquote(match[2])}
            url = url[: match.start()] + url[match.end() :]

    def parameter(match: re.Match[str]) -> str:
        name = match[2].lower()
        login["user" if name.startswith("user") else "password"] = match[3]
        return match[1] if match[1] == "?" else ""

    url = _PARAMETER.sub(parameter, url)
    return re.sub(r"\?[&;]", "?", url).rstrip("?"), login


def _untold(password: Any) -> bool:
    return not password or placeholder(password) or password.startswith("ENC(")
