"""The Docker engine: how it is reached, where it is, and what its refusals mean for a person.

Which engine is the one that the docker command would talk to: DOCKER_HOST, else the context that DOCKER_CONTEXT
names, else the current one, else the local socket.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from amqctl.errors import CannotRun, NoEngine, Problem
from amqctl.provision import enginecontext
from amqctl.provision.enginecontext import Context

if TYPE_CHECKING:
    from docker import DockerClient

SOCKET = "/var/run/docker.sock"
OLDEST = (1, 40)  # Docker 19.03: the oldest API on which everything used here exists
TIMEOUT = 120  # seconds for one request; a stop with its grace must fit in
LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Engine:
    """client: connected. url: as docker writes it. host: the machine it runs on, None for this one."""

    client: DockerClient
    url: str
    host: str | None
    version: str


def named(env: Mapping[str, str]) -> bool:
    """Whether an engine may be there, without asking it; the docker package is not imported for that.

    Who has chosen the local runtime for all (AMQCTL_RUNTIME) has none.
    """
    if env.get("AMQCTL_RUNTIME") == "local":
        return False
    return enginecontext.known(env) or Path(SOCKET).exists()


def connect(env: Mapping[str, str], timeout: float = TIMEOUT) -> Engine:
    """Raises NoEngine with what is in the way. timeout: seconds for each request."""
    if not named(env):
        raise NoEngine([Problem("no Docker engine: there is no /var/run/docker.sock and no DOCKER_HOST", _ADVICE)])
    context = enginecontext.context(env)
    url = context.url if context is not None else env.get("DOCKER_HOST") or f"unix://{SOCKET}"
    with _told(url):
        import docker
        from docker.utils import kwargs_from_env

        # DOCKER_TLS_VERIFY and DOCKER_CERT_PATH are for DOCKER_HOST; a context has files of its own
        settings = kwargs_from_env({**env, "DOCKER_HOST": url}) if context is None else _of_context(context)
        client = docker.DockerClient(version="auto", timeout=int(timeout), **settings)
        facts = client.version()
    if tuple(int(n) for n in facts["ApiVersion"].split(".")) < OLDEST:
        problem = Problem(f"the Docker engine at {url} is {facts['Version']}: too old", "19.03 or later is needed")
        raise NoEngine([problem])
    return Engine(client, url, _host(url), facts["Version"])


_ADVICE = "start one, or run on plain JVMs with --runtime local"


@contextmanager
def refusals(doing: str) -> Iterator[None]:
    """Translates what the engine answers while `doing` ("creating amq1") into one problem."""
    import docker.errors
    import requests
    import urllib3.exceptions  # what a stream that breaks off raises

    try:
        yield
    except docker.errors.APIError as exc:
        raise CannotRun([Problem(f"{doing}: {_explained(exc)}", _fix(str(exc)))]) from exc
    except (docker.errors.DockerException, requests.RequestException, urllib3.exceptions.HTTPError, OSError) as exc:
        raise NoEngine(
            [Problem(f"{doing}: the Docker engine does not answer ({_reason(exc)})", "start it, then run this again")]
        ) from exc


def _explained(exc: Exception) -> str:
    text = getattr(exc, "explanation", None) or str(exc)
    return str(text.decode("utf-8", "replace") if isinstance(text, bytes) else text).strip()


def _fix(text: str) -> str:
    if "no space left" in text:
        return "make room on the engine's disk (docker system df), then run this again"
    if "bind source path does not exist" in text:
        return "make that directory on the engine's machine, or leave store.kahadb.path out for a volume"
    if "non-overlapping" in text:
        return "the engine has no more networks to give: docker network prune removes those that nobody uses"
    if "port is already allocated" in text or "address already in use" in text:
        return "end what listens there, write another port, or use --port-offset"
    return ""


def _of_context(context: Context) -> dict[str, Any]:
    """What DockerClient is told of one."""
    if not context.encrypted:
        return {"base_url": context.url}
    from docker.tls import TLSConfig

    both = context.certificate is not None and context.key is not None
    mine = (str(context.certificate), str(context.key)) if both else None
    ca = str(context.ca) if context.ca else None
    return {"base_url": context.url, "tls": TLSConfig(client_cert=mine, ca_cert=ca, verify=context.verify)}


def _host(url: str) -> str | None:
    parts = urlsplit(url)
    if parts.scheme in ("unix", "npipe") or parts.hostname in LOOPBACK:
        return None
    return parts.hostname


@contextmanager
def _told(url: str) -> Iterator[None]:
    import docker.errors
    import requests

    try:
        yield
    except (docker.errors.DockerException, requests.RequestException, OSError, ValueError) as exc:
        reason = _reason(exc)
        fix = _ADVICE
        path = url.removeprefix("unix://")
        if url.startswith("unix://") and Path(path).exists() and not os.access(path, os.R_OK | os.W_OK):
            reason, fix = f"you may not use {path}", "join the group docker (then log in again), or --runtime local"
        raise NoEngine([Problem(f"the Docker engine at {url} does not answer: {reason}", fix)]) from exc


def _reason(exc: BaseException) -> str:
    """The innermost cause: the layers above it only repeat that a connection was aborted."""
    while exc.__cause__ or exc.__context__:
        exc = exc.__cause__ or exc.__context__  # type: ignore[assignment]
    strerror = getattr(exc, "strerror", None)
    return strerror or str(exc) or type(exc).__name__
