"""Tables in a database that all members reach; a row of them, or a lease in it, decides who is master.

database-locker (DefaultDatabaseLocker): a waiting broker stands in the database's own queue for the row
that the master has locked, so it has it as soon as the database sees the master's connection gone. Where the
database gives up such a wait (MySQL's innodb_lock_wait_timeout), the broker sleeps lockAcquireSleepInterval
and asks again.

lease-database-locker (LeaseDatabaseLocker): the master writes until when it is master. A waiting broker looks
every lockAcquireSleepInterval, which is also how long a lease lasts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from amqctl.activemq.companions import derby
from amqctl.activemq.companions import jdbc as dialects
from amqctl.activemq.companions.pools import POOLS
from amqctl.activemq.distribution import Coordinate
from amqctl.activemq.stores import Budget, Surroundings
from amqctl.activemq.versions import Caps
from amqctl.topology.settledstores import DataSource, JdbcStore

# Seconds from the lock to an open port; see stores.kahadb. There is no journal to replay.
RECOVERY = 5.0

# Connections that a broker may have. The samples say 200, which is more than PostgreSQL (100) and MySQL
# (151) give to all their clients together, and who asks one too many gets an error; here it waits its turn.
# Two masters on one server fit.
CONNECTIONS = 40

# attribute of <statements> -> the table that it names (org.apache.activemq.store.jdbc.Statements)
_TABLES: Mapping[str, str] = {
    "messageTableName": "ACTIVEMQ_MSGS",
    "durableSubAcksTableName": "ACTIVEMQ_ACKS",
    "lockTableName": "ACTIVEMQ_LOCK",
}
_LOCKERS: Mapping[str, str] = {"database": "database-locker", "lease": "lease-database-locker"}


def takeover_budget(store: JdbcStore) -> Budget:
    sleep = store.lock_acquire_sleep_interval / 1000
    rest = f"recovery and connectors {RECOVERY:g} s"
    if store.locker == "lease":
        because = f"what is left of a lease of {sleep:g} s + as long until the next look + {rest}"
        return Budget(round(2 * sleep + RECOVERY, 3), because)
    because = f"lockAcquireSleepInterval {sleep:g} s, where the database gave up a wait for the row + {rest}"
    return Budget(round(sleep + RECOVERY, 3), because)


def locker_name(store: JdbcStore) -> str:
    return _LOCKERS[store.locker]


def caveats(store: JdbcStore) -> tuple[str, ...]:
    said = []
    if store.locker == "lease":
        said.append(
            "all brokers read one clock: says nothing of clocks that differ, which lengthen or overlap leases"
            " (maxAllowableDiffFromDBTime is 0)"
        )
    else:
        said.append(
            "a master that was killed: says nothing of one that is frozen or cut off, whose row its database"
            " keeps locked until it notices"
        )
        if store.lock_keep_alive_period == 0:
            said.append("lockKeepAlivePeriod 0: a master never looks whether the database still has its lock")
    if store.engine == "mysql" and store.url is not None:
        said.append(
            "a slave says that it waits when the server's innodb_lock_wait_timeout is over, 50 s unless it was set"
            " (params: {sessionVariables: innodb_lock_wait_timeout=2})"
        )
    return tuple(said)


def medium(store: JdbcStore) -> str | None:
    return "a database" if store.engine == "other" else dialects.DIALECTS[store.engine].title


def jars(store: DataSource, image: str | None, caps: Caps) -> tuple[str, ...]:
    pool = () if store.pool == caps.dbcp else POOLS[store.pool].jars
    if store.driver is not None:
        return (store.driver, *map(str, pool))
    driver = _embedded_jars() if _embedded(store) else _driver(store, image).jars
    return tuple(map(str, (*driver, *pool)))


def values(store: JdbcStore, around: Surroundings) -> Mapping[str, object]:
    return {
        **source_values(store, around),
        "adapter": None if store.engine == "other" else dialects.DIALECTS[store.engine].adapter,
        "statements": _statements(store),
        "locker": locker_name(store),
        # brokers of a group have one brokerName, which is what ActiveMQ would take: each could renew,
        # and would release, the other's lease
        "leaseholder": around.node if store.locker == "lease" else None,
        "acquire_sleep": store.lock_acquire_sleep_interval,
        "keep_alive": store.lock_keep_alive_period,
        "attributes": store.attributes,
    }


def source_values(store: DataSource, around: Surroundings) -> Mapping[str, object]:
    """bean: of the pool. properties: of that bean, in order."""
    pool = POOLS[store.pool]
    known = None if store.driver is not None or _embedded(store) else _driver(store, around.image)
    properties = {
        # without it the pool asks DriverManager, which finds the driver that answers to the URL
        **({"driverClassName": known.name} if known else {}),
        "url": url(store, around),
        "username": store.database.user,
        "password": around.password,
        pool.largest: str(CONNECTIONS),
        "poolPreparedStatements": "true",
    }
    return {
        "source": f"{store.engine}-ds",
        "bean": pool.bean,
        "properties": properties,
    }


def url(store: DataSource, around: Surroundings) -> str:
    if store.url is None:
        host, port = around.server or ("", 0)
        return dialects.url(store.engine, host, port, store.database.name, store.params)
    return dialects.with_params(store.url, store.params)


def lock_table(source: DataSource) -> str:
    """Where the lock is of a store that is not in this database."""
    return (source.table_prefix or "") + _TABLES["lockTableName"]


def tables(store: JdbcStore) -> Mapping[str, str]:
    """The tables of this store by what is in them: messages, acks, lock."""
    words = {"messageTableName": "messages", "durableSubAcksTableName": "acks", "lockTableName": "lock"}
    return {words[attribute]: (store.table_prefix or "") + name for attribute, name in _TABLES.items()}


def _statements(store: JdbcStore) -> Mapping[str, str]:
    """Attributes of <statements> that put the prefix in front of each table's name.

    tablePrefix does just that, but from 5.15.16 and 5.16.8 on a constraint is named PK_ and the table's name
    without its prefix. MySQL and MariaDB do not care; elsewhere such names are unique in a schema, and the
    second group's tables could not be made (run: PostgreSQL). So there the names are written whole.
    """
    if store.table_prefix is None:
        return {}
    if store.engine in ("mysql", "mariadb"):
        return {"tablePrefix": store.table_prefix}
    return {attribute: store.table_prefix + name for attribute, name in _TABLES.items()}


def _driver(store: DataSource, image: str | None) -> dialects.Driver:
    if store.engine == "other":  # settling a topology asks for `driver`
        return dialects.Driver("", (), 0)
    return dialects.driver(store.engine, dialects.version_of(image or ""))


def _embedded(store: DataSource) -> bool:
    return store.url is not None and re.match(r"(?i)jdbc:derby:(?!//)", store.url) is not None


def _embedded_jars() -> tuple[Coordinate, ...]:
    return tuple(jar for jar in derby.JARS if jar.artifact != "derbynet")
