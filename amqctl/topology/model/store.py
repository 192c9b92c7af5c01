"""`store:` of a group."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from amqctl.topology.model.scalars import (
    Attributes,
    Empty,
    Shape,
)
from amqctl.topology.model.security import Secret


class KahaDB(Shape):
    path: str | None = Field(default=None, description="Directory of the store; not written: one that amqctl keeps.")
    volume_options: dict[str, str] | None = Field(
        default=None, description="Options of Docker's volume driver, e.g. type, o and device; not together with path."
    )
    seed: str | None = Field(default=None, description="A copy of a store to start from.")
    lockAcquireSleepInterval: int | None = Field(
        default=None, ge=1, le=86_400_000, description="Milliseconds between tries for the lock."
    )
    lockKeepAlivePeriod: int | None = Field(
        default=None, ge=0, le=86_400_000, description="Milliseconds between checks that the lock is held."
    )
    set: Attributes | None = Field(default=None, description="Attributes of <kahaDB>.")


class Jdbc(Shape):
    server: str | None = Field(default=None, description="Key of a companion that amqctl starts.")
    database: str | None = None
    url: str | None = Field(default=None, description="JDBC URL of an existing database instead.")
    user: str | None = None
    password: Secret | None = None
    driver: str | None = None
    locker: Literal["database", "lease"] | None = None
    lockAcquireSleepInterval: int | None = Field(default=None, ge=1)
    lockKeepAlivePeriod: int | None = Field(default=None, ge=0)
    pool: Literal["dbcp1", "dbcp2"] | None = None
    tablePrefix: str | None = None
    params: Attributes | None = None
    set: Attributes | None = None

    @model_validator(mode="after")
    def _one_database(self) -> Jdbc:
        if (self.server is None) == (self.url is None):
            raise ValueError("jdbc needs `server` (a companion) or `url` (an existing database), one of them")
        return self


class LevelDB(Shape):
    replicas: int | None = Field(default=None, ge=1)
    bind: str | None = None
    server: str | None = Field(default=None, description="Key of a ZooKeeper companion.")
    zkAddress: str | None = None
    zkPath: str | None = None
    zkPassword: Secret | None = None
    zkSessionTimeout: str | None = None
    sync: str | None = None
    weight: int | None = None
    directory: str | None = None


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
