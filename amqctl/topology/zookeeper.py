"""The ZooKeeper ensembles that amqctl starts: each server of one is a node with ports of its own."""

from __future__ import annotations

from collections.abc import Mapping

from amqctl.topology.engines import EnginesLike
from amqctl.topology.leveldbstore import Ensemble, Member
from amqctl.topology.model import Topology
from amqctl.topology.model.companion import ZooKeeper
from amqctl.topology.notes import Notes, text
from amqctl.topology.ports import PortBook
from amqctl.topology.profiles import Profile
from amqctl.topology.settled import CompanionKind, Origin, Row, SettledCompanion
from amqctl.topology.settledstores import Scalar
from amqctl.topology.yamltext import Path

KIND: CompanionKind = "zookeeper"
TICK = 2000  # milliseconds, as zoo_sample.cfg has it
_QUORUM, _ELECTION = 2888, 3888


class Ensembles:
    """Settled at construction; groups then ask by name."""

    def __init__(
        self, topology: Topology, engines: EnginesLike, profile: Profile, ports: PortBook, notes: Notes
    ) -> None:
        self._engines, self._profile, self._ports, self._notes = engines, profile, ports, notes
        self._names = list(topology.companions)
        self._ticks: dict[str, int] = {}
        self._before = 0
        self.settled: tuple[SettledCompanion, ...] = ()
        self.rows: dict[str, list[Row]] = {}
        for name, companion in topology.companions.items():
            if KIND in companion.model_fields_set:
                self._settle(name, companion.zookeeper or ZooKeeper())

    def tick(self, name: str) -> int | None:
        """Milliseconds; None where there is no such ensemble."""
        return self._ticks.get(name)

    def servers(self, name: str) -> tuple[str, ...]:
        return tuple(c.name for c in self.settled if c.ensemble is not None and c.ensemble.name == name)

    @property
    def names(self) -> list[str]:
        """Of all companions: for who means one that is something else."""
        return self._names

    def _settle(self, name: str, recipe: ZooKeeper) -> None:
        path: Path = ("companions", name, KIND)
        shared = [Row("kind", KIND, self._notes.origin(path))]
        image = None if recipe.image in (None, "auto") else recipe.image
        shared.append(Row("image", image or "the recipe's", self._at(recipe, path, "image")))
        version = self._version(name, recipe, image, path)
        if version:
            shared.append(Row("version", version, self._at(recipe, path, "version")))
        shared.append(Row("nodes", str(recipe.nodes), self._at(recipe, path, "nodes")))
        settings = self._settings(recipe, path, shared)
        nodes = [name] if recipe.nodes == 1 else [f"{name}-{number}" for number in range(1, recipe.nodes + 1)]
        members, clients = [], []
        for number, node in enumerate(nodes):
            rows = [*shared]
            given = {
                "port": self._port(node, "port", recipe.port, self._engines.port(KIND), number, path, rows),
                **({key: self._port(node, key, None, base, number, path, rows)
                    for key, base in (("quorum", _QUORUM), ("election", _ELECTION))} if len(nodes) > 1 else {}),
            }  # fmt: skip
            clients.append(given["port"])
            members.append(Member(node, given.get("quorum", 0), given.get("election", 0)))
            self.rows[node] = rows
        self._before += len(nodes)
        self._ticks[name] = _milliseconds(settings.get("tickTime", TICK))
        self.settled += tuple(
            SettledCompanion(
                node, KIND, image, clients[at], settings, "", (), version,
                ensemble=Ensemble(name, at + 1, tuple(members)),
            )
            for at, node in enumerate(nodes)
        )  # fmt: skip

    def _port(
        self, node: str, key: str, written: int | None, base: int, number: int, path: Path, rows: list[Row]
    ) -> int:
        """A written one is the first server's; the others have the next ones."""
        port = None if written is None else written + number
        given, row = self._ports.companion(node, KIND, port, base, self._before + number, path, key)
        rows.append(row)
        return given

    def _version(self, name: str, recipe: ZooKeeper, image: str | None, path: Path) -> str:
        """Whether plain processes can have it is found out where they are to run."""
        version = recipe.version or ""
        if version and image is not None:
            what = f"{name} has an image, {image}, and that is of the version it is"
            self._notes.problem(what, "leave `version` out, or `image`", (*path, "version"))
        return version

    def _settings(self, recipe: ZooKeeper, path: Path, rows: list[Row]) -> Mapping[str, Scalar]:
        written = recipe.settings or {}
        chosen = {k: v for k, v in self._profile.companions.get(KIND, {}).items() if k not in written}
        rows += [Row(f"settings.{k}", text(v), Origin("profile", self._profile.name)) for k, v in chosen.items()]
        for key, value in written.items():
            rows.append(Row(f"settings.{key}", text(value), self._notes.origin((*path, "settings", key))))
            for what in self._engines.complaints(KIND, {key: value}):
                self._notes.problem(what, f"remove {key}", (*path, "settings", key))
        if _milliseconds(written.get("tickTime", TICK)) < 1:
            what = "tickTime is a number of milliseconds"
            self._notes.problem(what, "write e.g. 500", (*path, "settings", "tickTime"), value=True)
        return {**chosen, **written}

    def _at(self, recipe: ZooKeeper, path: Path, key: str) -> Origin:
        return self._notes.origin((*path, key)) if key in recipe.model_fields_set else Origin("default")


def _milliseconds(value: Scalar) -> int:
    """0 for what is no number."""
    return int(value) if str(value).isdigit() else 0
