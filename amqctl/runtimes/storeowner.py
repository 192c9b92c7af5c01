"""Whether a store's directory is the brokers' to write in. Asked of a container that has it mounted and does not run:
that needs no shell in its image, and no look at the engine's disk."""

from __future__ import annotations

import tarfile
from typing import TYPE_CHECKING

from amqctl.errors import CannotRun, Problem
from amqctl.provision.image import Image
from amqctl.provision.image.looking import as_file
from amqctl.runtimes.containers import Store

if TYPE_CHECKING:
    from docker import APIClient


def is_fresh(api: APIClient, container: str, store: Store, image: Image) -> bool:
    """Whether it is empty and may be given to the image's user. Raises CannotRun where it has things of another's."""
    chunks, _ = api.get_archive(container, store.target, chunk_size=4096)
    with tarfile.open(fileobj=as_file(chunks), mode="r|") as tar:
        entry = tar.next()
        assert entry is not None  # the directory itself
        empty = tar.next() is None
    if empty or image.uid in (0, entry.uid) or entry.mode & 0o002:
        return empty
    owner = f"{image.uid}:{image.gid}"
    place = f"volume {store.source}" if store.kind == "volume" else f"{store.source} on the engine's machine"
    what = f"the store in {place} belongs to user {entry.uid}, and {image.ref} runs brokers as {image.uid}"
    if store.kind == "bind":
        raise CannotRun([Problem(what, f"there: chown -R {owner} {store.source}")])
    fix = f"docker run --rm --user 0 -v {store.source}:/store --entrypoint chown {image.ref} -R {owner} /store"
    raise CannotRun([Problem(what, fix)])
