"""A group's KahaDB with every value filled in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from amqctl.topology import freely
from amqctl.topology.datasource import DataSourceDesk
from amqctl.topology.model.store import Filtered, KahaDB
from amqctl.topology.notes import CapsLike, Notes
from amqctl.topology.owner import Owner
from amqctl.topology.settled import Origin, Row, SettledBroker
from amqctl.topology.settledstores import DataSource, FilteredKahaDB, KahaDBStore, Store
from amqctl.topology.times import Times
from amqctl.topology.users import absolute
from amqctl.topology.yamltext import Path

# attributes of <kahaDB> that are said elsewhere, and where
RESERVED = {
    "directory": "write `path:` on the store",
    "lockKeepAlivePeriod": "write it on the store itself",
    "lockAcquireSleepInterval": "write it on the store itself",
    "locker": "write `locker:` on the store itself",
    "useLock": "without the lock two masters write into one store",
}


class _Desk:
    """Settles one group's. kahadb None: none is written."""

    def __init__(self, owner: Owner, kahadb: KahaDB | None) -> None:
        self.owner, self.profile, self.notes = owner, owner.around.profile, owner.around.notes
        self.kahadb = kahadb or KahaDB()
        self.here: Path = (*owner.path, "store", "kahadb")
        origin = Origin("default") if kahadb is None else self.notes.origin((*owner.path, "store"))
        self.rows = [Row("store", "kahadb", origin)]

    def settle(self) -> KahaDBStore:
        times = Times(self.kahadb, self.here, self.profile, self.notes, self.rows)
        lease = self.lease()
        sleep, alive = times.lock(self.profile.lock_keep_alive_period) if lease is None else times.lease()
        return KahaDBStore(
            kind="kahadb",
            path=self.directory(),
            lock_acquire_sleep_interval=sleep,
            lock_keep_alive_period=alive,
            attributes=self.attributes(),
            volume_options=self.volume_options(),
            seed=self.seed(),
            multi=self.multi(),
            lease=lease,
        )

    def lease(self) -> DataSource | None:
        if self.kahadb.locker is None:
            self.rows.append(Row("store.kahadb.locker", "file (shared-file-locker)", Origin("default")))
            return None
        here = (*self.here, "locker", "lease")
        self.rows.append(Row("store.kahadb.locker", "lease (lease-database-locker)", self.notes.origin(here)))
        return DataSourceDesk(self.owner, self.kahadb.locker.lease, here, self.rows).settle()

    def attributes(self) -> Mapping[str, str]:
        written = self.kahadb.set or {}
        by = Origin("profile", self.profile.name)
        attributes = {k: v for k, v in self.profile.kahadb.items() if k not in written}
        self.rows += [Row(f"store.kahadb.set.{k}", v, by) for k, v in attributes.items()]
        return attributes | self._attributes(written, "store.kahadb.set", (*self.here, "set"))

    def multi(self) -> tuple[FilteredKahaDB, ...]:
        """What no entry matches would be refused to its sender ("No matching persistence adapter configured"):
        where none is for the rest, one is added."""
        if self.kahadb.multi is None:
            return ()
        seen: dict[tuple[str | None, str | None], Path] = {}
        found = []
        for index, entry in enumerate(self.kahadb.multi):
            here = (*self.here, "multi", index)
            one = self._filtered(entry, index, here)
            if (one.kind, one.pattern) in seen:
                other = self.notes.line(seen[one.kind, one.pattern])
                what = f"a second store for {_shown(one)}{other}: both would have one directory"
                self.notes.problem(what, "keep one", here)
            seen.setdefault((one.kind, one.pattern), here)
            found.append(one)
        if not {(None, None)} <= set(seen) and not {("queue", ">"), ("topic", ">")} <= set(seen):
            self.rows.append(Row(f"store.kahadb.multi.{len(found)}", "the rest", Origin("default")))
            found.append(FilteredKahaDB(None, None, False, {}))
        return tuple(found)

    def _filtered(self, entry: Filtered, index: int, here: Path) -> FilteredKahaDB:
        both = entry.queue is not None and entry.topic is not None
        if both:
            fix = "write an entry for each"
            self.notes.problem("a store for a queue and a topic: ActiveMQ knows one or the other", fix, here)
        each = bool(entry.perDestination)
        if each and (entry.queue is not None or entry.topic is not None):
            # MultiKahaDBPersistenceAdapter.getMatchingPersistenceAdapter looks at perDestination for the rest only
            what = "perDestination is for the rest; ActiveMQ does not make stores one by one for a pattern"
            self.notes.problem(what, "remove `queue` and `topic`, or `perDestination`", (*here, "perDestination"))
        kind, pattern = ("queue", entry.queue) if entry.queue is not None else ("topic", entry.topic)
        key = f"store.kahadb.multi.{index}"
        attributes = self._attributes(entry.set or {}, f"{key}.set", (*here, "set"))
        one = FilteredKahaDB("queue" if kind == "queue" else "topic" if pattern else None, pattern, each, attributes)
        self.rows.append(Row(key, _shown(one), self.notes.origin(here)))
        return one

    def _attributes(self, written: Mapping[str, object], key: str, here: Path) -> dict[str, str]:
        return freely.attributes(written, RESERVED, key, here, self.notes, self.rows)

    def directory(self) -> str | None:
        if self.kahadb.path is None:
            self.rows.append(Row("store.kahadb.path", "one that amqctl keeps for the group", Origin("default")))
            return None
        return self._place("path", self.kahadb.path)

    def seed(self) -> str | None:
        if self.kahadb.seed is None:
            return None
        place = self._place("seed", self.kahadb.seed)
        if self.kahadb.path is not None and place == absolute(self.kahadb.path, self.notes):
            what, fix = "the seed is the store's own directory", "name a copy, or remove `seed`"
            self.notes.problem(what, fix, (*self.here, "seed"), value=True)
        return place

    def _place(self, key: str, written: str) -> str:
        here = (*self.here, key)
        place = absolute(written, self.notes)
        if place is None:
            what = "a relative path, and no file it could be relative to"
            self.notes.problem(what, "write an absolute path", here, value=True)
        self.rows.append(Row(f"store.kahadb.{key}", place or written, self.notes.origin(here)))
        return place or written

    def volume_options(self) -> Mapping[str, str]:
        options = self.kahadb.volume_options or {}
        here = (*self.here, "volume_options")
        if options and self.kahadb.path is not None:
            what = f"volume_options and path{self.notes.line((*self.here, 'path'))} name two places for one store"
            self.notes.problem(what, "keep one: a directory of the engine's host, or a volume of the engine", here)
        self.rows += [
            Row(f"store.kahadb.volume_options.{k}", v, self.notes.origin((*here, k))) for k, v in options.items()
        ]
        return dict(options)


def settle_kahadb(owner: Owner, kahadb: KahaDB | None) -> tuple[KahaDBStore, list[Row]]:
    """kahadb None: none is written."""
    desk = _Desk(owner, kahadb)
    return desk.settle(), desk.rows


def check_versions(
    store: Store, members: Iterable[SettledBroker], caps: Callable[[str], CapsLike | None], path: Path, notes: Notes
) -> None:
    """Whether the brokers that are to have the store can. path: of the group."""
    each = any(one.per_destination for one in store.multi)
    if not each or all(one.per_destination for one in store.multi):
        return
    for version in dict.fromkeys(m.version for m in members):
        facts = caps(version)
        if facts is not None and not facts.mkahadb_mixes:
            what = f"ActiveMQ {version} does not start again on perDestination beside other patterns"
            fix = "remove one of the two, or use 5.18.5, 6.1.3 or later"
            notes.problem(what, fix, (*path, "store", "kahadb", "multi"))
            return


def _shown(one: FilteredKahaDB) -> str:
    rest = "each of the rest" if one.per_destination else "the rest"
    return rest if one.pattern is None else f"{one.kind} {one.pattern}"
