"""A seed into a store on an engine, through a container that has it mounted and does not run.

Nothing can be renamed there without a shell, so a note beside the files says whether all of them are there.
No broker starts on a store whose note does not: its container gets its name only after that.
"""

from __future__ import annotations

import io
import json
import shutil
import tarfile
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from amqctl.errors import CannotRun, Problem
from amqctl.events import Tell
from amqctl.plan.model import NodeSpec, Plan
from amqctl.provision.engine import Engine
from amqctl.provision.image.looking import as_file
from amqctl.runtimes import containers, seed
from amqctl.runtimes.boxes import Box
from amqctl.runtimes.containers import Store
from amqctl.runtimes.seed import File
from amqctl.topology.settled import SettledGroup

if TYPE_CHECKING:
    from docker import APIClient

NOTE = ".amqctl-seed"
_CHUNK = 1 << 20


_ONE_AT_A_TIME = Lock()  # members of a group are created side by side


def problems(plan: Plan, engine: Engine, kept: Collection[str]) -> list[Problem]:
    """kept: the cluster's volumes. Whether one of them holds data is seen when a container has it mounted."""
    new = [g for g in plan.settled.groups if g.store.seed and containers.volume(plan.cluster, g.name) not in kept]
    if not new:
        return []
    root = Path(str(engine.client.api.info().get("DockerRootDir", "")))
    room = shutil.disk_usage(root).free if engine.host is None and root.is_dir() else None
    return [problem for group in new for problem in seed.problems(group, room)]


def plant(api: APIClient, container: str, box: Box, node: NodeSpec, plan: Plan, tell: Tell) -> None:
    """Into the store that `container` has mounted, unless that holds data."""
    group = plan.settled.group(node.group)
    if group.store.seed and box.store is not None:
        with _ONE_AT_A_TIME:
            _plant(api, container, box.store, box.owner or (0, 0), node.shared[0], group, tell)


def _plant(
    api: APIClient, container: str, store: Store, owner: tuple[int, int], kahadb: str, group: SettledGroup, tell: Tell
) -> None:
    """kahadb: its directory, in the store that is mounted."""
    note = _note(api, container, store.target)
    if note["whole"] if note else _holds_data(api, container, store.target):
        return
    if wrong := seed.problems(group, None):
        raise CannotRun(wrong)
    original = Path(group.store.seed or "")
    wanted = {f.name: f.size for f in seed.files(original)}
    if note and note["files"] != wanted:
        what = f"{store.source} has an interrupted copy of {note['from']}, which has changed since"
        raise CannotRun([Problem(what, "amqctl down --volumes, then up again")])

    def write(whole: bool) -> None:
        text = json.dumps({"from": str(original), "files": wanted, "whole": whole}, indent=1).encode()
        packed = _header(NOTE, len(text), owner) + text + b"\0" * (-len(text) % 512) + _END
        api.put_archive(container, store.target, packed)

    write(False)
    with seed.copying(group, f"{store.kind} {store.source}", tell) as found:
        # a generator: sent as it is read, so a big store needs neither memory nor a second disk
        api.put_archive(container, "/", _tar(original, found, kahadb.lstrip("/"), owner))
    write(True)


_END = b"\0" * 1024  # two empty records end a tar


def _tar(source: Path, found: Sequence[File], below: str, owner: tuple[int, int]) -> Iterator[bytes]:
    folders = sorted({below, *(f"{below}/{p}" for f in found for p in Path(f.name).parents if str(p) != ".")})
    for folder in folders:
        yield _header(folder, 0, owner, folder=True)
    for one in found:
        yield _header(f"{below}/{one.name}", one.size, owner)
        yield from _body(source / one.name, one.size)
    yield _END


def _body(path: Path, size: int) -> Iterator[bytes]:
    left = size
    try:
        with path.open("rb") as file:
            while left and (chunk := file.read(min(_CHUNK, left))):
                left -= len(chunk)
                yield chunk
    except OSError as exc:
        raise CannotRun([Problem(f"{path}: {exc.strerror}", "make it readable")]) from exc
    if left:
        raise CannotRun([Problem(f"{path} became shorter while it was copied", "try again")])
    yield b"\0" * (-size % 512)


def _header(name: str, size: int, owner: tuple[int, int], *, folder: bool = False) -> bytes:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode, entry.mtime = size, 0o700 if folder else 0o600, int(time.time())
    entry.uid, entry.gid = owner
    entry.type = tarfile.DIRTYPE if folder else tarfile.REGTYPE
    return entry.tobuf(tarfile.GNU_FORMAT)


def _note(api: APIClient, container: str, target: str) -> dict[str, object] | None:
    import docker.errors

    with suppress(docker.errors.NotFound):
        chunks, _ = api.get_archive(container, f"{target}/{NOTE}")
        with tarfile.open(fileobj=io.BytesIO(b"".join(chunks))) as tar:
            read = tar.extractfile(NOTE)
            found: dict[str, object] = json.loads(read.read()) if read else {}
            return found
    return None


def _holds_data(api: APIClient, container: str, target: str) -> bool:
    """As seed.holds_data. The stream is left at the first file."""
    chunks, _ = api.get_archive(container, target, chunk_size=4096)
    with tarfile.open(fileobj=as_file(chunks), mode="r|") as tar:
        return any(entry.isfile() and not entry.name.endswith(f"/{seed.LOCK}") for entry in tar)
