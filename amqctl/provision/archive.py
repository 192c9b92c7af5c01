"""A copy of ActiveMQ from its binary archive: the published one, or one that lies on this machine."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from amqctl.activemq.distribution import ARCHIVE_LEFT_OUT, Archive
from amqctl.errors import NotProvisioned, Problem
from amqctl.events import Event, Tell
from amqctl.provision.fetch import Repository, telling
from amqctl.provision.unpack import copy_tree, untar

_NAME = re.compile(r"apache-activemq-(\d+\.\d+\.\d+[^/]*?)(?:-bin\.(?:tar\.gz|tgz))?")


def unpack_published(
    recipe: Archive, made: Path, repository: Repository, subject: str, tell: Tell
) -> Mapping[str, str]:
    """Fill `made`; returns coordinate -> sha1. Raises Absent where the archive is not published."""
    file = repository.get(recipe.file.path, telling(subject, tell))
    _untar(file, made, recipe.left_out, subject, tell)
    parts = {str(recipe.file): repository.sha1(recipe.file.path)}
    for place, jar in (put for repair in recipe.repairs for put in repair.puts.items()):
        shutil.copyfile(repository.get(jar.path), made / place / jar.name)
        parts[str(jar)] = repository.sha1(jar.path)
    return parts


def local_key(archive: Path, version: str) -> str | None:
    """A short key of the local copy, None if it is one of another version.

    Its place, size and time stand for its content: this is asked at each run, and a file of 70 MB is
    not to be read for it.
    """
    home = _top(archive)
    stat = home.stat() if home.is_file() else (home / "lib").stat()
    named = _version(home)
    if named is None:
        raise NotProvisioned(
            [Problem(f"{archive}: which version it is cannot be told", "its name should be as published")]
        )
    if named != version:
        return None
    text = f"{home.resolve()} {stat.st_size} {stat.st_mtime_ns}"
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def copy_local(archive: Path, made: Path, subject: str, tell: Tell) -> Mapping[str, str]:
    """Fill `made` from a local archive or directory; returns path -> sha1 of each jar."""
    home = _top(archive)
    if home.is_file():
        _untar(home, made, ARCHIVE_LEFT_OUT, subject, tell)
    else:
        tell(Event(subject, "progress", f"copying {home}"))
        copy_tree(home, made, ARCHIVE_LEFT_OUT)
    return {jar.relative_to(made).as_posix(): _sha1(jar) for jar in made.rglob("*.jar")}


def _top(archive: Path) -> Path:
    """The archive file, or the directory that has lib/ in it: the one named or the only one below."""
    if archive.is_file():
        return archive
    below: list[Path] = [archive, *(sorted(archive.iterdir()) if archive.is_dir() else ())]
    found = [path for path in below if (path / "lib").is_dir()]
    if not found:
        raise NotProvisioned(
            [Problem(f"{archive}: no archive and no unpacked copy of ActiveMQ",
                     "name an apache-activemq-VERSION-bin.tar.gz, or the directory that has bin/ and lib/ in it")]
        )  # fmt: skip
    return found[0]


def _version(home: Path) -> str | None:
    if home.is_dir():
        for jar in (home / "lib").glob("activemq-broker-*.jar"):
            return jar.stem.removeprefix("activemq-broker-")
    match = _NAME.fullmatch(home.name)
    return match[1] if match else None


def _untar(file: Path, made: Path, left_out: tuple[str, ...], subject: str, tell: Tell) -> None:
    tenth = -1

    def show(done: int, total: int) -> None:
        nonlocal tenth
        if 50 * done // max(total, 1) != tenth:
            tenth = 50 * done // max(total, 1)
            tell(Event(subject, "progress", "unpacking", done, total))

    untar(file, made, left_out, show)


def _sha1(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.sha1(usedforsecurity=False)).hexdigest()
