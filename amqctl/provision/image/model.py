"""What an image is to the rest of amqctl, and where the client keeps its locks and notes about it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from amqctl.activemq import containers

BASE = "eclipse-temurin:17-jre"
CHOOSE_BASE = "name another with --base-image or AMQCTL_BASE_IMAGE, or run on plain JVMs with --runtime local"


@dataclass(frozen=True, slots=True)
class Image:
    """One image on the engine, and what is to be known to start a broker in it. Satisfies launch.Copy.

    ref: what containers are created from. id: sha256:… class_path: absolute in the image, in launch
    order. java: the executable in it. uid, gid: whom it runs as. archive: class-data archive in it.
    """

    ref: str
    id: str
    version: str
    home: PurePosixPath
    class_path: tuple[PurePosixPath, ...]
    java: str
    uid: int
    gid: int
    archive: str | None


def tag(version: str, distribution: str, base: str, *, class_data: bool) -> str:
    """The name of an image that amqctl builds: another one for all that goes into it.

    distribution: its digest. base: by its name, not its id; a newer base under the same name does not
    rebuild what runs (`image prune --all` and `image build` do).
    """
    parts = (containers.RECIPE, distribution, base, str(containers.UID), f"class data {class_data}")
    return f"{containers.REPOSITORY}:{version}-{hashlib.sha256(chr(10).join(parts).encode()).hexdigest()[:12]}"


def lock_path(cache: Path, ref: str) -> Path:
    """Held by whoever makes `ref`: two amqctl at once make one image."""
    return cache / "images" / f"{hashlib.sha256(ref.encode()).hexdigest()[:24]}.lock"
