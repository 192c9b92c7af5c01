"""`companions:` of the topology file: databases and ZooKeeper."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from amqctl.topology.model.scalars import (
    Attributes,
    Empty,
    ImageName,
    Port,
    ServerVersion,
    Shape,
)


class Image(Shape):
    image: ImageName | None = Field(default=None, description="Container image, on runtimes that have images.")
    port: Port | None = None
    version: ServerVersion | None = Field(
        default=None,
        description='Of the server, or the beginning of it: "8.4". On Docker the tag of the official image.',
    )
    settings: Attributes | None = Field(default=None, description="Options of the server, in its own words.")


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
