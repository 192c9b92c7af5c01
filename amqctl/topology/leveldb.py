"""A group's LevelDB with every value filled in: replicated by way of ZooKeeper, or one directory for all members."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from amqctl.topology import freely
from amqctl.topology.leveldbstore import LevelDBStore, Replication
from amqctl.topology.model.store import LevelDB
from amqctl.topology.notes import CapsLike, Notes
from amqctl.topology.owner import Owner
from amqctl.topology.settled import Credential, Origin, Row, SettledBroker
from amqctl.topology.settledstores import Store
from amqctl.topology.times import Times
from amqctl.topology.users import absolute, source
from amqctl.topology.words import meant
from amqctl.topology.yamltext import Path

# Not ActiveMQ's 61619, which is the openwire port of a fourth broker; above 60999, up to which Linux gives ports to
# outgoing connections: a port that is free while a broker waits may be taken when it becomes master (seen).
PORT = 62919
SYNCS = ("local_mem", "local_disk", "remote_mem", "remote_disk", "quorum_mem", "quorum_disk")
QUORUM_SYNC = "quorum_mem"  # ActiveMQ's own
_SHARED = frozenset({"path", "volume_options", "lockAcquireSleepInterval", "lockKeepAlivePeriod"})
_EITHER = frozenset({"set"})
_ADDRESS = re.compile(r"([\w.-]+|\[[0-9a-fA-F:]+\]):\d{1,5}")
_TIMESPAN = {"ms": 1, "s": 1000, "m": 60_000}

# attributes of <replicatedLevelDB> and <levelDB> that are said elsewhere, and where
RESERVED = {
    "directory": "each member has one of its own that amqctl keeps, or write `path:` on the store",
    "brokerName": "it is the group's key",
    "bind": "write it on the store itself",
    "connectUrl": "it is made of the host name and `bind`",
    "replicas": "write it on the store itself",
    "zkAddress": "write it, or `zookeeper:`, on the store itself",
    "zkPath": "write it on the store itself",
    "zkPassword": "write it on the store itself",
    "zkSessionTimeout": "write it on the store itself",
    "zkSessionTmeout": "write `zkSessionTimeout` on the store itself; amqctl knows how a version spells it",
    "hostname": "it is where the other brokers reach this one, which the runtime says",
    "sync": "write it on the store itself",
    "weight": "write it on the store itself",
    "securityToken": "amqctl generates one",
    "locker": "members of a replicated store elect their master; a shared one has a lock file",
    "lockKeepAlivePeriod": "write it on the store itself",
    "useLock": "without the lock two masters write into one store",
}


class _Desk:
    """Settles one group's."""

    def __init__(self, owner: Owner, leveldb: LevelDB) -> None:
        around = owner.around
        self.group, self.members, self.first, self.given = owner.group, owner.members, owner.first, leveldb
        self.cluster, self.profile, self.notes = around.cluster, around.profile, around.notes
        self.ensembles, self.ports = around.ensembles, around.ports
        self.here: Path = (*owner.path, "store", "leveldb")
        self.rows = [Row("store", "leveldb", self.notes.origin((*owner.path, "store")))]

    def settle(self) -> LevelDBStore:
        written = {key for key in self.given.model_fields_set if getattr(self.given, key) is not None}
        replicated = written - _SHARED - _EITHER
        if not replicated:
            return self.shared()
        for key in sorted(written & _SHARED):
            other = sorted(replicated)[0]
            what = f"{key} is of a LevelDB in one directory, and {other}{self.notes.line((*self.here, other))} of a"
            fix = f"remove `{key}`: each member has a directory of its own" if key == "path" else f"remove `{key}`"
            self.notes.problem(f"{what} replicated one", fix, (*self.here, key))
        # without the profile's logSize: ElectingLevelDBStore.configure hands on every attribute but that one (read in
        # 5.14.0's and 5.16.6's classes, and a file of 25 MB was seen where 2 MB were set)
        return LevelDBStore("leveldb", None, self.attributes({}), self.replication())

    def shared(self) -> LevelDBStore:
        self.row("replicated", "no: one directory and a lock file for all members")
        times = Times(self.given, self.here, self.profile, self.notes, self.rows)
        sleep, alive = times.lock(self.profile.lock_keep_alive_period)
        path = self.directory()
        options = dict(self.given.volume_options or {})
        if options and path is not None:
            what = f"volume_options and path{self.notes.line((*self.here, 'path'))} name two places for one store"
            self.notes.problem(what, "keep one", (*self.here, "volume_options"))
        return LevelDBStore("leveldb", path, self.attributes(self.profile.leveldb), None, sleep, alive, options)

    def directory(self) -> str | None:
        if self.given.path is None:
            self.row("path", "one that amqctl keeps for the group")
            return None
        place = absolute(self.given.path, self.notes)
        if place is None:
            what = "a relative path, and no file it could be relative to"
            self.notes.problem(what, "write an absolute path", (*self.here, "path"), value=True)
        self.row("path", place or self.given.path)
        return place or self.given.path

    def replication(self) -> Replication:
        given = self.given
        if given.hostname is not None:
            fix = "remove `hostname`"
            self.notes.problem(f"hostname cannot be set here: {RESERVED['hostname']}", fix, (*self.here, "hostname"))
        tick = self.where()
        path = given.zkPath or f"/activemq/{self.cluster}"
        self.row("zkPath", path)
        password = None
        if given.zkPassword is not None:
            password = Credential(f"zk.{self.group}", source(given.zkPassword, self.here, self.notes))
        self.row("zkPassword", "none" if password is None else password.password.kind)
        return Replication(
            replicas=self.replicas(),
            companion=given.zookeeper,
            address=given.zkAddress,
            path=path,
            password=password,
            token=Credential(f"replication.{self.group}", source("generated", self.here, self.notes)),
            session=self.session(tick),
            least_session=2 * (tick or 0),
            tick=tick or 0,
            sync=self.sync(),
            ports=self.binds(),
            weights=self.weights(),
        )

    def where(self) -> int | None:
        """The tick of the companion, None of any other ZooKeeper."""
        given, notes = self.given, self.notes
        if (given.zookeeper is None) == (given.zkAddress is None):
            what = "a replicated LevelDB elects its master by way of ZooKeeper, which is `zookeeper` or `zkAddress`"
            fix = (
                "write `companions: {zk: {zookeeper: {nodes: 3}}}` and here `zookeeper: zk`, or `zkAddress: HOST:PORT`"
            )
            notes.problem(what, fix, self.here, of_absence=given.zookeeper is None)
            return None
        if given.zkAddress is not None:
            if not all(_ADDRESS.fullmatch(one.strip()) for one in given.zkAddress.split(",")):
                fix = "write HOST:PORT, several with commas"
                notes.problem(
                    f"{given.zkAddress} is no address of ZooKeeper", fix, (*self.here, "zkAddress"), value=True
                )
            self.row("zkAddress", given.zkAddress)
            return None
        name = given.zookeeper or ""
        tick = self.ensembles.tick(name)
        if tick is None:
            known = self.ensembles.names
            what = f"{name} is no ZooKeeper" if name in known else f"there is no companion {name}"
            fix = meant(name, known) or f"write it under `companions:`, as `{name}: {{zookeeper: {{nodes: 3}}}}`"
            notes.problem(what, fix, (*self.here, "zookeeper"), value=True, of_absence=name not in known)
            return None
        self.row("zookeeper", f"{name} ({', '.join(self.ensembles.servers(name))})")
        return tick

    def replicas(self) -> int:
        """Quorum arithmetic: what can never have a master, or could elect one that lacks messages, is refused."""
        brokers = len(self.members)
        replicas = self.given.replicas if self.given.replicas is not None else brokers
        quorum, path = replicas // 2 + 1, (*self.here, "replicas")
        self.row("replicas", f"{replicas}: {quorum} must be there for a master, {replicas - quorum} may fail")
        if brokers < quorum:
            what = f"replicas: {replicas} needs {quorum} brokers for a master, and {self.group} has {brokers}"
            self.notes.problem(what, f"at least {quorum} brokers, better {replicas}", path)
        elif brokers > replicas:
            what = (
                f"replicas: {replicas} of {brokers} brokers: a message is on {quorum} of them, and as many others could"
                " elect a master without it"
            )
            self.notes.problem(what, f"write replicas: {brokers}, or take brokers away", path)
        return replicas

    def session(self, tick: int | None) -> int:
        written = self.given.zkSessionTimeout
        by = Origin("profile", self.profile.name)
        if written is None:
            session = self.profile.zk_session
        else:
            session, by = _milliseconds(written), self.notes.origin((*self.here, "zkSessionTimeout"))
        least = 2 * (tick or 0)
        granted = f", ZooKeeper makes it {least} ms (2 x tickTime)" if least > session else ""
        self.rows.append(Row("store.leveldb.zkSessionTimeout", f"{session} ms{granted}", by))
        return session

    def sync(self) -> str:
        """Several are joined by ActiveMQ: local_disk, quorum_mem."""
        sync = self.given.sync or QUORUM_SYNC
        if wrong := [one for one in (part.strip() for part in sync.split(",")) if one not in SYNCS]:
            fix = meant(wrong[0], SYNCS) or f"one of {', '.join(SYNCS)}"
            self.notes.problem(f"sync knows no {wrong[0] or 'empty word'}", fix, (*self.here, "sync"), value=True)
        self.row("sync", sync)
        return sync

    def binds(self) -> Mapping[str, int]:
        written = int(self.given.bind.rpartition(":")[2]) if self.given.bind is not None else None
        if written == 0:
            self.row("bind", "any free port")
            return dict.fromkeys(self.members, 0)
        found = {}
        for number, member in enumerate(self.members):
            port = None if written is None else written + number
            path = (*self.here, "bind") if written is not None else self.here
            found[member], row = self.ports.replication(member, port, PORT, self.first + number, path)
            self.rows.append(Row(f"store.leveldb.bind.{member}", row.value, row.origin))
        return found

    def weights(self) -> Mapping[str, int]:
        # the first listed is preferred, as with every store
        weight = self.given.weight if self.given.weight is not None else {self.members[0]: 2}
        found = {m: weight if isinstance(weight, int) else weight.get(m, 1) for m in self.members}
        for name in weight if isinstance(weight, dict) else ():
            if name not in self.members:
                fix = meant(name, self.members) or f"one of {', '.join(self.members)}"
                self.notes.problem(f"{self.group} has no broker {name}", fix, (*self.here, "weight", name))
        self.row("weight", ", ".join(f"{m} {w}" for m, w in found.items()))
        return found

    def attributes(self, chosen: Mapping[str, str]) -> Mapping[str, str]:
        """chosen: by the profile."""
        written = self.given.set or {}
        by = Origin("profile", self.profile.name)
        attributes = {k: v for k, v in chosen.items() if k not in written}
        self.rows += [Row(f"store.leveldb.set.{k}", v, by) for k, v in attributes.items()]
        here = (*self.here, "set")
        return attributes | freely.attributes(written, RESERVED, "store.leveldb.set", here, self.notes, self.rows)

    def row(self, key: str, value: str) -> None:
        written = key in self.given.model_fields_set
        origin = self.notes.origin((*self.here, key)) if written else Origin("default")
        self.rows.append(Row(f"store.leveldb.{key}", value, origin))


