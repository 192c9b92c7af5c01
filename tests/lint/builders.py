"""Brokers in a line or two, for the rules of lint."""

from __future__ import annotations

from typing import Any

from amqctl.activemq.brokerxml import read
from amqctl.activemq.lint.model import HostFacts, Node

GB = 1 << 30


def broker(
    name: str, body: str = "", *, attrs: str = "", outside: str = "", called: str | None = None, **known: Any
) -> Node:
    """One broker's file. name: of the node, and how others reach it; called: its brokerName."""
    xml = f"""<beans xmlns="http://www.springframework.org/schema/beans">
      {outside}
      <broker xmlns="http://activemq.apache.org/schema/core" brokerName="{called or name}" {attrs}>
        {body}
      </broker>
    </beans>"""
    found = read(xml, f"{name}.xml")
    values = {"hosts": frozenset({name}), "file": f"{name}.xml", "comments": found.comments} | known
    return Node(name=name, facts=found.facts, **values)


def on(**facts: Any) -> HostFacts:
    return HostFacts(**facts)


def kahadb(attrs: str = "", inside: str = "", directory: str = "/stores/a") -> str:
    return f'<persistenceAdapter><kahaDB directory="{directory}" {attrs}>{inside}</kahaDB></persistenceAdapter>'


def pair(
    body: str = "", *, attrs: str = "", outside: str = "", second: dict[str, Any] | None = None, **known: Any
) -> list[Node]:
    """Two members of group a; the second differs by `second`."""
    one: dict[str, Any] = {"body": body, "attrs": attrs, "outside": outside, "called": "a", "group": "a"} | known
    return [broker("a1", **one), broker("a2", **(one | (second or {})))]


def jdbc(attrs: str = "", inside: str = "") -> str:
    store = f'<jdbcPersistenceAdapter dataSource="#ds" {attrs}>{inside}</jdbcPersistenceAdapter>'
    return f"<persistenceAdapter>{store}</persistenceAdapter>"


def source(url: str, cls: str = "org.apache.commons.dbcp2.BasicDataSource", driver: str = "", **properties: str) -> str:
    values = {"url": url, **({"driverClassName": driver} if driver else {}), **properties}
    return (
        f'<bean id="ds" class="{cls}">'
        + "".join(f'<property name="{k}" value="{v}"/>' for k, v in values.items())
        + "</bean>"
    )


def lease(sleep: int = 5000, extra: str = "", inside: str = "") -> str:
    locker = f'<lease-database-locker lockAcquireSleepInterval="{sleep}" {extra}>{inside}</lease-database-locker>'
    return f"<locker>{locker}</locker>"


MYSQL = source("jdbc:mysql://db/activemq?relaxAutoCommit=true", driver="com.mysql.jdbc.Driver")
MYSQL8 = source("jdbc:mysql://db/activemq?relaxAutoCommit=true", driver="com.mysql.cj.jdbc.Driver")
MARIADB = source("jdbc:mariadb://db/activemq", driver="org.mariadb.jdbc.Driver")
POSTGRES = source("jdbc:postgresql://db/activemq", driver="org.postgresql.Driver")
DERBY = source("jdbc:derby://db:1527/amq;create=true", driver="org.apache.derby.client.ClientAutoloadedDriver")
EMBEDDED = (
    '<bean id="ds" class="org.apache.derby.jdbc.EmbeddedDataSource"><property name="databaseName" value="x"/></bean>'
)
MYSQL_ADAPTER = "<adapter><mysql-jdbc-adapter/></adapter>"
HANDLER = "<ioExceptionHandler><leaseLockerIOExceptionHandler/></ioExceptionHandler>"


def holders(first: str, second: str) -> list[Node]:
    """A pair on one lease, each with what is written of its holder."""
    bodies = [jdbc('lockKeepAlivePeriod="1000"', lease(extra=extra)) for extra in (first, second)]
    return pair(bodies[0], outside=MYSQL, second={"body": bodies[1]})


