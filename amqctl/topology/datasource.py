"""How a group's brokers reach a database, with every value filled in: for a store that is in it, or a lock."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from amqctl.topology.companions import shown
from amqctl.topology.model import store as written
from amqctl.topology.notes import text
from amqctl.topology.owner import Owner
from amqctl.topology.settled import Origin, Row
from amqctl.topology.settledstores import Database, DataSource, EngineName, Scalar
from amqctl.topology.users import GENERATED, absolute, source
from amqctl.topology.yamltext import Path

_COORDINATE = re.compile(r"[\w.-]+:[\w.-]+:[\w.-]+")
# user:password@ or user/password@, and a parameter of that name
_PASSWORD_IN_URL = re.compile(r"//[^/?;]*:[^/?;@]*@|:thin:[^@/]+/[^@]+@|[?&;,](password|pwd)\d?=", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Where:
    engine: EngineName
    database: Database
    companion: str | None = None
    url: str | None = None


class DataSourceDesk:
    """Settles one. here: where it is written; key: how rows name that. rows: grows."""

    def __init__(self, owner: Owner, given: written.DataSource, here: Path, rows: list[Row]) -> None:
        self.group, self.members, self.given, self.here = owner.group, len(owner.members), given, here
        self.key = ".".join(map(str, here[2:]))  # without groups.NAME
        self.servers, self.notes, self.rows = owner.around.servers, owner.around.notes, rows

    def settle(self) -> DataSource:
        where = self.companion() if self.given.server is not None else self.existing()
        return DataSource(
            companion=where.companion,
            engine=where.engine,
            url=where.url,
            database=where.database,
            driver=self.driver(where.engine),
            pool=self.pool(),
            table_prefix=self.given.tablePrefix,
            params=self.params(where),
        )

    def companion(self) -> _Where:
        database = self.servers.database(self.group, self.given, self.here, self.key, self.rows)
        name = self.given.server or ""
        # with a problem noted, whatever follows is of no use
        nowhere = Database("", "", GENERATED, "")
        return _Where(self.servers.kind(name) or "other", database or nowhere, companion=name)

    def existing(self) -> _Where:
        """A database that was there before. It knows its users; amqctl makes nothing in it but ActiveMQ's tables."""
        url, path = self.given.url or "", (*self.here, "url")
        engine = self.servers.engines.of_url(url)
        if not re.fullmatch(r"jdbc:[\w-]+:\S+", url):
            fix = 'write e.g. "jdbc:mysql://host:3306/activemq"'
            self.notes.problem(f"{url} is no JDBC URL", fix, path, value=True)
        elif _PASSWORD_IN_URL.search(url):
            fix = "write `user: NAME` and `password: {env: NAME}` or `{file: PATH}` beside it"
            self.notes.problem("the URL has a password in it", fix, path, value=True)
        elif self.members > 1 and re.match(r"(?i)jdbc:derby:(?!//)", url):
            what = "an embedded Derby opens for one broker only, and this group has several"
            self.notes.problem(what, "start a server: `companions: {db: derby}` and `server: db`", path, value=True)
        if self.given.database is not None:
            what = "the URL says which database it is"
            self.notes.problem(what, "remove `database`", (*self.here, "database"))
        shows = "its address, with a password" if _PASSWORD_IN_URL.search(url) else url
        self.row("url", f"{shows} ({self.servers.engines.title(engine)})", "url")
        return _Where(engine, self.login(), url=url)

    def login(self) -> Database:
        given = self.given
        lacking = [key for key in ("user", "password") if getattr(given, key) is None]
        if lacking:
            what = f"an existing database needs its {' and '.join(lacking)}"
            fix = "write `user: NAME` and `password: {env: NAME}` or `{file: PATH}`"
            self.notes.problem(what, fix, self.here, of_absence=True)
        elif given.password == "generated":
            what, fix = "an existing database has its password already", "write {env: NAME} or {file: PATH}"
            self.notes.problem(what, fix, (*self.here, "password"), value=True)
        password = GENERATED if given.password is None else source(given.password, self.here, self.notes)
        database = Database("", given.user or "", password, f"db.{self.group}.{given.user or ''}")
        self.row("user", database.user, "user")
        self.row("password", shown(database), "password")
        return database

    def driver(self, engine: EngineName) -> str | None:
        given = self.given.driver
        path = (*self.here, "driver")
        place = given
        if given is None:
            if engine == "other" and self.given.url is not None:
                what = "amqctl knows no driver for this URL"
                fix = "write `driver:` with a jar's path or its Maven coordinate group:artifact:version"
                self.notes.problem(what, fix, self.here, of_absence=True)
        elif not _COORDINATE.fullmatch(given):
            place = absolute(given, self.notes)
            if place is None:
                what = "a relative path, and no file it could be relative to"
                self.notes.problem(what, "write an absolute path", path, value=True)
        self.row("driver", place or given or "the one amqctl knows", "driver")
        return place

    def params(self, where: _Where) -> Mapping[str, Scalar]:
        """Of the URL; an existing database's is left as it was written."""
        given = self.given.params or {}
        own = {} if where.url is not None else self.servers.engines.params(where.engine)
        chosen = {key: value for key, value in own.items() if key not in given}
        self.rows += [Row(f"{self.key}.params.{k}", text(v), Origin("default")) for k, v in chosen.items()]
        for key, value in given.items():
            self.row(f"params.{key}", text(value), "params", key)
            if key.lower() in ("user", "password"):
                what = f"{key} is no parameter of the URL here"
                self.notes.problem(what, f"write `{key.lower()}` beside it", (*self.here, "params", key))
        return {**chosen, **given}

    def pool(self) -> Literal["dbcp1", "dbcp2"]:
        chosen = self.given.pool or "dbcp2"
        self.row("pool", chosen, "pool")
        self.row("tablePrefix", self.given.tablePrefix or "none", "tablePrefix")
        return chosen

    def row(self, key: str, value: str, *steps: str) -> None:
        """steps: where it would be written, below `here`."""
        origin = Origin("default")
        if steps[0] in self.given.model_fields_set:
            origin = self.notes.origin((*self.here, *steps))
        self.rows.append(Row(f"{self.key}.{key}", value, origin))
