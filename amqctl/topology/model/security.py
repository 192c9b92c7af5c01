"""`security:` of the topology file: who may log in, and where passwords come from."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from amqctl.topology.model.scalars import (
    VARIABLE,
    Empty,
    PrincipalName,
    Shape,
)


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
