"""What a broker's store and its lock are, whatever way it was written: for rules, and to see who shares one."""

from __future__ import annotations

from dataclasses import dataclass

from amqctl.activemq.brokerxml.facts import Bean, number, placeholder, truth
from amqctl.activemq.brokerxml.tree import Element
from amqctl.activemq.lint.model import Node

FILE_STORES = ("kahaDB", "mKahaDB", "levelDB", "amqPersistenceAdapter")
JDBC = ("jdbcPersistenceAdapter", "journaledJDBC", "journalPersistenceAdapterFactory", "journalPersistenceAdapter")
LEASE = "lease-database-locker"
DATABASE_LOCKERS = ("database-locker", "transact-database-locker", "defaultDatabaseLocker")

# ActiveMQ's own values in milliseconds: AbstractLocker, LockableServiceSupport, JDBCPersistenceAdapter
ACQUIRE_SLEEP = 10_000
KEEP_ALIVE = 0
KEEP_ALIVE_JDBC = 30_000

NFS3 = ("nfs", "nfs3")
NETWORK = (*NFS3, "nfs4", "cifs", "smb3", "smbfs", "ocfs2", "glusterfs", "ceph", "lustre", "gpfs", "afs")


@dataclass(frozen=True, slots=True)
class Identity:
    """everywhere: the same text is the same store from every machine."""

    text: str
    everywhere: bool


def identity(node: Node) -> Identity | None:
    """None where it cannot be told from here."""
    if node.store is not None:
        return Identity(f"known {node.store}", True)
    store = node.facts.store
    if store is None or not node.facts.persistent:
        return None
    if store.kind in FILE_STORES:
        path = store.attributes.get("directory", "")
        return Identity(f"path {path.rstrip('/')}", False) if path.startswith("/") and not placeholder(path) else None
    if store.kind in JDBC:
        return _database_identity(node)
    return None


def _database_identity(node: Node) -> Identity | None:
    url = database_url(node)
    if url is None or placeholder(url) or is_embedded_derby(node):
        return None
    statements = next((e for e in node.facts.element.walk() if e.name == "statements" and e.attributes), None)
    names = ("tablePrefix", "messageTableName")
    prefix = "".join(statements.attributes.get(n, "") for n in names) if statements is not None else ""
    plain = url.split("?")[0].split(";")[0].lower()
    local = any(host in plain for host in ("//localhost", "//127.0.0.1", "@localhost", "@127.0.0.1"))
    return Identity(f"database {plain} {prefix}".strip(), not local)


def source(node: Node) -> Bean | None:
    """The data source bean of the store, or else that of its locker."""
    store = node.facts.store
    if store is None:
        return None
    name = store.source
    if name is None and store.locker is not None:
        name = store.locker.attributes.get("dataSource", "").removeprefix("#") or None
    return node.facts.bean(name) if name else None


def database_url(node: Node) -> str | None:
    bean = source(node)
    if bean is None:
        return None
    return next((bean.properties[k] for k in ("url", "jdbcUrl", "URL") if k in bean.properties), None)


def is_jdbc(node: Node) -> bool:
    return node.facts.persistent and node.facts.store is not None and node.facts.store.kind in JDBC


def is_embedded_derby(node: Node) -> bool:
    """Also where there is no data source at all: then ActiveMQ takes an embedded Derby (DataSourceServiceSupport)."""
    bean = source(node)
    if bean is None:
        store = node.facts.store
        return is_jdbc(node) and store is not None and store.source is None
    url = database_url(node) or ""
    if "derby.jdbc.Embedded" in bean.cls + bean.properties.get("driverClassName", ""):
        return True
    return url.startswith("jdbc:derby:") and not url.startswith("jdbc:derby://")


def is_derby_server(node: Node) -> bool:
    bean, url = source(node), database_url(node) or ""
    names = (bean.cls + bean.properties.get("driverClassName", "")) if bean else ""
    return url.startswith("jdbc:derby://") or "derby.client" in names or "derby.jdbc.Client" in names


def locker(node: Node) -> str | None:
    """The name of the locker that decides who is master; None where nothing is locked or it is LevelDB's own."""
    store = node.facts.store
    if not node.facts.persistent or lock_off(node):
        return None
    if store is None:
        return "shared-file-locker"
    if store.locker is not None:
        return store.locker.name
    if store.kind in JDBC:
        return "database-locker"
    return "shared-file-locker" if store.kind in FILE_STORES else None


def lock_off(node: Node) -> bool:
    store = node.facts.store
    return store is not None and any(truth(store.attributes.get(k)) is False for k in ("useLock", "useDatabaseLock"))


def acquire_sleep(node: Node) -> int | None:
    """Milliseconds; None behind a placeholder."""
    element = locker_element(node)
    text = element.attributes.get("lockAcquireSleepInterval") if element is not None else None
    return ACQUIRE_SLEEP if text is None else number(text)


def keep_alive(node: Node) -> int | None:
    """Milliseconds; None behind a placeholder."""
    store = node.facts.store
    text = store.attributes.get("lockKeepAlivePeriod") if store is not None else None
    if text is not None:
        return number(text)
    return KEEP_ALIVE_JDBC if store is not None and store.kind in JDBC else KEEP_ALIVE


def locker_element(node: Node) -> Element | None:
    return node.facts.store.locker if node.facts.store is not None else None


def element(node: Node) -> Element:
    """Where a finding about the store stands."""
    return node.facts.store.element if node.facts.store is not None else node.facts.element
