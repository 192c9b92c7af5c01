"""The group that a store is of, and what stores need besides what is written of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from amqctl.topology.companions import Servers
from amqctl.topology.notes import Notes
from amqctl.topology.ports import PortBook
from amqctl.topology.profiles import Profile
from amqctl.topology.yamltext import Path
from amqctl.topology.zookeeper import Ensembles


@dataclass(frozen=True, slots=True)
class Around:
    """What is the same for all groups of a cluster. cluster: its name."""

    cluster: str
    profile: Profile
    servers: Servers
    ensembles: Ensembles
    ports: PortBook
    notes: Notes


@dataclass(frozen=True, slots=True)
class Owner:
    """members: the brokers' names. first: number of the first of them in the file. path: of the group."""

    group: str
    members: Sequence[str]
    first: int
    path: Path
    around: Around
