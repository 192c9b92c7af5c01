"""What may be said of a broker, under `defaults`, a group and the broker itself."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from amqctl.topology.model.scalars import (
    Attributes,
    Heap,
    ImageName,
    Port,
    Scalar,
    Shape,
    Size,
    VersionText,
)


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
    image: ImageName | None = Field(
        default=None, description="Container image to use as it is; auto: one that amqctl builds."
    )
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
