"""All we know of ActiveMQ's stores: one module a store, and one line here.

Each module is pure and has the functions of `StoreFacts`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol, cast

# kind -> module
STORES: Mapping[str, str] = {"kahadb": "amqctl.activemq.stores.kahadb"}


@dataclass(frozen=True, slots=True)
class Budget:
    """How long a takeover may take, from SIGKILL of the master until another answers clients.

    seconds: the worst case that the settings allow. because: the sum, for a report.
    """

    seconds: float
    because: str


class StoreFacts(Protocol):
    def takeover_budget(self, store: Any) -> Budget: ...  # the worst case, from the store's own settings
    def locker_name(self, store: Any) -> str: ...  # ActiveMQ's element, e.g. "shared-file-locker"
    def caveats(self, store: Any) -> tuple[str, ...]: ...  # what a report about this store must say


def facts(kind: str) -> StoreFacts:
    """The module of a store kind; it is itself the implementation."""
    return cast(StoreFacts, import_module(STORES[kind]))
