"""LevelDB, of ActiveMQ 5.9 to 5.16: replicated among the members, or one directory that they share.

Replicated (org.apache.activemq.leveldb.replicated): members meet in ZooKeeper under their brokerName, which is the same
for all. When enough of them (replicas/2 + 1) are there and each has said how far its log goes, the one that is furthest
becomes master; the others copy from it. A store is done (sync: quorum_mem) when as many have it as are needed for an
election. A master that is killed is a member of ZooKeeper's until its session ends: zkSessionTimeout, or what
ZooKeeper makes of it, and the rest of its tick.

Shared: as a KahaDB, with the same file lock (SharedFileLocker).
"""

from __future__ import annotations

from collections.abc import Mapping

from amqctl.activemq import repairs as parts
from amqctl.activemq import uris
from amqctl.activemq.repairs import StartRepair
from amqctl.activemq.stores import Budget, Surroundings
from amqctl.activemq.versions import Caps
from amqctl.topology.leveldbstore import LevelDBStore

# Seconds from the election to an open port; see stores.kahadb. A slave opens its log as a master's and waits until
# another member has caught up with it.
RECOVERY = 5.0
_QUICK = 1000
_NOT_KEPT = ("local_mem", "local_disk")  # values of `sync` that do not wait for another member


def takeover_budget(store: LevelDBStore) -> Budget:
    replication = store.replication
    if replication is None:
        sleep, alive = store.lock_acquire_sleep_interval / 1000, store.lock_keep_alive_period / 1000
        because = f"lockAcquireSleepInterval {sleep:g} s + lockKeepAlivePeriod {alive:g} s + recovery {RECOVERY:g} s"
        return Budget(round(sleep + alive + RECOVERY, 3), because)
    session, tick = max(replication.session, replication.least_session) / 1000, replication.tick / 1000
    because = f"session {session:g} s + tick {tick:g} s + election, recovery and connectors {RECOVERY:g} s"
    return Budget(round(session + tick + RECOVERY, 3), because)


def locker_name(store: LevelDBStore) -> str:
    return "shared-file-locker" if store.replication is None else "election in ZooKeeper"


def caveats(store: LevelDBStore) -> tuple[str, ...]:
    said = ["LevelDB is not maintained since 5.14.2 and gone from 5.17 on"]
    replication = store.replication
    if replication is None:
        said.append("a local file lock: says nothing of NFS lease expiry")
        if store.lock_acquire_sleep_interval < _QUICK:
            said.append(
                f"lockAcquireSleepInterval {store.lock_acquire_sleep_interval} ms is for drills on one machine,"
                " not fit for NFS"
            )
        return tuple(said)
    words = {word.strip() for word in replication.sync.split(",")}
    if words <= set(_NOT_KEPT):
        said.append(f"sync {replication.sync} acknowledges what only the master has: a takeover may lose it")
    elif not any(word.endswith("_disk") for word in words):
        said.append(
            f"sync {replication.sync} acknowledges what {replication.quorum} members have in memory: says nothing of"
            " a power cut that takes them all"
        )
    if replication.session < 5000:
        said.append(
            f"zkSessionTimeout {replication.session} ms is for drills on one machine: a longer pause of a master's JVM"
            " ends its mastership (ActiveMQ's own tests went to 15 s)"
        )
    said.append("members on one machine: says nothing of a network between them that fails in part")
    return tuple(said)


def medium(store: LevelDBStore) -> str | None:
    """None: a directory, ask the runtime."""
    return None if store.replication is None else f"{len(store.replication.ports)} directories of their own"


def jars(store: LevelDBStore, image: str | None, caps: Caps) -> tuple[str, ...]:
    return tuple(str(jar) for jar in parts.jars(repairs(store, caps.version)))


def repairs(store: LevelDBStore, version: str) -> tuple[StartRepair, ...]:
    return parts.needed(parts.SHARED if store.replication is None else parts.REPLICATED, version)


def values(store: LevelDBStore, around: Surroundings) -> Mapping[str, object]:
    """element and attributes: of the adapter; acquire_sleep: None for a replicated one, which has no locker."""
    replication = store.replication
    if replication is None:
        own = {"directory": around.directory, "lockKeepAlivePeriod": store.lock_keep_alive_period}
        return {
            "element": "levelDB",
            "attributes": {**own, **store.attributes},
            "acquire_sleep": store.lock_acquire_sleep_interval,
        }
    secrets = {"zkPassword": replication.password, "securityToken": replication.token}
    own = {
        "directory": around.directory,
        "replicas": replication.replicas,
        "bind": f"tcp://{uris.bracketed(around.bind)}:{replication.ports[around.node]}",
        "hostname": around.host,
        "zkAddress": around.zookeeper or replication.address or "",
        "zkPath": replication.path,
        around.zk_session_timeout: _timespan(replication.session),
        "sync": replication.sync,
        "weight": replication.weights[around.node],
        **{name: around.secrets[kept.name] for name, kept in secrets.items() if kept is not None},
    }
    return {"element": "replicatedLevelDB", "attributes": {**own, **store.attributes}, "acquire_sleep": None}


def _timespan(milliseconds: int) -> str:
    """Timespan.parse() knows units of one kind, whole numbers."""
    return f"{milliseconds // 1000}s" if milliseconds % 1000 == 0 else f"{milliseconds}ms"
