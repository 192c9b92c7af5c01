"""Stores with nothing left open, and the databases that some of them are in; LevelDB's is `leveldbstore`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from amqctl.topology.leveldbstore import LevelDBStore
from amqctl.topology.protection import PasswordSource

EngineName = Literal["mysql", "mariadb", "postgres", "derby", "oracle", "other"]
Scalar = str | bool | int | float


@dataclass(frozen=True, slots=True)
class Database:
    """A database and one user of it. name: empty where a URL says it. secret: key of the user's password."""

    name: str
    user: str
    password: PasswordSource
    secret: str


@dataclass(frozen=True, slots=True)
class DataSource:
    """How brokers reach a database. companion or url: where it is. driver: an absolute path or a Maven
    coordinate, None for the one amqctl knows. params: of the URL."""

    companion: str | None
    engine: EngineName
    url: str | None
    database: Database
    driver: str | None
    pool: Literal["dbcp1", "dbcp2"]
    table_prefix: str | None
    params: Mapping[str, Scalar]


@dataclass(frozen=True, slots=True)
class FilteredKahaDB:
    """A store of its own inside an <mKahaDB>. pattern None: for what no other matches; per_destination: one each."""

    kind: Literal["queue", "topic"] | None
    pattern: str | None
    per_destination: bool
    attributes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class KahaDBStore:
    """kind "kahadb": one directory for all members, and a file lock, or a lease in a database, for one master.

    lock_acquire_sleep_interval: with a lease, its length too. seed: the directory whose copy an empty store
    begins with. multi: not empty for an <mKahaDB>, whose stores have `attributes` and their own.
    """

    kind: Literal["kahadb"]
    path: str | None  # None: a directory that the runtime keeps
    lock_acquire_sleep_interval: int  # milliseconds
    lock_keep_alive_period: int  # milliseconds
    attributes: Mapping[str, str]
    volume_options: Mapping[str, str] = field(default_factory=dict)  # of Docker's volume driver; never with a path
    seed: str | None = None
    multi: tuple[FilteredKahaDB, ...] = ()
    lease: DataSource | None = None

    @property
    def source(self) -> DataSource | None:
        """The database that it cannot be without."""
        return self.lease


@dataclass(frozen=True, slots=True)
class JdbcStore(DataSource):
    """kind "jdbc": tables in a database, and a row of them, or a lease in it, for one master.

    lock_acquire_sleep_interval: with `lease`, the lease's length too. attributes: of <jdbcPersistenceAdapter>.
    """

    kind: Literal["jdbc"]
    locker: Literal["database", "lease"]
    lock_acquire_sleep_interval: int  # milliseconds
    lock_keep_alive_period: int  # milliseconds
    attributes: Mapping[str, str]

    @property
    def source(self) -> DataSource:
        return self

    @property
    def path(self) -> None:
        """A directory of its own it has none."""
        return None

    @property
    def volume_options(self) -> Mapping[str, str]:
        return {}

    @property
    def seed(self) -> None:
        return None

    @property
    def multi(self) -> tuple[FilteredKahaDB, ...]:
        return ()


Store = KahaDBStore | JdbcStore | LevelDBStore
