"""Rules for a store that several brokers share, most of all a directory: the lock, and what else must fail over."""

from __future__ import annotations

from collections.abc import Iterator

from amqctl.activemq.brokerxml.facts import placeholder, truth
from amqctl.activemq.lint import changes, stores
from amqctl.activemq.lint.cluster import Cluster
from amqctl.activemq.lint.model import Node
from amqctl.activemq.lint.rule import Hit, Rule

PAGE = "ActiveMQ's page Shared File System Master Slave"
LOCKERS = "ActiveMQ's page Pluggable Storage Lockers"
SLOW = 30_000  # milliseconds; three times what ActiveMQ's own settings need
QUICK = 1_000


def _file_locked(node: Node) -> bool:
    return stores.locker(node) == "shared-file-locker"


def _on(node: Node, *types: str) -> bool:
    return _file_locked(node) and node.host.file_system in types


def nfs3(node: Node, cluster: Cluster) -> Iterator[Hit]:
    if _on(node, *stores.NFS3):
        yield Hit(f"the store's lock is a file on {node.host.file_system}", stores.element(node))


def ocfs2(node: Node, cluster: Cluster) -> Iterator[Hit]:
    if _on(node, "ocfs2"):
        yield Hit("the store's lock is a file on ocfs2", stores.element(node))


def keep_alive_off(node: Node, cluster: Cluster) -> Iterator[Hit]:
    if _on(node, *stores.NETWORK) and stores.keep_alive(node) == 0:
        yield Hit(f"lockKeepAlivePeriod is 0 and the store is on {node.host.file_system}", stores.element(node))


def keep_alive_only_warns(node: Node, cluster: Cluster) -> Iterator[Hit]:
    store = node.facts.store
    if store is None or changes.has(node.version, "stop-on-error") is not True:
        return
    if _on(node, *stores.NETWORK) and stores.keep_alive(node) and not truth(store.attributes.get("stopOnError")):
        yield Hit(f"stopOnError is off and the store is on {node.host.file_system}", store.element)


def keep_alive_weak(node: Node, cluster: Cluster) -> Iterator[Hit]:
    if _file_locked(node) and cluster.mates(node) and changes.has(node.version, "keep-alive-of-file-lock") is False:
        yield Hit(f"ActiveMQ {node.version} looks after a file lock by halves", stores.element(node))


def lock_off(node: Node, cluster: Cluster) -> Iterator[Hit]:
    if stores.lock_off(node) and (mates := cluster.mates(node)):
        yield Hit(f"the lock is off, and {_named(mates)} shares the store", stores.element(node))


def no_store(node: Node, cluster: Cluster) -> Iterator[Hit]:
    if not node.facts.persistent and (mates := cluster.mates(node)):
        yield Hit(f"the broker has no store, and forms a group with {_named(mates)}", node.facts.element)


def separate_stores(node: Node, cluster: Cluster) -> Iterator[Hit]:
    mine = cluster.stores[node.name]
    for mate in cluster.mates(node):
        theirs = cluster.stores[mate.name]
        if mine is None or theirs is None:
            continue
        if mine != theirs and ((mine.everywhere and theirs.everywhere) or cluster.same_machine(node, mate)):
            yield Hit(f"its store is {mine.text}, that of {mate.name} is {theirs.text}", stores.element(node))
            return


def groups_share(node: Node, cluster: Cluster) -> Iterator[Hit]:
    mine = cluster.stores[node.name]
    for other in cluster.sharers(node):
        if cluster.group(other) != cluster.group(node) and cluster.share(node, other) and mine:
            yield Hit(
                f"its store is {mine.text}, and so is that of {other.name}, of another group", stores.element(node)
            )
            return


def names_differ(node: Node, cluster: Cluster) -> Iterator[Hit]:
    if stores.locker(node) == stores.LEASE and not _holder(node):
        return  # here the names must differ: they hold the lease
    for mate in cluster.mates(node):
        if mate.facts.name != node.facts.name and not placeholder(node.facts.name + mate.facts.name):
            yield Hit(f"brokerName {node.facts.name} here, {mate.facts.name} at {mate.name}", node.facts.element)
            return


def _holder(node: Node) -> str | None:
    element = stores.locker_element(node)
    return element.attributes.get("leaseHolderId") if element is not None else None


def tmp_storage(node: Node, cluster: Cluster) -> Iterator[Hit]:
    mine = _temporary(node)
    if mine is None or changes.has(node.version, "tmp-storage-left-alone"):
        return
    for mate in cluster.mates(node):
        if _temporary(mate) == mine and cluster.same_machine(node, mate):
            before = "" if node.version else " (up to ActiveMQ 5.13.0)"
            what = f"{mate.name} has its temporary store in {mine} too, and wipes it at its start{before}"
            yield Hit(what, node.facts.element)
            return


