"""Which engine the docker command would talk to, by its own files: contexts are read here, since the docker package
looks for them beside a config.json only, and takes the local socket where the one that is named is not there.

    config.json                              "currentContext"
    contexts/meta/<sha256 of name>/meta.json the engine's address
    contexts/tls/<the same>/docker/          ca.pem, cert.pem, key.pem
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from amqctl.errors import NoEngine, Problem

DEFAULT = "default"  # the one that every machine has: no files tell of it


@dataclass(frozen=True, slots=True)
class Context:
    """url: as docker writes it. ca, certificate, key: PEM files, None where there are none. verify: whether the
    engine's certificate must be one of ca's."""

    url: str
    ca: Path | None
    certificate: Path | None
    key: Path | None
    verify: bool

    @property
    def encrypted(self) -> bool:
        over_tcp = self.url.startswith(("tcp://", "https://"))
        return over_tcp and (not self.verify or any((self.ca, self.certificate, self.key)))


def known(env: Mapping[str, str]) -> bool:
    """Whether the docker command has been told of an engine, without looking closely."""
    return bool(env.get("DOCKER_HOST") or env.get("DOCKER_CONTEXT")) or (_directory(env) / "config.json").exists()


def context(env: Mapping[str, str]) -> Context | None:
    """The one that is meant: DOCKER_CONTEXT, else the current one. None for the default, which DOCKER_HOST makes it.
    Raises NoEngine for one that is not there or cannot be read."""
    name = DEFAULT if env.get("DOCKER_HOST") else env.get("DOCKER_CONTEXT") or _current(env)
    if name == DEFAULT:
        return None
    key = hashlib.sha256(name.encode()).hexdigest()
    path = _directory(env) / "contexts" / "meta" / key / "meta.json"
    if not path.exists():
        what = f"the docker command's context {name} is not there"
        raise NoEngine([Problem(what, "docker context ls shows those that are; DOCKER_CONTEXT names one")])
    endpoints = _json(path).get("Endpoints")
    endpoint = endpoints.get("docker") if isinstance(endpoints, dict) else None
    if not isinstance(endpoint, dict) or not endpoint.get("Host"):
        fix = f"docker context update {name} --docker host=…"
        raise NoEngine([Problem(f"the docker command's context {name} names no engine", fix)])
    tls = _directory(env) / "contexts" / "tls" / key / "docker"
    ca, certificate, private = (p if (p := tls / f"{n}.pem").exists() else None for n in ("ca", "cert", "key"))
    return Context(str(endpoint["Host"]), ca, certificate, private, not endpoint.get("SkipTLSVerify"))


def _current(env: Mapping[str, str]) -> str:
    path = _directory(env) / "config.json"
    return str(_json(path).get("currentContext") or DEFAULT) if path.exists() else DEFAULT


def _json(path: Path) -> dict[str, object]:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError) as exc:
        what = "the docker command's settings cannot be read"
        raise NoEngine([Problem(f"{what}: {getattr(exc, 'strerror', None) or exc}", "mend it", str(path))]) from exc
    return found if isinstance(found, dict) else {}


def _directory(env: Mapping[str, str]) -> Path:
    return Path(env.get("DOCKER_CONFIG") or Path(env.get("HOME", "/")) / ".docker")
