"""All we know of the servers that brokers need beside them: one module an engine, and one line here.

Each module is pure and has the names of `model.Engine`: how the engine is run in a container and as a
process, what is set up once, and where its programs come from. How brokers reach it is in `jdbc` and
`pools`. Nobody outside this package says "mysql".
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import cast

from amqctl.activemq.companions.model import Engine, Settings

# kind, as the topology file has it -> module
ENGINES: Mapping[str, str] = {
    "mysql": "amqctl.activemq.companions.mysql",
    "mariadb": "amqctl.activemq.companions.mariadb",
    "postgres": "amqctl.activemq.companions.postgres",
    "derby": "amqctl.activemq.companions.derby",
    "zookeeper": "amqctl.activemq.companions.zookeeper",
}


def engine(kind: str) -> Engine:
    """The module of an engine; it is itself the implementation."""
    return cast(Engine, import_module(ENGINES[kind]))


def complaints(kind: str, settings: Settings) -> tuple[str, ...]:
    """Why `settings:` of a companion cannot be handed to the engine; nothing where they can."""
    found = engine(kind)
    fixed = {_key(name) for name in found.FIXED}
    said = [
        f"{name} is set by amqctl itself; leave it out of settings"
        for name in settings
        if _key(name) in fixed or (found.PREFIX and _key(found.PREFIX + name) in fixed)
    ]
    if found.PREFIX:
        said += [
            f"{name} is no property of {found.TITLE}: they begin with {found.PREFIX}"
            for name in settings
            if not name.startswith(found.PREFIX)
        ]
    return tuple(said)


def _key(name: str) -> str:
    """MySQL takes lock-wait and lock_wait for the same."""
    return name.replace("-", "_").lower()
