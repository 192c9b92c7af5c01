"""What is in an image that someone else built: read once, and remembered by the image's id."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, cast

from amqctl.activemq import containers, distribution
from amqctl.errors import NotProvisioned, Problem
from amqctl.provision.engine import Engine, refusals
from amqctl.provision.image.building import temporary
from amqctl.provision.scratch import put, scratch, writing
from amqctl.provision.sources import Sources

FORMAT = 1  # of the notes
LAYOUT = "an image must be laid out as the official one (docs/images.md), or leave out `image` to have one built"


@dataclass(frozen=True, slots=True)
class Inside:
    """home: absolute. jars: relative to it, in launch order. uid, gid: whom the image runs as."""

    version: str
    home: str
    jars: tuple[str, ...]
    uid: int
    gid: int


def inside(ref: str, facts: Mapping[str, Any], engine: Engine, sources: Sources) -> Inside:
    """Raises NotProvisioned where it is no image of ActiveMQ."""
    note = sources.cache / "images" / f"{str(facts['Id']).rpartition(':')[2]}.json"
    found = _noted(note)
    if found is None:
        found = _looked(ref, facts, engine)
        with scratch(sources.cache) as staging, writing(note):
            made = staging / note.name
            made.write_text(json.dumps({"format": FORMAT, **asdict(found)}), "utf-8")
            put(made, note)
    return found


def _noted(note: Path) -> Inside | None:
    try:
        data = json.loads(note.read_text("utf-8"))
        if data.pop("format") != FORMAT:
            return None
        return Inside(**{**data, "jars": tuple(data["jars"])})
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _looked(ref: str, facts: Mapping[str, Any], engine: Engine) -> Inside:
    config = facts["Config"]
    # Never started, so it need not hold the command
    with temporary(facts["Id"], engine, command=["true"]) as container, refusals(f"looking into image {ref}"):
        reader = _Reader(engine, container)
        home = reader.target(containers.variable(config.get("Env") or (), "ACTIVEMQ_HOME") or containers.HOME)
        jars = reader.jars(home)
        version = containers.broker_version(jars)
        if version is None or "bin/activemq.jar" not in jars:
            raise NotProvisioned([Problem(f"image {ref} holds no ActiveMQ at {home}", LAYOUT)])
        uid, gid = _owner(ref, config.get("User") or "", reader)
        return Inside(version, home, jars, uid, gid)


def _owner(ref: str, user: str, reader: _Reader) -> tuple[int, int]:
    known = not containers.numeric(user)
    try:
        return containers.user_ids(
            user, reader.text("/etc/passwd") if known else "", reader.text("/etc/group") if known else ""
        )
    except ValueError as exc:
        raise NotProvisioned(
            [Problem(f"image {ref} runs as {user!r}, but its own /etc knows no {exc}", LAYOUT)]
        ) from exc


class _Reader:
    """Files of a container that is not running, by the engine's archive endpoint."""

    def __init__(self, engine: Engine, container: str) -> None:
        self._api, self._container = engine.client.api, container

    def target(self, path: str) -> str:
        """`path` without links: Jetty serves nothing from below one."""
        found = self._get(path)
        return path if found is None else str(found[1].get("linkTarget") or path)

    def jars(self, home: str) -> tuple[str, ...]:
        names: list[str] = []
        for folder in ("bin/activemq.jar", "lib"):
            found = self._get(f"{home}/{folder}")
            if found is not None:
                names += jar_names(found[0], folder.rpartition("/")[0])
        return distribution.class_path(names)

    def text(self, path: str) -> str:
        """Of a small file; empty where there is none."""
        found = self._get(path)
        if found is None:
            return ""
        with tarfile.open(fileobj=as_file(found[0]), mode="r|") as tar:
            for entry in tar:
                body = tar.extractfile(entry)
                return body.read().decode("utf-8", "replace") if body else ""
        return ""

    def _get(self, path: str) -> tuple[Iterable[bytes], Mapping[str, Any]] | None:
        import docker.errors

        try:
            found: tuple[Iterable[bytes], Mapping[str, Any]] = self._api.get_archive(self._container, path)
        except docker.errors.NotFound:
            return None
        return found


def jar_names(chunks: Iterable[bytes], parent: str) -> list[str]:
    """The jars of a tar stream, below `parent`; only headers are kept, contents flow by."""
    with tarfile.open(fileobj=as_file(chunks), mode="r|") as tar:
        names = [f"{parent}/{entry.name}".lstrip("/") for entry in tar if not entry.isdir()]
    return [name for name in names if name.endswith(".jar")]


def as_file(chunks: Iterable[bytes]) -> IO[bytes]:
    """What the archive endpoint sends, for tarfile's "r|"."""
    return cast(IO[bytes], io.BufferedReader(_Chunks(chunks), 1 << 20))


class _Chunks(io.RawIOBase):
    """An iterator of bytes as a file."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks, self._left = iter(chunks), b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._left:
            self._left = next(self._chunks, b"")
        part, self._left = self._left[: len(buffer)], self._left[len(buffer) :]
        buffer[: len(part)] = part
        return len(part)
