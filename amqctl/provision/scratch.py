"""Work that is complete or absent: locks, and directories that a killed run leaves to the next one."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from amqctl.errors import Busy, NotProvisioned, Problem
from amqctl.events import Event, Tell


@contextlib.contextmanager
def locked(path: Path, subject: str, tell: Tell, within: float | None = None) -> Iterator[None]:
    """Hold the lock at `path`; say so if another process has it, and wait.

    within: seconds, after which Busy is raised; None: as long as it takes. The kernel frees the lock of a process that
    was killed, so a left-over lock file means nothing.
    """
    from filelock import FileLock, Timeout

    with writing(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(str(path))
        try:
            lock.acquire(timeout=0)
        except Timeout:
            tell(Event(subject, "progress", "another amqctl is at it; waiting for that"))
            try:
                lock.acquire(timeout=-1 if within is None else within, poll_interval=0.1)
            except Timeout as exc:
                what = f"another amqctl is still working on {subject}"
                raise Busy([Problem(what, "wait for it, or end it")]) from exc
    try:
        yield
    finally:
        lock.release()


@contextlib.contextmanager
def scratch(cache: Path) -> Iterator[Path]:
    """A directory of one's own on the cache's file system, gone afterwards.

    It belongs to whoever holds the lock beside it. What killed runs left is swept here, under one
    more lock, so that nobody sweeps a directory whose owner is about to lock it.
    """
    from filelock import FileLock

    root = cache / "scratch"
    with writing(cache):
        root.mkdir(parents=True, exist_ok=True)
        with FileLock(str(root / "sweep.lock")):
            _sweep(root)
            mine = Path(tempfile.mkdtemp(prefix="run-", dir=root))
            lock = FileLock(f"{mine}.lock")
            lock.acquire(timeout=0)
    try:
        yield mine
    finally:
        shutil.rmtree(mine, ignore_errors=True)
        with FileLock(str(root / "sweep.lock")):
            lock.release()
            Path(f"{mine}.lock").unlink(missing_ok=True)


def _sweep(root: Path) -> None:
    from filelock import FileLock, Timeout

    for found in root.glob("run-*"):
        if found.suffix == ".lock":
            if not found.with_suffix("").exists():
                found.unlink(missing_ok=True)
            continue
        lock = FileLock(f"{found}.lock")
        with contextlib.suppress(Timeout):
            lock.acquire(timeout=0)
            shutil.rmtree(found, ignore_errors=True)
            lock.release()
            Path(f"{found}.lock").unlink(missing_ok=True)


def put(made: Path, place: Path) -> None:
    """Move a finished file or directory into place in one step. Directories: what was there goes first."""
    place.parent.mkdir(parents=True, exist_ok=True)
    if made.is_dir() and place.exists():
        shutil.rmtree(place)
    made.replace(place)


@contextlib.contextmanager
def writing(place: Path) -> Iterator[None]:
    """Translate what the operating system says of a full or closed disk into a Problem."""
    try:
        yield
    except OSError as exc:
        if exc.errno is None or isinstance(exc, (ConnectionError, TimeoutError)):
            raise
        raise NotProvisioned([disk_problem(exc, place)]) from exc


def disk_problem(exc: OSError, place: Path) -> Problem:
    import errno

    if exc.errno in (errno.ENOSPC, errno.EDQUOT):
        free = shutil.disk_usage(_existing(place)).free // 2**20
        return Problem(
            f"no space left for {place} ({free} MiB free)",
            "free some, or set AMQCTL_HOME to a directory on a larger disk; a version takes about 200 MiB",
        )
    return Problem(
        f"{exc.filename or place}: {exc.strerror}",
        "amqctl writes below its cache directory; set AMQCTL_HOME to one that you may write to",
    )


def _existing(path: Path) -> Path:
    while not path.exists() and path != path.parent:
        path = path.parent
    return path
