"""Jars that are copied into containers, and the images of companions: what a plan needs besides the brokers' images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from amqctl.activemq.companions import engine as engine_of
from amqctl.activemq.companions import image_of
from amqctl.events import Tell
from amqctl.plan.model import Plan
from amqctl.provision import companions
from amqctl.provision.engine import Engine
from amqctl.provision.image import pulling
from amqctl.provision.sources import Sources
from amqctl.runtimes.drivers import drivers


def obtain(plan: Plan, engine: Engine, sources: Sources, tell: Tell) -> Mapping[str, Sequence[Path]]:
    """Jars by node; companions' images are on the engine afterwards. Raises NotProvisioned."""
    found = dict(drivers(plan, sources, tell))
    for spec in plan.companions:
        kind = spec.companion.kind
        recipe = engine_of(kind)
        found[spec.name] = companions.obtain_jars(recipe.JARS, sources, tell)
        if ref := image_of(kind, spec.companion.image, spec.companion.version):
            fix = f"name one that this engine has: companions: {{{spec.name}: {{{kind}: {{image: …}}}}}}"
            pulling.obtained(ref, engine, sources, tell, fix)
    return found
