"""`store:` of a group."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, model_validator

from amqctl.topology.model.scalars import (
    BIND,
    SQL_NAME,
    TIMESPAN,
    ZNODE,
    Attributes,
    Empty,
    EmptyList,
    NodeName,
    Shape,
)
from amqctl.topology.model.security import Secret


class DataSource(Shape):
    """A database: one that a companion has, or one that is there already."""

    server: str | None = Field(default=None, description="Key of a companion that amqctl starts.")
    database: Annotated[str, StringConstraints(pattern=SQL_NAME, max_length=63)] | None = Field(
        default=None, description="On `server`: made if it is not there; not written: the group's name."
    )
    url: str | None = Field(default=None, description="JDBC URL of an existing database instead; no password in it.")
    user: Annotated[str, StringConstraints(min_length=1, max_length=128)] | None = None
    password: Secret | None = Field(default=None, description="With `url`: {env: NAME} or {file: PATH}.")
    driver: Annotated[str, StringConstraints(min_length=1)] | None = Field(
        default=None, description="A jar's path, or its Maven coordinate group:artifact:version."
    )
    pool: Literal["dbcp1", "dbcp2"] | None = Field(default=None, description="Connection pool; dbcp2 unless written.")
    tablePrefix: Annotated[str, StringConstraints(pattern=SQL_NAME, max_length=30)] | None = Field(
        default=None, description="In front of every table's name, so that groups can share a database."
    )
    params: Attributes | None = Field(default=None, description="Parameters of the JDBC URL.")

    @model_validator(mode="after")
    def _one_database(self) -> DataSource:
        if (self.server is None) == (self.url is None):
            raise ValueError("it needs `server` (a companion) or `url` (an existing database), one of them")
        return self


class Locker(Shape):
    lease: DataSource = Field(description="A lease in a database, in place of the lock file.")


class Filtered(Shape):
    """A store of its own for some destinations. Neither queue nor topic: for the rest."""

    queue: Annotated[str, StringConstraints(min_length=1)] | None = Field(
        default=None, description="Queues by pattern, e.g. orders.>"
    )
    topic: Annotated[str, StringConstraints(min_length=1)] | None = Field(default=None, description="As `queue`.")
    perDestination: bool | None = Field(default=None, description="One for each destination of the rest.")
    set: Attributes | None = Field(default=None, description="Attributes of its <kahaDB>.")


class KahaDB(Shape):
    path: str | None = Field(default=None, description="Directory of the store; not written: one that amqctl keeps.")
    volume_options: dict[str, str] | None = Field(
        default=None, description="Options of Docker's volume driver, e.g. type, o and device; not together with path."
    )
    seed: str | None = Field(default=None, description="Directory of a KahaDB whose copy an empty store begins with.")
    multi: Annotated[list[Filtered] | None, EmptyList] = Field(
        default=None, description="<mKahaDB>: several stores, each for some destinations."
    )
    locker: Locker | None = Field(default=None, description="Not written: a lock file in the directory.")
    lockAcquireSleepInterval: int | None = Field(
        default=None, ge=1, le=86_400_000, description="Milliseconds between tries for the lock; the length of a lease."
    )
    lockKeepAlivePeriod: int | None = Field(
        default=None, ge=0, le=86_400_000, description="Milliseconds between checks of the lock, or renewals of it."
    )
    set: Attributes | None = Field(default=None, description="Attributes of <kahaDB>; with `multi`, of each.")


class Jdbc(DataSource):
    locker: Literal["database", "lease"] | None = Field(
        default=None, description="database: a row lock that the master holds; lease: a time that it renews."
    )
    lockAcquireSleepInterval: int | None = Field(
        default=None, ge=1, le=86_400_000, description="Milliseconds between tries for the lock; the length of a lease."
    )
    lockKeepAlivePeriod: int | None = Field(
        default=None, ge=0, le=86_400_000, description="Milliseconds between checks of the lock, or renewals of it."
    )
    set: Attributes | None = Field(default=None, description="Attributes of <jdbcPersistenceAdapter>.")


class LevelDB(Shape):
    """Replicated, or one directory for all members: which keys belong to which is `settle`'s to say, with the line."""

    path: str | None = Field(default=None, description="Not replicated: directory of the store, as of kahadb.")
    volume_options: dict[str, str] | None = Field(default=None, description="Not replicated: as of kahadb.")
    zookeeper: str | None = Field(default=None, description="Key of a ZooKeeper companion that amqctl starts.")
    zkAddress: str | None = Field(
        default=None, description="HOST:PORT, or several with commas, of a ZooKeeper that is there already."
    )
    zkPath: Annotated[str, StringConstraints(pattern=ZNODE, max_length=200)] | None = Field(
        default=None, description="Where in ZooKeeper the members meet; not written: /activemq/CLUSTER."
    )
    zkPassword: Secret | None = Field(
        default=None, description="Password of what they keep there; not written: none, anybody may read and change it."
    )
    zkSessionTimeout: Annotated[str, StringConstraints(pattern=TIMESPAN)] | None = Field(
        default=None, description="How long ZooKeeper waits for a silent member, e.g. 2s or 1500ms."
    )
    replicas: int | None = Field(
        default=None, ge=1, le=99, description="Members that keep the messages; not written: the group's brokers."
    )
    bind: Annotated[str, StringConstraints(pattern=BIND)] | None = Field(
        default=None,
        description="tcp://0.0.0.0:PORT that the first broker listens on as master; each further one has the next"
        " port. Port 0: any free one.",
    )
    sync: str | None = Field(
        default=None, description="When a store is done: quorum_mem unless written; several with commas."
    )
    weight: Annotated[int, Field(ge=0)] | dict[NodeName, Annotated[int, Field(ge=0)]] | None = Field(
        default=None, description="Among equally new members the heaviest becomes master: a number, or one a broker."
    )
    hostname: str | None = Field(default=None, description="Refused with the reason: amqctl knows it.")
    lockAcquireSleepInterval: int | None = Field(
        default=None, ge=1, le=86_400_000, description="Not replicated: milliseconds between tries for the lock."
    )
    lockKeepAlivePeriod: int | None = Field(
        default=None, ge=0, le=86_400_000, description="Not replicated: milliseconds between checks of the lock."
    )
    set: Attributes | None = Field(default=None, description="Further attributes of the element.")


class Store(Shape):
    kahadb: Annotated[KahaDB | None, Empty] = None
    jdbc: Jdbc | None = None
    leveldb: Annotated[LevelDB | None, Empty] = None

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return {value: {}} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _one_kind(self) -> Store:
        # `kahadb:` alone arrives as None-turned-map only when the key is there
        given = [name for name in self.model_fields_set if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(
                f"a store is exactly one of kahadb, jdbc, leveldb; got {', '.join(sorted(given)) or 'none'}"
            )
        return self
