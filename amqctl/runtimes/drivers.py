"""What brokers have on their class path besides ActiveMQ: drivers and connection pools."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from amqctl.activemq.distribution import Coordinate
from amqctl.events import Tell
from amqctl.plan.model import Plan
from amqctl.provision import companions
from amqctl.provision.sources import Sources


def drivers(plan: Plan, sources: Sources, tell: Tell) -> Mapping[str, Sequence[Path]]:
    """Jars by broker, each set fetched once. Raises NotProvisioned."""
    kinds: dict[tuple[str, ...], list[Path]] = {}
    for node in plan.nodes:
        if node.jars not in kinds:
            own = [Path(jar) for jar in node.jars if Path(jar).is_absolute()]
            published = [Coordinate(*jar.split(":")) for jar in node.jars if not Path(jar).is_absolute()]
            kinds[node.jars] = [*companions.obtain_jars(published, sources, tell), *own]
    return {node.name: kinds[node.jars] for node in plan.nodes}
