"""What is seen of a running cluster, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

# master: completed a protocol handshake. waiting: alive, and its group has a master.
# starting: alive, and nobody in its group is master yet. down: no process.
Role = Literal["master", "waiting", "starting", "down"]


@dataclass(frozen=True, slots=True)
class Address:
    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Login:
    user: str
    password: str

    def __repr__(self) -> str:  # never in a log or a traceback
        return f"Login({self.user!r}, …)"
