"""The images that amqctl built and the engine keeps: which there are, which may go."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from amqctl.activemq import containers
from amqctl.provision.engine import Engine, refusals
from amqctl.provision.image.model import lock_path
from amqctl.provision.image.pulling import present
from amqctl.provision.sources import Sources

OURS = f"{containers.IMAGE}=1"
CONFLICT, GONE = 409, 404  # HTTP: something uses it; it is not there
STALE = 600.0  # seconds; what is younger may belong to a build of another machine's amqctl


@dataclass(frozen=True, slots=True)
class Listed:
    """size: bytes, as docker counts. own: those that are not the base's. created: UTC, ISO 8601.

    archive: whether class data is inside. in_use: names of the containers made from it, running or not.
    """

    ref: str
    id: str
    version: str
    base: str
    size: int
    own: int
    created: str
    archive: bool
    in_use: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Removed:
    """size: bytes that are free now."""

    what: str
    because: str
    size: int


def listing(engine: Engine) -> list[Listed]:
    """The newest of a version first."""
    with refusals("listing images"):
        used = _users(engine)
        rows = [
            Listed(
                ref=ref,
                id=found["Id"],
                version=found["Labels"].get(containers.VERSION, ""),
                base=found["Labels"].get(containers.BASE, ""),
                size=found["Size"],
                own=_own(found["Id"], engine),
                created=datetime.fromtimestamp(found["Created"], UTC).isoformat(),
                archive=bool(found["Labels"].get(containers.ARCHIVED)),
                in_use=tuple(sorted(used.get(found["Id"], ()))),
            )
            for found in engine.client.api.images(filters={"label": OURS, "dangling": False})
            if (ref := _name(found.get("RepoTags") or ())) is not None
        ]
    rows.sort(key=lambda row: row.created, reverse=True)
    return sorted(rows, key=lambda row: row.version)


def prune(engine: Engine, sources: Sources, everything: bool) -> list[Removed]:
    """Remove what killed builds left, and of each version and base all images but the newest.

    everything: the newest too. None that a container was made from, running or not, is ever removed.
    """
    removed = sweep(engine, sources.cache)
    rows = listing(engine)
    newest = {(row.version, row.base): row.ref for row in sorted(rows, key=lambda row: row.created)}
    with refusals("removing images"):
        for row in rows:
            outdated = newest[(row.version, row.base)] != row.ref
            if not row.in_use and (outdated or everything) and _remove(row.ref, engine):
                because = "a newer one took its place" if outdated else "asked for"
                # another name, such as a registry's, keeps what it is made of
                removed.append(Removed(row.ref, because, 0 if present(row.id, engine) else row.own))
    return removed


def sweep(engine: Engine, cache: Path, stale: float = STALE) -> list[Removed]:
    """Remove what builds and looks left that did not come to their end, once nobody works on it any more."""
    removed = []
    with refusals("sweeping what killed builds left"):
        api = engine.client.api
        # by the engine's clock, which need not be ours
        before = datetime.fromisoformat(api.info()["SystemTime"]).timestamp() - stale
        for stage in (containers.BUILDING, containers.LOOKING):
            for found in api.containers(all=True, filters={"label": f"{containers.STAGE}={stage}"}):
                if found["State"] != "running" and _left(found, before, cache) and _dropped(found["Id"], engine):
                    removed.append(Removed(f"container {found['Id'][:12]}", LEFT, 0))
        for found in api.images(filters={"label": OURS, "dangling": True}):
            own = _own(found["Id"], engine)
            if _left(found, before, cache) and _remove(found["Id"], engine):
                removed.append(Removed(found["Id"][:19], LEFT, own))
    return removed


LEFT = "left by a build that did not end"


def _left(found: Mapping[str, Any], before: float, cache: Path) -> bool:
    return found["Created"] < before and not _worked_on(found["Labels"].get(containers.REF), cache)


def _worked_on(ref: str | None, cache: Path) -> bool:
    """Whether an amqctl of this machine holds the lock of `ref`."""
    from filelock import FileLock, Timeout

    place = lock_path(cache, ref) if ref else None
    if place is None or not place.exists():
        return False
    lock = FileLock(str(place))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    lock.release()
    return False


def _remove(image: str, engine: Engine) -> bool:
    return _went(lambda: engine.client.api.remove_image(image))


def _dropped(container: str, engine: Engine) -> bool:
    return _went(lambda: engine.client.api.remove_container(container, v=True))


def _went(removing: Callable[[], object]) -> bool:
    """Not where something uses it by now, or someone else was first."""
    import docker.errors

    try:
        removing()
    except docker.errors.APIError as exc:
        if exc.status_code in (CONFLICT, GONE):
            return False
        raise
    return True


def _own(image: str, engine: Engine) -> int:
    """Bytes of the layers that amqctl put onto the base: those since the label that begins its recipe."""
    api: Any = engine.client.api  # not all of it is typed
    total = 0
    for layer in api.history(image):
        total += layer["Size"]
        if f"LABEL {OURS}" in layer["CreatedBy"]:
            break
    return total


def _users(engine: Engine) -> Mapping[str, list[str]]:
    """The names of all containers, by the id of their image."""
    found: dict[str, list[str]] = {}
    for container in engine.client.api.containers(all=True):
        names = [name.lstrip("/") for name in container.get("Names") or ()]
        found.setdefault(container["ImageID"], []).append(names[0] if names else container["Id"][:12])
    return found


def _name(tags: Iterable[str]) -> str | None:
    """What amqctl calls it; an image that lost that name is not ours to list."""
    return next((tag for tag in tags if tag.startswith(f"{containers.REPOSITORY}:")), None)
