"""`security:` and `tls:` of the topology file: who may log in and do what, where passwords and keys come from."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from amqctl.topology.model.scalars import (
    VARIABLE,
    Empty,
    EmptyList,
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


class Right(Shape):
    """What groups may do with the destinations of a pattern; several that fit one destination add up."""

    queue: str | None = Field(default=None, min_length=1, description='Pattern, e.g. orders.> or ">".')
    topic: str | None = Field(default=None, min_length=1, description='Pattern, e.g. prices.* or ">".')
    read: list[PrincipalName] = Field(default_factory=list, description="Groups that may receive and browse.")
    write: list[PrincipalName] = Field(default_factory=list, description="Groups that may send.")
    admin: list[PrincipalName] | None = Field(
        default=None, description="Groups for which it is made when they first use it; all that may read or write."
    )

    @model_validator(mode="after")
    def _one_destination(self) -> Right:
        if (self.queue is None) == (self.topic is None):
            raise ValueError('a right is for either `queue: ">"` or `topic: ">"`, exactly one of them')
        return self


class Encryption(Shape):
    """Passwords in configuration files are ENC(…), as ActiveMQ reads with Jasypt."""

    key: Secret = Field(
        default="generated",
        description="What they are encrypted with: generated, {env: NAME} or {file: PATH}; never the text itself. "
        "Brokers get it as ACTIVEMQ_ENCRYPTION_PASSWORD.",
    )
    algorithm: Literal["PBEWithMD5AndDES", "PBEWithHmacSHA256AndAES_256", "PBEWithHmacSHA512AndAES_256"] | None = Field(
        default=None, description="The last from ActiveMQ 5.16 on; before, there is the first alone."
    )


class Security(Shape):
    plugin: Literal["jaas", "simple"] = Field(
        default="jaas", description="Brokers read users from files (jaas) or have them in activemq.xml (simple)."
    )
    users: Annotated[dict[PrincipalName, Annotated[User, Empty]], Empty] = Field(default_factory=dict)
    network: Annotated[NetworkUser, Empty] = Field(default_factory=NetworkUser)
    authorization: Annotated[list[Right] | None, EmptyList] = Field(
        default=None, description="Who may do what; empty: group users may use everything. Left out: every user may."
    )
    encryption: Annotated[Encryption | None, Empty] = Field(
        default=None, description="Written: no configuration file has a password in plain text."
    )


class KeyFile(Shape):
    file: str = Field(
        min_length=1, description="PKCS12 or JKS file, relative to the topology file; {node} is a broker's name."
    )
    password: FromEnv | FromFile = Field(description="{env: NAME} or {file: PATH}; never the text itself.")


class Tls(Shape):
    """Connections to brokers, between them and to their consoles are encrypted; amqctl makes the certificates."""

    keyStore: KeyFile | None = Field(default=None, description="Your own keys and certificates, in place of those.")
    trustStore: KeyFile | None = Field(default=None, description="Certificates of those that signed them.")
    clientAuth: bool = Field(default=False, description="Clients of the connectors must show a certificate too.")

    @model_validator(mode="after")
    def _both_stores(self) -> Tls:
        if (self.keyStore is None) != (self.trustStore is None):
            raise ValueError("`keyStore` and `trustStore` go together: write both, or neither")
        return self
