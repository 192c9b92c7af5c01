"""The database servers that amqctl starts beside the brokers, and the databases that groups want of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast, get_args

from amqctl.topology.engines import EnginesLike
from amqctl.topology.model import Topology
from amqctl.topology.model.companion import Image
from amqctl.topology.model.scalars import SQL_NAME
from amqctl.topology.model.store import DataSource
from amqctl.topology.notes import Notes, text
from amqctl.topology.ports import PortBook
from amqctl.topology.profiles import Profile
from amqctl.topology.settled import Origin, Row, ServerKind, SettledCompanion
from amqctl.topology.settledstores import Database, Scalar
from amqctl.topology.users import GENERATED, source
from amqctl.topology.words import meant
from amqctl.topology.yamltext import Path

# MySQL 5.6 knows no longer user, PostgreSQL no longer database.
_LONGEST_USER = 16
_LONGEST_DATABASE = 63


@dataclass(slots=True)
class _Server:
    """What is known of one so far. wanted: databases by name and user, each with the path of who wants it."""

    name: str
    kind: ServerKind
    image: str | None
    port: int
    settings: Mapping[str, Scalar]
    rows: list[Row]
    version: str
    wanted: dict[tuple[str, str], tuple[Database, Path]] = field(default_factory=dict)


class Servers:
    """The companions of a file. Groups come and say what they want; then they are settled."""

    def __init__(
        self, topology: Topology, engines: EnginesLike, profile: Profile, ports: PortBook, notes: Notes
    ) -> None:
        self.engines = engines
        self._profile = profile
        self._notes = notes
        self._names = list(topology.companions)
        self._servers: dict[str, _Server] = {}
        before: Counter[int] = Counter()
        for name, companion in topology.companions.items():
            kind = next(iter(companion.model_fields_set))
            if kind in get_args(ServerKind):  # the others are no databases
                recipe = getattr(companion, kind) or Image()
                self._servers[name] = self._server(name, cast(ServerKind, kind), recipe, ports, before)

    def kind(self, name: str) -> ServerKind | None:
        return self._servers[name].kind if name in self._servers else None

    def database(self, group: str, jdbc: DataSource, path: Path, key: str, rows: list[Row]) -> Database | None:
        """Of the server that `jdbc` names; None, and a problem, where there is no such. path: of `jdbc`; key: how
        rows name that."""
        server = self._servers.get(jdbc.server or "")
        if server is None:
            self._unknown(jdbc.server or "", (*path, "server"))
            return None
        name = jdbc.database or safe(group)[:_LONGEST_DATABASE]
        user = self._user(server, group, jdbc, path)
        password = GENERATED if jdbc.password is None else source(jdbc.password, path, self._notes)
        database = Database(name, user, password, f"db.{server.name}.{user}")
        values = {
            "server": f"{server.name} ({self.engines.title(server.kind)})",
            "database": name,
            "user": user,
            "password": shown(database),
        }
        rows += [Row(f"{key}.{name}", value, self._at(jdbc, path, name)) for name, value in values.items()]
        self._want(server, database, path)
        return database

    def settled(self) -> tuple[SettledCompanion, ...]:
        return tuple(
            SettledCompanion(
                s.name,
                s.kind,
                s.image,
                s.port,
                s.settings,
                f"db.{s.name}",
                tuple(d for d, _ in s.wanted.values()),
                s.version,
            )
            for s in self._servers.values()
        )

    def rows(self) -> dict[str, list[Row]]:
        out = {}
        for s in self._servers.values():
            databases = [
                Row(f"databases.{d.name}", f"for {d.user}, password {shown(d)}", self._notes.origin(path))
                for d, path in s.wanted.values()
            ]
            out[s.name] = [*s.rows, *databases]
        return out

    def _server(self, name: str, kind: ServerKind, recipe: Image, ports: PortBook, before: Counter[int]) -> _Server:
        path: Path = ("companions", name, kind)
        base = self.engines.port(kind)
        rows = [Row("kind", kind, self._notes.origin(path))]
        image = None if recipe.image in (None, "auto") else recipe.image
        rows.append(Row("image", image or "the recipe's", self._at(recipe, path, "image")))
        version = self._version(name, kind, recipe, image, path)
        if version:
            rows.append(Row("version", version, self._at(recipe, path, "version")))
        port, row = ports.companion(name, kind, recipe.port, base, before[base], path)
        before[base] += 1
        rows.append(row)
        return _Server(name, kind, image, port, self._settings(kind, recipe, path, rows), rows, version)

    def _version(self, name: str, kind: ServerKind, recipe: Image, image: str | None, path: Path) -> str:
        version = recipe.version or ""
        if version and image is not None:
            what = f"{name} has an image, {image}, and that is of the version it is"
            self._notes.problem(what, "leave `version` out, or `image`", (*path, "version"))
        elif version and (why := self.engines.no_version(kind, version)):
            self._notes.problem(why, "leave `version` out", (*path, "version"), value=True)
        return version

    def _settings(self, kind: ServerKind, recipe: Image, path: Path, rows: list[Row]) -> Mapping[str, Scalar]:
        written = recipe.settings or {}
        known = {_same(key) for key in written}
        profile = self._profile.companions.get(kind, {})
        chosen = {key: value for key, value in profile.items() if _same(key) not in known}
        rows += [Row(f"settings.{k}", text(v), Origin("profile", self._profile.name)) for k, v in chosen.items()]
        here = (*path, "settings")
        rows += [Row(f"settings.{k}", text(v), self._notes.origin((*here, k))) for k, v in written.items()]
        for key, value in written.items():
            for what in self.engines.complaints(kind, {key: value}):
                self._notes.problem(what, f"remove {key}", (*here, key))
        return {**chosen, **written}

    def _user(self, server: _Server, group: str, jdbc: DataSource, path: Path) -> str:
        user = jdbc.user or safe(group)[:_LONGEST_USER]
        title = self.engines.title(server.kind)
        if user == self.engines.admin(server.kind):
            what = f"{user} is the administrator of {server.name}, which brokers have no business as"
            self._notes.problem(what, "write another user, or leave it out", (*path, "user"), value=True)
        elif not re.match(SQL_NAME, user):
            what = f'"{user}" is no user that amqctl makes on {title}'
            self._notes.problem(what, "letters, digits and `_`, the first a letter", (*path, "user"), value=True)
        return user

    def _want(self, server: _Server, database: Database, path: Path) -> None:
        for other, where in server.wanted.values():
            if other.user == database.user and other.password != database.password:
                what = f"user {database.user} of {server.name} has another password{self._notes.line(where)}"
                fix = "write the same one, or another user"
                self._notes.problem(what, fix, (*path, "password"))
        server.wanted.setdefault((database.name, database.user), (database, path))

    def _unknown(self, name: str, path: Path) -> None:
        if name in self._names:
            fix = "name one of mysql, mariadb, postgres, derby"
            self._notes.problem(f"{name} is no database server", fix, path, value=True)
            return
        known = ", ".join(self._names) or "none"
        fix = meant(name, self._names) or f"write it under `companions:`, as `{name}: mysql`; there are: {known}"
        self._notes.problem(f"there is no companion {name}", fix, path, value=True, of_absence=True)

    def _at(self, written: DataSource | Image, path: Path, key: str) -> Origin:
        return self._notes.origin((*path, key)) if key in written.model_fields_set else Origin("default")


def safe(name: str) -> str:
    """A group's name as one that needs no quotes in SQL. Lower case: engines disagree on whether it counts."""
    plain = re.sub(r"[^a-z0-9_]", "_", name.lower())
    return plain if plain[0].isalpha() else f"amq_{plain}"


def shown(database: Database) -> str:
    return " ".join(filter(None, (database.password.kind, database.password.name)))


def _same(key: str) -> str:
    """MySQL takes lock-wait and lock_wait for one option."""
    return key.replace("-", "_").lower()
