"""What must be different at a broker's start for its LevelDB to work on a present Java.

A distribution is left as it was published: its copies, images and class-data archives are those of every other broker
of that version. Only the class path and the options of a JVM that is to have a LevelDB differ, and only by what is
named here, each part with its reason. Seen on 5.16.6 with Java 17; without any of the first three a group loses its
master for good or never has one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TypeVar

from amqctl.activemq.distribution import Coordinate

_Named = TypeVar("_Named")


@dataclass(frozen=True, slots=True)
class StartRepair:
    """A named departure at the start, with its reason. Hashable: a class-data archive is known by it.

    without: globs of jars' names that are taken off the class path. jars: put behind it. opens: packages of
    java.base that are opened to it. properties: of the system, NAME=VALUE."""

    name: str
    reason: str
    without: tuple[str, ...] = ()
    jars: tuple[Coordinate, ...] = ()
    opens: tuple[str, ...] = ()
    properties: tuple[str, ...] = ()
    versions: frozenset[str] = frozenset()  # the only ones that need it; empty: all that have LevelDB


_ZOOKEEPER, _NETTY = "3.5.10", "4.1.77.Final"

CLIENT = StartRepair(
    "zookeeper-client",
    "ZooKeeper 3.4's client reads an address as Java 14 no longer prints it, and never connects (ZOOKEEPER-3779,"
    " JDK-8225499): 3.5.10 instead",
    without=("zookeeper-3.4.*.jar",),
    jars=(
        Coordinate("org.apache.zookeeper", "zookeeper", _ZOOKEEPER),
        Coordinate("org.apache.zookeeper", "zookeeper-jute", _ZOOKEEPER),
        *(Coordinate("io.netty", f"netty-{name}", _NETTY)
          for name in ("buffer", "codec", "common", "handler", "resolver", "transport")),
    ),
    # it would look for a section "Client" in the broker's login.config, and warn at each connection
    properties=("zookeeper.sasl.client=false",),
)  # fmt: skip
OPENS = StartRepair(
    "mapped-files",
    "a member unmaps files by a class that Java 9 and later keep closed: IllegalAccessException on"
    " jdk.internal.ref.Cleaner ends a slave (ReplicationSupport.unmap; AMQ-7121 is of the same kind)",
    opens=("jdk.internal.ref", "java.nio"),
)
FAILUREACCESS = StartRepair(
    "failureaccess",
    "guava from 28 on needs it, and 5.15.10 to 5.16 ship guava alone: NoClassDefFoundError for"
    " InternalFutureFailureAccess ends the first takeover",
    jars=(Coordinate("com.google.guava", "failureaccess", "1.0.1"),),
)
AETHER = StartRepair(
    "no-pax-url-aether",
    "its own copy of guava hides the one that LevelDB needs (AMQ-5225): in 5.9.0 and 5.10.0 to 5.10.2",
    without=("pax-url-aether-*.jar",),
    versions=frozenset({"5.9.0", "5.10.0", "5.10.1", "5.10.2"}),
)

REPLICATED = (CLIENT, OPENS, FAILUREACCESS, AETHER)
SHARED = (OPENS, FAILUREACCESS, AETHER)


def needed(repairs: Iterable[StartRepair], version: str) -> tuple[StartRepair, ...]:
    return tuple(repair for repair in repairs if not repair.versions or version in repair.versions)


def jars(repairs: Iterable[StartRepair]) -> tuple[Coordinate, ...]:
    return tuple(jar for repair in repairs for jar in repair.jars)


def options(repairs: Iterable[StartRepair]) -> tuple[str, ...]:
    """Of the JVM."""
    repairs = tuple(repairs)
    opens = tuple(f"--add-opens=java.base/{package}=ALL-UNNAMED" for repair in repairs for package in repair.opens)
    return (*opens, *(f"-D{text}" for repair in repairs for text in repair.properties))


def kept(class_path: Sequence[_Named], repairs: Iterable[StartRepair]) -> list[_Named]:
    """Of paths, those that no repair takes off."""
    globs = [glob for repair in repairs for glob in repair.without]
    return [jar for jar in class_path if not any(fnmatchcase(getattr(jar, "name", str(jar)), glob) for glob in globs)]
