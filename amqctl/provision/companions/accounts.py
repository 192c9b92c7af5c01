"""As whom a database server runs on this machine: never as root."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from amqctl.errors import Problem

_SCRIPT = str(Path(__file__).with_name("unprivileged.py"))
_NOBODY = 65534  # where no account of that name is listed
_DAC_OVERRIDE, _SETPCAP = 1, 8  # capabilities(7): the one that is handed on, and the one that this takes


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who is not root. keep_files: must be let through directories that are closed to them."""

    uid: int
    gid: int
    keep_files: bool = False

    def command(self, words: Sequence[str]) -> tuple[str, ...]:
        """The command line that runs `words` as them; for a process that root starts."""
        keep = "files" if self.keep_files else "-"
        return (sys.executable, "-I", "-S", _SCRIPT, str(self.uid), str(self.gid), keep, *words)


def account(paths: Iterable[Path]) -> Account | None:
    """As whom a server runs that is to reach `paths`, which need not be there yet; None: as we do ourselves."""
    if os.geteuid() != 0:
        return None
    uid, gid = _nobody()
    closed = any(closed_at(path, uid, gid) for path in paths)
    return Account(uid, gid, keep_files=closed)


def problem(found: Account | None, paths: Iterable[Path]) -> Problem | None:
    """Why a server cannot be run as `found`."""
    if found is None or not found.keep_files or _may_override():
        return None
    at = next(place for path in paths if (place := closed_at(path, found.uid, found.gid)))
    return Problem(
        f"database servers do not run as root, and user {found.uid} may not enter {at}",
        "run amqctl as another user, or set AMQCTL_HOME to a directory that everybody may enter",
    )


def own(paths: Iterable[Path], found: Account | None) -> None:
    """Give files and directories, with all that is in them, to the server's user."""
    if found is None:
        return
    for path in paths:
        for each in (path, *path.rglob("*")):
            os.chown(each, found.uid, found.gid, follow_symlinks=False)


def closed_at(path: Path, uid: int, gid: int) -> Path | None:
    """The first directory on the way to `path`, from / on, that this user may not enter; None if there is none.

    path itself is not looked at: it is the user's own, or a file that everybody may read.
    """
    for place in reversed(path.absolute().parents):
        try:
            stat = place.stat()
        except FileNotFoundError:
            return None  # made later, by us, for them
        bit = 0o100 if stat.st_uid == uid else 0o010 if stat.st_gid == gid else 0o001
        if not stat.st_mode & bit:
            return place
    return None


def _nobody() -> tuple[int, int]:
    import pwd

    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        return _NOBODY, _NOBODY
    return entry.pw_uid, entry.pw_gid


def _may_override() -> bool:
    """Whether CAP_DAC_OVERRIDE is ours to hand on: a container may have dropped it."""
    try:
        status = Path("/proc/self/status").read_text("ascii", "replace")
    except OSError:
        return False  # not Linux
    held = next((line.split()[1] for line in status.splitlines() if line.startswith("CapEff:")), "0")
    needed = 1 << _DAC_OVERRIDE | 1 << _SETPCAP
    return int(held, 16) & needed == needed
