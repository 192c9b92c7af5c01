"""Server programs out of a jar, or out of the archive inside a jar; links only within one directory."""

from __future__ import annotations

import fnmatch
import lzma
import shutil
import stat
import tarfile
import zipfile
from pathlib import Path
from typing import IO

from amqctl.activemq.companions.model import Artifact
from amqctl.errors import NotProvisioned, Problem
from amqctl.provision.unpack import is_left_out, safe_parts


def unpack(file: Path, artifact: Artifact, place: Path) -> None:
    """Fill `place`, which is made. Raises NotProvisioned for what is no whole archive."""
    try:
        with zipfile.ZipFile(file) as jar:
            if not artifact.packed:
                _unzip(jar, file, artifact, place)
                return
            inner = next((e for e in jar.infolist() if fnmatch.fnmatchcase(e.filename, artifact.packed)), None)
            if inner is None:
                raise NotProvisioned([Problem(f"{file.name} holds no {artifact.packed}", "get it again")])
            with jar.open(inner) as packed:
                _untar(packed, file, artifact, place)
    except (zipfile.BadZipFile, tarfile.TarError, lzma.LZMAError, EOFError) as exc:
        raise NotProvisioned([Problem(f"{file} is not a whole archive ({exc})", "get it again")]) from exc


def _unzip(jar: zipfile.ZipFile, file: Path, artifact: Artifact, place: Path) -> None:
    for entry in jar.infolist():
        parts = _below(safe_parts(entry.filename, file), artifact)
        if entry.is_dir() or not parts or is_left_out("/".join(parts), artifact.left_out):
            continue
        with jar.open(entry) as content:
            _write(content, place.joinpath(*parts), executable=is_left_out("/".join(parts), artifact.executable))


def _untar(packed: IO[bytes], file: Path, artifact: Artifact, place: Path) -> None:
    with tarfile.open(fileobj=packed, mode="r|xz") as tar:
        for entry in tar:
            parts = _below(safe_parts(entry.name, file), artifact)
            if not parts or is_left_out("/".join(parts), artifact.left_out):
                continue
            target = place.joinpath(*parts)
            if entry.issym():
                # a library's other names; any other link could lead anywhere
                if "/" not in entry.linkname and entry.linkname not in ("", ".", ".."):
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.symlink_to(entry.linkname)
            elif entry.isfile():
                content = tar.extractfile(entry)
                assert content is not None  # isfile() said so
                _write(content, target, executable=bool(entry.mode & stat.S_IXUSR))


def _below(parts: tuple[str, ...], artifact: Artifact) -> tuple[str, ...]:
    """Without the archive's top; nothing for what lies elsewhere in it."""
    top = tuple(artifact.top.split("/")) if artifact.top else ()
    return parts[len(top) :] if parts[: len(top)] == top else ()


def _write(content: IO[bytes], target: Path, executable: bool) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as out:
        shutil.copyfileobj(content, out, 1 << 20)
    # readable by all: whoever the server runs as must be able to
    target.chmod(0o755 if executable else 0o644)
