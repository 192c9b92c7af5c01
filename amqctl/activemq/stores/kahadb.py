"""KahaDB on a directory that all members share; a file lock decides who is master.

org.apache.activemq.store.SharedFileLocker, the same from 5.12 to 6.2: a waiting broker tries the lock
every lockAcquireSleepInterval; once it has it, it sleeps one lockKeepAlivePeriod before it believes
it, then recovers the journal and index and opens its connectors.
"""

from __future__ import annotations

from collections.abc import Mapping

from amqctl.activemq.stores import Budget, Surroundings
from amqctl.activemq.versions import Caps
from amqctl.topology.settled import KahaDBStore

# Seconds from the lock to an open port. Measured 0.1 to 0.6 on two cores with a small journal; the rest
# is room for a busy machine. A budget tells a takeover that happens late from one that does not belong to
# these settings; how quick it is, is what the report's numbers and bench/ are for.
RECOVERY = 5.0
# From this interval on, in milliseconds, a slave on NFS would not be asking the server all the time.
_QUICK = 1000


def takeover_budget(store: KahaDBStore) -> Budget:
    sleep = store.lock_acquire_sleep_interval / 1000
    alive = store.lock_keep_alive_period / 1000
    because = (
        f"lockAcquireSleepInterval {sleep:g} s + lockKeepAlivePeriod {alive:g} s"
        f" + recovery and connectors {RECOVERY:g} s (more with a big journal)"
    )
    return Budget(round(sleep + alive + RECOVERY, 3), because)


def locker_name(store: KahaDBStore) -> str:
    return "shared-file-locker"


def caveats(store: KahaDBStore) -> tuple[str, ...]:
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
    return ()


def values(store: KahaDBStore, around: Surroundings) -> Mapping[str, object]:
    return {
        "directory": around.directory,
        "keep_alive": store.lock_keep_alive_period,
        "acquire_sleep": store.lock_acquire_sleep_interval,
        "attributes": store.attributes,
    }
