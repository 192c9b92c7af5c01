"""A group's store in a database, with every value filled in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from amqctl.topology import freely
from amqctl.topology.datasource import DataSourceDesk
from amqctl.topology.model.store import Jdbc
from amqctl.topology.owner import Owner
from amqctl.topology.settled import Origin, Row
from amqctl.topology.settledstores import EngineName, JdbcStore
from amqctl.topology.times import Times
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
_LOCKERS: Mapping[str, str] = {"database": "database-locker", "lease": "lease-database-locker"}


class _Desk:
    """Settles one group's."""

    def __init__(self, owner: Owner, jdbc: Jdbc) -> None:
        around = owner.around
        self.jdbc, self.profile, self.servers, self.notes = jdbc, around.profile, around.servers, around.notes
        self.here: Path = (*owner.path, "store", "jdbc")
        self.rows = [Row("store", "jdbc", self.notes.origin((*owner.path, "store")))]
        self.sources = DataSourceDesk(owner, jdbc, self.here, self.rows)
        self.times = Times(jdbc, self.here, self.profile, self.notes, self.rows)

    def settle(self) -> JdbcStore:
        source = self.sources.settle()
        locker = self.locker(source.engine)
        sleep, alive = self.times.lease() if locker == "lease" else self.times.lock(self.profile.jdbc_keep_alive)
        return JdbcStore(
            kind="jdbc",
            companion=source.companion,
            engine=source.engine,
            url=source.url,
            database=source.database,
            driver=source.driver,
            locker=locker,
            lock_acquire_sleep_interval=sleep,
            lock_keep_alive_period=alive,
            pool=source.pool,
            table_prefix=source.table_prefix,
            params=source.params,
            attributes=self.attributes(),
        )

    def locker(self, engine: EngineName) -> Literal["database", "lease"]:
        engines, written = self.servers.engines, self.jdbc.locker
        unsafe = engines.no_row_lock(engine)
        if written == "database" and unsafe:
            fix = "leave `locker` out, or write `locker: lease`"
            self.notes.problem(f"locker: database is not safe here: {unsafe}", fix, (*self.here, "locker"), value=True)
        by_engine: Literal["database", "lease"] = "lease" if unsafe else "database"
        chosen = written or by_engine
        by = Origin("default", engines.title(engine)) if written is None else self.notes.origin((*self.here, "locker"))
        self.rows.append(Row("store.jdbc.locker", f"{chosen} ({_LOCKERS[chosen]})", by))
        return chosen

    def attributes(self) -> Mapping[str, str]:
        written = self.jdbc.set or {}
        attributes = {"createTablesOnStartup": "true"} if "createTablesOnStartup" not in written else {}
        self.rows += [Row(f"store.jdbc.set.{k}", v, Origin("default")) for k, v in attributes.items()]
        here = (*self.here, "set")
        return attributes | freely.attributes(written, RESERVED, "store.jdbc.set", here, self.notes, self.rows)


def settle_jdbc(owner: Owner, jdbc: Jdbc) -> tuple[JdbcStore, list[Row]]:
    desk = _Desk(owner, jdbc)
    return desk.settle(), desk.rows
