"""Rules for stores in a database, and for the lease locker on any store."""

from __future__ import annotations

import re
from collections.abc import Iterator

from amqctl.activemq.brokerxml.facts import Bean, number, placeholder, truth
from amqctl.activemq.lint import changes, stores
from amqctl.activemq.lint.cluster import LOOPBACK, Cluster
from amqctl.activemq.lint.model import Node
from amqctl.activemq.lint.rule import Hit, Rule

JDBC_PAGE = "ActiveMQ's page JDBC Support"
LOCKERS = "ActiveMQ's page Pluggable Storage Lockers"
DATABASE_MS = "ActiveMQ's page JDBC Master Slave"

_DBCP1 = "org.apache.commons.dbcp."
_DBCP2 = "org.apache.commons.dbcp2."
_DBCP_PROPERTIES = {"maxActive": "maxTotal", "maxWait": "maxWaitMillis", "removeAbandoned": "removeAbandonedOnBorrow"}


def _lease(node: Node) -> bool:
    return stores.locker(node) == stores.LEASE


def lease_expires(node: Node, cluster: Cluster) -> Iterator[Hit]:
    sleep, alive = stores.acquire_sleep(node), stores.keep_alive(node)
    if not _lease(node) or sleep is None or alive is None:
        return
    if alive == 0:
        yield Hit(f"lockKeepAlivePeriod is 0: the lease of {sleep} ms is never renewed", stores.element(node))
    elif alive >= sleep:
        yield Hit(f"the lease lasts {sleep} ms and is renewed every {alive} ms", stores.element(node))


def lease_tight(node: Node, cluster: Cluster) -> Iterator[Hit]:
    sleep, alive = stores.acquire_sleep(node), stores.keep_alive(node)
    if _lease(node) and sleep and alive and sleep / 2 < alive < sleep:
        yield Hit(f"the lease lasts {sleep} ms and is renewed every {alive} ms only", stores.element(node))


def _holder(node: Node) -> str:
    element = stores.locker_element(node)
    return (element.attributes.get("leaseHolderId") if element is not None else None) or node.facts.name


def lease_holder_shared(node: Node, cluster: Cluster) -> Iterator[Hit]:
    if not _lease(node) or placeholder(_holder(node)):
        return
    for mate in cluster.mates(node):
        if _lease(mate) and _holder(mate) == _holder(node):
            what = f"{mate.name} holds the lease as {_holder(node)} too"
            yield Hit(what, stores.locker_element(node) or stores.element(node))
            return


def lease_holder_unsaid(node: Node, cluster: Cluster) -> Iterator[Hit]:
    element = stores.locker_element(node)
    if _lease(node) and element is not None and "leaseHolderId" not in element.attributes and not cluster.mates(node):
        yield Hit(f"the lease is held as {node.facts.name}, the brokerName", element)


def lease_clock(node: Node, cluster: Cluster) -> Iterator[Hit]:
    element = stores.locker_element(node)
    if not _lease(node) or element is None or number(element.attributes.get("maxAllowableDiffFromDBTime", "0")) != 0:
        return
    host = re.search(r"(?://|@)([^/:;?,]+)", stores.database_url(node) or "")
    if host and host[1].lower() not in LOOPBACK:
        yield Hit(f"maxAllowableDiffFromDBTime is 0, and the clock of {host[1]} may differ", element)


def derby_row_lock(node: Node, cluster: Cluster) -> Iterator[Hit]:
    if stores.is_derby_server(node) and stores.locker(node) in stores.DATABASE_LOCKERS:
        at = stores.locker_element(node) or stores.element(node)
        yield Hit(f"{stores.locker(node)} on Derby's network server ({stores.database_url(node)})", at)


def derby_embedded(node: Node, cluster: Cluster) -> Iterator[Hit]:
    if stores.is_embedded_derby(node) and (mates := cluster.mates(node)):
        bean = stores.source(node)
        why = "no dataSource is named, which means an embedded Derby" if bean is None else "the data source is embedded"
        yield Hit(f"{why}; {mates[0].name} cannot open it as well", bean.element if bean else stores.element(node))


def database_loss_lease(node: Node, cluster: Cluster) -> Iterator[Hit]:
    if _lease(node) and stores.is_jdbc(node) and not _handles_loss(node):
        handler = node.facts.io_handler
        what = "no ioExceptionHandler" if handler is None else f"{handler.name} lets SQL exceptions pass"
        yield Hit(f"{what}: without its database the master goes on serving clients", stores.element(node))


def database_loss_row(node: Node, cluster: Cluster) -> Iterator[Hit]:
    if stores.is_jdbc(node) and stores.locker(node) in stores.DATABASE_LOCKERS and not _handles_loss(node):
        yield Hit("the broker ends when its database is away for a moment", stores.element(node))


