"""Images that are on the engine, and those that a registry would give it."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from typing import Any

from amqctl.errors import NotProvisioned, Problem
from amqctl.events import Event, Tell
from amqctl.provision.engine import Engine, refusals
from amqctl.provision.image.model import lock_path
from amqctl.provision.scratch import locked
from amqctl.provision.sources import Sources

PATIENCE = 10.0  # seconds for a registry to say that it has an image, where it is only asked


def present(ref: str, engine: Engine) -> Mapping[str, Any] | None:
    """What the engine says of the image (inspect), None where it has none."""
    import docker.errors

    api: Any = engine.client.api  # not all of it is typed
    with refusals(f"looking for image {ref}"):
        try:
            found: Mapping[str, Any] = api.inspect_image(ref)
        except docker.errors.NotFound:
            return None
    return found


def obtained(ref: str, engine: Engine, sources: Sources, tell: Tell, fix: str) -> Mapping[str, Any]:
    """The same, pulled if need be. Raises NotProvisioned with `fix` as what to do."""
    found = present(ref, engine)
    if found is not None:
        return found
    if sources.offline:
        raise NotProvisioned([Problem(f"offline, and the engine has no image {ref}", fix)])
    with locked(lock_path(sources.cache, ref), f"image {ref}", tell):
        found = present(ref, engine)
        if found is None:
            _pull(ref, engine, tell, fix)
            found = present(ref, engine)
    if found is None:
        raise NotProvisioned([Problem(f"image {ref} was pulled, yet the engine does not have it", fix)])
    return found


def absent(ref: str, engine: Engine, sources: Sources, tell: Tell) -> str | None:
    """Why the image could not be had; None where it is there or its registry says that it has it.

    Asked once and not for long, and nothing is downloaded: it decides between runtimes.
    """
    if present(ref, engine) is not None:
        return None
    if sources.offline:
        return f"offline, and the engine has no image {ref}"
    tell(Event(f"image {ref}", "progress", "asking its registry"))
    answer: list[str | None] = []
    # The engine itself may wait long for a registry that says nothing; a thread may be left behind
    asking = threading.Thread(target=lambda: answer.append(_asked(ref, engine)), daemon=True)
    asking.start()
    asking.join(PATIENCE)
    return answer[0] if answer else f"the registry of {ref} said nothing for {PATIENCE:g} s"


def _asked(ref: str, engine: Engine) -> str | None:
    import docker.errors
    import requests

    api: Any = engine.client.api
    try:
        api.inspect_distribution(ref)
    except docker.errors.APIError as exc:
        return f"image {ref} is not on the engine and cannot be pulled: {_said(exc)}"
    except (docker.errors.DockerException, requests.RequestException, OSError) as exc:
        return f"the Docker engine does not answer: {exc}"
    return None


def _pull(ref: str, engine: Engine, tell: Tell, fix: str) -> None:
    import docker.errors
    from docker.utils import parse_repository_tag

    repository, tag = parse_repository_tag(ref)
    tell(Event(f"image {ref}", "start", "pulling"))
    with refusals(f"pulling image {ref}"):
        try:
            stream = engine.client.api.pull(repository, tag=tag or "latest", stream=True, decode=True)
            problem = _followed(stream, ref, tell)
        except docker.errors.APIError as exc:
            problem = _said(exc)
    if problem is not None:
        raise NotProvisioned([Problem(f"image {ref} could not be pulled: {problem}", fix)])
    tell(Event(f"image {ref}", "done", "pulled"))


def _followed(stream: Iterable[Mapping[str, Any]], ref: str, tell: Tell) -> str | None:
    """Tell how far all layers together are; returns what went wrong."""
    layers: dict[str, tuple[int, int]] = {}
    for said in stream:
        if "error" in said:
            return str(said["error"])
        part = said.get("progressDetail") or {}
        if said.get("status") == "Downloading" and part.get("total"):
            layers[said["id"]] = (part["current"], part["total"])
            done, total = (sum(counts) for counts in zip(*layers.values(), strict=True))
            tell(Event(f"image {ref}", "progress", "pulling", done, total))
    return None


def _said(exc: Any) -> str:
    return str(exc.explanation or exc).strip()
