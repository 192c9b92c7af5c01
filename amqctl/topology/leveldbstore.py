"""A group's LevelDB with every value filled in. Plain frozen data; `settled` hands it on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from amqctl.topology.protection import Credential


@dataclass(frozen=True, slots=True)
class Replication:
    """How the members of a replicated LevelDB find each other. Times in milliseconds.

    companion or address: where ZooKeeper is; address is a list with commas. path: in ZooKeeper. password: of what
    the members keep there, None for none; token: of the replication itself, always generated. session: what the brokers
    ask for; least_session: what ZooKeeper grants at least, 0 where that is not known; tick: in which steps it looks.
    ports: by broker, of the master's end; 0 for any. weights: by broker.
    """

    replicas: int
    companion: str | None
    address: str | None
    path: str
    password: Credential | None
    token: Credential
    session: int
    least_session: int
    tick: int
    sync: str
    ports: Mapping[str, int]
    weights: Mapping[str, int]

    @property
    def quorum(self) -> int:
        """Members that must be there for a master (ElectingLevelDBStore.clusterSizeQuorum)."""
        return self.replicas // 2 + 1


@dataclass(frozen=True, slots=True)
class LevelDBStore:
    """kind "leveldb": replicated, each member with a directory of its own; or, without `replication`, one directory
    for all members and a file lock for one master."""

    kind: Literal["leveldb"]
    path: str | None  # None: a directory that the runtime keeps
    attributes: Mapping[str, str]
    replication: Replication | None = None
    lock_acquire_sleep_interval: int = 0  # milliseconds; not replicated
    lock_keep_alive_period: int = 0
    volume_options: Mapping[str, str] = field(default_factory=dict)

    @property
    def source(self) -> None:
        """It needs no database."""
        return None

    @property
    def seed(self) -> None:
        return None

    @property
    def multi(self) -> tuple[()]:
        return ()

    @property
    def secrets(self) -> tuple[Credential, ...]:
        if self.replication is None:
            return ()
        return tuple(c for c in (self.replication.password, self.replication.token) if c is not None)


@dataclass(frozen=True, slots=True)
class Member:
    """One server of a ZooKeeper ensemble: its node, and the ports that the others reach it at."""

    node: str
    quorum: int
    election: int


@dataclass(frozen=True, slots=True)
class Ensemble:
    """name: as the topology has it. number: which of `members` this one is, from 1."""

    name: str
    number: int
    members: tuple[Member, ...]

    @property
    def mine(self) -> Member:
        return self.members[self.number - 1]
