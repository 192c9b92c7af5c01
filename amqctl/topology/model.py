"""The topology file as its author wrote it: frozen, every key optional that may be left out.

These models are the file format. The published JSON Schema comes from them, `load` reports what
they refuse, `settle` fills in what they leave out. They know nothing of any ActiveMQ version:
whether `jdbc` can be used, or an attribute exists, is decided later, by name and with the line.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

# What a text must look like. `complaints` has a sentence for each of these, so each is written once.
# ActiveMQ replaces any other character in a brokerName by "_" and only logs it
# (BrokerService.setBrokerName); ":" is legal there but not in a directory or a container name.
GROUP = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
# A node's name is its host name: one DNS label (RFC 1123).
HOST = r"^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$"
# User and group names stand in .properties files and comma separated lists.
PRINCIPAL = r"^[A-Za-z0-9][A-Za-z0-9._@-]*$"
VERSION = r"^(0|[1-9][0-9]{0,3})\.(0|[1-9][0-9]{0,3})\.(0|[1-9][0-9]{0,3})$"
# A size as ActiveMQ reads it: 64mb, 1 gb, 1024, or a share of what there is: 70%
# (XBeanByteConverterUtil, the same from 5.13 to 6.2; it knows b, k, kb, m, mb, g, gb).
SIZE = r"(?i)^[0-9]{1,15} ?(b|[kmg]b?)?$|^([1-9][0-9]?|100)%$"
HEAP = r"(?i)^[1-9][0-9]{0,6}[kmg]$"
# Becomes an XML attribute or a URI option.
ATTRIBUTE = r"^[A-Za-z_][A-Za-z0-9._-]*$"
VARIABLE = r"^[A-Za-z_][A-Za-z0-9_]*$"

GroupName = Annotated[str, StringConstraints(pattern=GROUP, max_length=63)]
NodeName = Annotated[str, StringConstraints(pattern=HOST, max_length=63)]
ClusterName = NodeName
LinkName = GroupName
PrincipalName = Annotated[str, StringConstraints(pattern=PRINCIPAL, max_length=63)]
Port = Annotated[int, Field(ge=1, le=65535)]
VersionText = Annotated[str, StringConstraints(pattern=VERSION)]
Size = Annotated[str, StringConstraints(pattern=SIZE), BeforeValidator(lambda v: str(v) if type(v) is int else v)]
Heap = Annotated[str, StringConstraints(pattern=HEAP)]
Scalar = str | bool | int | float
Attributes = dict[Annotated[str, StringConstraints(pattern=ATTRIBUTE)], Scalar]


def _empty_as_map(value: object) -> object:
    """`amq1:` with nothing behind it means `amq1: {}`."""
    return {} if value is None else value


def _empty_as_list(value: object) -> object:
    return [] if value is None else value


Empty = BeforeValidator(_empty_as_map)
EmptyList = BeforeValidator(_empty_as_list)


class Shape(BaseModel):
    # strict: `duplex: "yes"` and `port: "61616"` are mistakes, not values; deferred: the validators are
    # built once, as one for the whole topology, which halves what `import` costs
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)


class FromEnv(Shape):
    env: Annotated[str, StringConstraints(pattern=VARIABLE)] = Field(
        description="Name of an environment variable that holds the secret."
    )


class FromFile(Shape):
    file: str = Field(min_length=1, description="File that holds the secret, relative to the topology file.")


Secret = Literal["generated"] | FromEnv | FromFile


class User(Shape):
    password: Secret = Field(
        default="generated", description="generated, {env: NAME} or {file: PATH}; never the text itself."
    )
    groups: list[PrincipalName] = Field(default_factory=lambda: ["users"])


class NetworkUser(Shape):
    user: PrincipalName = Field(
        default="bridge", description="Network connectors log in as this user; its password is generated."
    )


class Security(Shape):
    users: Annotated[dict[PrincipalName, Annotated[User, Empty]], Empty] = Field(default_factory=dict)
    network: Annotated[NetworkUser, Empty] = Field(default_factory=NetworkUser)


class Offset(Shape):
    offset: int = Field(default=0, ge=0, le=60000, description="Added to every port of the topology.")


class Ports(Shape):
    """A broker's ports. Not written: a base by kind plus the broker's index in the file."""

    openwire: Port | None = None
    stomp: Port | None = None
    ws: Port | None = None
    amqp: Port | None = None
    mqtt: Port | None = None
    console: Port | None = None


class Jvm(Shape):
    heap: Heap | None = Field(default=None, description="Largest heap (-Xmx), e.g. 512m.")
    profile: Literal["normal", "fast-start"] | None = Field(
        None, description="fast-start: C1 compiler and serial collector; normal: the JVM's own choice."
    )
    args: list[str] | None = Field(default=None, description="Further JVM arguments.")


def _connector(value: object) -> object:
    return {} if value is None or value is True else value


# around the whole union: `stomp:` with nothing behind it is on, not absent
Transport = Annotated[Attributes | Literal[False] | None, BeforeValidator(_connector)]


class Connectors(Shape):
    """Transport connectors; a kind that is absent is off. The keys of each become URI options."""

    openwire: Transport = None
    stomp: Transport = None
    ws: Transport = None
    amqp: Transport = None
    mqtt: Transport = None


class Usage(Shape):
    memory: Size | None = None
    store: Size | None = None
    temp: Size | None = None


class Policy(BaseModel):
    """One <policyEntry>: `queue` or `topic`, then its attributes.

    `replayWhenNoConsumers` is a short form for the conditionalNetworkBridgeFilterFactory.
    """

    model_config = ConfigDict(extra="allow", frozen=True, strict=True, defer_build=True)
    __pydantic_extra__: dict[str, Scalar] = Field(init=False)

    queue: str | None = None
    topic: str | None = None
    replayWhenNoConsumers: bool | None = None

    @model_validator(mode="after")
    def _one_destination(self) -> Policy:
        if (self.queue is None) == (self.topic is None):
            raise ValueError('a policy is for either `queue: ">"` or `topic: ">"`, exactly one of them')
        return self


class Patch(Shape):
    """The last word on activemq.xml: an XPath (prefixes amq, beans) and what to do at each hit."""

    at: str = Field(min_length=1)
    append: str | None = Field(default=None, description="XML to append as a child.")
    set: Attributes | None = Field(default=None, description="Attributes to set.")
    remove: Literal[True] | None = Field(default=None, description="Remove the element.")

    @model_validator(mode="after")
    def _one_action(self) -> Patch:
        if sum(a is not None for a in (self.append, self.set, self.remove)) != 1:
            raise ValueError("a patch does one thing: append, set or remove")
        return self


class BrokerKeys(Shape):
    """What may stand under `defaults`, a group and a broker; merged in that order."""

    activemq: VersionText | None = Field(default=None, description="ActiveMQ version, e.g. 6.1.7.")
    image: str | None = Field(default=None, description="Container image to use as it is.")
    jvm: Jvm | None = None
    connectors: Connectors | None = None
    broker: Attributes | None = Field(
        default=None, description="Attributes of <broker>, as the version's schema has them."
    )
    usage: Usage | None = None
    policies: list[Policy] | None = None
    patch: list[Patch] | None = None
    conf: str | None = Field(default=None, description="Directory with your own configuration, used verbatim.")


class Broker(BrokerKeys):
    ports: Ports | None = None
    host: str | None = Field(default=None, description="Name of a host from `hosts`.")


class KahaDB(Shape):
    path: str | None = Field(default=None, description="Directory of the store; not written: one that amqctl keeps.")
    volume_options: dict[str, str] | None = Field(default=None, description="Docker volume driver options.")
    seed: str | None = Field(default=None, description="A copy of a store to start from.")
    lockAcquireSleepInterval: int | None = Field(
        default=None, ge=1, le=86_400_000, description="Milliseconds between tries for the lock."
    )
    lockKeepAlivePeriod: int | None = Field(
        default=None, ge=0, le=86_400_000, description="Milliseconds between checks that the lock is held."
    )
    set: Attributes | None = Field(default=None, description="Attributes of <kahaDB>.")


class Jdbc(Shape):
    server: str | None = Field(default=None, description="Key of a companion that amqctl starts.")
    database: str | None = None
    url: str | None = Field(default=None, description="JDBC URL of an existing database instead.")
    user: str | None = None
    password: Secret | None = None
    driver: str | None = None
    locker: Literal["database", "lease"] | None = None
    lockAcquireSleepInterval: int | None = Field(default=None, ge=1)
    lockKeepAlivePeriod: int | None = Field(default=None, ge=0)
    pool: Literal["dbcp1", "dbcp2"] | None = None
    tablePrefix: str | None = None
    params: Attributes | None = None
    set: Attributes | None = None

    @model_validator(mode="after")
    def _one_database(self) -> Jdbc:
        if (self.server is None) == (self.url is None):
            raise ValueError("jdbc needs `server` (a companion) or `url` (an existing database), one of them")
        return self


class LevelDB(Shape):
    replicas: int | None = Field(default=None, ge=1)
    bind: str | None = None
    server: str | None = Field(default=None, description="Key of a ZooKeeper companion.")
    zkAddress: str | None = None
    zkPath: str | None = None
    zkPassword: Secret | None = None
    zkSessionTimeout: str | None = None
    sync: str | None = None
    weight: int | None = None
    directory: str | None = None


class Store(Shape):
    kahadb: Annotated[KahaDB | None, Empty] = None
    jdbc: Jdbc | None = None
    leveldb: Annotated[LevelDB | None, Empty] = None

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return {value: {}} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _one_kind(self) -> Store:
        # `kahadb:` alone arrives as None-turned-map only when the key is there
        given = [name for name in self.model_fields_set if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(
                f"a store is exactly one of kahadb, jdbc, leveldb; got {', '.join(sorted(given)) or 'none'}"
            )
        return self


class Group(BrokerKeys):
    store: Store | None = None
    brokers: Annotated[int, Field(ge=1, le=1000)] | dict[NodeName, Annotated[Broker, Empty]] = Field(
        description="A number, or a map of host name to broker; the first listed is preferred as master."
    )

    @model_validator(mode="after")
    def _some_broker(self) -> Group:
        if self.brokers == {}:
            raise ValueError("a group needs at least one broker")
        return self


class Link(Shape):
    """A network connector, declared by every member of `from`."""

    name: LinkName
    from_: str = Field(alias="from", description="Group or broker that declares the connector.")
    to: str | None = Field(default=None, description="Group or broker it leads to.")
    uri: str | None = Field(default=None, description="A discovery URI of your own instead of `to`.")
    multicast: dict[str, Scalar] | None = Field(default=None, description="Discover by multicast instead of `to`.")
    via: Literal["masterslave", "static", "failover"] | None = None
    duplex: bool = False
    set: Attributes | None = Field(default=None, description="Attributes of <networkConnector>.")
    options: Attributes | None = Field(
        default=None, description="Options of the discovery URI, e.g. initialReconnectDelay."
    )

    @model_validator(mode="after")
    def _one_target(self) -> Link:
        if sum(t is not None for t in (self.to, self.uri, self.multicast)) != 1:
            raise ValueError("a link leads somewhere by exactly one of `to`, `uri` and `multicast`")
        return self


class Image(Shape):
    image: str | None = None
    port: Port | None = None
    version: str | None = None
    settings: Attributes | None = None


class ZooKeeper(Image):
    nodes: Literal[1, 3, 5] = 1


Recipe = Annotated[Image | None, Empty]


class Companion(Shape):
    mysql: Recipe = None
    mariadb: Recipe = None
    postgres: Recipe = None
    derby: Recipe = None
    zookeeper: Annotated[ZooKeeper | None, Empty] = None

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return {value: {}} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _one_kind(self) -> Companion:
        if len(self.model_fields_set) != 1:
            raise ValueError("a companion is exactly one of mysql, mariadb, postgres, derby, zookeeper")
        return self


class Ignore(Shape):
    id: str
    reason: str = Field(min_length=1, description="Why this rule does not apply here.")


class Lint(Shape):
    ignore: Annotated[list[Ignore], EmptyList] = Field(default_factory=list)


class DockerNetwork(Shape):
    name: str = "auto"
    external: bool = False


class DockerSection(Shape):
    image: str = "auto"
    publish: str = "127.0.0.1"
    network: Annotated[DockerNetwork, Empty] = Field(default_factory=DockerNetwork)


class LocalSection(Shape):
    java: str = Field(default="auto", description="auto, or a Java home.")


class RuntimeSection(Shape):
    docker: Annotated[DockerSection, Empty] = Field(default_factory=DockerSection)
    local: Annotated[LocalSection, Empty] = Field(default_factory=LocalSection)


class Host(Shape):
    address: str | None = None
    labels: dict[str, str] | None = None


class Topology(Shape):
    apiVersion: Literal["amqctl/v1"]
    name: ClusterName = Field(description="Unique on a machine; also the multicast group.")
    activemq: VersionText | None = None
    profile: Literal["lab", "stock"] = "lab"
    ports: Annotated[Offset, Empty] = Field(default_factory=Offset)
    security: Annotated[Security, Empty] = Field(default_factory=Security)
    defaults: Annotated[BrokerKeys, Empty] = Field(default_factory=BrokerKeys)
    companions: Annotated[dict[NodeName, Companion], Empty] = Field(default_factory=dict)
    hosts: Annotated[dict[NodeName, Annotated[Host, Empty]], Empty] = Field(default_factory=dict)
    groups: Annotated[dict[GroupName, Annotated[Group, Empty]], Empty] = Field(min_length=1)
    network: Annotated[list[Link], EmptyList] = Field(default_factory=list)
    lint: Annotated[Lint, Empty] = Field(default_factory=Lint)
    runtime: Annotated[RuntimeSection, Empty] = Field(default_factory=RuntimeSection)
