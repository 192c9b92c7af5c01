"""What a cluster consists of on one runtime: plain frozen data between deciding and doing."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from amqctl.activemq.repairs import StartRepair
from amqctl.topology.settled import Settled, SettledBroker, SettledCompanion


@dataclass(frozen=True, slots=True)
class Multicast:
    """How brokers may find each other by multicast in a world. options: of the URI. args: of the JVM."""

    options: Mapping[str, str] = field(default_factory=dict)
    args: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """The world a runtime offers one node. Addresses are host names or IPs, paths are absolute.

    bind: what the broker's connectors listen on. inside: how other nodes reach it. dial: how a
    client on this host does. data: the node's own directory. stores: the directory under which
    shared stores lie. Paths are as the broker sees them. multicast: what keeps it to this cluster's world.
    published: the address at which an engine publishes its ports. network: the engine's network that it is on. Both
    are "" where there is no engine.
    """

    bind: str
    inside: str
    dial: str
    data: str
    stores: str
    multicast: Multicast = Multicast()
    published: str = ""
    network: str = ""


PlaceOf = Callable[[str, Settled], Place]  # of a node, by name; settled says what the topology wants of it


@dataclass(frozen=True, slots=True)
class NodeSpec:
    """One broker as it is to run.

    shared: directories (as the broker sees them) that all members of the group share and that
    must exist before it starts. replica: a directory of this broker alone that outlives it, as a shared one does.
    jars: Maven coordinates or absolute paths of what must be on its class
    path besides what its distribution has. repairs: what its store needs otherwise at the start. replication: the port
    at which it serves its replicas as master, 0 for none or any.
    """

    name: str
    group: str
    place: Place
    broker: SettledBroker
    shared: tuple[str, ...]
    jars: tuple[str, ...] = ()
    replica: str | None = None
    repairs: tuple[StartRepair, ...] = ()
    replication: int = 0

    @property
    def inner_ports(self) -> Mapping[str, int]:
        """Those that other nodes reach it at, and clients do not."""
        return {"replication": self.replication} if self.replication else {}

    @property
    def ports(self) -> Mapping[str, int]:
        own = self.broker.own
        ports: dict[str, int] = {c.kind: c.port for c in self.broker.connectors}
        if own is None or own.console:
            ports["console"] = self.broker.console
        if own is not None:
            ports |= {
                t.name: port
                for t, port in zip(own.transports, self.broker.own_ports, strict=True)
                if port not in ports.values()
            }
        return ports

    def port_key(self, kind: str) -> str:
        """Where the topology file says it."""
        if kind == "replication":
            return f"groups.{self.group}.store.leveldb.bind"
        return f"groups.{self.group}.brokers.{self.name}.ports.{kind}"


@dataclass(frozen=True, slots=True)
class CompanionSpec:
    """One server that brokers need, as it is to run. It listens on the same port inside and outside.

    peers: of an ensemble, what each server is told of all, in ZooKeeper's own words.
    """

    name: str
    place: Place
    companion: SettledCompanion
    peers: Mapping[str, str | int] = field(default_factory=dict)

    @property
    def settings(self) -> Mapping[str, str | bool | int | float]:
        """What the server is configured with, by the topology and by the plan."""
        return {**self.companion.settings, **self.peers}

    @property
    def inner_ports(self) -> Mapping[str, int]:
        """Those that its peers reach it at, and nobody else does."""
        ensemble = self.companion.ensemble
        if ensemble is None or not self.peers:
            return {}
        return {"quorum": ensemble.mine.quorum, "election": ensemble.mine.election}

    @property
    def ports(self) -> Mapping[str, int]:
        return {self.companion.kind: self.companion.port}

    def port_key(self, kind: str) -> str:
        ensemble = self.companion.ensemble
        return f"companions.{ensemble.name if ensemble else self.name}.{self.companion.kind}.port"


Spec = NodeSpec | CompanionSpec  # what a runtime creates


@dataclass(frozen=True, slots=True)
class Plan:
    """cluster: its name. nodes: the brokers. intent: JSON text from which the same plan can be made again;
    no secrets."""

    cluster: str
    settled: Settled
    nodes: tuple[NodeSpec, ...]
    intent: str
    companions: tuple[CompanionSpec, ...] = ()

    @property
    def all(self) -> tuple[Spec, ...]:
        """Companions first: brokers need them."""
        return (*self.companions, *self.nodes)

    def companion(self, name: str) -> CompanionSpec:
        return next(c for c in self.companions if c.name == name)

    def node(self, name: str) -> NodeSpec:
        return next(n for n in self.nodes if n.name == name)

    def members(self, group: str) -> tuple[NodeSpec, ...]:
        return tuple(n for n in self.nodes if n.group == group)


# path relative to the node's conf directory -> text, of a file that is binary in base64. All of it may hold secrets.
NodeFiles = Mapping[str, str]
Files = Mapping[str, NodeFiles]  # by node name
BINARY = (".p12", ".jks")  # how their names end
ENVIRONMENT = "environment.json"  # of NodeFiles, but no file: variables that its process gets, with secrets


def content(name: str, text: str) -> bytes:
    """What is written for a file of NodeFiles."""
    return base64.b64decode(text) if name.endswith(BINARY) else octets(text)


def variables(files: NodeFiles) -> Mapping[str, str]:
    """What the node's process is to have in its environment."""
    found: Mapping[str, str] = json.loads(files.get(ENVIRONMENT, "{}"))
    return found


def written(files: NodeFiles) -> NodeFiles:
    """Those that are files, and lie in its conf directory."""
    return {name: text for name, text in files.items() if name != ENVIRONMENT}


def digest(written: str | bytes) -> str:
    """What NodeState.files holds for a file: sha256 of its bytes (of text, as UTF-8), in hex."""
    return hashlib.sha256(octets(written) if isinstance(written, str) else written).hexdigest()


def octets(text: str) -> bytes:
    """Text in UTF-8. What somebody's own file has that is none came as surrogates and goes as it was (PEP 383)."""
    return text.encode("utf-8", "surrogateescape")
