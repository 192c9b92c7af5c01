"""A copy of somebody's KahaDB for a group's store to begin with: never over data, whole or not at all.

The original is only read. While it is copied, a broker that would start on it waits for its lock.
"""

from __future__ import annotations

import os
import shutil
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from amqctl.activemq.versions import caps
from amqctl.errors import CannotRun, Problem
from amqctl.events import Event, Tell
from amqctl.plan.model import Plan
from amqctl.topology.settled import SettledGroup

LOCK = "lock"  # org.apache.activemq.store.SharedFileLocker's, in the store's directory
JOURNAL = "db-*.log"
# Below the store's directory, so that they are on its file system, whatever is mounted there.
_PART, _WHOLE = ".seed.part", ".seed.whole"
# db.data: the header of the page file, of page 0, then `state` and a page's number (PageFile, Page, Metadata)
_INDEX_HEADER, _PAGE_HEADER, _BEFORE = 4096, 21, 12


@dataclass(frozen=True, slots=True)
class File:
    name: str  # below the seed's directory
    size: int


def seed_of(group: SettledGroup) -> Path | None:
    return Path(group.store.seed) if group.store.seed else None


def problems(group: SettledGroup, room: int | None) -> list[Problem]:
    """All that keeps the group's seed from being copied. room: bytes that are free where it is to go, where known."""
    seed = seed_of(group)
    if seed is None:
        return []
    if not seed.is_dir():
        return [Problem(f"seed of {group.name}: there is no directory {seed}", "name one that has a KahaDB's files")]
    try:
        found = files(seed)
        in_use = _locked(seed)
    except OSError as exc:
        return [Problem(f"seed of {group.name}: {exc.filename or seed}: {exc.strerror}", "make it readable")]
    if what := _other_kind(seed, several=bool(group.store.multi)):
        return [Problem(f"seed of {group.name}: {what[0]}", what[1])]
    size = sum(f.size for f in found)
    wrong = []
    if in_use:
        fix = "stop the broker that uses it, or name a copy of it"
        wrong.append(Problem(f"seed of {group.name}: {seed} is in use: its lock is held", fix))
    if room is not None and size > room:
        what_size = f"{seed} has {amount(size)}, and {amount(room)} are free where the store is to be"
        wrong.append(Problem(f"seed of {group.name}: {what_size}", "make room there, or name a smaller one"))
    return wrong


def problems_here(plan: Plan) -> list[Problem]:
    """Of seeds that are to go into directories of this machine. One that is not needed any more is not looked at."""
    found = []
    for group in plan.settled.groups:
        if group.store.seed:
            store = Path(plan.members(group.name)[0].shared[0])
            if not holds_data(store):
                disk = next(p for p in (store, *store.parents) if p.exists())
                found += problems(group, shutil.disk_usage(disk).free)
    return found


def files(seed: Path) -> Sequence[File]:
    """What is copied: everything but locks."""
    found = (p for p in sorted(seed.rglob("*")) if p.is_file() and p.name != LOCK)
    return [File(p.relative_to(seed).as_posix(), p.stat().st_size) for p in found]


def plant(group: SettledGroup, store: Path, tell: Tell) -> None:
    """Into a directory of this machine, unless that holds data. What was interrupted is begun again, or ended."""
    seed, part, whole = seed_of(group), store / _PART, store / _WHOLE
    if seed is None:
        return
    if not whole.exists():
        if holds_data(store):
            return
        if part.exists():
            shutil.rmtree(part)
        with copying(group, store, tell) as found:
            for file in found:
                to = part / file.name
                to.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                shutil.copyfile(seed / file.name, to)
        part.rename(whole)
    for entry in whole.iterdir():
        entry.rename(store / entry.name)
    whole.rmdir()


def holds_data(store: Path) -> bool:
    """Directories, a lock that somebody left and our own unfinished copy are no data."""
    if not store.is_dir():
        return False
    found = (p.relative_to(store) for p in store.rglob("*") if p.is_file() and p.name != LOCK)
    return any(p.parts[0] != _PART for p in found)


