"""`conf: DIR` in settling: a broker whose files are somebody's own, and what may then not be written beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import cast

from amqctl.errors import BadTopology
from amqctl.topology.leveldbstore import LevelDBStore
from amqctl.topology.merge import Traced
from amqctl.topology.model import Group, Topology
from amqctl.topology.model.security import FromEnv, FromFile
from amqctl.topology.notes import Notes
from amqctl.topology.own import OwnConf
from amqctl.topology.settled import ConnectorKind, Origin, Row, SettledBroker, UsageLimits
from amqctl.topology.settledstores import JdbcStore, KahaDBStore, Store
from amqctl.topology.users import ADMIN, absolute
from amqctl.topology.yamltext import Path

Confs = Callable[[str], OwnConf]  # of a directory; raises BadTopology with all that is wrong in it

# what the files say; a second word on it would be ignored, or need the files written anew
EXCLUDED = ("broker", "policies", "patch", "usage", "connectors")
# what may still be written of a store: where it is
_PLACES = {
    "kahadb": {"path", "volume_options", "seed"},
    "jdbc": {"server", "database", "url", "user", "password", "driver", "params"},
}
_ASKED = ("openwire", "stomp", "amqp", "mqtt")  # protocols whose handshake tells a master


class Own:
    """Settles `conf` of one broker after another. confs None: for a caller that reads no files."""

    def __init__(self, confs: Confs | None, notes: Notes) -> None:
        self._confs = confs
        self._notes = notes
        self._told: set[str] = set()

    def of(self, keys: Traced, group: str, path: Path) -> OwnConf | None:
        """path: of the broker. None where no `conf` is written, or it cannot be used."""
        written = keys.get("conf")
        if written is None:
            return None
        for key in EXCLUDED:
            if other := keys.get(key):
                what = f"{key} is not read beside conf{self._notes.line(written.path)}: those files say it"
                self._once(what, f"change the files, or remove `{key}`", other.path)
        directory = absolute(str(written.value), self._notes)
        if directory is None or self._confs is None:
            what = "a relative path, and no file it could be relative to"
            self._once(what, "write an absolute path", written.path)
            return None
        try:
            found = self._confs(directory)
        except BadTopology as exc:
            if directory not in self._told:
                self._notes.problems += exc.problems
            self._told.add(directory)
            return None
        self._check(found, group, written.path)
        return found

    def _check(self, own: OwnConf, group: str, path: Path) -> None:
        if own.broker_name not in (None, group):
            what = f"its activemq.xml has brokerName {own.broker_name}, and this is the group {group}"
            self._once(what, f"a group's key is its brokerName: call the group {own.broker_name}", path)
        if not any(t.kind in _ASKED for t in own.transports):
            what = f"the activemq.xml in {own.directory} has no transport connector that amqctl can ask"
            self._once(what, f"add one of {', '.join(_ASKED)} without TLS, on 127.0.0.1 if need be", path)

    def _once(self, what: str, fix: str, path: Path) -> None:
        """One directory of a group is each member's."""
        if what not in self._told:
            self._notes.problem(what, fix, path)
        self._told.add(what)

    def store(
        self, store: Store, rows: list[Row], members: Sequence[SettledBroker], group: Group, path: Path
    ) -> tuple[Store, list[Row]]:
        """As its files have it: lock times and attributes are theirs. path: of the group."""
        owns = [member.own for member in members if member.own]
        if not owns or isinstance(store, LevelDBStore):  # of which check_leveldb says that it is not read
            return store, rows
        notes, own = self._notes, owns[0]
        if len(owns) < len(members):
            rest = ", ".join(m.name for m in members if not m.own)
            notes.problem(f"{rest} has no conf, and other members have", "write it on the group, for all of them", path)
        self._check_kind(own, store, len(members), path)
        self._check_keys(group, path)
        here = f"{own.directory}/activemq.xml"
        kept = [r for r in rows if r.key in ("store", *(f"store.{store.kind}.{k}" for k in _PLACES[store.kind]))]
        values = {
            "lockAcquireSleepInterval": f"{own.acquire_sleep} ms",
            "lockKeepAlivePeriod": f"{own.keep_alive} ms",
        }
        kept += [Row(f"store.{store.kind}.{k}", v, Origin("file", here)) for k, v in values.items()]
        return _as_written(store, own), kept

    def _check_kind(self, own: OwnConf, store: Store, members: int, path: Path) -> None:
        here = (*path, "store")
        if own.store == "jdbc" and not isinstance(store, JdbcStore):
            what = f"the activemq.xml in {own.directory} keeps messages in a database"
            fix = "say which: `store: {jdbc: {server: COMPANION}}`, or {url, user, password}"
            self._notes.problem(what, fix, here, of_absence=True)
        elif own.store != "jdbc" and isinstance(store, JdbcStore):
            what = f"the activemq.xml in {own.directory} keeps no messages in a database"
            self._notes.problem(what, "remove `store`, or change the file", here)
        elif own.store in ("memory", "other") and members > 1:
            kinds = {"memory": "keeps nothing", "other": "has a store that amqctl cannot put in one place for all"}
            what = f"the activemq.xml in {own.directory} {kinds[own.store]}: each member would be a master"
            self._notes.problem(what, "one broker to a group, or a kahaDB or jdbc store", path)

    def _check_keys(self, group: Group, path: Path) -> None:
        for kind, allowed in _PLACES.items():
            section = getattr(group.store, kind, None) if group.store else None
            for key in sorted(section.model_fields_set - allowed) if section else ():
                what = f"{key} is not read beside conf: its activemq.xml says it"
                self._notes.problem(what, f"remove `{key}`", (*path, "store", kind, key))


