"""A group's store with every value filled in."""

from __future__ import annotations

from collections.abc import Mapping

from amqctl.topology.companions import Servers
from amqctl.topology.jdbc import settle_jdbc
from amqctl.topology.model import Group
from amqctl.topology.model.store import KahaDB
from amqctl.topology.notes import Notes, text
from amqctl.topology.profiles import Profile
from amqctl.topology.settled import JdbcStore, KahaDBStore, Origin, Row, Store
from amqctl.topology.users import absolute
from amqctl.topology.yamltext import Path

# attributes of <kahaDB> that are said elsewhere, and where
RESERVED = {
    "directory": "write `path:` on the store",
    "lockKeepAlivePeriod": "write it on the store itself",
    "lockAcquireSleepInterval": "write it on the store itself",
    "useLock": "without the lock two masters write into one store",
}


def settle_store(
    name: str, group: Group, path: Path, profile: Profile, servers: Servers, notes: Notes
) -> tuple[Store, list[Row]]:
    """path: of the group. A store of a kind that is not yet built settles as the default (it was refused by name)."""
    if group.store is not None and group.store.jdbc is not None:
        members = group.brokers if isinstance(group.brokers, int) else len(group.brokers)
        return settle_jdbc(name, members, group.store.jdbc, path, profile, servers, notes)
    return _settle_kahadb(group, path, profile, notes)


def _settle_kahadb(group: Group, path: Path, profile: Profile, notes: Notes) -> tuple[KahaDBStore, list[Row]]:
    here: Path = (*path, "store", "kahadb")
    if group.store is None or group.store.kahadb is None:
        rows = [Row("store", "kahadb", Origin("default"))]
        kahadb = KahaDB()
    else:
        rows = [Row("store", "kahadb", notes.origin((*path, "store")))]
        kahadb = group.store.kahadb
    sleep = _number(kahadb, "lockAcquireSleepInterval", profile.lock_acquire_sleep_interval, here, profile, notes, rows)
    alive = _number(kahadb, "lockKeepAlivePeriod", profile.lock_keep_alive_period, here, profile, notes, rows)
    written = kahadb.set or {}
    attributes = {k: v for k, v in profile.kahadb.items() if k not in written}
    rows += [Row(f"store.kahadb.set.{k}", v, Origin("profile", profile.name)) for k, v in attributes.items()]
    for key, value in written.items():
        if key in RESERVED:
            notes.problem(f"{key} cannot be set here: {RESERVED[key]}", f"remove {key}", (*here, "set", key))
            continue
        attributes[key] = text(value)
        rows.append(Row(f"store.kahadb.set.{key}", attributes[key], notes.origin((*here, "set", key))))
    place = _directory(kahadb, here, notes, rows)
    return KahaDBStore("kahadb", place, sleep, alive, attributes, _volume_options(kahadb, here, notes, rows)), rows


def _number(
    kahadb: KahaDB, key: str, by_profile: int, path: Path, profile: Profile, notes: Notes, rows: list[Row]
) -> int:
    written: int | None = getattr(kahadb, key)
    value = by_profile if written is None else written
    origin = Origin("profile", profile.name) if written is None else notes.origin((*path, key))
    rows.append(Row(f"store.kahadb.{key}", f"{value} ms", origin))
    return value


def _directory(kahadb: KahaDB, path: Path, notes: Notes, rows: list[Row]) -> str | None:
    if kahadb.path is None:
        rows.append(Row("store.kahadb.path", "one that amqctl keeps for the group", Origin("default")))
        return None
    place = absolute(kahadb.path, notes)
    if place is None:
        what = "a relative path, and no file it could be relative to"
        notes.problem(what, "write an absolute path", (*path, "path"), value=True)
    rows.append(Row("store.kahadb.path", place or kahadb.path, notes.origin((*path, "path"))))
    return place or kahadb.path


def _volume_options(kahadb: KahaDB, path: Path, notes: Notes, rows: list[Row]) -> Mapping[str, str]:
    options = kahadb.volume_options or {}
    here = (*path, "volume_options")
    if options and kahadb.path is not None:
        what = f"volume_options and path{notes.line((*path, 'path'))} name two places for one store"
        notes.problem(what, "keep one: a directory of the engine's host, or a volume of the engine", here)
    rows += [Row(f"store.kahadb.volume_options.{k}", v, notes.origin((*here, k))) for k, v in options.items()]
    return dict(options)


def check_apart(stores: list[tuple[str, Store, Path]], notes: Notes) -> None:
    """Two groups on one store would be one group that does not know of it. stores: (group, store, group's path)."""
    seen: dict[tuple[str, ...], tuple[str, Path]] = {}
    for name, store, path in stores:
        here = (*path, "store", *(("jdbc",) if isinstance(store, JdbcStore) else ("kahadb", "path")))
        key = _identity(store)
        if key in seen:
            other, where = seen[key]
            if isinstance(store, JdbcStore):
                what = f"{name} and {other}{notes.line(where)} keep their tables in one database, {_database(store)}"
                fix = "give each group a `database`, or a `tablePrefix`, of its own"
            else:
                what = f"{name} and {other}{notes.line(where)} keep their stores in one directory, {store.path}"
                fix = "give each group a directory of its own"
            notes.problem(what, fix, here, value=not isinstance(store, JdbcStore))
        elif key:
            seen[key] = (name, here)


def _identity(store: Store) -> tuple[str, ...]:
    """What no two groups may have alike; nothing for a store of which there is one a group."""
    if not isinstance(store, JdbcStore):
        return (store.path,) if store.path is not None else ()
    prefix = (store.table_prefix or "").lower()
    if store.companion is not None:
        return (store.companion, store.database.name.lower(), prefix)
    # Oracle and Derby keep the tables of each user apart (a schema a user)
    user = store.database.user if store.engine in ("oracle", "derby") else ""
    return (store.url or "", user.lower(), prefix)


def _database(store: JdbcStore) -> str:
    what = f"{store.database.name} of {store.companion}" if store.companion else store.url or ""
    return f"{what}, with the prefix {store.table_prefix}" if store.table_prefix else what