def leveldb(attrs: str = "", *, name: str = "a", **known: Any) -> list[Node]:
    return [broker(name, f"<persistenceAdapter><replicatedLevelDB {attrs}/></persistenceAdapter>", **known)]


# --- networks


def openwire(port: int = 61616, extra: str = "") -> str:
    return transports(f'name="openwire" uri="tcp://0.0.0.0:{port}" {extra}')


def connector(uri: str, name: str = "n", extra: str = "", inside: str = "") -> str:
    return f'<networkConnector name="{name}" uri="{uri}" {extra}>{inside}</networkConnector>'


def connectors(*each: str) -> str:
    return f"<networkConnectors>{''.join(each)}</networkConnectors>"


def net(name: str, *each: str, attrs: str = "", more: str = "", **known: Any) -> Node:
    """A broker that listens on 61616 and has these connectors."""
    return broker(name, connectors(*each) + openwire() + more, attrs=attrs, **known)


def to(*names: str, via: str = "static", extra: str = "", name: str = "n", inside: str = "") -> str:
    return connector(f"{via}:({','.join(f'tcp://{n}:61616' for n in names)})", name, extra, inside)


def chain(extra: str = "", more: str = "", **known: Any) -> list[Node]:
    """a -> b -> c, one-way."""
    return [net("a", to("b", extra=extra), more=more, **known), net("b", to("c", extra=extra), more=more), net("c")]


def mesh(extra: str = "", size: int = 3, more: str = "") -> list[Node]:
    """Everyone to everyone, each link duplex and declared once."""
    names = [f"b{i}" for i in range(size)]
    return [
        net(n, *(to(o, extra=f'duplex="true" {extra}', name=f"to-{o}") for o in names[i + 1 :]), more=more)
        for i, n in enumerate(names)
    ]


def ring(extra: str = "") -> list[Node]:
    names = [f"b{i}" for i in range(4)]
    return [net(n, to(names[(i + 1) % 4], extra=f'duplex="true" {extra}')) for i, n in enumerate(names)]


def policy(attrs: str, inside: str) -> str:
    entry = f'<policyEntry queue="&gt;" {attrs}>{inside}</policyEntry>'
    return f"<destinationPolicy><policyMap><policyEntries>{entry}</policyEntries></policyMap></destinationPolicy>"


REPLAY = (
    '<networkBridgeFilterFactory><conditionalNetworkBridgeFilterFactory replayWhenNoConsumers="true"/>'
    "</networkBridgeFilterFactory>"
)
SIMPLE = "<plugins><simpleAuthenticationPlugin><users/></simpleAuthenticationPlugin></plugins>"


def authorization(topic: str) -> str:
    entries = f'<authorizationEntry queue="&gt;" read="x"/><authorizationEntry topic="{topic}" read="x"/>'
    inner = f"<authorizationMap><authorizationEntries>{entries}</authorizationEntries></authorizationMap>"
    return f"<plugins><authorizationPlugin><map>{inner}</map></authorizationPlugin></plugins>"


def multicast(uri: str, discovery: str = "") -> list[Node]:
    at = f'discoveryUri="{discovery}"' if discovery else ""
    return [broker("a", connectors(connector(uri)) + openwire(extra=at))]


def limited(kind: str, limit: str) -> str:
    inner = f'<{kind}Usage><{kind}Usage limit="{limit}"/></{kind}Usage>'
    return kahadb() + f"<systemUsage><systemUsage>{inner}</systemUsage></systemUsage>"


def transports(*each: str) -> str:
    return "<transportConnectors>" + "".join(f"<transportConnector {e}/>" for e in each) + "</transportConnectors>"


def jmx(port: int) -> str:
    inner = f'<managementContext createConnector="true" connectorPort="{port}"/>'
    return f"<managementContext>{inner}</managementContext>"
