"""Unpacking a tar archive or taking over a directory, with nothing outside the place it goes to."""

from __future__ import annotations

import fnmatch
import re
import shutil
import tarfile
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

from amqctl.errors import NotProvisioned, Problem

Progress = Callable[[int, int], None]


def safe_parts(name: str, archive: Path) -> tuple[str, ...]:
    """The parts of an entry's path; refuses one that would leave the directory it is unpacked to."""
    parts = tuple(part for part in re.split(r"[/\\]", name) if part not in ("", "."))
    if name.startswith(("/", "\\")) or ".." in parts or any(":" in part for part in parts[:1]):
        raise NotProvisioned(
            [Problem(f"{archive.name} has an entry that leads outside it: {name!r}", "do not trust this archive")]
        )
    return parts


def is_left_out(path: str, left_out: Sequence[str]) -> bool:
    """path: below the archive's top directory, with slashes; a glob also covers what lies below it."""
    return any(fnmatch.fnmatchcase(path, glob) or fnmatch.fnmatchcase(path, f"{glob}/*") for glob in left_out)


def untar(archive: Path, place: Path, left_out: Sequence[str], progress: Progress) -> None:
    """Unpack below `place` without the archive's one top directory. Links and devices are not taken.

    Not `extractall`: its filter is not in every Python 3.11, and half of the files are left out anyway.
    """
    size = archive.stat().st_size
    try:
        with archive.open("rb") as raw, tarfile.open(fileobj=raw, mode="r:gz") as tar:
            for entry in tar:
                path = safe_parts(entry.name, archive)[1:]
                if not entry.isfile() or not path or is_left_out("/".join(path), left_out):
                    continue
                target = place.joinpath(*path)
                target.parent.mkdir(parents=True, exist_ok=True)
                content = tar.extractfile(entry)
                assert content is not None  # isfile() said so
                with target.open("wb") as out:
                    shutil.copyfileobj(content, out, 1 << 20)
                target.chmod(0o755 if entry.mode & 0o100 else 0o644)
                progress(min(raw.tell(), size), size)
    except (tarfile.TarError, EOFError, zlib.error) as exc:
        raise NotProvisioned([Problem(f"{archive} is not a whole tar.gz archive ({exc})", "get it again")]) from exc
    progress(size, size)


def copy_tree(source: Path, place: Path, left_out: Sequence[str]) -> None:
    """Take over an unpacked copy: files only, as with an archive."""
    for path in sorted(source.rglob("*")):
        relative = path.relative_to(source)
        if path.is_symlink() or not path.is_file() or is_left_out(relative.as_posix(), left_out):
            continue
        target = place / relative
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
        target.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
