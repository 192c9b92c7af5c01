"""All that a plan's nodes need on this machine: distribution, JRE, class-data archive. Side by side."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from amqctl.activemq.versions import caps
from amqctl.errors import NotProvisioned, Problem
from amqctl.events import Event, Tell
from amqctl.plan.model import Plan
from amqctl.provision import cds, dist, jre
from amqctl.provision.dist import Distribution
from amqctl.provision.jre import Jre
from amqctl.provision.sources import Sources
from amqctl.topology.settled import JvmSettings


@dataclass(frozen=True, slots=True)
class Kit:
    """archive: None where this JVM starts without one; that was told when it was found out."""

    distribution: Distribution
    jre: Jre
    archive: Path | None


def obtain(plan: Plan, sources: Sources, tell: Tell) -> Mapping[str, Kit]:
    """A kit for every node, by name. Raises NotProvisioned with everything that could not be had."""
    wanted: dict[tuple[str, JvmSettings], Kit | None] = {}
    for node in plan.nodes:
        wanted[(node.broker.version, node.broker.jvm)] = None
    java = plan.settled.java

    def one(key: tuple[str, JvmSettings]) -> Kit:
        return _kit(key[0], key[1], java, sources, tell)

    if len(wanted) == 1:  # no thread: an interrupt then ends a long download or a training at once
        wanted = {key: one(key) for key in wanted}
        return _by_node(plan, wanted)
    problems: list[Problem] = []
    with ThreadPoolExecutor(max_workers=len(wanted)) as pool:
        for key, future in [(key, pool.submit(one, key)) for key in wanted]:
            try:
                wanted[key] = future.result()
            except NotProvisioned as exc:
                problems += [p for p in exc.problems if p not in problems]
    if problems:
        raise NotProvisioned(problems)
    return _by_node(plan, wanted)


def _by_node(plan: Plan, wanted: Mapping[tuple[str, JvmSettings], Kit | None]) -> Mapping[str, Kit]:
    kits = {}
    for node in plan.nodes:
        kit = wanted[(node.broker.version, node.broker.jvm)]
        assert kit is not None  # each ended with a kit, or with a problem that was raised
        kits[node.name] = kit
    return kits


def _kit(version: str, jvm: JvmSettings, java: str, sources: Sources, tell: Tell) -> Kit:
    facts = caps(version)
    found = jre.find(facts.java_min, java, sources, tell)
    distribution = dist.obtain(version, sources, tell)
    if not sources.class_data:
        return Kit(distribution, found, None)
    archive = cds.obtain(distribution, found, jvm, facts, sources, tell)
    if archive.path is None:
        tell(Event(f"ActiveMQ {version}", "warn", f"starts without a class-data archive: {archive.because}"))
    return Kit(distribution, found, archive.path)
