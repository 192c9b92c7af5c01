"""A topology with nothing left open: what `settle` makes, and all later rooms read.

Plain frozen data. `rows` keeps, for each node, every value with where it came from; `amqctl explain`
prints them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

ConnectorKind = Literal["openwire", "stomp", "ws", "amqp", "mqtt"]


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


Store = KahaDBStore  # a union once there is a second store


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
class PasswordSource:
    kind: Literal["generated", "env", "file"]
    name: str = ""  # the variable, or the absolute path


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
    rows: Mapping[str, tuple[Row, ...]] = field(default_factory=dict)  # by node name
    docker: DockerSettings = field(default_factory=DockerSettings)

    @property
    def brokers(self) -> tuple[SettledBroker, ...]:
        return tuple(b for g in self.groups for b in g.brokers)

    def group(self, name: str) -> SettledGroup:
        return next(g for g in self.groups if g.name == name)

    def broker(self, name: str) -> SettledBroker:
        return next(b for b in self.brokers if b.name == name)
