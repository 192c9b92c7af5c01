"""Who may log in: the written users, an administrator, and the user of the bridges."""

from __future__ import annotations

import posixpath
from pathlib import Path as FilePath

from amqctl.topology.model import Topology
from amqctl.topology.model.security import FromEnv, FromFile, Secret
from amqctl.topology.notes import Notes
from amqctl.topology.settled import Origin, PasswordSource, Row, SettledUser
from amqctl.topology.yamltext import Path

ADMIN = "admin"
ADMINS = "admins"  # the group that consoles and Jolokia are open to
BRIDGES = "bridges"  # the bridge user's only group: it has no business at the console
APP = "app"
USERS = "users"
GENERATED = PasswordSource("generated")
_USERS: Path = ("security", "users")


def settle_users(topology: Topology, notes: Notes) -> tuple[tuple[SettledUser, ...], tuple[Row, ...]]:
    """Administrator first, bridge user last. With no written user there is one named app."""
    network = topology.security.network.user
    written = topology.security.users
    settled: list[SettledUser] = []
    rows: list[Row] = []

    def add(user: SettledUser, origin: Origin) -> None:
        settled.append(user)
        how = " ".join(filter(None, (user.password.kind, user.password.name)))
        value = f"groups {', '.join(user.groups) or 'none'}, password {how}"
        rows.append(Row(f"security.users.{user.name}", value, origin))

    if ADMIN not in written:
        add(SettledUser(ADMIN, GENERATED, (ADMINS,)), Origin("default"))
    for name, user in written.items():
        path = (*_USERS, name)
        groups = tuple(dict.fromkeys(user.groups))
        # amqctl itself asks the brokers as this user
        if name == ADMIN and ADMINS not in groups:
            groups = (*groups, ADMINS)
        add(SettledUser(name, source(user.password, path, notes), groups), notes.origin(path))
    if not written:
        add(SettledUser(APP, GENERATED, (USERS,)), Origin("default"))
    if network in {user.name for user in settled}:
        _clash(network, notes)
    network_path: Path = ("security", "network", "user")
    origin = notes.origin(network_path) if network_path in notes.marks else Origin("default")
    add(SettledUser(network, GENERATED, (BRIDGES,)), origin)
    return tuple(settled), tuple(rows)


def _clash(network: str, notes: Notes) -> None:
    path = (*_USERS, network)
    whose = f"is a user of its own{notes.line(path)}" if path in notes.marks else "is a user that amqctl makes"
    fix = "bridges log in as a user that nobody else is: set another name at security.network.user"
    network_path: Path = ("security", "network", "user")
    unwritten = network_path not in notes.marks
    notes.problem(f"{network} {whose}", fix, path if unwritten else network_path, of_absence=unwritten)


def source(secret: Secret, path: Path, notes: Notes, *, word: str = "password") -> PasswordSource:
    """path: of what has the key `word`."""
    if isinstance(secret, FromEnv):
        return PasswordSource("env", secret.env)
    if isinstance(secret, FromFile):
        place = absolute(secret.file, notes)
        if place is None:
            what, at = "a relative path, and no file it could be relative to", (*path, word, "file")
            notes.problem(what, "write an absolute path", at, value=True)
        return PasswordSource("file", place or secret.file)
    return GENERATED


def absolute(path: str, notes: Notes) -> str | None:
    """`path` as seen from the topology file's directory; None if relative and there is no such file."""
    if notes.source is None and not FilePath(path).is_absolute():
        return None
    # absolute() asks only for the working directory, and normpath for nothing: a path that is not there yet is fine
    return posixpath.normpath(str((FilePath(notes.source or "/").parent / path).absolute()))
