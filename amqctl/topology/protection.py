"""Of a settled topology: who may log in and do what, and how connections are encrypted. Plain frozen data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class PasswordSource:
    kind: Literal["generated", "env", "file"]
    name: str = ""  # the variable, or the absolute path


@dataclass(frozen=True, slots=True)
class Credential:
    """A password that is kept or read. name: the key under which it is handed over; of a user, the user's."""

    name: str
    password: PasswordSource


@dataclass(frozen=True, slots=True)
class SettledUser:
    name: str
    password: PasswordSource
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Right:
    """What groups may do with the destinations of a pattern. ActiveMQ adds up all that fit one."""

    destination: Literal["queue", "topic"]
    pattern: str
    read: tuple[str, ...]
    write: tuple[str, ...]
    admin: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Authorization:
    """everyone: all groups, for what each client needs: advisories and temporary destinations."""

    rights: tuple[Right, ...]
    everyone: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KeyFile:
    """A key store of the user's. file: an absolute path, in which {node} stands for a broker's name."""

    file: str
    password: PasswordSource


@dataclass(frozen=True, slots=True)
class Tls:
    """key_store, trust_store: both, or neither where amqctl makes keys and certificates itself."""

    key_store: KeyFile | None = None
    trust_store: KeyFile | None = None
    client_auth: bool = False


@dataclass(frozen=True, slots=True)
class Encryption:
    """Of passwords in files. algorithm: as Java names it; None for the best that a broker's version has."""

    key: PasswordSource
    algorithm: Literal["PBEWithMD5AndDES", "PBEWithHmacSHA256AndAES_256", "PBEWithHmacSHA512AndAES_256"] | None = None


# keys of Settled.secrets; no user's name has a colon
KEY_STORE = "tls:key store"
TRUST_STORE = "tls:trust store"
ENCRYPTION_KEY = "encryption:encryption key"