def _handles_loss(node: Node) -> bool:
    handler = node.facts.io_handler
    if handler is None:
        return False
    names = handler.name + handler.attributes.get("class", "")
    if re.search(r"(?i)leaseLockerIOExceptionHandler|jDBCIOExceptionHandler", names):
        return True
    return truth(handler.attributes.get("ignoreSQLExceptions")) is False


def handler_deprecated(node: Node, cluster: Cluster) -> Iterator[Hit]:
    handler = node.facts.io_handler
    if handler is None or changes.has(node.version, "lease-io-handler") is False:
        return
    if re.search(r"(?i)jDBCIOExceptionHandler", handler.name + handler.attributes.get("class", "")):
        yield Hit(f"{handler.name} is deprecated", handler)


def _driver(bean: Bean | None) -> str | None:
    """Which family of drivers that ActiveMQ may not recognise: "mariadb", "mysql8", "mysql", "postgresql"."""
    if bean is None:
        return None
    text = " ".join([bean.cls, bean.properties.get("driverClassName", ""), bean.properties.get("url", "")]).lower()
    for mark, name in (
        ("mariadb", "mariadb"), ("com.mysql.cj", "mysql8"), ("mysql", "mysql"), ("postgresql", "postgresql"),
    ):  # fmt: skip
        if mark in text:
            return name
    return None


_CHANGE = {"mysql8": "mysql-connector-8-known", "postgresql": "postgresql-42-known"}
_ADAPTER = {"mariadb": "mysql-jdbc-adapter", "mysql8": "mysql-jdbc-adapter", "postgresql": "postgresql-jdbc-adapter"}
_DRIVER = {"mariadb": "MariaDB's driver", "mysql8": "Connector/J 8", "postgresql": "PostgreSQL's driver 42"}


def _recognised(node: Node, driver: str) -> bool | None:
    return False if driver == "mariadb" else changes.has(node.version, _CHANGE[driver])


def adapter_unknown(node: Node, cluster: Cluster) -> Iterator[Hit]:
    driver = _driver(stores.source(node))
    if _unnamed_adapter(node) and driver in _ADAPTER and _recognised(node, driver) is False:
        version = f"ActiveMQ {node.version}" if node.version else "ActiveMQ"
        yield Hit(f"{version} does not recognise {_DRIVER[driver]}", stores.element(node), _adapter_fix(driver))


def adapter_guessed(node: Node, cluster: Cluster) -> Iterator[Hit]:
    driver = _driver(stores.source(node))
    if _unnamed_adapter(node) and driver in _ADAPTER and _recognised(node, driver) is None:
        what = f"not every ActiveMQ recognises {_DRIVER[driver]}, and which this is for is not known here"
        yield Hit(what, stores.element(node), _adapter_fix(driver))


def _unnamed_adapter(node: Node) -> bool:
    return stores.is_jdbc(node) and node.facts.store is not None and node.facts.store.adapter is None


def _adapter_fix(driver: str) -> str:
    return f"<adapter><{_ADAPTER[driver]}/></adapter> in the persistence adapter"


def relax_auto_commit(node: Node, cluster: Cluster) -> Iterator[Hit]:
    bean, url = stores.source(node), stores.database_url(node) or ""
    if bean is None or not stores.is_jdbc(node) or not url.startswith("jdbc:mysql:") or placeholder(url):
        return
    if "relaxautocommit=true" not in url.lower():
        yield Hit(f"{url.split('?')[0]} without relaxAutoCommit=true", bean.element)


def myisam(node: Node, cluster: Cluster) -> Iterator[Hit]:
    for element in node.facts.element.walk():
        engine = element.attributes.get("engineType", "")
        if element.name == "mysql-jdbc-adapter" and engine.upper() not in ("", "INNODB") and not placeholder(engine):
            yield Hit(f"engineType {engine}", element)


def lock_without_statements(node: Node, cluster: Cluster) -> Iterator[Hit]:
    element = stores.locker_element(node)
    if _database_lock_on_files(node) and element is not None and element.first("statements") is None:
        yield Hit(f"{element.name} on a file store has no <statements>", element)


def lock_without_source(node: Node, cluster: Cluster) -> Iterator[Hit]:
    element = stores.locker_element(node)
    if element is None or not _database_lock_on_files(node):
        return
    if "dataSource" not in element.attributes and element.first("dataSource") is None:
        yield Hit(f"{element.name} on a file store has no dataSource", element)


def _database_lock_on_files(node: Node) -> bool:
    store = node.facts.store
    return store is not None and store.kind in stores.FILE_STORES and (
        _lease(node) or stores.locker(node) in stores.DATABASE_LOCKERS
    )  # fmt: skip


