"""A topology with nothing left open: what `settle` makes, and all later rooms read.

Plain frozen data. `rows` keeps, for each node, every value with where it came from; `amqctl explain`
prints them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

ConnectorKind = Literal["openwire", "stomp", "ws", "amqp", "mqtt"]
ServerKind = Literal["mysql", "mariadb", "postgres", "derby"]
EngineName = Literal["mysql", "mariadb", "postgres", "derby", "oracle", "other"]
Scalar = str | bool | int | float


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value came from. line counts from 1 and is set for kind "file" only.

    detail: the option, the profile's name, the version; for a file, what was done to the value.
    """

    kind: Literal["file", "option", "profile", "version", "default"]
    detail: str = ""
    line: int | None = None

    def __str__(self) -> str:
        if self.kind == "file":
            place = f"line {self.line}" if self.line else "file"
            return f"{place}, {self.detail}" if self.detail else place
        if self.kind == "default":
            return f"amqctl default: {self.detail}" if self.detail else "amqctl default"
        return f"{self.kind} {self.detail}".strip()


@dataclass(frozen=True, slots=True)
class Row:
    """One line of `explain`. key: where one would write it, from the broker, group or topology."""

    key: str
    value: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class Connector:
    kind: ConnectorKind
    port: int
    options: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class JvmSettings:
    heap: str  # -Xmx, e.g. "512m"
    profile: Literal["normal", "fast-start"]
    args: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class UsageLimits:
    """Sizes as ActiveMQ reads them ("64mb", "70%"); None leaves ActiveMQ's own."""

    memory: str | None = None
    store: str | None = None
    temp: str | None = None


@dataclass(frozen=True, slots=True)
class PolicyEntry:
    destination: Literal["queue", "topic"]
    pattern: str
    replay_when_no_consumers: bool
    attributes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class XmlPatch:
    at: str
    append: str | None = None
    set: Mapping[str, str] | None = None
    remove: bool = False
    line: int | None = None  # of the topology file, for errors


@dataclass(frozen=True, slots=True)
class SettledBroker:
    name: str  # host name
    group: str  # = brokerName
    index: int  # over the whole file, from 0
    preferred: bool  # first listed of its group
    version: str
    jvm: JvmSettings
    connectors: tuple[Connector, ...]
    console: int  # port
    attributes: Mapping[str, str]  # of <broker>
    usage: UsageLimits
    policies: tuple[PolicyEntry, ...]
    patches: tuple[XmlPatch, ...]
    image: str | None = None  # the user's own; None: where images are used, one that amqctl makes

    def connector(self, kind: str) -> Connector | None:
        return next((c for c in self.connectors if c.kind == kind), None)


@dataclass(frozen=True, slots=True)
class KahaDBStore:
    """kind "kahadb": one directory for all members, a file lock for one master."""

    kind: Literal["kahadb"]
    path: str | None  # None: a directory that the runtime keeps
    lock_acquire_sleep_interval: int  # milliseconds
    lock_keep_alive_period: int  # milliseconds
    attributes: Mapping[str, str]
    volume_options: Mapping[str, str] = field(default_factory=dict)  # of Docker's volume driver; never with a path


@dataclass(frozen=True, slots=True)
class PasswordSource:
    kind: Literal["generated", "env", "file"]
    name: str = ""  # the variable, or the absolute path


@dataclass(frozen=True, slots=True)
class Credential:
    """A password that is kept or read. name: the key under which it is handed over; of a user, the user's."""

    name: str
    password: PasswordSource


@dataclass(frozen=True, slots=True)
class Database:
    """A database and one user of it. name: empty where a URL says it. secret: key of the user's password."""

    name: str
    user: str
    password: PasswordSource
    secret: str


