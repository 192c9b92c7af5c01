"""Apache ZooKeeper: the official image, or a JVM with the jars of Maven Central as a process.

A server of an ensemble is a node of its own. What it is told of the others comes in its settings, in ZooKeeper's own
words: `server.N`, one each, and `myid`, which number it is. The plan knows them, for they are addresses.

It has no account and no password. What brokers keep in it they may protect themselves (zkPassword).
"""

from __future__ import annotations

from amqctl.activemq.companions.model import (
    MARK,
    PLAIN_ENVIRONMENT,
    Artifact,
    Container,
    File,
    OnHost,
    Process,
    Programs,
    Settings,
    Setup,
    Site,
)
from amqctl.activemq.distribution import Coordinate
from amqctl.topology.notes import text

TITLE = "ZooKeeper"
PORT = 2181
QUORUM, ELECTION = 2888, 3888  # further ports of a server that is not alone
IMAGE: str | None = "zookeeper:3.8"
ADMIN = ""
FIXED = frozenset(
    {"dataDir", "dataLogDir", "clientPort", "clientPortAddress", "secureClientPort", "myid", "standaloneEnabled",
     "reconfigEnabled", "dynamicConfigFile", "admin.enableServer", "4lw.commands.whitelist",
     *(f"server.{number}" for number in range(1, 10))}
)  # fmt: skip
PREFIX = ""
STORAGE = ""
ON_HOST: OnHost | None = None
JAVA_MIN = 8
LINES = ("3.8", "3.9")  # 3.6 and 3.7 were not tried; 3.5 and older want log4j 1
SERVER = "org.apache.zookeeper.server.quorum.QuorumPeerMain"

_VERSION = "3.8.4"
_NETTY = "4.1.105.Final"
# Its closure without what a server of plain TCP never loads (native epoll, Jetty for its admin server), with two that
# its POM leaves to who embeds it and that the server does not start without (seen).
JARS: tuple[Coordinate, ...] = (
    Coordinate("org.apache.zookeeper", "zookeeper", _VERSION),
    Coordinate("org.apache.zookeeper", "zookeeper-jute", _VERSION),
    Coordinate("org.slf4j", "slf4j-api", "1.7.30"),
    Coordinate("ch.qos.logback", "logback-classic", "1.2.13"),
    Coordinate("ch.qos.logback", "logback-core", "1.2.13"),
    Coordinate("io.dropwizard.metrics", "metrics-core", "4.1.12.1"),
    Coordinate("org.xerial.snappy", "snappy-java", "1.1.10.5"),
    Coordinate("commons-io", "commons-io", "2.11.0"),
    *(Coordinate("io.netty", f"netty-{name}", _NETTY)
      for name in ("buffer", "codec", "common", "handler", "resolver", "transport")),
)  # fmt: skip

# zoo_sample.cfg has these three; ZooKeeper itself has no value for the last two in an ensemble
TICK = 2000  # milliseconds
_USUAL: Settings = {"tickTime": TICK, "initLimit": 10, "syncLimit": 5}
_JVM = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")  # it keeps a few nodes: quick to start, small
_HEAP = 128  # MiB
# Left alone, logback writes every packet.
_LOGBACK = """\
<configuration>
  <appender name="OUT" class="ch.qos.logback.core.ConsoleAppender">
    <encoder><pattern>%d{ISO8601} [myid:%X{myid}] - %-5p [%t:%C{1}@%L] - %m%n</pattern></encoder>
  </appender>
  <root level="INFO"><appender-ref ref="OUT"/></root>
</configuration>
"""
# settings that the official entry point has a variable for; the others go into ZOO_CFG_EXTRA
_VARIABLES = {
    "tickTime": "ZOO_TICK_TIME",
    "initLimit": "ZOO_INIT_LIMIT",
    "syncLimit": "ZOO_SYNC_LIMIT",
    "maxClientCnxns": "ZOO_MAX_CLIENT_CNXNS",
    "autopurge.purgeInterval": "ZOO_AUTOPURGE_PURGEINTERVAL",
    "autopurge.snapRetainCount": "ZOO_AUTOPURGE_SNAPRETAINCOUNT",
}


def container(settings: Settings, admin_password: str, image: str | None = None, port: int = PORT) -> Container:
    """By variables alone: the entry point writes the configuration, and the server's number where there is none."""
    chosen = {**_USUAL, **settings}
    number = chosen.pop("myid", 1)
    servers = {name: chosen.pop(name) for name in list(chosen) if name.startswith("server.")}
    # a single one is addressed as the entry point does it, which then runs it standalone
    listed = servers or {"server.1": f"localhost:{QUORUM}:{ELECTION}"}
    ports = _client_ports(listed, int(number), port)
    extra = " ".join(f"{name}={text(value)}" for name, value in chosen.items() if name not in _VARIABLES)
    return Container(
        image=image or IMAGE,
        port=port,
        data="/data",
        command=(),
        environment={
            "ZOO_MY_ID": str(number),
            "ZOO_SERVERS": " ".join(f"{name}={address};{ports[name]}" for name, address in listed.items()),
            "ZOO_STANDALONE_ENABLED": "true" if not servers else "false",
            "ZOO_ADMINSERVER_ENABLED": "false",
            "ZOO_4LW_COMMANDS_WHITELIST": "srvr",
            **{variable: text(chosen[name]) for name, variable in _VARIABLES.items() if name in chosen},
            **({"ZOO_CFG_EXTRA": extra} if extra else {}),
            "ZK_SERVER_HEAP": str(_HEAP),
            "SERVER_JVMFLAGS": " ".join(_JVM),
        },
        files=(),
        stop_signal="SIGTERM",
    )


def artifact(system: str, machine: str) -> Artifact | None:
    return None


def setup(programs: Programs, scratch: str, admin_password: str) -> Setup:
    """An empty directory; its number is written at each start."""
    return Setup(f"{scratch}/data", (), ())


def process(programs: Programs, site: Site, settings: Settings, admin_password: str) -> Process:
    config, logging = f"{site.conf}/zoo.cfg", f"{site.conf}/logback.xml"
    chosen = {**_USUAL, **settings}
    number = chosen.pop("myid", None)
    lines = {
        **chosen,
        "dataDir": site.data,
        "clientPort": site.port,
        "clientPortAddress": site.host,
        "admin.enableServer": "false",
        "4lw.commands.whitelist": "srvr",
        "standaloneEnabled": "false" if number else "true",
    }
    files = [
        File(config, "".join(f"{name}={text(value)}\n" for name, value in lines.items())),
        File(logging, _LOGBACK),
    ]
    if number:
        files.append(File(f"{site.data}/myid", f"{number}\n"))
    own = (f"-D{MARK}={site.node}", f"-Djava.io.tmpdir={site.tmp}", f"-Dlogback.configurationFile={logging}")
    jvm = (f"-Xmx{_HEAP}m", *_JVM, *own, "-cp", ":".join(programs.jars))
    return Process((programs.server, *jvm, SERVER, config), PLAIN_ENVIRONMENT, tuple(files), "SIGTERM")


def _client_ports(servers: Settings, number: int, port: int) -> dict[str, int]:
    """Of each, as its line must say: the members of an ensemble have ports in a row."""
    return {name: port - number + int(name.removeprefix("server.")) for name in servers}