def _temporary(node: Node) -> str | None:
    """The directory of tmp_storage, where it is written."""
    facts = node.facts
    if facts.temp_store is not None:
        path = facts.temp_store.attributes.get("directory", "")
    elif "tmpDataDirectory" in facts.attributes:
        path = facts.attributes["tmpDataDirectory"]
    else:
        path = f"{facts.attributes.get('dataDirectory', '')}/{facts.name}/tmp_storage"
    return path if path.startswith("/") and not path.startswith("//") and not placeholder(path) else None


def scheduler(node: Node, cluster: Cluster) -> Iterator[Hit]:
    if truth(node.facts.attributes.get("schedulerSupport")) is not True:
        return
    mine = _scheduler(node)
    for mate in cluster.mates(node):
        theirs = _scheduler(mate)
        # a known path that all members have is taken to be shared: only the machine's owner knows its mounts
        if mine is None or mine != theirs:
            where = f"{mine} here, {theirs or 'unknown'} at {mate.name}" if mine else "in a data directory of its own"
            yield Hit(f"delayed messages are kept {where}", node.facts.element)
            return


def _scheduler(node: Node) -> str | None:
    facts = node.facts
    if facts.job_store is not None:
        return facts.job_store.attributes.get("directory")
    written = facts.attributes.get("schedulerDirectoryFile") or facts.attributes.get("schedulerDirectory")
    if written:
        return written
    path = facts.attributes.get("dataDirectory", "")
    return f"{path}/{facts.name}/scheduler" if path.startswith("/") else None


def erased(node: Node, cluster: Cluster) -> Iterator[Hit]:
    if _erases(node) and (mates := cluster.mates(node)):
        what = f"deleteAllMessagesOnStartup is on: starting this broker may empty the store of {_named(mates)}"
        yield Hit(what, node.facts.element)


def erased_alone(node: Node, cluster: Cluster) -> Iterator[Hit]:
    if _erases(node) and node.facts.persistent and not cluster.mates(node):
        yield Hit("deleteAllMessagesOnStartup is on: a restart loses every message", node.facts.element)


def _erases(node: Node) -> bool:
    return truth(node.facts.attributes.get("deleteAllMessagesOnStartup")) is True


def slow_takeover(node: Node, cluster: Cluster) -> Iterator[Hit]:
    sleep, alive = stores.acquire_sleep(node), stores.keep_alive(node)
    if not cluster.mates(node) or stores.locker(node) is None or sleep is None or alive is None:
        return
    lease = stores.locker(node) == stores.LEASE
    total = 2 * sleep if lease else sleep + (alive if _file_locked(node) else 0)
    if total > SLOW:
        how = f"twice the lease of {sleep} ms" if lease else f"lockAcquireSleepInterval {sleep} + keep-alive {alive} ms"
        yield Hit(f"a takeover may take {total / 1000:g} s and the store's recovery: {how}", stores.element(node))


def quick_polling(node: Node, cluster: Cluster) -> Iterator[Hit]:
    sleep = stores.acquire_sleep(node)
    if _file_locked(node) and sleep is not None and sleep < QUICK and node.host.file_system not in stores.NETWORK:
        what = f"lockAcquireSleepInterval {sleep} ms: for drills on one machine, not fit for NFS"
        yield Hit(what, stores.locker_element(node) or stores.element(node))


def quick_polling_network(node: Node, cluster: Cluster) -> Iterator[Hit]:
    sleep = stores.acquire_sleep(node)
    if _on(node, *stores.NETWORK) and sleep is not None and sleep < QUICK:
        what = f"every waiting broker asks the {node.host.file_system} server for the lock each {sleep} ms"
        yield Hit(what, stores.locker_element(node) or stores.element(node))


def not_writable(node: Node, cluster: Cluster) -> Iterator[Hit]:
    if node.host.writable is False:
        yield Hit("the broker's user cannot write to the store's directory", stores.element(node))


def start_async(node: Node, cluster: Cluster) -> Iterator[Hit]:
    if truth(node.facts.attributes.get("startAsync")) is True and cluster.mates(node):
        yield Hit("startAsync is on: a broker that waits for its lock ends after 10 minutes", node.facts.element)


def _named(nodes: tuple[Node, ...]) -> str:
    names = [n.name for n in nodes]
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


_NFS = "use NFSv4 (a dead client's lock is free after about 30 s), or a JDBC store"

