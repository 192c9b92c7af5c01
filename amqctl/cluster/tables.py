"""A JDBC store looked into by its database's own protocol, beside the brokers that use it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from amqctl.activemq.companions import jdbc as dialects
from amqctl.activemq.stores import jdbc
from amqctl.cluster import databases, servers
from amqctl.cluster.model import Login, StoreLook
from amqctl.errors import AmqctlError
from amqctl.plan.model import Plan
from amqctl.topology.settled import SettledCompanion
from amqctl.topology.settledstores import JdbcStore

# What a server says of a row that another has locked: ER_LOCK_WAIT_TIMEOUT, ER_LOCK_NOWAIT, lock_not_available
_TAKEN = re.compile(r"answers (1205|3572|55P03)")
_NOWAIT_SINCE = (8, 0)  # MySQL; before it one waits innodb_lock_wait_timeout


def server_of(plan: Plan, group: str) -> str:
    """The companion that a group's store is in, or ""."""
    store = plan.settled.group(group).store
    return (store.companion or "") if isinstance(store, JdbcStore) else ""


def look(plan: Plan, access: servers.Access, group: str, queues: Sequence[str]) -> StoreLook:
    """Raises databases.DatabaseError, also for a table that is not there."""
    store = plan.settled.group(group).store
    if not isinstance(store, JdbcStore) or store.companion is None:
        raise AmqctlError(f"the store of {group} is in no database that amqctl started")
    target = servers.target(next(s for s in plan.companions if s.name == store.companion), access)
    login, database = Login(store.database.user, access.passwords[store.database.secret]), store.database.name
    names = jdbc.tables(store)

    def ask(sql: str) -> list[databases.Row]:
        return databases.rows(target, login, database, sql)

    def stored(queue: str) -> int:
        quoted = f"queue://{queue}".replace("'", "''")
        return int(ask(f"SELECT COUNT(*) FROM {names['messages']} WHERE CONTAINER = '{quoted}'")[0][0] or 0)

    leases = store.locker == "lease"
    held = None if leases else _held(target, login, database, names["lock"], plan.settled.companion(store.companion))
    return StoreLook(
        tables=tuple(databases.tables(target, login, database)),
        expected=tuple(sorted(name.lower() for name in names.values())),
        holders=tuple(row[0] for row in ask(f"SELECT BROKER_NAME FROM {names['lock']}")),
        held=held,
        leases=leases,
        stored={queue: stored(queue) for queue in queues},
    )


def _held(target: databases.Target, login: Login, database: str, table: str, server: SettledCompanion) -> bool:
    """Whether another has the row: it is asked for as a broker would, and given back in the same breath."""
    said = server.version or dialects.version_of(server.image or "")
    version = tuple(int(part) for part in said.split(".") if part)
    waits = server.kind == "mysql" and version and version < _NOWAIT_SINCE
    try:
        databases.rows(target, login, database, f"SELECT ID FROM {table} FOR UPDATE{'' if waits else ' NOWAIT'}")
    except databases.DatabaseError as exc:
        if _TAKEN.search(str(exc)):
            return True
        raise
    return False