def source_missing(node: Node, cluster: Cluster) -> Iterator[Hit]:
    store = node.facts.store
    if store is None or node.facts.imports:
        return
    written = [store.attributes.get("dataSource")]
    written += [e.attributes.get("dataSource") for e in (store.locker,) if e is not None]
    for name in written:
        if name and name.startswith("#") and node.facts.bean(name[1:]) is None:
            yield Hit(f'dataSource="{name}", and no bean has that id', store.element)


def pool_properties(node: Node, cluster: Cluster) -> Iterator[Hit]:
    for bean in node.facts.beans:
        two, one = bean.cls.startswith(_DBCP2), bean.cls.startswith(_DBCP1)
        for old, new in _DBCP_PROPERTIES.items():
            if two and old in bean.properties:
                yield Hit(f"{bean.cls} has no property {old}", bean.element, f"{new}, as dbcp 2 calls it")
            if one and new in bean.properties:
                yield Hit(f"{bean.cls} has no property {new}", bean.element, f"{old}, as dbcp 1 calls it")


def pool_not_shipped(node: Node, cluster: Cluster) -> Iterator[Hit]:
    if node.rendered:
        return  # what a version comes without, amqctl puts beside it
    two = changes.has(node.version, "dbcp2")
    for bean in node.facts.beans:
        if two is True and bean.cls.startswith(_DBCP1):
            yield Hit(f"ActiveMQ {node.version} has dbcp 2 only", bean.element, f"{_DBCP2}BasicDataSource")
        if two is False and bean.cls.startswith(_DBCP2):
            yield Hit(f"ActiveMQ {node.version} has dbcp 1 only", bean.element, f"{_DBCP1}BasicDataSource, or add jars")


def failed_send_hangs(node: Node, cluster: Cluster) -> Iterator[Hit]:
    """Told once for all brokers of a version, and of those that surely have it."""
    if not _failing(node):
        return
    if node is next(n for n in cluster.nodes if _failing(n) and n.version == node.version):
        what = f"a master of ActiveMQ {node.version} that loses its database may hang for ever"
        yield Hit(what, stores.element(node))


def _failing(node: Node) -> bool:
    had, mended = (changes.has(node.version, change) for change in ("failed-send-may-hang", "failed-send-mended"))
    return stores.is_jdbc(node) and had is True and mended is False


