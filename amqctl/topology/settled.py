"""A topology with nothing left open: what `settle` makes, and all later rooms read.

Plain frozen data. `rows` keeps, for each node, every value with where it came from; `amqctl explain`
prints them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from amqctl.topology.leveldbstore import Ensemble, LevelDBStore
from amqctl.topology.own import OwnConf
from amqctl.topology.protection import ENCRYPTION_KEY, KEY_STORE, TRUST_STORE, Authorization, Encryption
from amqctl.topology.protection import Credential as Credential
from amqctl.topology.protection import PasswordSource as PasswordSource
from amqctl.topology.protection import SettledUser as SettledUser
from amqctl.topology.protection import Tls as Tls
from amqctl.topology.settledstores import Database, Scalar, Store

ConnectorKind = Literal["openwire", "stomp", "ws", "amqp", "mqtt"]
ServerKind = Literal["mysql", "mariadb", "postgres", "derby"]
CompanionKind = Literal["mysql", "mariadb", "postgres", "derby", "zookeeper"]


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
    """options: of its URI. attributes: of <transportConnector>."""

    kind: ConnectorKind
    port: int
    options: Mapping[str, str]
    attributes: Mapping[str, str] = field(default_factory=dict)


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
    own: OwnConf | None = None  # its files are the user's; then attributes, usage, policies and patches are empty
    own_ports: tuple[int, ...] = ()  # one for each of own.transports

    def connector(self, kind: str) -> Connector | None:
        return next((c for c in self.connectors if c.kind == kind), None)


@dataclass(frozen=True, slots=True)
class SettledCompanion:
    """A server that amqctl starts. image: the user's own; None: the recipe's. secret: key of the
    administrator's password, which is always generated; "" where there is no administrator. version: the one wanted,
    or its beginning; "" for any. ensemble: of ZooKeeper."""

    name: str  # host name
    kind: CompanionKind
    image: str | None
    port: int
    settings: Mapping[str, Scalar]
    secret: str
    databases: tuple[Database, ...]
    version: str = ""
    ensemble: Ensemble | None = None


@dataclass(frozen=True, slots=True)
class SettledGroup:
    name: str
    store: Store
    brokers: tuple[SettledBroker, ...]
    shares_scheduler: bool  # schedulerSupport is on: its store must fail over too


@dataclass(frozen=True, slots=True)
class LinkDestination:
    """A pattern of destinations that a link carries on demand, never, or always."""

    role: Literal["included", "excluded", "static"]
    kind: Literal["queue", "topic"]
    pattern: str


@dataclass(frozen=True, slots=True)
class SettledLink:
    """One way from a group to another, by a network connector that every broker of `declared_by` renders.

    from_/to: as written (group or broker). via: how the connector looks for the other side. to_group: empty
    where that is not known: an address outside this file, or whoever is found by multicast.
    connector: the network connector's name, where it is not the link's: one that finds by multicast makes
    several links. part_of: the shape or the multicast that the link comes from, as one says it.
    announced_by: brokers that announce themselves, for `multicast`. uri: as written, for "uri". user, password:
    as whom to log in there; empty for the bridges' own.
    """

    name: str
    from_: str
    to: str
    from_group: str
    to_group: str
    declared_by: tuple[str, ...]  # broker names
    targets: tuple[str, ...]  # broker names, in order of preference
    via: Literal["masterslave", "static", "failover", "multicast", "uri"]
    duplex: bool
    options: Mapping[str, str]  # of the discovery URI
    attributes: Mapping[str, str]  # of <networkConnector>
    transport: Mapping[str, str] = field(default_factory=dict)  # options of each address
    destinations: tuple[LinkDestination, ...] = ()
    connector: str = ""
    part_of: str = ""
    announced_by: tuple[str, ...] = ()
    uri: str = ""
    user: str = ""
    password: PasswordSource | None = None

    @property
    def secret(self) -> str:
        """Key of the password of `user`."""
        return f"link.{self.name}"

    @property
    def called(self) -> str:
        """The network connector's name."""
        return self.connector or self.name

    @property
    def leads_to(self) -> str:
        """For a person: the other end as far as it is known."""
        return self.to or self.uri or "whoever answers"


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
    plugin: Literal["jaas", "simple"] = "jaas"
    authorization: Authorization | None = None  # None: whoever may log in may do all
    tls: Tls | None = None  # None: nothing is encrypted
    failover: Mapping[str, str] = field(default_factory=dict)  # written options of the URL that clients are told
    encryption: Encryption | None = None  # None: passwords are in the files as they are

    @property
    def brokers(self) -> tuple[SettledBroker, ...]:
        return tuple(b for g in self.groups for b in g.brokers)

    @property
    def secrets(self) -> tuple[Credential, ...]:
        """Every password that this topology needs, each once."""
        found = [Credential(u.name, u.password) for u in self.users]
        for companion in self.companions:
            if companion.secret:
                found.append(Credential(companion.secret, PasswordSource("generated")))
            found += [Credential(d.secret, d.password) for d in companion.databases]
        found += [Credential(link.secret, link.password) for link in self.links if link.password is not None]
        sources = [g.store.source for g in self.groups if g.store.source is not None]
        found += [Credential(source.database.secret, source.database.password) for source in sources]
        found += [secret for g in self.groups if isinstance(g.store, LevelDBStore) for secret in g.store.secrets]
        if self.tls is not None:
            for name, own in ((KEY_STORE, self.tls.key_store), (TRUST_STORE, self.tls.trust_store)):
                found.append(Credential(name, own.password if own else PasswordSource("generated")))
        if self.encryption is not None:
            found.append(Credential(ENCRYPTION_KEY, self.encryption.key))
        return tuple({one.name: one for one in found}.values())

    def companion(self, name: str) -> SettledCompanion:
        return next(c for c in self.companions if c.name == name)

    def group(self, name: str) -> SettledGroup:
        return next(g for g in self.groups if g.name == name)

    def broker(self, name: str) -> SettledBroker:
        return next(b for b in self.brokers if b.name == name)
