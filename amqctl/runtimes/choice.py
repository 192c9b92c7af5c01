"""On which runtime a cluster is to be: where it lives already, else what is wanted, else what can be had."""

from __future__ import annotations

from amqctl.errors import BadUsage, NoEngine
from amqctl.events import Event
from amqctl.plan.plan import make_plan
from amqctl.provision import engine
from amqctl.runtimes import World, existing, open_runtime
from amqctl.runtimes.seam import Runtime
from amqctl.topology.settled import Settled


def choose(wanted: str, settled: Settled, world: World) -> Runtime:
    """wanted: a runtime's name, or "auto": Docker where an engine answers and an image can be had, else local.

    Tells which and why. Raises BadUsage where the cluster lives on another one than the one wanted.
    """
    there = existing(settled.name, world)
    if there is not None:
        if wanted not in ("auto", there.name):
            hint = f"amqctl down {settled.name} --volumes ends it there; --name NAME brings up another beside it"
            raise BadUsage(f"{settled.name} is on the {there.name} runtime", hint=hint)
        return there
    if wanted != "auto":
        return open_runtime(wanted, settled.name, world)
    lack = why_not_docker(settled, world)
    if lack is None:
        version = world.engine.version
        world.tell(Event(settled.name, "progress", f"on Docker {version} (--runtime local would use plain JVMs)"))
        return open_runtime("docker", settled.name, world)
    world.tell(Event(settled.name, "progress", f"on plain JVMs: {lack}"))
    return open_runtime("local", settled.name, world)


def why_not_docker(settled: Settled, world: World) -> str | None:
    """None where an engine answers and has, or can get, every image."""
    if not engine.named(world.env):
        return "there is no Docker engine here"
    try:
        there = world.engine
    except NoEngine as exc:
        return exc.problems[0].what
    from amqctl.provision.image import unavailable

    plan = make_plan(settled, open_runtime("docker", settled.name, world).place, "")
    return unavailable(plan, there, world.base_image, world.sources, world.tell)
