"""Reading what is to be imported: activemq.xml files with what lies beside them, compose files."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from amqctl.activemq.brokerxml import BrokerFile, read
from amqctl.activemq.lint import compose
from amqctl.activemq.lint.model import Node
from amqctl.activemq.ownconf import local_name
from amqctl.errors import BadTopology, Problem
from amqctl.plan.importing import Found, Server
from amqctl.plan.properties import parse
from amqctl.provision.foreignfiles import broker_name, compose_yaml, content, is_xml, own_hosts

MAIN = "activemq.xml"
MOST = 4 * 1024 * 1024  # bytes of a key store
COMPOSE = ("docker-compose.yml", "docker-compose.yaml", "compose.yml", "compose.yaml")
_SERVERS = ("mysql", "mariadb", "postgres", "zookeeper")


@dataclass(slots=True)
class Gathered:
    """source: the compose file, if there was one."""

    founds: list[Found] = field(default_factory=list)
    servers: list[Server] = field(default_factory=list)
    source: str = ""
    problems: list[Problem] = field(default_factory=list)


def gather(paths: Sequence[str], version: str | None) -> Gathered:
    """Raises BadTopology with everything that cannot be read. version: wins over what files say."""
    found = Gathered()
    for path in paths:
        try:
            for one in _files(Path(path)):
                _add(one, version, found)
        except BadTopology as exc:
            found.problems += exc.problems
    if not found.founds and not found.problems:
        found.problems.append(
            Problem(f"no {MAIN} and no compose file", "name one, or a directory that has one", paths[0])
        )
    if found.problems:
        raise BadTopology(found.problems)
    found.founds = _alike(found.founds)
    return found


def _alike(founds: list[Found]) -> list[Found]:
    """Trust stores of the same certificates with the same bytes: how they were written makes no difference."""
    seen: dict[tuple[str, frozenset[bytes]], bytes] = {}
    out = []
    for found in founds:
        context = found.node.facts.ssl.first("sslContext") if found.node.facts.ssl is not None else None
        name = context.attributes.get("trustStore", "") if context is not None else ""
        if context is None or name not in found.stores:
            out.append(found)
            continue
        from amqctl.provision.ownkeys import trusts  # cryptography takes its time to import

        password = context.attributes.get("trustStorePassword", "")
        whom = trusts(found.stores[name], password)
        data = found.stores[name] if whom is None else seen.setdefault((password, whom), found.stores[name])
        out.append(replace(found, stores={**found.stores, name: data}))
    return out


def _files(path: Path) -> list[Path]:
    """Those that a path stands for: a file itself; of a directory its compose file, else every activemq.xml."""
    if not path.is_dir():
        return [path]
    composed = [path / name for name in COMPOSE if (path / name).is_file()]
    if composed:
        return composed[:1]
    places = (path, path / "conf", *sorted(p for p in path.iterdir() if p.is_dir() and p.name != "conf"))
    return [p for place in places for p in (place / MAIN, place / "conf" / MAIN) if p.is_file()]


def _add(path: Path, version: str | None, found: Gathered) -> None:
    data = content(path)
    if is_xml(data):
        taken = [f.node.name for f in found.founds]
        found.founds.append(_plain(path, data, version, taken))
    else:
        _composed(path, data, version, found)


def _plain(path: Path, data: bytes, version: str | None, taken: Sequence[str]) -> Found:
    texts = _texts(path.parent)
    one = read(data, str(path), _placeholders(data, texts))
    absolute = path.absolute()
    _, name = broker_name(path, taken)
    node = Node(
        name=name,
        facts=one.facts,
        file=str(path),
        version=version or _jar_version(absolute.parent.parent / "lib"),
        hosts=own_hosts(name, one),
        comments=one.comments,
    )
    return Found(node, texts, stores=_stores(one, partial(_beside, absolute.parent)), others=one.others)


def _composed(path: Path, data: bytes, version: str | None, found: Gathered) -> None:
    loaded = compose_yaml(data, str(path), "neither an activemq.xml nor a compose file")
    found.source = str(path)
    for service in compose.services(loaded):
        file = path.parent / service.config
        try:
            xml, texts = content(file), _texts(file.parent)
            one: BrokerFile = read(xml, str(file), {**_placeholders(xml, texts), **service.properties})
        except BadTopology as exc:
            found.problems += exc.problems
            continue
        node = compose.node(service, one, str(file))
        written = loaded["services"][service.name]
        found.founds.append(
            Found(
                replace(node, version=version or node.version),
                texts,
                _published(written.get("ports")),
                _heap(service.properties),
                str(written.get("image", "")) or None,
                _stores(one, partial(_outside, path.parent, service)),
                one.others,
            )
        )
    found.servers += _servers(loaded["services"])
    if not found.founds and not found.problems:
        what = "no service mounts an activemq.xml"
        found.problems.append(Problem(what, "name the activemq.xml files themselves", str(path)))


def _servers(services: Mapping[str, Any]) -> Iterator[Server]:
    for name, one in services.items():
        image = str(one.get("image", "")) if isinstance(one, dict) else ""
        last = image.rpartition("/")[2]
        kind = next((k for k in _SERVERS if re.match(rf"{k}(ql)?([:@-]|$)", last)), None)
        if kind is not None:
            yield Server(str(name), kind, image, _published(one.get("ports")))


def _published(ports: Any) -> Mapping[int, int]:
    """Port in the container -> on the host. Ranges, and what Docker is to choose, are left."""
    found: dict[int, int] = {}
    for port in ports if isinstance(ports, list) else ():
        if isinstance(port, dict):
            inside, outside = str(port.get("target", "")), str(port.get("published", ""))
        else:
            *_, outside, inside = ["", *str(port).partition("/")[0].split(":")]
        if inside.isdigit() and outside.isdigit():
            found[int(inside)] = int(outside)
    return found


def _heap(environment: Mapping[str, str]) -> str | None:
    for name in ("ACTIVEMQ_OPTS_MEMORY", "ACTIVEMQ_OPTS", "JAVA_OPTS"):
        if match := re.search(r"-Xmx(\d+[kKmMgG])\b", environment.get(name, "")):
            return match[1].lower()
    return None


def _texts(directory: Path) -> Mapping[str, str]:
    """The .properties files beside an activemq.xml: values of placeholders, and users. In the characters that Java
    reads, whatever whoever wrote them meant: those are what brokers compare a password with."""
    return {p.name: p.read_bytes().decode("iso-8859-1") for p in sorted(directory.glob("*.properties")) if p.is_file()}


def _stores(one: BrokerFile, place: Callable[[str], Path | None]) -> Mapping[str, bytes]:
    """Key stores that its sslContext names, by what it calls them. place: where that is on this machine."""
    context = one.facts.ssl.first("sslContext") if one.facts.ssl is not None else None
    found: dict[str, bytes] = {}
    for key in ("keyStore", "trustStore"):
        text = context.attributes.get(key, "") if context is not None else ""
        path = place(text) if text else None
        if path is not None and path.is_file() and path.stat().st_size <= MOST:
            with suppress(OSError):  # one that cannot be read is not carried over, and the book says so
                found[text] = path.read_bytes()
    return found


def _beside(conf: Path, text: str) -> Path:
    """conf: the activemq.xml's directory, which relative paths and ActiveMQ's own properties lead to."""
    plain = re.sub(r"^file:(//(?=/))?", "", text)
    return Path(plain) if plain.startswith("/") else conf / local_name(text)


def _outside(place: Path, service: compose.Service, text: str) -> Path | None:
    """What a path in a service's container is on this machine. place: the compose file's directory."""
    inside = re.sub(r"^file:(//(?=/))?", "", text)
    inside = inside if inside.startswith("/") else posixpath.join(service.properties["activemq.conf"], inside)
    for source, target in sorted(service.mounts, key=lambda mount: -len(mount[1])):
        if inside == target or inside.startswith(f"{target}/"):
            return place / (source + inside[len(target) :])
    return None


def _placeholders(xml: bytes, texts: Mapping[str, str]) -> Mapping[str, str]:
    """Of the files that the XML names."""
    found: dict[str, str] = {}
    for name, text in texts.items():
        if name.encode() in xml:
            found |= parse(text)
    return found


def _jar_version(lib: Path) -> str | None:
    for jar in sorted(lib.glob("activemq-broker-*.jar")) if lib.is_dir() else ():
        if match := re.fullmatch(r"activemq-broker-(\d+\.\d+\.\d+)\.jar", jar.name):
            return match[1]
    return None
