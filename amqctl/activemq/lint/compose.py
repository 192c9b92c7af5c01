"""A compose file as far as lint needs it: which service has which activemq.xml, and what its store is on.

Pure: the text comes from the caller, and so do those of the files it names.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from amqctl.activemq.brokerxml import BrokerFile
from amqctl.activemq.lint.model import Node
from amqctl.activemq.lint.stores import FILE_STORES


@dataclass(frozen=True, slots=True)
class Service:
    """config: the activemq.xml on this machine, relative to the compose file. mounts: (source, target).

    properties: what ${…} stands for inside the container. version: of the image, where its tag says so.
    """

    name: str
    config: str
    hosts: frozenset[str]
    mounts: tuple[tuple[str, str], ...]
    properties: Mapping[str, str]
    version: str | None


def is_compose(data: Any) -> bool:
    return isinstance(data, dict) and isinstance(data.get("services"), dict) and "apiVersion" not in data


def services(data: Mapping[str, Any]) -> tuple[Service, ...]:
    """Those that have an activemq.xml of this machine's mounted. data: as is_compose() accepts it."""
    return tuple(found for name, one in data["services"].items() if (found := _service(str(name), one)))


def node(service: Service, read: BrokerFile, file: str) -> Node:
    return Node(
        name=service.name,
        facts=read.facts,
        file=file,
        version=service.version,
        hosts=service.hosts,
        machine=service.name,
        store=_store_mount(service, read),
        comments=read.comments,
        clients=frozenset(),
    )


def _service(name: str, one: Any) -> Service | None:
    if not isinstance(one, dict):
        return None
    mounts = tuple(_mounts(one.get("volumes")))
    config, conf = _config(mounts)
    if config is None:
        return None
    home = posixpath.dirname(conf)
    hosts = {name, str(one.get("container_name", name)), str(one.get("hostname", name))}
    paths = {"home": home, "base": home, "conf": conf, "data": f"{home}/data"}
    return Service(
        name=name,
        config=config,
        hosts=frozenset(host.lower() for host in hosts),
        mounts=mounts,
        properties={f"activemq.{key}": path for key, path in paths.items()}
        | dict(_environment(one.get("environment"))),
        version=_version(str(one.get("image", ""))),
    )


def _config(mounts: tuple[tuple[str, str], ...]) -> tuple[str | None, str]:
    """The file on this machine, and the directory that it is in as the container sees it."""
    for source, target in mounts:
        if target.endswith("/activemq.xml"):
            return source, posixpath.dirname(target)
        if target.endswith("/conf"):
            return f"{source}/activemq.xml", target
    return None, ""


def _mounts(volumes: Any) -> Iterator[tuple[str, str]]:
    for volume in volumes if isinstance(volumes, list) else ():
        if isinstance(volume, dict):
            source, target = str(volume.get("source", "")), str(volume.get("target", ""))
        else:
            source, _, rest = str(volume).partition(":")
            target = rest.partition(":")[0]
        if source and target:
            yield posixpath.normpath(source), posixpath.normpath(target)


def _environment(written: Any) -> Iterator[tuple[str, str]]:
    """Spring's placeholders see the environment too."""
    if isinstance(written, dict):
        yield from ((str(key), str(value)) for key, value in written.items() if value is not None)
    elif isinstance(written, list):
        yield from ((key, value) for key, is_set, value in (str(w).partition("=") for w in written) if is_set)


def _version(image: str) -> str | None:
    match = re.search(r":(\d+\.\d+\.\d+)(?:-[\w.]+)?$", image)
    return match[1] if match and "activemq" in image else None


def _store_mount(service: Service, read: BrokerFile) -> str | None:
    """What the store's directory is on outside; None where it is the container's own."""
    store = read.facts.store
    path = store.attributes.get("directory", "") if store is not None and store.kind in FILE_STORES else ""
    path = posixpath.normpath(path) if path.startswith("/") else ""
    for source, target in sorted(service.mounts, key=lambda m: -len(m[1])):
        if path == target or path.startswith(target.rstrip("/") + "/"):
            return source + path[len(target.rstrip("/")) :]
    return None
