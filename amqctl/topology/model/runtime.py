"""`runtime:` of the topology file: a section for each runtime, read by that one only."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from amqctl.topology.model.scalars import (
    Empty,
    ImageName,
    NetworkName,
    Shape,
)


class DockerNetwork(Shape):
    name: NetworkName = Field(default="auto", description="auto: a network of the cluster's own.")
    external: bool = Field(default=False, description="It is there already, and stays.")


class DockerSection(Shape):
    image: ImageName = Field(default="auto", description="Image of every broker that names none itself.")
    publish: str = Field(
        default="127.0.0.1", description="IP address of the engine's host that ports are published on."
    )
    network: Annotated[DockerNetwork, Empty] = Field(default_factory=DockerNetwork)


class LocalSection(Shape):
    java: str = Field(default="auto", description="auto, or a Java home.")


class RuntimeSection(Shape):
    docker: Annotated[DockerSection, Empty] = Field(default_factory=DockerSection)
    local: Annotated[LocalSection, Empty] = Field(default_factory=LocalSection)