def settle_leveldb(owner: Owner, leveldb: LevelDB) -> tuple[LevelDBStore, list[Row]]:
    desk = _Desk(owner, leveldb)
    return desk.settle(), desk.rows


def check_leveldb(
    store: Store, members: Iterable[SettledBroker], caps: Callable[[str], CapsLike | None], path: Path, notes: Notes
) -> None:
    """Whether the brokers that are to have the store can. path: of the group."""
    if not isinstance(store, LevelDBStore):
        return
    here = (*path, "store", "leveldb")
    brokers = list(members)
    for version in dict.fromkeys(m.version for m in brokers):
        facts = caps(version)
        if facts is not None and not facts.leveldb:
            what = (
                f"ActiveMQ {version} has no LevelDB: it was removed with 5.17.0 (AMQ-7502), years after its last repair"
            )
            fix = (
                "`store: kahadb` on a directory that all brokers reach, or `jdbc`; to keep LevelDB, `activemq: 5.16.6`"
                " or older. Its messages are carried over by sending them on: no later version reads its files"
            )
            notes.problem(what, fix, here)
            return
    if store.replication is not None and any(m.attributes.get("schedulerSupport") == "true" for m in brokers):
        what = "delayed messages are not replicated: they would stay with the broker that was master"
        notes.problem(what, "remove schedulerSupport, or use a kahadb or jdbc store", here)
    if any(m.own for m in brokers):
        what = "a LevelDB beside `conf` is not read: its activemq.xml says it"
        notes.problem(what, "remove `store`", here)


def _milliseconds(timespan: str) -> int:
    match = re.fullmatch(r"(\d+)(ms|s|m)", timespan)
    return int(match[1]) * _TIMESPAN[match[2]] if match else 0