@contextmanager
def copying(group: SettledGroup, where: object, tell: Tell) -> Iterator[Sequence[File]]:
    """The files to copy, which nobody changes meanwhile; told at both ends. Raises CannotRun for a seed that
    is not what it was when it was looked at."""
    seed = seed_of(group)
    assert seed is not None
    if wrong := problems(group, None):
        raise CannotRun(wrong)
    # from here on its lock is not touched: closing a file ends every lock that this process has on it (fcntl)
    with _kept_still(seed) as free:
        if not free:
            raise CannotRun([Problem(f"{seed} has just been taken into use", "stop the broker that uses it")])
        found = files(seed)
        text = f"copying {len(found)} files, {amount(sum(f.size for f in found))}, from {seed} to {where}"
        tell(Event(group.name, "progress", text))
        for line in told_of_versions(group, seed):
            tell(Event(group.name, "warn", line))
        yield found
    tell(Event(group.name, "done", f"begins with a copy of {seed}"))


def told_of_versions(group: SettledGroup, seed: Path) -> Sequence[str]:
    """What a broker does with an index of another version than it writes (run: 5.15.11, 5.16.6 and 6.1.7)."""
    indices = sorted(seed.glob("db.data")) + sorted(seed.glob("*/db.data"))
    known = {v for v in map(index_version, indices) if v is not None}
    said = []
    for broker in sorted({b.version for b in group.brokers}):
        own = caps(broker).kahadb
        if newer := [v for v in known if v > own]:
            said.append(
                f"the seed's index is version {max(newer)}, newer than what ActiveMQ {broker} writes ({own}):"
                " it is read as far as it is known, and written back as the older one"
            )
        elif older := [v for v in known if v < own]:
            said.append(
                f"the seed's index is version {min(older)}; ActiveMQ {broker} makes {own} of its copy when it starts"
            )
    return said


def index_version(index: Path) -> int | None:
    """Of db.data, as MessageDatabase.Metadata.read finds it; None where it cannot be told."""
    try:
        with index.open("rb") as file:
            file.seek(_INDEX_HEADER + _PAGE_HEADER + _BEFORE)
            # three locations, each a byte that says whether it is there and, if so, two ints; then the version
            for _ in range(3):
                if file.read(1) == b"\1":
                    file.seek(8, os.SEEK_CUR)
            (version,) = struct.unpack(">i", file.read(4))
    except (OSError, struct.error):
        return None
    return int(version) if 1 <= version <= 99 else None


def amount(size: int) -> str:
    return f"{size / 2**30:.1f} GiB" if size >= 2**30 else f"{max(1, round(size / 2**20))} MiB"


def _other_kind(seed: Path, *, several: bool) -> tuple[str, str] | None:
    """What is wrong and what to do, of a directory that is no store of the wanted kind."""
    plain, many = any(seed.glob(JOURNAL)), any(seed.glob(f"*/{JOURNAL}"))
    if plain and several:
        return f"{seed} is one KahaDB, and `multi` makes several", "remove `multi`"
    if many and not plain and not several:
        return f"{seed} is an mKahaDB: its journals are one level down", "write `multi` as that store had it"
    if not plain and not many:
        return f"{seed} is no KahaDB: it has no {JOURNAL}", "name the directory that <kahaDB directory=…> named"
    return None


def _locked(seed: Path) -> bool:
    with _kept_still(seed) as free:
        return not free


@contextmanager
def _kept_still(seed: Path) -> Iterator[bool]:
    """Whether nobody has the store open, and then nobody opens it in the block.

    A shared lock: to ask for it, it is enough that the file can be read, and the master's stands against it.
    """
    import fcntl  # Unix only, as the runtimes that copy are

    lock = seed / LOCK
    if not lock.is_file():
        yield True
        return
    with lock.open("rb") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            yield False
            return
        yield True
