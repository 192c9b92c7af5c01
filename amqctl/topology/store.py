"""A group's store with every value filled in."""

from __future__ import annotations

from amqctl.topology.jdbc import settle_jdbc
from amqctl.topology.kahadb import settle_kahadb
from amqctl.topology.leveldb import settle_leveldb
from amqctl.topology.leveldbstore import LevelDBStore
from amqctl.topology.model.store import Store as Written
from amqctl.topology.notes import Notes
from amqctl.topology.owner import Owner
from amqctl.topology.settled import Row
from amqctl.topology.settledstores import DataSource, JdbcStore, Store
from amqctl.topology.yamltext import Path


def settle_store(owner: Owner, store: Written | None) -> tuple[Store, list[Row]]:
    """store: as it is written, None where nothing is."""
    if store is not None and store.leveldb is not None:
        return settle_leveldb(owner, store.leveldb)
    if store is not None and store.jdbc is not None:
        return settle_jdbc(owner, store.jdbc)
    return settle_kahadb(owner, store.kahadb if store is not None else None)


def check_apart(stores: list[tuple[str, Store, Path]], notes: Notes) -> None:
    """Two groups on one store, or one lock, would be one group that does not know of it.

    stores: (group, store, group's path).
    """
    directories: dict[str, tuple[str, Path]] = {}
    databases: dict[tuple[str, ...], tuple[str, Path]] = {}
    for name, store, path in stores:
        if store.path is not None:
            here: Path = (*path, "store", store.kind, "path")
            other, where = directories.setdefault(store.path, (name, here))
            if where != here:
                what = f"{name} and {other}{notes.line(where)} keep their stores in one directory, {store.path}"
                notes.problem(what, "give each group a directory of its own", here, value=True)
        if isinstance(store, LevelDBStore):
            continue
        if store.source is not None:
            jdbc = isinstance(store, JdbcStore)
            here = (*path, "store", *(("jdbc",) if jdbc else ("kahadb", "locker", "lease")))
            other, where = databases.setdefault(_identity(store.source), (name, here))
            if where != here:
                tables = "their tables" if jdbc else "the tables of their locks"
                what = f"{name} and {other}{notes.line(where)} keep {tables} in one database, {_database(store.source)}"
                notes.problem(what, "give each group a `database`, or a `tablePrefix`, of its own", here)


def _identity(source: DataSource) -> tuple[str, ...]:
    """What no two groups may have alike."""
    prefix = (source.table_prefix or "").lower()
    if source.companion is not None:
        return (source.companion, source.database.name.lower(), prefix)
    # Oracle and Derby keep the tables of each user apart (a schema a user)
    user = source.database.user if source.engine in ("oracle", "derby") else ""
    return (source.url or "", user.lower(), prefix)


def _database(source: DataSource) -> str:
    what = f"{source.database.name} of {source.companion}" if source.companion else source.url or ""
    return f"{what}, with the prefix {source.table_prefix}" if source.table_prefix else what
