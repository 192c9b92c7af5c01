"""The two times of a lock, for every kind of store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from amqctl.topology.notes import Notes
from amqctl.topology.profiles import Profile
from amqctl.topology.settled import Origin, Row
from amqctl.topology.yamltext import Path


class Timed(Protocol):
    """What was written of a store that has these keys."""

    @property
    def lockAcquireSleepInterval(self) -> int | None: ...
    @property
    def lockKeepAlivePeriod(self) -> int | None: ...


@dataclass(frozen=True, slots=True)
class Times:
    """here: of the store; rows grows. Each answer is lockAcquireSleepInterval and lockKeepAlivePeriod, in ms."""

    store: Timed
    here: Path
    profile: Profile
    notes: Notes
    rows: list[Row]

    def lock(self, keep_alive: int) -> tuple[int, int]:
        """keep_alive: the profile's."""
        by = Origin("profile", self.profile.name)
        store = self.store
        sleep = self._number(
            "lockAcquireSleepInterval", store.lockAcquireSleepInterval, self.profile.lock_acquire_sleep_interval, by
        )
        return sleep, self._number("lockKeepAlivePeriod", store.lockKeepAlivePeriod, keep_alive, by)

    def lease(self) -> tuple[int, int]:
        """A lease is as long as lockAcquireSleepInterval and must be renewed well before its end. ActiveMQ's own
        values are no use: 30 s between renewals of a lease of 10 s (JDBCPersistenceAdapter, AbstractLocker), and
        none at all of a KahaDB's (LockableServiceSupport)."""
        store = self.store
        by = Origin("profile", self.profile.name)
        length = self._number("lockAcquireSleepInterval", store.lockAcquireSleepInterval, self.profile.lease, by)
        third = Origin("default", "a third of the lease")
        renewal = self._number("lockKeepAlivePeriod", store.lockKeepAlivePeriod, max(1, length // 3), third)
        path = (*self.here, "lockKeepAlivePeriod")
        if store.lockKeepAlivePeriod == 0:
            what = "lockKeepAlivePeriod 0 never renews the lease, which then ends under a healthy master"
            self.notes.problem(what, "leave it out: a third of the lease", path, value=True)
        elif 2 * renewal > length:
            where = self.notes.line((*self.here, "lockAcquireSleepInterval")) if store.lockAcquireSleepInterval else ""
            what = (
                f"a renewal every {renewal} ms is not well within the lease, which is lockAcquireSleepInterval,"
                f" {length} ms{where}: one that comes late loses it"
            )
            fix = f"lockKeepAlivePeriod at most {length // 2}, or leave it out"
            self.notes.problem(what, fix, path, value=True)
        return length, renewal

    def _number(self, key: str, written: int | None, otherwise: int, by: Origin) -> int:
        value, origin = (otherwise, by) if written is None else (written, self.notes.origin((*self.here, key)))
        self.rows.append(Row(f"{'.'.join(map(str, self.here[2:]))}.{key}", f"{value} ms", origin))
        return value
