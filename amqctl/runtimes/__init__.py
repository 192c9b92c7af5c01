"""The runtimes there are, and on which of them a cluster lives. Only what is asked for is imported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from amqctl.errors import BadUsage, NoEngine
from amqctl.events import Event

if TYPE_CHECKING:
    from amqctl.events import Tell
    from amqctl.provision.dirs import Dirs
    from amqctl.provision.engine import Engine
    from amqctl.provision.sources import Sources
    from amqctl.runtimes.seam import Runtime

RUNTIMES = ("docker", "local")  # swarm: not yet


@dataclass(frozen=True)
class World:
    """What every runtime is opened with. env: the environment variables of this process.

    base: the image on which amqctl builds its own; None for the usual one.
    """

    dirs: Dirs
    sources: Sources
    env: Mapping[str, str]
    tell: Tell
    base: str | None = None

    @property
    def base_image(self) -> str:
        from amqctl.provision.image import chosen_base

        return chosen_base(self.base, self.env)

    @cached_property
    def engine(self) -> Engine:
        """Connected once. Raises NoEngine, each time."""
        from amqctl.provision.engine import connect

        return connect(self.env)


def open_runtime(name: str, cluster: str, world: World) -> Runtime:
    """Raises BadUsage for a runtime that does not exist, NoEngine where docker is meant and none answers."""
    if name == "local":
        from amqctl.runtimes.local import LocalRuntime

        return LocalRuntime(cluster, dirs=world.dirs, sources=world.sources, tell=world.tell, env=world.env)
    if name == "docker":
        from amqctl.runtimes.docker import DockerRuntime

        engine, base = world.engine, world.base_image
        return DockerRuntime(cluster, engine=engine, base=base, sources=world.sources, tell=world.tell)
    if name == "swarm":
        raise BadUsage("runtime swarm: not yet", hint="--runtime docker uses one engine, --runtime local none")
    raise BadUsage(f"no runtime {name}", hint="known: auto, " + ", ".join(RUNTIMES))


def existing(cluster: str, world: World) -> Runtime | None:
    """The cluster, where it lives or has kept its data; asks an engine only when it is not here."""
    name = next((r for c, r in local_clusters(world) if c == cluster), None)
    name = name or next((r for c, r in engine_clusters(world) if c == cluster), None)
    return None if name is None else open_runtime(name, cluster, world)


def list_clusters(world: World) -> list[tuple[str, str]]:
    """(cluster, runtime) of everything that exists or has kept data, by name."""
    return sorted([*local_clusters(world), *engine_clusters(world)])


def local_clusters(world: World) -> list[tuple[str, str]]:
    root = world.dirs.state / "clusters"
    return [(p.name, "local") for p in root.iterdir() if p.is_dir()] if root.is_dir() else []


def engine_clusters(world: World) -> list[tuple[str, str]]:
    """None where no engine is to be expected; one that does not answer is told of, and has none either."""
    from amqctl.provision.engine import named

    if not named(world.env):
        return []
    try:
        engine = world.engine
    except NoEngine as exc:
        world.tell(Event("docker", "warn", f"{exc.problems[0].what}; clusters on it are not seen"))
        return []
    from amqctl.runtimes.docker import clusters

    return [(name, "docker") for name in clusters(engine)]
