"""Rules for LevelDB and its replicated form."""

from __future__ import annotations

import re
from collections.abc import Iterator

from amqctl.activemq.brokerxml.facts import number
from amqctl.activemq.brokerxml.tree import Element
from amqctl.activemq.lint import changes
from amqctl.activemq.lint.cluster import Cluster
from amqctl.activemq.lint.model import Node
from amqctl.activemq.lint.rule import Hit, Rule

PAGE = "ActiveMQ's page Replicated LevelDB Store"
_RIGHT, _WRONG = "zkSessionTimeout", "zkSessionTmeout"
_SHORT = 5_000  # milliseconds; ActiveMQ's own tests went to 15 s


def _store(node: Node, *kinds: str) -> Element | None:
    store = node.facts.store
    return store.element if store is not None and store.kind in kinds else None


def removed(node: Node, cluster: Cluster) -> Iterator[Hit]:
    store = _store(node, "levelDB", "replicatedLevelDB")
    if store is not None and changes.has(node.version, "leveldb-removed"):
        yield Hit(f"ActiveMQ {node.version} has no <{store.name}>", store)


def unsupported(node: Node, cluster: Cluster) -> Iterator[Hit]:
    store = _store(node, "levelDB", "replicatedLevelDB")
    if store is None or changes.has(node.version, "leveldb-removed"):
        return
    if changes.has(node.version, "leveldb-unsupported") is not False:
        yield Hit(f"<{store.name}> is not supported any more, and gone from 5.17 on", store)


def misspelled(node: Node, cluster: Cluster) -> Iterator[Hit]:
    store, right = _store(node, "replicatedLevelDB"), changes.has(node.version, "zk-session-timeout-spelled-right")
    if store is None or right is None:
        return
    wrong, known = (_WRONG, _RIGHT) if right else (_RIGHT, _WRONG)
    if wrong in store.attributes:
        yield Hit(f"ActiveMQ {node.version} does not know {wrong}", store, f"it is spelled {known} there")


def short_session(node: Node, cluster: Cluster) -> Iterator[Hit]:
    store = _store(node, "replicatedLevelDB")
    if store is None:
        return
    text = store.attributes.get(_RIGHT) or store.attributes.get(_WRONG) or "2s"
    match = re.fullmatch(r"(\d+)\s*(ms|s)?", text.strip())
    if match and int(match[1]) * (1000 if match[2] == "s" else 1) < _SHORT:
        yield Hit(f"the session with ZooKeeper ends after {text}", store)


def quorum(node: Node, cluster: Cluster) -> Iterator[Hit]:
    store = _store(node, "replicatedLevelDB")
    replicas = number(store.attributes.get("replicas", "3")) if store is not None else None
    if store is not None and replicas is not None and replicas < 3:
        need = replicas // 2 + 1
        yield Hit(f"of {replicas} replicas {need} must be there: none may fail", store)


def even(node: Node, cluster: Cluster) -> Iterator[Hit]:
    store = _store(node, "replicatedLevelDB")
    replicas = number(store.attributes.get("replicas", "3")) if store is not None else None
    if store is not None and replicas is not None and replicas > 2 and replicas % 2 == 0:
        need = replicas // 2 + 1
        yield Hit(
            f"of {replicas} replicas {need} must be there: {replicas - need} may fail, as of {replicas - 1}", store
        )


def too_few(node: Node, cluster: Cluster) -> Iterator[Hit]:
    store = _store(node, "replicatedLevelDB")
    replicas = number(store.attributes.get("replicas", "3")) if store is not None else None
    members = 1 + len(cluster.mates(node))
    if store is not None and replicas is not None and 1 < members < replicas:
        spare = members - (replicas // 2 + 1)
        fail = f"{spare} may fail" if spare > 0 else "none may fail" if spare == 0 else "there will be no master"
        yield Hit(f"{replicas} replicas and {members} brokers: {fail}", store)


def alone(node: Node, cluster: Cluster) -> Iterator[Hit]:
    store = _store(node, "replicatedLevelDB")
    words = {word.strip() for word in store.attributes.get("sync", "quorum_mem").split(",")} if store else set()
    if store is not None and words <= {"local_mem", "local_disk"}:
        yield Hit(f"sync {store.attributes['sync']} acknowledges what one member has", store)


def host_name(node: Node, cluster: Cluster) -> Iterator[Hit]:
    store = _store(node, "replicatedLevelDB")
    if store is not None and not store.attributes.get("hostname"):
        yield Hit("hostname is not set", store)


RULES = (
    Rule("leveldb-removed", "error", "No LevelDB in this version",
         "It was removed with 5.17.", "AMQ-7502; New Features in 5.17",
         "KahaDB on a shared directory, or a JDBC store", "leveldb", removed),
    Rule("leveldb-unsupported", "warning", "LevelDB is not supported",
         "Nobody mends it since 5.14.2; its own replication tests are switched off.",
         PAGE + "; AMQ-5512", "KahaDB on a shared directory, or a JDBC store", "leveldb", unsupported),
    Rule("leveldb-session-timeout-spelling", "error", "Attribute is spelled differently in this version",
         "The schema refuses it, and the broker does not start.", "AMQ-5506; ElectingLevelDBStore",
         "zkSessionTmeout before 5.10.1, zkSessionTimeout from then on", "leveldb", misspelled),
    Rule("leveldb-short-session", "warning", "Session with ZooKeeper is short",
         "A pause of the JVM ends the mastership; two seconds, the default, are not enough.",
         "ElectingLevelDBStore; ActiveMQ's commit 5ebe71cec9", 'zkSessionTimeout="15s"', "leveldb", short_session),
    Rule("leveldb-without-quorum", "warning", "No replica may fail",
         "A majority of the replicas must be there for a master.", PAGE, "replicas=3 on three machines", "leveldb",
         quorum),
    Rule("leveldb-even-replicas", "warning", "Even number of replicas",
         "A majority of four is three: the fourth bears no further loss, and is one more that may fail.",
         PAGE, "replicas=3 or 5", "leveldb", even),
    Rule("leveldb-too-few-brokers", "warning", "Fewer brokers than replicas",
         "The majority is of the replicas, whether they run or not.", PAGE, "as many brokers as replicas", "leveldb",
         too_few),
    Rule("leveldb-sync-alone", "warning", "Acknowledged before another member has it",
         "A master that dies takes along what it alone has; the next one does not know of it.",
         "MasterLevelDBStore.syncToMask", "sync=quorum_mem or quorum_disk", "leveldb", alone),
    Rule("leveldb-host-name", "info", "Own address is guessed",
         "The others connect to what the machine says its name is, which often is not what they can reach.",
         PAGE, "hostname=, as the other members reach it", "leveldb", host_name),
)  # fmt: skip
