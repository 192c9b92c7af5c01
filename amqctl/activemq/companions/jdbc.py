"""How brokers reach a database: driver, URL, ActiveMQ's adapter, and whether its row lock can be trusted.

A database that is no companion (Oracle, or a server that was there before) has a row here too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from amqctl.activemq.companions.derby import CLIENT_JARS
from amqctl.activemq.companions.model import Settings
from amqctl.activemq.distribution import Coordinate
from amqctl.activemq.uris import bracketed


@dataclass(frozen=True, slots=True)
class Driver:
    """jars: those a broker needs. java_min: what they were compiled for."""

    name: str
    jars: tuple[Coordinate, ...]
    java_min: int


@dataclass(frozen=True, slots=True)
class Dialect:
    """adapter: the element inside <adapter>; the same in every line's schema from 5.9 on. Always written:
    ActiveMQ would choose by the driver's name, and knows neither MariaDB's nor, before 5.17.7 and 5.18.4,
    Connector/J 8's (AMQ-9397). Its default adapter takes BLOB, which MySQL cuts at 64 KB.

    template: of the URL. first, between, join: before, between and inside the parameters. params: those that
    are needed; what the topology says wins. database_locker: why it is refused, empty where it is not.
    """

    name: str
    title: str
    prefix: str
    template: str
    first: str
    between: str
    driver: Driver
    adapter: str
    params: Settings
    database_locker: str = ""


_MYSQL = Driver("com.mysql.cj.jdbc.Driver", (Coordinate("com.mysql", "mysql-connector-j", "8.0.33"),), 8)
# Connector/J 8 speaks to 5.6 as well (run: 5.6.24); what is older than 5.7 it does not promise.
_MYSQL_OLD = Driver("com.mysql.jdbc.Driver", (Coordinate("mysql", "mysql-connector-java", "5.1.49"),), 8)
_OLD_BEFORE = (5, 7)

# Reproduced on 5.18.3: default adapter, createTablesOnStartup=false on the second: two masters after 2.1 s. With
# db2JDBCAdapter, which locks the table as a whole, no second master in 25 s and takeover in 0.7 to 0.8 s (one run
# each, derby.locks.waitTimeout=3): promising, and too little to trust messages to.
_DERBY_LOCK = (
    "Derby's network server does not hold the row lock that ActiveMQ asks for there (SELECT … FOR UPDATE): a second "
    "broker becomes master beside a healthy one, after derby.locks.waitTimeout at the latest"
)

DIALECTS: Mapping[str, Dialect] = {
    dialect.name: dialect
    for dialect in (
        Dialect(
            name="mysql",
            title="MySQL",
            prefix="jdbc:mysql:",
            template="jdbc:mysql://{host}:{port}/{database}",
            first="?",
            between="&",
            driver=_MYSQL,
            adapter="mysql-jdbc-adapter",
            # ActiveMQ commits on connections that commit by themselves, which Connector/J refuses otherwise.
            # Without TLS a password goes over encrypted by the server's RSA key, which it must be asked for.
            params={"relaxAutoCommit": True, "useSSL": False, "allowPublicKeyRetrieval": True},
        ),
        Dialect(
            name="mariadb",
            title="MariaDB",
            prefix="jdbc:mariadb:",
            template="jdbc:mariadb://{host}:{port}/{database}",
            first="?",
            between="&",
            driver=Driver(
                "org.mariadb.jdbc.Driver", (Coordinate("org.mariadb.jdbc", "mariadb-java-client", "3.5.1"),), 8
            ),
            adapter="mysql-jdbc-adapter",
            params={},
        ),
        Dialect(
            name="postgres",
            title="PostgreSQL",
            prefix="jdbc:postgresql:",
            template="jdbc:postgresql://{host}:{port}/{database}",
            first="?",
            between="&",
            driver=Driver("org.postgresql.Driver", (Coordinate("org.postgresql", "postgresql", "42.7.4"),), 8),
            adapter="postgresql-jdbc-adapter",
            params={},
        ),
        Dialect(
            name="derby",
            title="Derby",
            prefix="jdbc:derby:",
            template="jdbc:derby://{host}:{port}/{database}",
            first=";",
            between=";",
            driver=Driver("org.apache.derby.client.ClientAutoloadedDriver", CLIENT_JARS, 17),
            # what ActiveMQ itself takes for Derby's embedded driver; it does not know the network client's name
            adapter="db2JDBCAdapter",
            params={},
            database_locker=_DERBY_LOCK,
        ),
        Dialect(
            name="oracle",
            title="Oracle",
            prefix="jdbc:oracle:",
            template="jdbc:oracle:thin:@//{host}:{port}/{database}",
            first="?",
            between="&",
            driver=Driver(
                "oracle.jdbc.OracleDriver", (Coordinate("com.oracle.database.jdbc", "ojdbc11", "23.5.0.24.07"),), 11
            ),
            adapter="oracleJDBCAdapter",
            params={},
        ),
    )
}


def of_url(url: str) -> Dialect | None:
    """Of an existing database's JDBC URL; None where ActiveMQ will have to find out by itself."""
    return next((d for d in DIALECTS.values() if url.lower().startswith(d.prefix)), None)


def driver(kind: str, version: str = "") -> Driver:
    """version: the server's as far as it is known, "5.6" or "8.4.3"; see `version_of`."""
    numbers = tuple(int(n) for n in re.findall(r"\d+", version)[:2])
    if kind == "mysql" and numbers and numbers < _OLD_BEFORE:
        return _MYSQL_OLD
    return DIALECTS[kind].driver


def version_of(image: str) -> str:
    """What an image's tag says of its server: "8.4" of mysql:8.4, "" of mysql:latest or a digest."""
    tag = image.partition("@")[0].rpartition("/")[2].partition(":")[2]
    match = re.match(r"\d+(\.\d+)*", tag)
    return match[0] if match else ""


def url(kind: str, host: str, port: int, database: str, params: Settings | None = None) -> str:
    """Neither user nor password are in it: they are properties of the pool."""
    dialect = DIALECTS[kind]
    base = dialect.template.format(host=bracketed(host), port=port, database=quote(database, safe=""))
    return _joined(base, dialect, {**dialect.params, **(params or {})})


def with_params(url: str, params: Settings) -> str:
    """An existing database's URL with further parameters; of an engine that is not known, as most have them."""
    return _joined(url, of_url(url) or DIALECTS["postgres"], params)


def _joined(url: str, dialect: Dialect, params: Settings) -> str:
    if not params:
        return url
    words = dialect.between.join(f"{name}={_value(value, dialect)}" for name, value in params.items())
    # with ";" between them too, the first of all is no different from the next
    return url + (dialect.between if dialect.first in url else dialect.first) + words


def _value(value: str | bool | int | float, dialect: Dialect) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if dialect.between == ";" else quote(str(value), safe="/:,")
