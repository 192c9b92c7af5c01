"""Which systems the table of `tests.matrix` has, and which drills each part of it shows."""

from __future__ import annotations

from dataclasses import dataclass

LONG, ENGINE = "bounce-store-60", "engine-restart"  # columns only where they were run


@dataclass(frozen=True)
class System:
    """name: the file in topologies/. meets: the source documents' systems that it runs."""

    name: str
    meets: str
    what: str


@dataclass(frozen=True)
class Part:
    """A table of its own, so that its columns stay readable. A system may stand in several."""

    name: str
    title: str
    drills: tuple[str, ...]
    systems: tuple[System, ...]
    extra: tuple[str, ...] = ()


MS_PLUS_CLUSTER = System("ms-plus-cluster", "S5f", "two KahaDB pairs and a duplex link")
TWO_JDBC_PAIRS = System("two-jdbc-pairs", "S1", "two pairs on one MySQL, linked both ways")
PAIR = System("pair", "S2d", "a pair on a shared KahaDB")

PARTS = (
    Part(
        "stores",
        "Stores: one store, several brokers",
        ("kill-master", "stop-master", "bridging", "bounce-store", "tables", "big-messages"),
        (
            TWO_JDBC_PAIRS,
            PAIR,
            System("trio", "S5c", "three brokers on one KahaDB"),
            MS_PLUS_CLUSTER,
            System("ms-plus-secure", "S5f, TLS and rights", "the same with TLS and rights by group"),
            System("mkahadb", "several KahaDBs", "a pair that keeps queues apart in several KahaDBs"),
            System("kahadb-lease", "lock apart from the store", "a pair on KahaDB, its lock a lease in PostgreSQL"),
            System("jdbc-mysql", "S2d, S4, S5d", "a pair on MySQL"),
            System("jdbc-mariadb", "S2d, S4, S5d", "a pair on MariaDB"),
            System("jdbc-postgres", "S4, S5d", "a pair on PostgreSQL"),
            System("jdbc-derby", "S4, S5d", "a pair on Derby, by lease"),
            System("jdbc-prefixes", "tables apart by prefix", "two pairs in one MariaDB database"),
        ),
        (LONG, ENGINE),
    ),
    Part(
        "networks",
        "Networks of brokers",
        (
            "kill-master", "bridging", "reach", "even-share", "consumer-hop", "bridge-peer-failover", "broker-loss",
            "membership",
        ),
        (
            System("s1-two-pairs", "S1", "two pairs on one MariaDB, `static:(failover:(…))` both ways"),
            TWO_JDBC_PAIRS,
            MS_PLUS_CLUSTER,
            System("ms-plus-cluster-oneway", "S5f", "two KahaDB pairs, a link declared on either side"),
            System("s2e", "S2e", "one broker and a pair, networked"),
            System("multicast", "S2c, S5b", "a pair and two brokers that find each other"),
            System("static-2", "S2c, S5b", "two brokers, one duplex link"),
            System("static-2-oneway", "S2c, S5b", "two brokers, a link declared on either side"),
            System("static-3", "S5b", "three brokers, each linked to each, duplex"),
            System("static-3-oneway", "S5b", "three brokers, each linked to each from either side"),
            System("mesh", "shape", "four brokers, each linked to each"),
            System("ring", "shape", "four brokers in a ring"),
            System("chain", "shape", "four brokers in a row"),
            System("hub", "shape", "three brokers around a fourth"),
        ),
    ),
    Part(
        "leveldb",
        "LevelDB and ZooKeeper",
        ("kill-master", "stop-master", "big-messages", "below-quorum", "zk-loss", "zk-quorum-loss", "zk-pause"),
        (
            System("leveldb-trio", "S3, S2d", "three brokers that replicate a LevelDB, three ZooKeepers"),
            System("leveldb-shared", "S2d", "a pair on a plain LevelDB in one directory"),
        ),
    ),
    Part(
        "clients",
        "Consumers and clients",
        ("even-share", "exclusive-consumer", "message-groups", "reconnect-storm"),
        (PAIR, MS_PLUS_CLUSTER),
    ),
)  # fmt: skip
