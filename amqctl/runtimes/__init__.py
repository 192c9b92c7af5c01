"""The runtimes there are. Only the one that is asked for is imported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from amqctl.errors import BadUsage

if TYPE_CHECKING:
    from amqctl.events import Tell
    from amqctl.provision.dirs import Dirs
    from amqctl.provision.sources import Sources
    from amqctl.runtimes.seam import Runtime

RUNTIMES = ("local",)  # docker and swarm: not yet


@dataclass(frozen=True, slots=True)
class World:
    """What every runtime is opened with. env: the environment variables of this process."""

    dirs: Dirs
    sources: Sources
    env: Mapping[str, str]
    tell: Tell


def open_runtime(name: str, cluster: str, world: World) -> Runtime:
    """Raises BadUsage for a runtime that does not exist."""
    if name in ("auto", "local"):
        from amqctl.runtimes.local import LocalRuntime

        return LocalRuntime(cluster, dirs=world.dirs, sources=world.sources, tell=world.tell, env=world.env)
    if name in ("docker", "swarm"):
        raise BadUsage(f"runtime {name}: not yet", hint="--runtime local runs the same topology on plain JVMs")
    raise BadUsage(f"no runtime {name}", hint="known: auto, " + ", ".join(RUNTIMES))


def list_clusters(world: World) -> list[tuple[str, str]]:
    """(cluster, runtime) of everything that exists or has kept data, by name."""
    root = world.dirs.state / "clusters"
    if not root.is_dir():
        return []
    return sorted((p.name, "local") for p in root.iterdir() if p.is_dir())
