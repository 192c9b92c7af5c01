"""All we know of ActiveMQ's stores: one module a store, and one line here.

Each module is pure and has the functions of `StoreFacts`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Protocol, cast

from amqctl.activemq.versions import Caps

# kind -> module
STORES: Mapping[str, str] = {
    "kahadb": "amqctl.activemq.stores.kahadb",
    "jdbc": "amqctl.activemq.stores.jdbc",
    "leveldb": "amqctl.activemq.stores.leveldb",
}


@dataclass(frozen=True, slots=True)
class Budget:
    """How long a takeover may take, from SIGKILL of the master until another answers clients.

    seconds: the worst case that the settings allow. because: the sum, for a report.
    """

    seconds: float
    because: str


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a broker's store is to be rendered with. node: the broker's name. directory: the group's, for a
    store that needs one. server: host and port of its companion, as brokers see them. image: the companion's.
    password: of its database's user. For members that are to find each other, bind: the address to listen on,
    host: how the others reach it, zookeeper: HOST:PORT with commas, secrets: by their keys,
    zk_session_timeout: how its version spells that.
    """

    node: str
    directory: str = ""
    server: tuple[str, int] | None = None
    image: str | None = None
    password: str = field(default="", repr=False)
    bind: str = ""
    host: str = ""
    zookeeper: str = ""
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    zk_session_timeout: str = "zkSessionTimeout"


class StoreFacts(Protocol):
    def takeover_budget(self, store: Any) -> Budget: ...  # the worst case, from the store's own settings
    def locker_name(self, store: Any) -> str: ...  # ActiveMQ's element, e.g. "shared-file-locker"
    def caveats(self, store: Any) -> tuple[str, ...]: ...  # what a report about this store must say
    def medium(self, store: Any) -> str | None: ...  # what it is kept in; None: a directory, ask the runtime
    # Maven coordinates or absolute paths of what must be on the class path. image: of its companion
    def jars(self, store: Any, image: str | None, caps: Caps) -> tuple[str, ...]: ...
    def values(self, store: Any, around: Surroundings) -> Mapping[str, object]: ...  # for templates/stores/KIND.xml.j2


def facts(kind: str) -> StoreFacts:
    """The module of a store kind; it is itself the implementation."""
    return cast(StoreFacts, import_module(STORES[kind]))
