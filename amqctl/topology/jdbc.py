"""A group's store in a database, with every value filled in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, cast

from amqctl.topology.companions import Servers, shown
from amqctl.topology.model.store import Jdbc
from amqctl.topology.notes import Notes, text
from amqctl.topology.profiles import Profile
from amqctl.topology.settled import Database, EngineName, JdbcStore, Origin, Row, Scalar
from amqctl.topology.users import GENERATED, absolute, source
from amqctl.topology.yamltext import Path

# attributes of <jdbcPersistenceAdapter> that are said elsewhere, and where
RESERVED = {
    "adapter": "it follows from the engine",
    "dataSource": "write `server` or `url`",
    "lockDataSource": "write `server` or `url`",
    "locker": "write `locker: database` or `locker: lease`",
    "databaseLocker": "write `locker: database` or `locker: lease`",
    "statements": "write `tablePrefix`",
    "lockKeepAlivePeriod": "write it on the store itself",
    "lockAcquireSleepInterval": "write it on the store itself",
    "useLock": "without the lock two masters write into one store",
    "useDatabaseLock": "without the lock two masters write into one store",
}
_COORDINATE = re.compile(r"[\w.-]+:[\w.-]+:[\w.-]+")
# user:password@ or user/password@, and a parameter of that name
_PASSWORD_IN_URL = re.compile(r"//[^/?;]*:[^/?;@]*@|:thin:[^@/]+/[^@]+@|[?&;,](password|pwd)\d?=", re.IGNORECASE)
_LOCKERS: Mapping[str, str] = {"database": "database-locker", "lease": "lease-database-locker"}


@dataclass(frozen=True, slots=True)
class _Where:
    engine: EngineName
    database: Database
    companion: str | None = None
    url: str | None = None


class _Desk:
    """Settles one group's. members: how many brokers it has. path: of the group."""

    def __init__(
        self, group: str, members: int, jdbc: Jdbc, path: Path, profile: Profile, servers: Servers, notes: Notes
    ) -> None:
        self.group, self.members, self.jdbc = group, members, jdbc
        self.profile, self.servers, self.notes = profile, servers, notes
        self.here: Path = (*path, "store", "jdbc")
        self.rows = [Row("store", "jdbc", notes.origin((*path, "store")))]

    def settle(self) -> JdbcStore:
        where = self.companion() if self.jdbc.server is not None else self.existing()
        locker = self.locker(where.engine)
        sleep, alive = self.lease() if locker == "lease" else self.row_lock()
        return JdbcStore(
            kind="jdbc",
            companion=where.companion,
            engine=where.engine,
            url=where.url,
            database=where.database,
            driver=self.driver(where.engine),
            locker=locker,
            lock_acquire_sleep_interval=sleep,
            lock_keep_alive_period=alive,
            pool=self.pool(),
            table_prefix=self.jdbc.tablePrefix,
            params=self.params(where),
            attributes=self.attributes(),
        )

    # ---- where it is

    def companion(self) -> _Where:
        database = self.servers.database(self.group, self.jdbc, self.here, self.rows)
        name = self.jdbc.server or ""
        # with a problem noted, whatever follows is of no use
        nowhere = Database("", "", GENERATED, "")
        return _Where(self.servers.kind(name) or "other", database or nowhere, companion=name)

    def existing(self) -> _Where:
        """A database that was there before. It knows its users; amqctl makes nothing in it but ActiveMQ's tables."""
        jdbc, url = self.jdbc, self.jdbc.url or ""
        path = (*self.here, "url")
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
        if jdbc.database is not None:
            what = "the URL says which database it is"
            self.notes.problem(what, "remove `database`", (*self.here, "database"))
        shows = "its address, with a password" if _PASSWORD_IN_URL.search(url) else url
        self.row("url", f"{shows} ({self.servers.engines.title(engine)})", "url")
        return _Where(engine, self.login(), url=url)

    def login(self) -> Database:
        jdbc = self.jdbc
        lacking = [key for key in ("user", "password") if getattr(jdbc, key) is None]
        if lacking:
            what = f"an existing database needs its {' and '.join(lacking)}"
            fix = "write `user: NAME` and `password: {env: NAME}` or `{file: PATH}`"
            self.notes.problem(what, fix, self.here, of_absence=True)
        elif jdbc.password == "generated":
            what, fix = "an existing database has its password already", "write {env: NAME} or {file: PATH}"
            self.notes.problem(what, fix, (*self.here, "password"), value=True)
        password = GENERATED if jdbc.password is None else source(jdbc.password, self.here, self.notes)
        database = Database("", jdbc.user or "", password, f"db.{self.group}.{jdbc.user or ''}")
        self.row("user", database.user, "user")
        self.row("password", shown(database), "password")
        return database

    def driver(self, engine: EngineName) -> str | None:
        written = self.jdbc.driver
        path = (*self.here, "driver")
        place = written
        if written is None:
            if engine == "other" and self.jdbc.url is not None:
                what = "amqctl knows no driver for this URL"
                fix = "write `driver:` with a jar's path or its Maven coordinate group:artifact:version"
                self.notes.problem(what, fix, self.here, of_absence=True)
        elif not _COORDINATE.fullmatch(written):
            place = absolute(written, self.notes)
            if place is None:
                what = "a relative path, and no file it could be relative to"
                self.notes.problem(what, "write an absolute path", path, value=True)
        self.row("driver", place or written or "the one amqctl knows", "driver")
        return place

    def params(self, where: _Where) -> Mapping[str, Scalar]:
        """Of the URL; an existing database's is left as it was written."""
        written = self.jdbc.params or {}
        own = {} if where.url is not None else self.servers.engines.params(where.engine)
        chosen = {key: value for key, value in own.items() if key not in written}
        self.rows += [Row(f"store.jdbc.params.{k}", text(v), Origin("default")) for k, v in chosen.items()]
        for key, value in written.items():
            self.row(f"params.{key}", text(value), "params", key)
            if key.lower() in ("user", "password"):
                what = f"{key} is no parameter of the URL here"
                self.notes.problem(what, f"write `{key.lower()}` on the store", (*self.here, "params", key))
        return {**chosen, **written}

    # ---- the lock

    def locker(self, engine: EngineName) -> Literal["database", "lease"]:
        engines, written = self.servers.engines, self.jdbc.locker
        unsafe = engines.no_row_lock(engine)
        if written == "database" and unsafe:
            fix = "leave `locker` out, or write `locker: lease`"
            self.notes.problem(f"locker: database is not safe here: {unsafe}", fix, (*self.here, "locker"), value=True)
        by_engine: Literal["database", "lease"] = "lease" if unsafe else "database"
        chosen = written or by_engine
        self.row("locker", f"{chosen} ({_LOCKERS[chosen]})", "locker", origin=Origin("default", engines.title(engine)))
        return chosen

    def row_lock(self) -> tuple[int, int]:
        by = Origin("profile", self.profile.name)
        sleep = self.number("lockAcquireSleepInterval", self.profile.lock_acquire_sleep_interval, by)
        return sleep, self.number("lockKeepAlivePeriod", self.profile.jdbc_keep_alive, by)

    def lease(self) -> tuple[int, int]:
        """A lease is as long as lockAcquireSleepInterval and must be renewed well before its end. ActiveMQ's own
        values are no use: 30 s between renewals of a lease of 10 s (JDBCPersistenceAdapter, AbstractLocker)."""
        jdbc = self.jdbc
        length = self.number("lockAcquireSleepInterval", self.profile.lease, Origin("profile", self.profile.name))
        renewal = self.number("lockKeepAlivePeriod", max(1, length // 3), Origin("default", "a third of the lease"))
        path = (*self.here, "lockKeepAlivePeriod")
        if jdbc.lockKeepAlivePeriod == 0:
            what = "lockKeepAlivePeriod 0 never renews the lease, which then ends under a healthy master"
            self.notes.problem(what, "leave it out: a third of the lease", path, value=True)
        elif 2 * renewal > length:
            where = self.notes.line((*self.here, "lockAcquireSleepInterval")) if jdbc.lockAcquireSleepInterval else ""
            what = (
                f"a renewal every {renewal} ms is not well within the lease, which is lockAcquireSleepInterval,"
                f" {length} ms{where}: one that comes late loses it"
            )
            fix = f"lockKeepAlivePeriod at most {length // 2}, or leave it out"
            self.notes.problem(what, fix, path, value=True)
        return length, renewal

    # ---- the rest

    def pool(self) -> Literal["dbcp1", "dbcp2"]:
        chosen = self.jdbc.pool or "dbcp2"
        self.row("pool", chosen, "pool")
        self.row("tablePrefix", self.jdbc.tablePrefix or "none", "tablePrefix")
        return chosen

    def attributes(self) -> Mapping[str, str]:
        written = self.jdbc.set or {}
        attributes = {"createTablesOnStartup": "true"} if "createTablesOnStartup" not in written else {}
        self.rows += [Row(f"store.jdbc.set.{k}", v, Origin("default")) for k, v in attributes.items()]
        for key, value in written.items():
            if key in RESERVED:
                what = f"{key} cannot be set here: {RESERVED[key]}"
                self.notes.problem(what, f"remove {key}", (*self.here, "set", key))
                continue
            attributes[key] = text(value)
            self.row(f"set.{key}", attributes[key], "set", key)
        return attributes

    def number(self, key: str, otherwise: int, origin: Origin) -> int:
        written = cast("int | None", getattr(self.jdbc, key))
        value = otherwise if written is None else written
        self.row(key, f"{value} ms", key, origin=origin)
        return value

    def row(self, key: str, value: str, *steps: str, origin: Origin | None = None) -> None:
        """steps: where it would be written, below `jdbc`. origin: if it is not."""
        if steps[0] in self.jdbc.model_fields_set:
            origin = self.notes.origin((*self.here, *steps))
        self.rows.append(Row(f"store.jdbc.{key}", value, origin or Origin("default")))


def settle_jdbc(
    group: str, members: int, jdbc: Jdbc, path: Path, profile: Profile, servers: Servers, notes: Notes
) -> tuple[JdbcStore, list[Row]]:
    """path: of the group."""
    desk = _Desk(group, members, jdbc, path, profile, servers, notes)
    return desk.settle(), desk.rows
