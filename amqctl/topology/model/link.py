"""`network:` of the topology file: network connectors one by one, by multicast, and in whole shapes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from amqctl.topology.model.scalars import Attributes, Empty, LinkName, Scalar, Shape

Form = Literal["mesh", "ring", "chain", "hub"]


class Pattern(Shape):
    """Destinations that a link carries, or does not."""

    queue: str | None = Field(default=None, min_length=1, description='A name or a pattern, e.g. orders.> or ">".')
    topic: str | None = Field(default=None, min_length=1, description='A name or a pattern, e.g. prices.* or ">".')

    @model_validator(mode="after")
    def _one_destination(self) -> Pattern:
        if (self.queue is None) == (self.topic is None):
            raise ValueError('it is either `queue: ">"` or `topic: ">"`, exactly one of them')
        return self


class Destinations(Shape):
    """Which messages a link carries. Without `included` all for which there is demand."""

    included: list[Pattern] | None = Field(
        default=None, description="Only these, where there is demand (<dynamicallyIncludedDestinations>)."
    )
    excluded: list[Pattern] | None = Field(default=None, description="Never these (<excludedDestinations>).")
    static: list[Pattern] | None = Field(
        default=None, description="These whether there is demand or not (<staticallyIncludedDestinations>)."
    )


class Link(Shape):
    """A network connector, declared by every member of `from`; or a whole shape of them."""

    name: LinkName
    from_: str | None = Field(default=None, alias="from", description="Group or broker that declares the connector.")
    to: str | None = Field(default=None, description="Group or broker it leads to.")
    uri: str | None = Field(default=None, description="A discovery URI of your own instead of `to`.")
    multicast: Annotated[dict[str, Scalar] | None, Empty] = Field(
        default=None, description="Find each other by multicast instead of `to`; options of the multicast URI."
    )
    shape: Form | None = Field(default=None, description="Links between all of `groups`, in this shape.")
    groups: list[str] | None = Field(
        default=None,
        min_length=1,
        description="With shape and multicast: groups or brokers, in order. All unless written.",
    )
    hub: str | None = Field(default=None, description="With `shape: hub`: the one that all others are linked to.")
    via: Literal["masterslave", "static", "failover"] | None = None
    duplex: bool = False
    set: Attributes | None = Field(default=None, description="Attributes of <networkConnector>.")
    destinations: Destinations | None = Field(default=None, description="Which messages it carries.")
    options: Attributes | None = Field(
        default=None, description="Options of the discovery URI, e.g. initialReconnectDelay."
    )
    transport: Attributes | None = Field(
        default=None, description="Options of each address it leads to, e.g. connectionTimeout."
    )

    @model_validator(mode="after")
    def _one_target(self) -> Link:
        if sum(t is not None for t in (self.to, self.uri, self.multicast, self.shape)) != 1:
            raise ValueError("a link leads somewhere by exactly one of `to`, `uri`, `multicast` and `shape`")
        return self

    @model_validator(mode="after")
    def _fits(self) -> Link:
        if self.from_ is None and (self.to is not None or self.uri is not None):
            raise ValueError("it needs `from`: the group or broker that declares the link")
        if self.shape is not None and self.from_ is not None:
            raise ValueError("a shape has no `from`: write `groups:`, in their order")
        if self.groups is not None and self.shape is None and self.multicast is None:
            raise ValueError("`groups` goes with `shape` and `multicast`: write `from` and `to`")
        if (self.shape == "hub") != (self.hub is not None):
            raise ValueError("`shape: hub` needs `hub`, the one in the middle, and no other shape has it")
        if self.via is not None and (self.uri is not None or self.multicast is not None):
            raise ValueError("`via` goes with `to` and `shape`: the uri says it here")
        if self.uri is not None and (self.options is not None or self.transport is not None):
            raise ValueError("`options` and `transport` go with addresses that amqctl writes: write them into the uri")
        return self
