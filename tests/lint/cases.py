"""For each rule of lint: brokers that trip it, and brokers as near to them as can be that do not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from amqctl.activemq.brokerxml.tree import parse
from amqctl.activemq.lint.model import Node
from tests.lint.builders import (
    DERBY,
    EMBEDDED,
    GB,
    HANDLER,
    MARIADB,
    MYSQL,
    MYSQL8,
    MYSQL_ADAPTER,
    REPLAY,
    SIMPLE,
    authorization,
    broker,
    chain,
    connector,
    connectors,
    holders,
    jdbc,
    jmx,
    kahadb,
    lease,
    leveldb,
    limited,
    mesh,
    multicast,
    net,
    on,
    openwire,
    pair,
    policy,
    ring,
    source,
    to,
    transports,
)


@dataclass(frozen=True)
class Case:
    trips: Sequence[Node]
    clean: Sequence[Node]
    ignored: dict[str, str] | None = None  # of both
    clean_ignored: dict[str, str] | None = None


DATA = 'dataDirectory="/d"'
LOWER = 'decreaseNetworkConsumerPriority="true"'
SCHEDULED = 'schedulerSupport="true"'
SHARED_SCHEDULER = SCHEDULED + ' schedulerDirectoryFile="/stores/s"'
APART = 'conduitSubscriptions="false"'
AWARE = REPLAY.replace("/>", ' selectorAware="true"/>')
JETTY = '<import resource="jetty.xml"/>'


def console(paths: str = "/", host: str = "127.0.0.1", access: str = "<restrict/>") -> list[Node]:
    """A broker with these files beside its own."""
    jetty = (
        '<beans><bean class="org.eclipse.jetty.security.ConstraintMapping">'
        f'<property name="pathSpec" value="{paths}"/></bean><bean class="org.apache.activemq.web.WebConsolePort">'
        f'<property name="host" value="{host}"/></bean></beans>'
    )
    return [
        broker("a", outside=JETTY, beside={"jetty.xml": parse(jetty).root, "jolokia-access.xml": parse(access).root})
    ]


STRICT = "<restrict><cors><strict-checking/></cors></restrict>"
READS = "<restrict><commands><command>read</command></commands></restrict>"
QUICK = '<locker><shared-file-locker lockAcquireSleepInterval="100"/></locker>'
SLOWER = '<locker><shared-file-locker lockAcquireSleepInterval="2000"/></locker>'
NFS3, NFS4 = on(file_system="nfs"), on(file_system="nfs4")
BACK = to("a", name="back")
LOG_QUERY = '<bean id="logQuery" class="io.fabric8.insight.log.log4j.Log4jLogQuery"/>'
IGNORED = {"kahadb-shared-on-nfs3": "the lab's NFS"}

CASES: dict[str, Case] = {
    # --- shared file
    "kahadb-shared-on-nfs3": Case(pair(kahadb(), host=NFS3), pair(kahadb(), host=NFS4)),
    "kahadb-shared-on-ocfs2": Case(pair(kahadb(), host=on(file_system="ocfs2")), pair(kahadb(), host=NFS4)),
    "kahadb-keepalive-off-on-network-fs": Case(
        pair(kahadb(), host=NFS4), pair(kahadb('lockKeepAlivePeriod="5000"'), host=NFS4)
    ),
    "keepalive-error-only-warns": Case(
        pair(kahadb('lockKeepAlivePeriod="5000"'), host=NFS4, version="5.18.3"),
        pair(kahadb('lockKeepAlivePeriod="5000" stopOnError="true"'), host=NFS4, version="5.18.3"),
    ),
    "kahadb-keepalive-weak": Case(pair(kahadb(), version="5.9.1"), pair(kahadb(), version="5.12.0")),
    "store-without-lock": Case(pair(kahadb('useLock="false"')), [broker("a", kahadb('useLock="false"'))]),
    "group-without-store": Case(pair(attrs='persistent="false"'), [broker("a", attrs='persistent="false"')]),
    "group-with-separate-stores": Case(
        pair(kahadb() + openwire(1), second={"body": kahadb(directory="/stores/b") + openwire(2)}),
        # on two machines it may be one directory, mounted in two places
        pair(kahadb() + openwire(), second={"body": kahadb(directory="/stores/b") + openwire()}),
    ),
    "groups-share-a-store": Case(
        [broker(g, jdbc(inside=MYSQL_ADAPTER), outside=MYSQL, group=g) for g in "ab"],
        [
            broker(g, jdbc(inside=MYSQL_ADAPTER + f'<statements><statements tablePrefix="{g}"/></statements>'),
                   outside=MYSQL, group=g)
            for g in "ab"
        ],
    ),
    "group-broker-names-differ": Case(pair(kahadb(), second={"called": "b"}), pair(kahadb())),
    "tmp-storage-shared": Case(
        pair(kahadb() + openwire(1), attrs=DATA, second={"body": kahadb() + openwire(2)}),
        pair(kahadb() + openwire(1), attrs=DATA, second={"body": kahadb() + openwire(2)}, version="5.18.3"),
    ),
    "scheduler-not-shared": Case(pair(kahadb(), attrs=SCHEDULED), pair(kahadb(), attrs=SHARED_SCHEDULER)),
    "delete-all-messages-in-group": Case(
        pair(kahadb(), attrs='deleteAllMessagesOnStartup="true"'),
        [broker("a", kahadb(), attrs='deleteAllMessagesOnStartup="true"')],
    ),
    "delete-all-messages": Case(
        [broker("a", kahadb(), attrs='deleteAllMessagesOnStartup="true"')],
        [broker("a", attrs='deleteAllMessagesOnStartup="true" persistent="false"')],
    ),
    "slow-takeover": Case(
        pair(kahadb('lockKeepAlivePeriod="30000"')), pair(kahadb('lockKeepAlivePeriod="5000"'))
    ),
    "quick-lock-polling": Case(pair(kahadb("", QUICK)), pair(kahadb("", SLOWER))),
    "quick-lock-polling-on-network-fs": Case(pair(kahadb("", QUICK), host=NFS4), pair(kahadb("", SLOWER), host=NFS4)),
    "store-not-writable": Case(
        [broker("a", kahadb(), host=on(writable=False))], [broker("a", kahadb(), host=on(writable=True))]
    ),
    "start-async-in-group": Case(pair(kahadb(), attrs='startAsync="true"'), [broker("a", attrs='startAsync="true"')]),
    # --- jdbc
    "lease-expires": Case(
        [broker("a", jdbc(inside="<locker><lease-database-locker/></locker>"), outside=MYSQL)],
        [broker("a", jdbc('lockKeepAlivePeriod="2000"', lease(5000)), outside=MYSQL)],
    ),
    "lease-renewal-tight": Case(
        [broker("a", jdbc('lockKeepAlivePeriod="4000"', lease(5000)), outside=MYSQL)],
        [broker("a", jdbc('lockKeepAlivePeriod="2000"', lease(5000)), outside=MYSQL)],
    ),
    "lease-holder-shared": Case(holders("", ""), holders('leaseHolderId="a1"', 'leaseHolderId="a2"')),
    "lease-holder-is-broker-name": Case(
        [broker("a", jdbc(inside=lease()), outside=MYSQL)],
        [broker("a", jdbc(inside=lease(extra='leaseHolderId="a1"')), outside=MYSQL)],
    ),
    "lease-clock-unchecked": Case(
        [broker("a", jdbc(inside=lease()), outside=MYSQL)],
        [broker("a", jdbc(inside=lease()), outside=source("jdbc:mysql://localhost/activemq"))],
    ),
    "derby-with-database-locker": Case(
        [broker("a", jdbc(), outside=DERBY)], [broker("a", jdbc(inside=lease()), outside=DERBY)]
    ),
    "derby-embedded-in-group": Case(pair(jdbc(), outside=EMBEDDED), [broker("a", jdbc(), outside=EMBEDDED)]),
    "lease-without-io-handler": Case(
        [broker("a", jdbc(inside=lease()), outside=MYSQL)], [broker("a", jdbc(inside=lease()) + HANDLER, outside=MYSQL)]
    ),
    "database-loss-ends-broker": Case(
        [broker("a", jdbc(), outside=MYSQL)], [broker("a", jdbc() + HANDLER, outside=MYSQL)]
    ),
    "row-lock-looked-after-late": Case(
        [broker("a", jdbc(), outside=MYSQL)],  # ActiveMQ's own 30 s
        [broker("a", jdbc('lockKeepAlivePeriod="1000"'), outside=MYSQL)],
    ),
    "io-handler-deprecated": Case(
        [broker("a", "<ioExceptionHandler><jDBCIOExceptionHandler/></ioExceptionHandler>")],
        [broker("a", "<ioExceptionHandler><jDBCIOExceptionHandler/></ioExceptionHandler>", version="5.9.1")],
    ),
    "jdbc-adapter-unknown-driver": Case(
        [broker("a", jdbc(), outside=MARIADB)], [broker("a", jdbc(inside=MYSQL_ADAPTER), outside=MARIADB)]
    ),
    "jdbc-adapter-guessed": Case(
        [broker("a", jdbc(), outside=MYSQL8)], [broker("a", jdbc(), outside=MYSQL8, version="6.1.7")]
    ),
    "mysql-relax-auto-commit": Case(
        [broker("a", jdbc(), outside=source("jdbc:mysql://db/activemq"))], [broker("a", jdbc(), outside=MYSQL)]
    ),
    "mysql-not-innodb": Case(
        [broker("a", jdbc(inside='<adapter><mysql-jdbc-adapter engineType="MYISAM"/></adapter>'), outside=MYSQL)],
        [broker("a", jdbc(inside='<adapter><mysql-jdbc-adapter engineType="INNODB"/></adapter>'), outside=MYSQL)],
    ),
    "file-store-lock-without-statements": Case(
        [broker("a", kahadb("", lease(extra='dataSource="#ds"')), outside=MYSQL)],
        [
            broker("a", kahadb("", lease(extra='dataSource="#ds"', inside="<statements><statements/></statements>")),
                   outside=MYSQL)
        ],
    ),
    "file-store-lock-without-source": Case(
        [broker("a", kahadb("", lease()))], [broker("a", kahadb("", lease(extra='dataSource="#ds"')), outside=MYSQL)]
    ),
    "data-source-missing": Case(
        [broker("a", jdbc())], [broker("a", jdbc(), outside='<import resource="databases.xml"/>')]
    ),
    "pool-property-of-other-dbcp": Case(
        [broker("a", jdbc(), outside=source("jdbc:h2:x", maxActive="200"))],
        [broker("a", jdbc(), outside=source("jdbc:h2:x", maxTotal="200"))],
    ),
    "pool-not-shipped": Case(
        [broker("a", outside=source("x", "org.apache.commons.dbcp.BasicDataSource"), version="5.16.6")],
        [broker("a", outside=source("x", "org.apache.commons.dbcp.BasicDataSource"), version="5.9.1")],
    ),
    "failed-send-hangs": Case(
        [broker("a", jdbc(inside=MYSQL_ADAPTER), outside=MYSQL, version="6.1.7")],
        [broker("a", jdbc(inside=MYSQL_ADAPTER), outside=MYSQL, version="5.14.5")],
    ),
    # --- leveldb
    "leveldb-removed": Case(leveldb(version="5.17.0"), leveldb(version="5.16.8")),
    "leveldb-unsupported": Case(leveldb(version="5.14.5"), leveldb(version="5.14.0")),
    "leveldb-session-timeout-spelling": Case(
        leveldb('zkSessionTimeout="15s"', version="5.9.1"), leveldb('zkSessionTmeout="15s"', version="5.9.1")
    ),
    "leveldb-short-session": Case(leveldb(), leveldb('zkSessionTimeout="15s"')),
    "leveldb-without-quorum": Case(leveldb('replicas="2"'), leveldb('replicas="3"')),
    "leveldb-even-replicas": Case(leveldb('replicas="4"'), leveldb('replicas="3"')),
    "leveldb-too-few-brokers": Case(
        [
            leveldb('replicas="3"', name="a", group="g")[0],
            leveldb('replicas="3"', name="b", group="g")[0],
        ],
        [leveldb('replicas="3"', name=name, group="g")[0] for name in "abc"],
    ),
    "leveldb-sync-alone": Case(leveldb('sync="local_disk"'), leveldb('sync="local_disk, quorum_mem"')),
    "leveldb-host-name": Case(leveldb(), leveldb('hostname="a"')),
    # --- network
    "network-connector-unnamed": Case(
        [broker("a", connectors('<networkConnector uri="static:(tcp://b:1)"/>'))], [net("a", to("b"))]
    ),
    "network-connector-name-taken": Case(
        [net("a", to("b", name="n"), to("c", name="n"))], [net("a", to("b", name="n"), to("c", name="m"))]
    ),
    "bridge-to-own-group": Case(
        [net("a1", to("a1", "a2", via="masterslave"))], [net("a1", to("b1", "b2", via="masterslave"))]
    ),
    "static-to-group": Case(
        [net("a", to("b1", "b2")), net("b1", kahadb(), group="b"), net("b2", kahadb(), group="b")],
        [net("a", to("b1", "b2")), net("b1"), net("b2")],
    ),
    "masterslave-of-one": Case([net("a", to("b", via="masterslave"))], [net("a", to("b", "c", via="masterslave"))]),
    "failover-never-gives-up": Case(
        [net("a", connector("static:failover:(tcp://b:1,tcp://c:1)"))],
        [net("a", connector("static:(failover:(tcp://b:1,tcp://c:1)?maxReconnectAttempts=0)"))],
    ),
    "network-uri-no-discovery": Case(
        [net("a", connector("tcp://b:61616"))], [net("a", connector("static:(tcp://b:61616)"))]
    ),
    "duplex-and-back": Case(
        [net("a", to("b", extra='duplex="true"')), net("b", BACK)], [net("a", to("b")), net("b", BACK)]
    ),
    "broker-names-not-unique": Case(
        [net("a", to("b"), called="x"), net("b", called="x")], [net("a", to("b"), called="x"), net("b", called="y")]
    ),
    "bridge-to-closed-port": Case(
        [net("a", connector("static:(tcp://b:61617)")), net("b")], [net("a", to("b")), net("b")]
    ),
    "bridge-to-other-protocol": Case(
        [net("a", connector("static:(tcp://b:61613)")), broker("b", transports('uri="stomp+nio://0.0.0.0:61613"'))],
        [net("a", connector("static:(tcp://b:61613)")), broker("b", transports('uri="nio://0.0.0.0:61613"'))],
    ),
    "advisories-off": Case(
        [net("a", to("b")), net("b", attrs='advisorySupport="false"')],
        # one-way, so only the other's advisories are listened to
        [net("a", to("b"), attrs='advisorySupport="false"'), net("b")],
    ),
    "static-bridge-without-destinations": Case(
        [net("a", to("b", extra='staticBridge="true"'))],
        [
            net("a", to("b", extra='staticBridge="true"', inside='<staticallyIncludedDestinations>'
                        '<queue physicalName="Q"/></staticallyIncludedDestinations>'))
        ],
    ),
    "network-prefetch-zero": Case(
        [net("a", to("b", extra='prefetchSize="0"'))], [net("a", to("b", extra='prefetchSize="1"'))]
    ),
    "replay-ignores-selectors": Case(
        [net("a", to("b", extra=APART), more=policy("", REPLAY), version="5.18.3")],
        [net("a", to("b", extra=APART), more=policy("", AWARE), version="5.18.3")],
    ),
    "console-api-open": Case(console("*.jsp,/admin/*"), console("/api/*,/admin/*,*.jsp")),
    "console-on-every-address": Case(console(host="0.0.0.0"), console()),
    "jolokia-may-change": Case(console(access=READS.replace("read", "exec")), console(access=READS)),
    "jolokia-any-origin": Case(console(), console(access=STRICT)),
    "bridge-without-credentials": Case(
        [net("a", to("b"), more=SIMPLE)], [net("a", to("b", extra='userName="x" password="y"'), more=SIMPLE)]
    ),
    "failover-in-any-order": Case(
        [net("a", connector("static:(failover:(tcp://b:1,tcp://c:1)?maxReconnectAttempts=0)"))],
        [net("a", connector("static:(failover:(tcp://b:1,tcp://c:1)?randomize=false&amp;maxReconnectAttempts=0)"))],
    ),
    "bridge-dies-in-handshake": Case(
        [net("a", to("b"), version="6.1.7"), net("b")], [net("a", to("b"), version="6.2.8"), net("b")]
    ),
    "bridge-without-advisory-rights": Case(
        [net("a", to("b"), more=authorization("PRICES.&gt;"))],
        [net("a", to("b"), more=authorization("ActiveMQ.Advisory.&gt;"))],
    ),
    "multicast-default-group": Case(multicast("multicast://default"), multicast("multicast://default?group=lab")),
    "multicast-interface-alone": Case(
        multicast("multicast://default?group=g&amp;networkInterface=lo"),
        multicast("multicast://default?group=g&amp;networkInterface=lo&amp;joinNetworkInterface=lo"),
    ),
    "multicast-listens-only": Case(
        multicast("multicast://default?group=g"),
        multicast("multicast://default?group=g", "multicast://default?group=g"),
    ),
    "message-ttl-too-short": Case(chain(), chain('networkTTL="2"')),
    "consumer-ttl-too-short": Case(chain('messageTTL="2"'), chain('messageTTL="2" consumerTTL="2"')),
    "consumer-ttl-in-mesh": Case(mesh('networkTTL="3"'), mesh('messageTTL="3" consumerTTL="1"')),
    "duplicate-subscriptions": Case(
        ring('networkTTL="2"'), ring('networkTTL="2" suppressDuplicateQueueSubscriptions="true"')
    ),
    "replay-with-audit": Case(
        [broker("a", policy("", REPLAY))], [broker("a", policy('enableAudit="false"', REPLAY))]
    ),
    "network-without-replay": Case(
        [net("a", to("b", extra='duplex="true"'), more=policy('enableAudit="false"', REPLAY)), net("b")],
        # nothing comes back where there is no way back
        [net("a", to("b")), net("b")],
    ),
    "priority-differs-by-version": Case(
        [net("a", to("b"), version="5.17.6"), net("b", version="5.18.3")],
        [net("a", to("b", extra=LOWER), version="5.17.6"), net("b", version="5.18.3")],
    ),
    # --- clients and console
    "cluster-clients-address": Case(
        [broker("a", openwire(extra='updateClusterClients="true"'))],
        [broker("a", transports('uri="tcp://broker-1.example.org:61616" updateClusterClients="true"'))],
    ),
    "rebalance-without-update": Case(
        [broker("a", openwire(extra='rebalanceClusterClients="true"'))],
        [broker("a", openwire(extra='rebalanceClusterClients="true" updateClusterClients="true"'))],
    ),
    "transport-name-taken": Case(
        [broker("a", transports('name="x" uri="tcp://h:1"', 'name="x" uri="tcp://h:2"'))],
        [broker("a", transports('name="x" uri="tcp://h:1"', 'name="y" uri="tcp://h:2"'))],
    ),
    "connector-name-of-a-bean": Case(
        [broker("a", connectors(connector("static:(tcp://b:1)", "stomp")) + transports('name="stomp" uri="stomp://h:1"'))],
        [broker("a", connectors(connector("static:(tcp://b:1)", "to-b")) + transports('name="stomp" uri="stomp://h:1"'))],
    ),
    "port-taken-twice": Case(
        [broker("a", transports('uri="tcp://h:1"', 'uri="stomp://h:1"'))],
        [broker("a", transports('uri="tcp://h:0"', 'uri="stomp://h:0"'))],
    ),
    "broker-name-characters": Case([broker("a", called="my broker")], [broker("a", called="${name of it}")]),
    "jmx-port-taken": Case(
        [broker("a", jmx(1099) + openwire(1)), broker("b", jmx(1099) + openwire(2))],
        [broker("a", jmx(1099) + openwire(1)), broker("b", jmx(1100) + openwire(2))],
    ),
    "limit-above-disk": Case(
        [broker("a", limited("store", "100 gb"), host=on(store_free=20 * GB))],
        [broker("a", limited("store", "10 gb"), host=on(store_free=20 * GB))],
    ),
    "default-limit-above-disk": Case(
        [broker("a", kahadb(), host=on(store_free=20 * GB))], [broker("a", kahadb(), host=on(store_free=200 * GB))]
    ),
    "java-too-old": Case(
        [broker("a", version="6.1.7", host=on(java=11))], [broker("a", version="5.18.3", host=on(java=11))]
    ),
    "jetty-xml-of-older-version": Case(
        [broker("a", outside='<import resource="jetty.xml"/>', version="6.3.0")],
        [broker("a", outside='<import resource="jetty.xml"/>', version="6.2.0")],
    ),
    "broker-bean-without-id": Case(
        [broker("a", outside='<import resource="jetty.xml"/>', version="6.2.6")],
        [broker("a", outside='<import resource="jetty.xml"/>', version="6.2.6", attrs='id="broker"')],
    ),
    "log-query-bean": Case(
        [broker("a", outside=LOG_QUERY, version="5.17.0")], [broker("a", outside=LOG_QUERY, version="5.16.6")]
    ),
    # --- lint itself
    "ignore-unknown-rule": Case(pair(kahadb()), pair(kahadb(), host=NFS3), {"no-such-rule": "why"}, IGNORED),
    "ignore-without-effect": Case(pair(kahadb()), pair(kahadb(), host=NFS3), IGNORED, IGNORED),
    "ignore-without-reason": Case(
        [broker("a", "<!-- amqctl-lint: ignore kahadb-shared-on-nfs3 -->" + kahadb(), host=NFS3)],
        [broker("a", "<!-- amqctl-lint: ignore kahadb-shared-on-nfs3 the lab's -->" + kahadb(), host=NFS3)],
    ),
}  # fmt: skip
