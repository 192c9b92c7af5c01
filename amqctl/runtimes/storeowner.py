"""Whether a store's directory is the brokers' to write in. Asked of a container that has it mounted and does not run:
that needs no shell in its image, and no look at the engine's disk."""

from __future__ import annotations

import tarfile
from typing import TYPE_CHECKING

from amqctl.activemq.containers import STORES
from amqctl.errors import CannotRun, Problem
from amqctl.provision.image.looking import as_file
from amqctl.runtimes.boxes import Box
from amqctl.runtimes.containers import Entry

if TYPE_CHECKING:
    from docker import APIClient


def given(api: APIClient, container: str, box: Box) -> tuple[Entry, ...]:
    """The store's directory as the user's who runs there, where it is empty; nothing where it is theirs already.

    Raises CannotRun where it has things of another's.
    """
    if box.store is None or box.owner is None:
        return ()
    store, (uid, gid) = box.store, box.owner
    chunks, _ = api.get_archive(container, store.target, chunk_size=4096)
    with tarfile.open(fileobj=as_file(chunks), mode="r|") as tar:
        entry = tar.next()
        assert entry is not None  # the directory itself
        empty = tar.next() is None
    if empty:
        return (Entry(STORES, 0o755, (0, 0)), Entry(store.target, 0o700, box.owner))
    if uid in (0, entry.uid) or entry.mode & 0o002:
        return ()
    place = f"volume {store.source}" if store.kind == "volume" else f"{store.source} on the engine's machine"
    what = f"the store in {place} belongs to user {entry.uid}, and {box.image} runs {box.name} as {uid}"
    if store.kind == "bind":
        raise CannotRun([Problem(what, f"there: chown -R {uid}:{gid} {store.source}")])
    fix = f"docker run --rm --user 0 -v {store.source}:/store --entrypoint chown {box.image} -R {uid}:{gid} /store"
    raise CannotRun([Problem(what, fix)])
