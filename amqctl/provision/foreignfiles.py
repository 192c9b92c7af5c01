"""Somebody else's files as lint and import read them: what is in them, of which kind they are, whose they are."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import IO, Any

from amqctl.activemq.brokerxml import BrokerFile
from amqctl.activemq.brokerxml.tree import MAX_BYTES
from amqctl.activemq.lint import compose
from amqctl.activemq.lint.cluster import ANY, LOOPBACK
from amqctl.errors import BadTopology, Problem
from amqctl.topology import load

# They say nothing about whose file it is
_GENERIC = ("activemq", "apache-activemq", "broker", "conf", "config", "etc", "resources", "opt", "")


def content(file: str | Path) -> bytes:
    """All of it; of one that is too large for anything enough to see that. Raises BadTopology."""
    try:
        with Path(file).open("rb") as opened:
            return enough(opened)
    except OSError as exc:
        raise BadTopology([Problem(exc.strerror or str(exc), "name a file that can be read", str(file))]) from exc
    except ValueError as exc:  # a NUL in the name
        raise BadTopology([Problem(f"{str(file)!r} cannot be the name of a file")]) from exc


def enough(opened: IO[bytes]) -> bytes:
    """A byte more than the largest of these kinds may have: a topology. Whoever reads a kind refuses what is more."""
    return opened.read(load.MAX_BYTES + 1)


def is_xml(data: bytes) -> bool:
    """A YAML file of these kinds never begins with "<"; UTF-16 begins with its mark."""
    return data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"<", b"\xff\xfe", b"\xfe\xff"))


def compose_yaml(data: bytes, file: str, otherwise: str) -> dict[str, Any]:
    """A compose file as services() takes it. Raises BadTopology: with the place, or for another kind `otherwise`.

    The pure-Python loader: libyaml's composes on the C stack, which a hostile file exhausts.
    """
    import yaml

    if len(data) > MAX_BYTES:
        what = f"{len(data)} bytes are too many for a compose file"
        raise BadTopology([Problem(what, f"at most {MAX_BYTES}; is it the right file?", file)])
    try:
        loaded = yaml.load(data, yaml.SafeLoader)  # noqa: S506  it is the safe one
    except yaml.MarkedYAMLError as exc:
        mark = exc.problem_mark
        place = (mark.line + 1, mark.column + 1) if mark else (None, None)
        raise BadTopology([Problem(f"not YAML: {exc.problem}", "", file, *place)]) from exc
    except (yaml.YAMLError, RecursionError, ValueError) as exc:
        raise BadTopology([Problem(f"not YAML that can be read: {type(exc).__name__}", "", file)]) from exc
    if not compose.is_compose(loaded):
        raise BadTopology([Problem(otherwise, "", file)])
    return dict(loaded)


def broker_name(file: str | Path, taken: Collection[str]) -> tuple[str, str]:
    """Whose activemq.xml it is by where it lies, and the same with a number where that is taken."""
    path = Path(file).absolute()
    parts = [path.name.removesuffix(".xml"), *reversed(path.parts[:-1])]
    name = next((p for p in parts if p.lower() not in _GENERIC and p != "/"), "broker")
    return name, next(n for n in (name, *(f"{name}-{i}" for i in range(2, 9999))) if n not in taken)


def own_hosts(name: str, found: BrokerFile) -> frozenset[str]:
    """What others reach it by: its name, and addresses of its own that it names."""
    bound = (t.uri.host for t in found.facts.transports)
    return frozenset({name.lower(), *(host for host in bound if host not in (*ANY, *LOOPBACK) and "$" not in host)})