def kinds(own: OwnConf) -> Mapping[ConnectorKind, Mapping[str, str]]:
    """Options by kind, as of written connectors; the first of each kind has that kind's port."""
    return {cast(ConnectorKind, t.kind): {} for t in own.transports if t.kind}


def ports(own: OwnConf, given: Mapping[str, int], other: Callable[[str, int], int]) -> tuple[int, ...]:
    """A port for each transport. other: gives one to those that are a second of their kind, or of none."""
    found: list[int] = []
    used: set[str] = set()
    for transport in own.transports:
        if transport.kind and transport.kind not in used:
            used.add(transport.kind)
            found.append(given[transport.kind])
        else:
            found.append(other(transport.name, transport.port))
    return tuple(found)


def verbatim(
    broker: SettledBroker, own: OwnConf, own_ports: tuple[int, ...], rows: list[Row], origin: Origin
) -> SettledBroker:
    """The broker without what profiles would say of it."""
    rows[:] = [row for row in rows if not row.key.startswith("usage.")]
    rows.append(Row("conf", own.directory, origin))
    attributes = {"schedulerSupport": "true"} if own.scheduler else {}
    return replace(broker, attributes=attributes, usage=UsageLimits(), own=own, own_ports=own_ports)


def administrator(topology: Topology, brokers: Sequence[SettledBroker]) -> str:
    """As whom amqctl asks brokers. Those with files of their own know only users of their own, so the first
    that is written with a password of their own is meant."""
    if not any(broker.own for broker in brokers) or ADMIN in topology.security.users:
        return ADMIN
    known = (n for n, u in topology.security.users.items() if isinstance(u.password, FromEnv | FromFile))
    return next(known, ADMIN)


def _as_written(store: Store, own: OwnConf) -> Store:
    if isinstance(store, JdbcStore):
        return replace(
            store,
            locker="lease" if own.lease else "database",
            lock_acquire_sleep_interval=own.acquire_sleep,
            lock_keep_alive_period=own.keep_alive,
            pool=own.pool or store.pool,
            attributes={},
        )
    assert isinstance(store, KahaDBStore)
    return replace(
        store,
        lock_acquire_sleep_interval=own.acquire_sleep,
        lock_keep_alive_period=own.keep_alive,
        attributes={},
    )
