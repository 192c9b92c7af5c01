"""The topology file as its author wrote it: frozen, every key optional that may be left out.

These models are the file format. The published JSON Schema comes from them, `load` reports what
they refuse, `settle` fills in what they leave out. They know nothing of any ActiveMQ version:
whether `jdbc` can be used, or an attribute exists, is decided later, by name and with the line.

The whole file is here; its bigger sections have modules of their own.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from amqctl.topology.model.broker import Broker, BrokerKeys
from amqctl.topology.model.companion import Companion
from amqctl.topology.model.link import Link
from amqctl.topology.model.runtime import RuntimeSection
from amqctl.topology.model.scalars import (
    Attributes,
    ClusterName,
    Empty,
    EmptyList,
    GroupName,
    NodeName,
    Shape,
    VersionText,
)
from amqctl.topology.model.security import Security, Tls
from amqctl.topology.model.store import Store


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


class Ignore(Shape):
    id: str
    reason: str = Field(min_length=1, description="Why this rule does not apply here.")


class Lint(Shape):
    ignore: Annotated[list[Ignore], EmptyList] = Field(default_factory=list)


class Offset(Shape):
    offset: int = Field(default=0, ge=0, le=60000, description="Added to every port of the topology.")


class Host(Shape):
    address: str | None = None
    labels: dict[str, str] | None = None


class Clients(Shape):
    """What clients of this cluster are told; options of the failover URL that `amqctl urls` prints."""

    failover: Attributes | None = Field(
        default=None, description="Options of the failover URL, e.g. randomize, timeout, priorityBackup."
    )


class Topology(Shape):
    apiVersion: Literal["amqctl/v1"]
    name: ClusterName = Field(description="Unique on a machine; also the multicast group.")
    activemq: VersionText | None = None
    profile: Literal["lab", "stock"] = "lab"
    ports: Annotated[Offset, Empty] = Field(default_factory=Offset)
    security: Annotated[Security, Empty] = Field(default_factory=Security)
    tls: Annotated[Tls | None, Empty] = Field(default=None, description="Written: all connections are encrypted.")
    defaults: Annotated[BrokerKeys, Empty] = Field(default_factory=BrokerKeys)
    companions: Annotated[dict[NodeName, Companion], Empty] = Field(default_factory=dict)
    hosts: Annotated[dict[NodeName, Annotated[Host, Empty]], Empty] = Field(default_factory=dict)
    groups: Annotated[dict[GroupName, Annotated[Group, Empty]], Empty] = Field(min_length=1)
    network: Annotated[list[Link], EmptyList] = Field(default_factory=list)
    clients: Annotated[Clients, Empty] = Field(default_factory=Clients)
    lint: Annotated[Lint, Empty] = Field(default_factory=Lint)
    runtime: Annotated[RuntimeSection, Empty] = Field(default_factory=RuntimeSection)
