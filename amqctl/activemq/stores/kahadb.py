"""KahaDB on a directory that all members share; a file lock, or a lease in a database, decides who is master.

org.apache.activemq.store.SharedFileLocker, the same from 5.12 to 6.2: a waiting broker tries the lock
every lockAcquireSleepInterval; once it has it, it sleeps one lockKeepAlivePeriod before it believes
it, then recovers the journal and index and opens its connectors.

LeaseDatabaseLocker, as on a store in a database (see stores.jdbc); it makes and fills its table itself. The
directory then has no lock of its own.

With `multi` the store is an <mKahaDB>: a directory of KahaDBs and one lock for all (its stores have
useLock="false": MultiKahaDBPersistenceAdapter.configureAdapter).
"""

from __future__ import annotations

from collections.abc import Mapping

from amqctl.activemq.stores import Budget, Surroundings, jdbc
from amqctl.activemq.versions import Caps
from amqctl.topology.settledstores import KahaDBStore

# Seconds from the lock to an open port. Measured 0.1 to 0.6 on two cores with a small journal; the rest
# is room for a busy machine. A budget tells a takeover that happens late from one that does not belong to
# these settings; how quick it is, is what the report's numbers and bench/ are for.
RECOVERY = 5.0
# From this interval on, in milliseconds, a slave on NFS would not be asking the server all the time.
_QUICK = 1000


def takeover_budget(store: KahaDBStore) -> Budget:
    sleep = store.lock_acquire_sleep_interval / 1000
    alive = store.lock_keep_alive_period / 1000
    rest = f"recovery and connectors {RECOVERY:g} s (more with a big journal)"
    if store.lease is not None:
        because = f"what is left of a lease of {sleep:g} s + as long until the next look + {rest}"
        return Budget(round(2 * sleep + RECOVERY, 3), because)
    because = f"lockAcquireSleepInterval {sleep:g} s + lockKeepAlivePeriod {alive:g} s + {rest}"
    return Budget(round(sleep + alive + RECOVERY, 3), because)


def locker_name(store: KahaDBStore) -> str:
    return "shared-file-locker" if store.lease is None else "lease-database-locker"


def caveats(store: KahaDBStore) -> tuple[str, ...]:
    if store.lease is not None:
        return (
            "the directory itself is not locked: a master that was frozen for longer than its lease and wakes up"
            " may write into the store of the new one until it sees that its lease is gone",
            "all brokers read one clock: says nothing of clocks that differ, which lengthen or overlap leases"
            " (maxAllowableDiffFromDBTime is 0)",
        )
    said = ["a local file lock: says nothing of NFS lease expiry"]
    if store.lock_acquire_sleep_interval < _QUICK:
        said.append(
            f"lockAcquireSleepInterval {store.lock_acquire_sleep_interval} ms is for drills on one machine,"
            " not fit for NFS"
        )
    if store.lock_keep_alive_period == 0:
        said.append("lockKeepAlivePeriod 0: a master never looks whether its lock file was deleted or replaced")
    return tuple(said)


def medium(store: KahaDBStore) -> str | None:
    return None


def jars(store: KahaDBStore, image: str | None, caps: Caps) -> tuple[str, ...]:
    return () if store.lease is None else jdbc.jars(store.lease, image, caps)


def values(store: KahaDBStore, around: Surroundings) -> Mapping[str, object]:
    """source, bean, properties, leaseholder, lock_table: None without a lease. stores: of an <mKahaDB>, each with
    its attributes; empty for a plain one."""
    common = {
        "directory": around.directory,
        "keep_alive": store.lock_keep_alive_period,
        "acquire_sleep": store.lock_acquire_sleep_interval,
        "attributes": store.attributes,
        "stores": [
            {
                "match": {one.kind: one.pattern} if one.kind else {},
                "per_destination": one.per_destination,
                "attributes": {**store.attributes, **one.attributes},
            }
            for one in store.multi
        ],
    }
    if store.lease is None:
        return {**common, "source": None, "leaseholder": None}
    source = jdbc.source_values(store.lease, around)
    # see stores.jdbc for the holder's name
    return {**common, **source, "leaseholder": around.node, "lock_table": jdbc.lock_table(store.lease)}