@dataclass(frozen=True, slots=True)
class JdbcStore:
    """kind "jdbc": tables in a database, and a row of them, or a lease in it, for one master.

    companion or url: where the database is. driver: an absolute path or a Maven coordinate, None for
    the one amqctl knows. lock_acquire_sleep_interval: with `lease`, the lease's length too. params: of
    the URL. attributes: of <jdbcPersistenceAdapter>.
    """

    kind: Literal["jdbc"]
    companion: str | None
    engine: EngineName
    url: str | None
    database: Database
    driver: str | None
    locker: Literal["database", "lease"]
    lock_acquire_sleep_interval: int  # milliseconds
    lock_keep_alive_period: int  # milliseconds
    pool: Literal["dbcp1", "dbcp2"]
    table_prefix: str | None
    params: Mapping[str, Scalar]
    attributes: Mapping[str, str]

    @property
    def path(self) -> None:
        """A directory of its own it has none."""
        return None

    @property
    def volume_options(self) -> Mapping[str, str]:
        return {}


Store = KahaDBStore | JdbcStore


@dataclass(frozen=True, slots=True)
class SettledCompanion:
    """A server that amqctl starts. image: the user's own; None: the recipe's. secret: key of the
    administrator's password, which is always generated."""

    name: str  # host name
    kind: ServerKind
    image: str | None
    port: int
    settings: Mapping[str, Scalar]
    secret: str
    databases: tuple[Database, ...]


@dataclass(frozen=True, slots=True)
class SettledGroup:
    name: str
    store: Store
    brokers: tuple[SettledBroker, ...]
    shares_scheduler: bool  # schedulerSupport is on: its store must fail over too


@dataclass(frozen=True, slots=True)
class SettledLink:
    """A network connector that every broker of `declared_by` renders.

    from_/to: as written (group or broker). via: the discovery URI's scheme.
    """

    name: str
    from_: str
    to: str
    from_group: str
    to_group: str
    declared_by: tuple[str, ...]  # broker names
    targets: tuple[str, ...]  # broker names, in order of preference
    via: Literal["masterslave", "static", "failover"]
    duplex: bool
    options: Mapping[str, str]  # of the discovery URI
    attributes: Mapping[str, str]  # of <networkConnector>


@dataclass(frozen=True, slots=True)
class SettledUser:
    name: str
    password: PasswordSource
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DockerSettings:
    """What the Docker runtime reads. publish: the engine's IP address that ports are published on.
    network: None for one that amqctl makes. external: it is there already, and stays."""

    publish: str = "127.0.0.1"
    network: str | None = None
    external: bool = False


@dataclass(frozen=True, slots=True)
class Settled:
    name: str
    profile: Literal["lab", "stock"]
    groups: tuple[SettledGroup, ...]
    links: tuple[SettledLink, ...]
    users: tuple[SettledUser, ...]  # includes the administrator and the bridge user
    admin_user: str
    network_user: str
    java: str  # runtime.local.java: "auto" or a Java home
    source: str | None = None  # the topology file
    rows: Mapping[str, tuple[Row, ...]] = field(default_factory=dict)  # by node or companion name
    docker: DockerSettings = field(default_factory=DockerSettings)
    companions: tuple[SettledCompanion, ...] = ()
    lint_ignore: Mapping[str, str] = field(default_factory=dict)  # rule -> why it does not apply here

    @property
    def brokers(self) -> tuple[SettledBroker, ...]:
        return tuple(b for g in self.groups for b in g.brokers)

    @property
    def secrets(self) -> tuple[Credential, ...]:
        """Every password that this topology needs, each once."""
        found = [Credential(u.name, u.password) for u in self.users]
        for companion in self.companions:
            found.append(Credential(companion.secret, PasswordSource("generated")))
            found += [Credential(d.secret, d.password) for d in companion.databases]
        found += [
            Credential(g.store.database.secret, g.store.database.password)
            for g in self.groups
            if isinstance(g.store, JdbcStore)
        ]
        return tuple({one.name: one for one in found}.values())

    def companion(self, name: str) -> SettledCompanion:
        return next(c for c in self.companions if c.name == name)

    def group(self, name: str) -> SettledGroup:
        return next(g for g in self.groups if g.name == name)

    def broker(self, name: str) -> SettledBroker:
        return next(b for b in self.brokers if b.name == name)
