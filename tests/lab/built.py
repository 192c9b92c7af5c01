"""An image that the lab lays out on its base: built once, and again when what it is made of has changed."""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Callable, Iterable, Mapping

import docker
from docker.errors import BuildError

from tests.lab import base
from tests.lab.shell import LabError

LABEL = "amqctl-lab.made-of"


def ensure(
    client: docker.DockerClient, name: str, texts: Mapping[str, str], made_of: Iterable[str],
    add: Callable[[tarfile.TarFile], None],
) -> str:  # fmt: skip
    """What was done, in words. The base image must be there.

    texts: path in the context -> text, its Dockerfile among them. made_of: words that tell all else in it from
    another. add: puts that into the context.
    """
    parts = [*texts.values(), *made_of, str(client.images.get(base.NAME).id)]
    digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()
    if client.images.list(name, filters={"label": f"{LABEL}={digest}"}):
        return f"{name} is there"
    try:
        client.images.build(
            fileobj=_context(texts, add), custom_context=True, tag=name, rm=True, forcerm=True,
            labels={LABEL: digest},
        )  # fmt: skip
    except BuildError as exc:
        raise LabError(f"{name} cannot be built: {exc}") from exc
    return f"{name} built"


def _context(texts: Mapping[str, str], add: Callable[[tarfile.TarFile], None]) -> io.BytesIO:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for path, text in texts.items():
            member = tarfile.TarInfo(path)
            member.size = len(text.encode())
            tar.addfile(member, io.BytesIO(text.encode()))
        add(tar)
    packed.seek(0)
    return packed
