"""What one close look at a cluster saw, as plain frozen data. None is not known: a broker's attribute that its
version does not have, or that it did not tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from amqctl.cluster.observation import Observation
from amqctl.plan.model import Plan


@dataclass(frozen=True, slots=True)
class Look:
    """A cluster at one moment, whoever started it. names: brokerName by node."""

    plan: Plan
    observation: Observation
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Usage:
    """Percent of the limits; store is always 0 on JDBC (JDBCPersistenceAdapter.size). started_at: of the JVM,
    seconds since the epoch. enqueued, dequeued: of all destinations, advisories included, since the start."""

    memory: int | None = None
    store: int | None = None
    temp: int | None = None
    store_limit: int | None = None  # bytes
    connections: int | None = None
    started_at: float | None = None
    enqueued: int | None = None
    dequeued: int | None = None


@dataclass(frozen=True, slots=True)
class Bridge:
    """A NetworkBridge MBean. connector: "" at the passive end of a duplex link. enqueued: what it was given to
    send, advisories included; dequeued: what the other side has taken; received: what came over it."""

    connector: str
    remote: str  # brokerName of the other side
    address: str
    enqueued: int | None = None
    dequeued: int | None = None
    received: int | None = None

    @property
    def passive(self) -> bool:
        return not self.connector


@dataclass(frozen=True, slots=True)
class Connector:
    """A NetworkConnector MBean: there as long as it is declared, on slaves too, bridge or no bridge."""

    name: str
    duplex: bool | None = None
    message_ttl: int | None = None
    consumer_ttl: int | None = None
    conduit: bool | None = None
    dynamic_only: bool | None = None
    prefetch: int | None = None
    suppress_queues: bool | None = None
    decrease_priority: bool | None = None


@dataclass(frozen=True, slots=True)
class Connection:
    """Somebody connected to a transport connector."""

    client: str
    address: str
    slow: bool | None = None
    blocked: bool | None = None
    waiting: int | None = None  # DispatchQueueSize: what the broker has still to write to it


@dataclass(frozen=True, slots=True)
class Queue:
    """Counters are since that broker became master; depth is what its store has. groups: message group -> ident of
    the consumer that has it, where they were asked for."""

    name: str
    depth: int
    consumers: int
    producers: int
    enqueued: int
    dequeued: int
    in_flight: int
    dispatched: int | None = None
    expired: int | None = None
    forwarded: int | None = None
    duplicates: int | None = None  # DuplicateFromStoreCount
    paused: bool | None = None
    dlq: bool | None = None
    memory: int | None = None  # percent
    cursor_full: bool | None = None
    groups: Mapping[str, str] = field(default_factory=dict)  # MessageGroups


@dataclass(frozen=True, slots=True)
class Subscription:
    """One consumer of a queue. network: it is a bridge. held: given to it and not yet acknowledged."""

    queue: str
    client: str
    ident: str  # consumerId as it is in the MBean's name
    network: bool
    selector: str | None = None
    prefetch: int | None = None
    held: int | None = None  # MessageCountAwaitingAcknowledge
    taken: int | None = None  # DequeueCounter: acknowledged
    priority: int | None = None
    exclusive: bool | None = None
    slow: bool | None = None


@dataclass(frozen=True, slots=True)
class NodeLook:
    """What one node answered. why: in words, where it could not be asked; None where it answered.
    sent: clientId -> what its producers without a destination have sent, which is how bridges send."""

    node: str
    group: str
    why: str | None = None
    version: str | None = None
    broker_id: str | None = None
    store: str | None = None  # class of the persistence adapter, without its path
    usage: Usage = Usage()
    bridges: tuple[Bridge, ...] = ()
    connectors: tuple[Connector, ...] = ()
    connections: tuple[Connection, ...] = ()
    sent: Mapping[str, int] = field(default_factory=dict)
    queues: tuple[Queue, ...] = ()
    subscriptions: tuple[Subscription, ...] = ()
    transports: Mapping[str, str] = field(default_factory=dict)  # connector -> URI

    @property
    def answered(self) -> bool:
        return self.why is None

    def queue(self, name: str) -> Queue | None:
        return next((q for q in self.queues if q.name == name), None)

    def consumers(self, queue: str) -> tuple[Subscription, ...]:
        return tuple(s for s in self.subscriptions if s.queue == queue)


@dataclass(frozen=True, slots=True)
class Sight:
    """A close look. at: seconds since the epoch."""

    look: Look
    nodes: Mapping[str, NodeLook]
    at: float = 0.0

    @property
    def plan(self) -> Plan:
        return self.look.plan

    @property
    def observation(self) -> Observation:
        return self.look.observation

    def master(self, group: str) -> NodeLook | None:
        """What its master answered; None where it has none. It may not have answered: see `why`."""
        node = self.observation.masters.get(group)
        return self.nodes.get(node) if node is not None else None
