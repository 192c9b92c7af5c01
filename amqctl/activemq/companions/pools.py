"""The connection pool between a broker and its database: Commons DBCP 2, or 1 where somebody asks for it.

Every distribution ships one of them: 5.9 to 5.11 DBCP 1, from 5.12 on DBCP 2 (in lib/optional, 6.x from
modules in lib). Which, is read from the copy's own jars, so no version is compared here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from amqctl.activemq.distribution import Coordinate


@dataclass(frozen=True, slots=True)
class Pool:
    """bean: its class. largest: the property that bounds it. wait: the one for milliseconds to wait for a
    connection. jars: to provision where the distribution has none that begins with `shipped`.
    """

    bean: str
    largest: str
    wait: str
    jars: tuple[Coordinate, ...]
    shipped: str


POOLS: Mapping[str, Pool] = {
    "dbcp2": Pool(
        bean="org.apache.commons.dbcp2.BasicDataSource",
        largest="maxTotal",
        wait="maxWaitMillis",
        jars=(
            Coordinate("org.apache.commons", "commons-dbcp2", "2.12.0"),
            Coordinate("org.apache.commons", "commons-pool2", "2.12.0"),
        ),
        shipped="commons-dbcp2-",
    ),
    "dbcp1": Pool(
        bean="org.apache.commons.dbcp.BasicDataSource",
        largest="maxActive",
        wait="maxWait",
        jars=(Coordinate("commons-dbcp", "commons-dbcp", "1.4"), Coordinate("commons-pool", "commons-pool", "1.6")),
        shipped="commons-dbcp-",
    ),
}

_LOGGING = Coordinate("commons-logging", "commons-logging", "1.2")
# Either has the classes of org.apache.commons.logging; two of them must not be on one class path.
_HAVE_LOGGING = ("commons-logging-", "jcl-over-slf4j-", "spring-jcl-")


def missing(pool: str, jars: Iterable[str]) -> tuple[Coordinate, ...]:
    """What must be put beside a distribution for this pool. jars: names of the files it has."""
    names = [jar.rpartition("/")[2] for jar in jars]
    wanted = POOLS[pool]
    if any(name.startswith(wanted.shipped) for name in names):
        return ()
    logging = () if any(name.startswith(_HAVE_LOGGING) for name in names) else (_LOGGING,)
    # commons-pool may be there for another reason; a second one would be a matter of luck
    lacking = tuple(jar for jar in wanted.jars if not any(name.startswith(f"{jar.artifact}-") for name in names))
    return (*lacking, *logging)
