"""The two profiles, as tables. A written value wins over its profile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from amqctl.topology.settled import UsageLimits
from amqctl.topology.settledstores import Scalar


@dataclass(frozen=True, slots=True)
class Profile:
    """Times in milliseconds. link_options: of the discovery URI, for every way of linking. link_transport: of
    each address that a link leads to. connectors: options of a transport connector by its kind. kahadb: further
    attributes of <kahaDB>; leveldb: of <levelDB> and <replicatedLevelDB>. jdbc_keep_alive: lockKeepAlivePeriod of
    the database-locker. lease: length of a lease. companions: settings of a server by its kind. zk_session: asked
    for."""

    name: Literal["lab", "stock"]
    lock_acquire_sleep_interval: int
    lock_keep_alive_period: int
    jdbc_keep_alive: int
    lease: int
    link_options: Mapping[str, str]
    jvm: Literal["normal", "fast-start"]
    usage: UsageLimits = field(default_factory=UsageLimits)
    kahadb: Mapping[str, str] = field(default_factory=dict)
    companions: Mapping[str, Mapping[str, Scalar]] = field(default_factory=dict)
    link_transport: Mapping[str, str] = field(default_factory=dict)
    connectors: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    leveldb: Mapping[str, str] = field(default_factory=dict)
    zk_session: int = 2_000  # of a replicated LevelDB with ZooKeeper: ActiveMQ's own (ElectingLevelDBStore)


# A slave waits for the master's row in the server, which gives up after this many seconds (50 unless set);
# then it logs "Failed to acquire lock. Sleeping" and asks again. So one sees that it waits.
_LOCK_WAIT: Mapping[str, Scalar] = {"innodb_lock_wait_timeout": 2}

# A broker answers an acknowledgement with two small writes, and TCP holds the second back until the first is
# acknowledged, which Docker's proxy does 40 ms later: 22 messages a second for a consumer that acknowledges each.
# Of OpenWire both sides agree on it by themselves (tcpNoDelayEnabled in WireFormatInfo); of the others nobody does.
_AT_ONCE: Mapping[str, str] = {"transport.tcpNoDelay": "true"}

# For drills and development on one machine: a slave asks for the lock ten times a second and checks
# that it still has it as often, a bridge comes back a tenth of a second after it broke.
#
# The limits are there because ActiveMQ's own (100 GB store, 50 GB temp: BrokerService.getSystemUsage)
# are above most disks, of which each broker would warn at every start.
LAB = Profile(
    "lab",
    lock_acquire_sleep_interval=100,
    lock_keep_alive_period=100,
    # each check writes to a row in a transaction that never ends, so not ten times a second
    jdbc_keep_alive=1000,
    lease=1500,
    link_options={"useExponentialBackOff": "false", "initialReconnectDelay": "100"},
    jvm="fast-start",
    usage=UsageLimits(memory="70%", store="1gb", temp="512mb"),
    # A new master replays the journal from the last checkpoint on. At ActiveMQ's 5 s and a thousand
    # messages a second that is most of a takeover, and kills that come faster than checkpoints replay
    # more each time (34,000 operations, 1.7 s, were seen).
    kahadb={"checkpointInterval": "200"},
    # A new master reads its last log file to the end, and replays it from the last snapshot of the index on, which is
    # made where a file ends. At ActiveMQ's 100 MB that is more after each takeover. Only <levelDB> heeds it.
    leveldb={"logSize": "2097152"},
    # ZooKeeper grants no session shorter than two ticks and ends one at the next tick: of its usual 2 s, four to six
    companions={"mysql": _LOCK_WAIT, "mariadb": _LOCK_WAIT, "zookeeper": {"tickTime": 500}},
    # The address of a killed container answers nothing, and TcpTransport would wait 30 s for it before the
    # bridge tries the new master's. On one machine a connection is there in a millisecond.
    link_transport={"connectionTimeout": "500"},
    connectors={"stomp": _AT_ONCE, "amqp": _AT_ONCE, "mqtt": _AT_ONCE},
)

# ActiveMQ's own: AbstractLocker.DEFAULT_LOCK_ACQUIRE_SLEEP_INTERVAL (which is the lease's length too),
# LockableServiceSupport.lockKeepAlivePeriod, JDBCPersistenceAdapter.DEFAULT_LOCK_KEEP_ALIVE_PERIOD,
# SimpleDiscoveryAgent (1 s doubling to 30 s), the JVM's compilers and collector.
STOCK = Profile(
    "stock",
    lock_acquire_sleep_interval=10_000,
    lock_keep_alive_period=0,
    jdbc_keep_alive=30_000,
    lease=10_000,
    link_options={},
    jvm="normal",
)

PROFILES: Mapping[str, Profile] = {p.name: p for p in (LAB, STOCK)}