RULES = (
    Rule("lease-expires", "error", "Lease runs out before it is renewed",
         "The lease lasts lockAcquireSleepInterval and is renewed every lockKeepAlivePeriod, by default 10 s and 30 s:"
         " between two renewals another broker becomes master too.",
         "LeaseDatabaseLocker.doStart (a warning only); JDBCPersistenceAdapter; AbstractLocker",
         'lockKeepAlivePeriod="2000" on the persistence adapter, lockAcquireSleepInterval="5000" on the locker',
         "jdbc", lease_expires),
    Rule("lease-renewal-tight", "warning", "Lease is renewed at the last moment",
         "One slow statement or garbage collection, and the lease has run out.",
         "LeaseDatabaseLocker", "a renewal at a half or a third of the lease", "jdbc", lease_tight),
    Rule("lease-holder-shared", "error", "Two brokers hold the lease under one name",
         "The database cannot tell them apart: both renew, one that stops frees the other's lease, and one that was"
         " frozen is master again when it wakes.",
         LOCKERS + "; LeaseDatabaseLocker.releaseLease",
         "a leaseHolderId of its own for each broker; the brokerName stays the same", "jdbc", lease_holder_shared),
    Rule("lease-holder-is-broker-name", "info", "Lease is held under the brokerName",
         "Members of a group should have one brokerName, and the lease must have one holder each.",
         LOCKERS, "a leaseHolderId of its own for each broker", "jdbc", lease_holder_unsaid),
    Rule("lease-clock-unchecked", "info", "Clocks are trusted",
         "A lease compares the broker's clock with a time that another broker wrote. With a difference allowed, it is"
         " measured once, at the start; later drift is not seen either.",
         "LeaseDatabaseLocker.initTimeDiff",
         "keep clocks together (NTP), or set maxAllowableDiffFromDBTime to a fraction of the lease", "jdbc",
         lease_clock),
    Rule("derby-with-database-locker", "error", "Derby does not hold the row lock",
         "A second broker becomes master beside a healthy one: after derby.locks.waitTimeout (60 s), and within"
         " seconds with createTablesOnStartup=false.",
         "measured by amqctl: Derby 10.16.1.1, ActiveMQ 5.18.3",
         "lease-database-locker, with a renewal well under the lease", "jdbc", derby_row_lock),
    Rule("derby-embedded-in-group", "error", "Embedded Derby in a group",
         "It is a database inside one JVM: another broker cannot open it, or has one of its own.",
         DATABASE_MS + "; DataSourceServiceSupport",
         "Derby's network server with the lease locker, or another database", "jdbc", derby_embedded),
    Rule("lease-without-io-handler", "warning", "A master without its database goes on",
         "The default handler ignores SQL exceptions, so connectors stay open while another broker may take the"
         " lease.",
         "DefaultIOExceptionHandler; LeaseLockerIOExceptionHandler (5.11 on); DbRestartJDBCQueueMasterSlaveLeaseTest",
         "<ioExceptionHandler><leaseLockerIOExceptionHandler/></ioExceptionHandler>", "jdbc", database_loss_lease),
    Rule("database-loss-ends-broker", "info", "A broker ends with its database's",
         "It cannot update its lock, gives up, tries to start again at once, and exits if the database is still away.",
         "BrokerService.stop after a lost lock; access.redhat.com/node/251323",
         "a restart policy or supervisor that brings the broker back", "jdbc", database_loss_row),
    Rule("io-handler-deprecated", "info", "Exception handler of old",
         "JDBCIOExceptionHandler became LeaseLockerIOExceptionHandler with 5.11.",
         "JDBCIOExceptionHandler", "leaseLockerIOExceptionHandler", "jdbc", handler_deprecated),
    Rule("jdbc-adapter-unknown-driver", "error", "Driver is not recognised",
         "ActiveMQ then uses its default adapter: on MySQL and MariaDB a message may have 64 KB, on PostgreSQL the"
         " tables cannot be made.",
         "AMQ-6780, AMQ-9397, AMQ-1130; apache/activemq#1103; eclipse-dirigible/dirigible#316",
         "name the adapter", "jdbc", adapter_unknown),
    Rule("jdbc-adapter-guessed", "warning", "Driver may not be recognised",
         "Where it is not, ActiveMQ uses its default adapter: on MySQL a message may have 64 KB, on PostgreSQL before"
         " 5.15.7 the tables cannot be made.",
         "AMQ-6780, AMQ-9397", "name the adapter", "jdbc", adapter_guessed),
    Rule("mysql-relax-auto-commit", "warning", "MySQL without relaxAutoCommit",
         "ActiveMQ commits on connections that commit by themselves, which Connector/J refuses otherwise.",
         JDBC_PAGE, "relaxAutoCommit=true in the URL", "jdbc", relax_auto_commit),
    Rule("mysql-not-innodb", "error", "MySQL tables without transactions",
         "Without transactions neither messages nor the row lock are safe.",
         "AMQ-1891; MySqlJDBCAdapter", 'engineType="INNODB", the default', "jdbc", myisam),
    Rule("file-store-lock-without-statements", "error", "Database lock of a file store has no table",
         "On a JDBC store the locker uses the store's statements; on a file store it needs its own, and the broker does"
         " not start without.",
         "seen with 5.18.3: NullPointerException; " + LOCKERS + "; apache/activemq#53",
         '<statements><statements lockTableName="activemq_lock"/></statements> in the locker', "jdbc",
         lock_without_statements),
    Rule("file-store-lock-without-source", "error", "Database lock of a file store has no database",
         "Only on a JDBC store the locker finds its data source by itself.",
         "AbstractJDBCLocker.configure", 'dataSource="#…" on the locker', "jdbc", lock_without_source),
    Rule("data-source-missing", "error", "Data source is not there",
         "The broker does not start.", "xbean", "a <bean> of that id beside <broker>", "jdbc", source_missing),
    Rule("pool-property-of-other-dbcp", "error", "Pool has no such property",
         "dbcp 2 renamed them; Spring refuses one that is not there, and the broker does not start.",
         "common-bin.xml of 5.11 and 5.12; commons-dbcp2 BasicDataSource", "the other name", "jdbc", pool_properties),
    Rule("pool-not-shipped", "info", "Pool is not in this version's distribution",
         "dbcp 1 was shipped up to 5.11, dbcp 2 from 5.12 on; any can be added to lib/.",
         "common-bin.xml of 5.11 and 5.12", "the class that is shipped, or add the jars", "jdbc", pool_not_shipped),
    Rule("failed-send-hangs", "info", "A send that the database refuses may block its queue",
         "Such a send waits for one that begins, and that one for it: connections cannot be closed, and a master that"
         " gives up its lock never ends. The next master is not kept from its place.",
         "apache/activemq#1731; seen by amqctl with 6.1.7, in the byte code of 5.16.6 and 5.18.3 too, not in 5.14.5",
         "a newer release of 5.19 or 6.2; else SIGKILL: amqctl kill, then amqctl start", "jdbc", failed_send_hangs),
)  # fmt: skip
