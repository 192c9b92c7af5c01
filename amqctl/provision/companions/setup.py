"""A data directory, made once: complete or absent, also when the making is killed."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from amqctl.activemq.companions import engine
from amqctl.activemq.companions.model import PLAIN_ENVIRONMENT, File, Process, Programs, Site
from amqctl.errors import CannotRun, Problem
from amqctl.events import Event, Tell
from amqctl.provision import private
from amqctl.provision.child import run
from amqctl.provision.companions.accounts import Account, own
from amqctl.provision.scratch import disk_problem

WITHIN = 180.0  # seconds for one command; the slowest takes one or two on a quiet machine


def set_up(kind: str, programs: Programs, data: Path, admin_password: str, account: Account | None, tell: Tell) -> bool:
    """Make `data` where it is absent or empty; whether anything was done. Its parent must be there.

    One process at a time: the caller holds the cluster's lock.
    """
    _sweep(data)
    if data.is_dir() and (any(data.iterdir()) or not programs.setup):
        _check(kind, programs, data)
        own([data], account)
        return False
    title = engine(kind).TITLE
    tell(Event(title, "progress", "setting up its data directory"))
    try:
        scratch = Path(tempfile.mkdtemp(prefix=_prefix(data), dir=data.parent))
        try:
            made = _make(kind, programs, scratch, admin_password, account)
            made.replace(data)  # over an empty directory, too
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    except OSError as exc:
        raise CannotRun([disk_problem(exc, data)]) from exc
    return True


def kept_version(kind: str, data: Path) -> str:
    """The version that the data was made by, as far as it matters; "" where there is none or any will do."""
    storage = engine(kind).STORAGE
    try:
        return (data / storage).read_text("ascii").strip() if storage else ""
    except OSError:
        return ""


def reach(programs: Programs, site: Site) -> tuple[Path, ...]:
    """All that a server's user must get at, for `account()`."""
    return tuple(map(Path, (programs.server, *programs.jars, site.data, site.conf, site.tmp)))


def lay_out(process: Process, site: Site, account: Account | None) -> None:
    """What a start needs besides the data: directories and files, as `process` has them. Safe to repeat."""
    for path in (Path(site.conf), Path(site.tmp)):
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
    own([Path(site.conf), Path(site.tmp)], account)
    put(process.files, account)


def put(files: tuple[File, ...], account: Account | None) -> None:
    """Write what a server is handed, each readable by its user alone. Their directories must be there."""
    for file in files:
        theirs = (lambda path: own([path], account)) if file.owner == "server" else None
        private.write(Path(file.path), file.text, then=theirs)


def _make(kind: str, programs: Programs, scratch: Path, admin_password: str, account: Account | None) -> Path:
    # the log stays ours; the rest is the server's user's
    work = scratch / "work"
    recipe = engine(kind).setup(programs, str(work), admin_password)
    made = Path(recipe.data)
    made.mkdir(parents=True, mode=0o700)
    if account is not None:
        scratch.chmod(0o711)
    own([work], account)
    put(recipe.files, account)
    for command in recipe.commands:
        line = account.command(command) if account else command
        _run(engine(kind).TITLE, line, scratch / "log")
    return made


def _run(title: str, command: tuple[str, ...], log: Path) -> None:
    code, told = run(command, log, PLAIN_ENVIRONMENT, f"{title} sets up its data directory", WITHIN)
    if code != 0:
        what = f"{title} cannot set up its data directory ({Path(command[0]).name} ended with {code}):"
        raise CannotRun([Problem("\n    ".join([what, *told[-12:]]))])


def _check(kind: str, programs: Programs, data: Path) -> None:
    kept, title = kept_version(kind, data), engine(kind).TITLE
    major = programs.version.partition(".")[0]
    if kept and kept.partition(".")[0] != major:
        raise CannotRun(
            [
                Problem(
                    f"{data} was made by {title} {kept}, and {programs.server} is {programs.version}",
                    f"name `version: {kept}` in the topology, or delete the data (amqctl down --volumes)",
                )
            ]
        )


def _prefix(data: Path) -> str:
    return f".{data.name}.setup-"


def _sweep(data: Path) -> None:
    """What a killed set-up left: its command has ended with it, or writes into what is deleted here."""
    for left in data.parent.glob(f"{_prefix(data)}*"):
        shutil.rmtree(left, ignore_errors=True)
