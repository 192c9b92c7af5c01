"""All we know of the servers that brokers need beside them: one module an engine, and one line here.

Each module is pure and has the names of `model.Engine`: how the engine is run in a container and as a
process, what is set up once, and where its programs come from. How brokers reach it is in `jdbc` and
`pools`. Nobody outside this package says "mysql".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from typing import cast

from amqctl.activemq.companions.model import Engine, Settings
from amqctl.activemq.distribution import Coordinate

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


def no_version(kind: str, version: str) -> str:
    """Why there is no server of that version, or beginning of one; empty where images or machines may have it."""
    found = engine(kind)
    if found.IMAGE is not None or not found.JARS or jars(kind, version):
        return ""
    return f"amqctl runs {found.TITLE} {found.JARS[0].version}, and no other"


def jars(kind: str, version: str) -> tuple[Coordinate, ...]:
    """Of a server that is a JVM, of that version or beginning of one; empty where amqctl knows none. Of other lines
    than the recipe's own, and of other releases of it, only a version with all three numbers names one."""
    found = engine(kind)
    own = found.JARS[0].version
    if begins(own, version):
        return found.JARS
    if version.count(".") != 2 or not any(begins(version, line) for line in found.LINES):
        return ()
    return tuple(replace(jar, version=version) if jar.version == own else jar for jar in found.JARS)


def begins(version: str, wanted: str) -> bool:
    """Whether `version` is `wanted` or one of it: 16.4 is one of 16. Of "" all are."""
    numbers, first = version.split("."), wanted.split(".") if wanted else []
    return numbers[: len(first)] == first


def image_of(kind: str, image: str | None, version: str) -> str | None:
    """What a container is made of: the user's image, or the official one with the version as its tag. None for a
    server that is a JVM in the image of the brokers."""
    official = engine(kind).IMAGE
    if image or not version or official is None:
        return image or official
    return f"{official.rpartition(':')[0]}:{version}"


def _key(name: str) -> str:
    """MySQL takes lock-wait and lock_wait for the same."""
    return name.replace("-", "_").lower()