RULES = (
    Rule("kahadb-shared-on-nfs3", "error", "File lock on NFSv3",
         "NFSv3 does not free the lock of a client that died: no other broker ever takes over.",
         PAGE, _NFS, "shared file", nfs3),
    Rule("kahadb-shared-on-ocfs2", "error", "File lock on OCFS2",
         "OCFS2 does not pass Java's file locks on to the other machines: there are two masters on one store.",
         PAGE, "use another cluster file system, NFSv4, or a JDBC store", "shared file", ocfs2),
    Rule("kahadb-keepalive-off-on-network-fs", "warning", "Nobody looks after the lock",
         "With lockKeepAlivePeriod 0, KahaDB's default, a master that was cut off from the file server does not notice"
         " that its lock went to another: two masters, and the store is damaged.",
         LOCKERS + "; LockableServiceSupport",
         'lockKeepAlivePeriod="5000" on <kahaDB>', "shared file", keep_alive_off),
    Rule("keepalive-error-only-warns", "warning", "A keep-alive that fails goes on",
         "An I/O error while the lock is looked at is logged and no more, so a master that cannot see its file server"
         " goes on being one.",
         "AMQ-7473", 'stopOnError="true" on the persistence adapter', "shared file", keep_alive_only_warns),
    Rule("kahadb-keepalive-weak", "warning", "Keep-alive of the file lock is incomplete in this version",
         "Until 5.12 there is a window in which the old and the new master are both active.",
         "AMQ-4705", "ActiveMQ 5.12 or newer", "shared file", keep_alive_weak),
    Rule("store-without-lock", "error", "Shared store without a lock",
         "Nothing keeps two brokers from writing to one store at the same time.",
         LOCKERS, "leave useLock and useDatabaseLock at true", "shared file", lock_off),
    Rule("group-without-store", "error", "Group without a store",
         "Without a store there is no lock, so every member is a master, and no message survives.",
         "BrokerService.createPersistenceAdapter", "leave persistent at true and give all members one store",
         "shared file", no_store),
    Rule("group-with-separate-stores", "error", "Members of a group have different stores",
         "Each takes the lock of its own store: two masters, and clients see half of the messages each.",
         PAGE, "name the same directory, or the same database, at every member", "shared file", separate_stores),
    Rule("groups-share-a-store", "error", "Two groups have one store",
         "They compete for one lock: one group never gets a master. On one database they need a schema or a table"
         " prefix each.",
         "ActiveMQ's page Can two brokers share the same database; JDBCLockTablePrefixTest",
         'a directory or a database each, or <statements tablePrefix="…"/>', "shared file", groups_share),
    Rule("group-broker-names-differ", "warning", "Members of a group have different broker names",
         "Durable subscriptions of bridges, the scheduler's directory and every JMX name carry the brokerName: they do"
         " not fail over to one with another.",
         "ActiveMQ's page Networks of Brokers (Do not change the name); DurableConduitBridge.getSubscriberName",
         "the same brokerName at every member; with the lease locker a leaseHolderId each", "shared file",
         names_differ),
    Rule("tmp-storage-shared", "warning", "Temporary store is shared",
         "Up to 5.13.0 a broker that starts deletes tmp_storage before it waits for its lock, under the running"
         " master.",
         "AMQ-6005", "a dataDirectory of its own for each member, or a <tempDataStore>", "shared file", tmp_storage),
    Rule("scheduler-not-shared", "warning", "Delayed messages do not fail over",
         "They are in a store of their own, by default dataDirectory/brokerName/scheduler, also where the messages are"
         " in a database.",
         PAGE + ", Scheduler Support", "schedulerDirectoryFile in a directory that all members share", "shared file",
         scheduler),
    Rule("delete-all-messages-in-group", "error", "A waiting broker's start may empty the store",
         "Messages are deleted before the broker waits for its lock; a JDBC store's tables are dropped at once.",
         "BrokerService.doStartPersistenceAdapter; JDBCPersistenceAdapter.doDropTables",
         "remove deleteAllMessagesOnStartup", "shared file", erased),
    Rule("delete-all-messages", "warning", "A restart loses every message",
         "It is meant for benchmarks and tests.",
         "BrokerService.doStartPersistenceAdapter", "remove deleteAllMessagesOnStartup", "shared file",
         erased_alone),
    Rule("slow-takeover", "info", "Takeover takes long",
         "A waiting broker looks for the lock every lockAcquireSleepInterval (10 s by default), and then waits one"
         " keep-alive more.",
         "AbstractLocker; SharedFileLocker.doStart", "a shorter lockAcquireSleepInterval", "shared file",
         slow_takeover),
    Rule("quick-lock-polling", "info", "Lock is asked for very often",
         "On a local disk that is cheap; on a file server every waiting broker is a client that never rests.",
         "measured by amqctl: a takeover in 0.24 s at 100 ms", "1000 ms or more on anything but a drill",
         "shared file", quick_polling),
    Rule("quick-lock-polling-on-network-fs", "warning", "Lock is asked for very often on a file server",
         "Every waiting broker is a client that never rests.",
         "SharedFileLocker.doStart", "lockAcquireSleepInterval of 1000 ms or more", "shared file",
         quick_polling_network),
    Rule("store-not-writable", "error", "Store cannot be written",
         "The broker would end at its start. Official images run as the user activemq from 5.19.3 and 6.2.1 on.",
         "rmohr/docker-activemq#22, #43, #50; Alfresco/acs-deployment#266",
         "give the directory to the broker's user", "shared file", not_writable),
    Rule("start-async-in-group", "warning", "A waiting broker ends itself",
         "With startAsync the start command waits 10 minutes for the broker and then exits with status 1; one that"
         " waits for its lock never gets ready.",
         "StartCommand; BrokerService.DEFAULT_START_TIMEOUT", 'start="false" has the console up while it waits',
         "shared file", start_async),
)  # fmt: skip
