"""A cluster's passwords: generated once and kept, or read from where the user keeps them."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path

from amqctl.errors import CannotRun, Problem
from amqctl.events import silent
from amqctl.provision import private
from amqctl.provision.scratch import locked
from amqctl.topology.settled import Credential, PasswordSource

Secrets = Mapping[str, str]  # user -> password

BYTES = 24  # of a generated password before it is written as text


def load_or_create(path: Path, wanted: Sequence[Credential], env: Mapping[str, str]) -> Secrets:
    """The password of each of `wanted`. path: a JSON file of the generated ones, mode 0600.

    Generated passwords are written once and stay until forget(). Those from the environment or a file
    are read each time and never written. Raises CannotRun with every missing one.
    """
    found: dict[str, str] = {}
    problems: list[Problem] = []
    for user in wanted:
        if user.password.kind != "generated":
            try:
                found[user.name] = _given(user.password, env)
            except _Missing as exc:
                problems.append(Problem(f"the password of {_said(user.name)}: {exc}", exc.fix))
    if problems:
        raise CannotRun(problems)
    generated = [user.name for user in wanted if user.password.kind == "generated"]
    return found | _kept(path, generated)


def load(path: Path, wanted: Sequence[Credential], env: Mapping[str, str]) -> Secrets:
    """As load_or_create(), of a cluster that is there: what was generated for it and is lost cannot be made anew,
    since its brokers know the old ones. Raises CannotRun then too."""
    kept = _read(path)
    lost = [_said(one.name) for one in wanted if one.password.kind == "generated" and one.name not in kept]
    if lost:
        names = ", ".join(lost[:3]) + (f" and {len(lost) - 3} more" if len(lost) > 3 else "")
        what = f"the passwords of {names} are lost: {path} does not have them"
        raise CannotRun([Problem(what, "amqctl up FILE makes new ones and gives them to the brokers")])
    return load_or_create(path, wanted, env)


def peek(path: Path, wanted: Sequence[Credential], env: Mapping[str, str]) -> Secrets:
    """As they are now; "" for one that is not there yet. Writes nothing; for dry runs."""
    kept = _read(path)
    found = {}
    for user in wanted:
        try:
            generated = user.password.kind == "generated"
            found[user.name] = kept.get(user.name, "") if generated else _given(user.password, env)
        except _Missing:
            found[user.name] = ""
    return found


def forget(path: Path) -> None:
    """Delete the generated passwords; absent is fine."""
    path.unlink(missing_ok=True)
    _lock(path).unlink(missing_ok=True)


def _said(name: str) -> str:
    """A database's password is kept under "db.SERVER.USER", a key store's under "tls:key store"."""
    if ":" in name:
        return f"the {name.partition(':')[2]}"
    return name if name.startswith("db.") else f"user {name}"


class _Missing(Exception):
    def __init__(self, what: str, fix: str) -> None:
        super().__init__(what)
        self.fix = fix


def _given(source: PasswordSource, env: Mapping[str, str]) -> str:
    if source.kind == "env":
        value = env.get(source.name)
        if value is None:
            raise _Missing(f"the variable {source.name} is not set", f"export {source.name}=…")
        if not value:
            raise _Missing(f"the variable {source.name} is empty", f"export {source.name}=…")
        return value
    try:
        text = Path(source.name).read_text("utf-8")
    except OSError as exc:
        raise _Missing(f"{source.name}: {exc.strerror}", "write the password into that file, mode 0600") from exc
    except UnicodeDecodeError as exc:
        raise _Missing(f"{source.name}: not UTF-8 text", "write the password into that file, mode 0600") from exc
    value = text.removesuffix("\n").removesuffix("\r")
    if not value:
        raise _Missing(f"{source.name}: the file is empty", "write the password into that file, mode 0600")
    return value


def _kept(path: Path, names: Sequence[str]) -> dict[str, str]:
    """Those in the file; what is missing there is made and added, by one process at a time."""
    if not names:
        return {}
    kept = _read(path)
    if all(name in kept for name in names):
        return {name: kept[name] for name in names}
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.parent.chmod(0o700)
    with locked(_lock(path), path.name, silent):
        kept = _read(path)
        for name in names:
            kept.setdefault(name, secrets.token_urlsafe(BYTES))
        private.write(path, json.dumps(dict(sorted(kept.items())), indent=1))
    return {name: kept[name] for name in names}


def _lock(path: Path) -> Path:
    return path.with_name(f".{path.name}.lock")


def _read(path: Path) -> dict[str, str]:
    try:
        kept = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as exc:
        raise CannotRun([_unreadable(path)]) from exc
    if not isinstance(kept, dict) or not all(isinstance(value, str) and value for value in kept.values()):
        raise CannotRun([_unreadable(path)])
    return kept


def _unreadable(path: Path) -> Problem:
    return Problem(
        f"{path}: the kept passwords cannot be read",
        "delete it for new ones; brokers that run with the old ones must then be recreated (down, up)",
    )
