"""All that a plan's nodes need on this machine: distribution, JRE, class-data archive. Side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from amqctl import beside
from amqctl.activemq.repairs import StartRepair, kept
from amqctl.activemq.versions import caps
from amqctl.errors import NotProvisioned
from amqctl.events import Event, Tell
from amqctl.plan.model import NodeSpec, Plan
from amqctl.provision import cds, dist, jre
from amqctl.provision.dist import Distribution
from amqctl.provision.jre import Jre
from amqctl.provision.sources import Sources
from amqctl.topology.settled import JvmSettings

_Key = tuple[str, JvmSettings, tuple[StartRepair, ...]]


@dataclass(frozen=True, slots=True)
class Kit:
    """archive: None where this JVM starts without one; that was told when it was found out."""

    distribution: Distribution
    jre: Jre
    archive: Path | None


def obtain(plan: Plan, sources: Sources, tell: Tell) -> Mapping[str, Kit]:
    """A kit for every node, by name. Raises NotProvisioned with everything that could not be had."""
    java = plan.settled.java
    wanted = dict.fromkeys(_key(node) for node in plan.nodes)
    kits, failed = beside.tried(lambda key: _kit(key, java, sources, tell), wanted, NotProvisioned)
    if len(failed) == 1:
        raise failed[0]
    if failed:
        raise NotProvisioned(list(dict.fromkeys(p for exc in failed for p in exc.problems)))
    return {node.name: kits[_key(node)] for node in plan.nodes}


def _key(node: NodeSpec) -> _Key:
    return node.broker.version, node.broker.jvm, node.repairs


def _kit(key: _Key, java: str, sources: Sources, tell: Tell) -> Kit:
    version, jvm, repairs = key
    facts = caps(version)
    found = jre.find(facts.java_min, java, tell)
    distribution = dist.obtain(version, sources, tell)
    if not sources.class_data:
        return Kit(distribution, found, None)
    # jars may come behind the class path of an archive, but none may be missing in it
    named = replace(distribution, class_path=tuple(kept(distribution.class_path, repairs)))
    archive = cds.obtain(named, found, jvm, facts, sources, tell)
    if archive.path is None:
        tell(Event(f"ActiveMQ {version}", "warn", f"starts without a class-data archive: {archive.because}"))
    return Kit(distribution, found, archive.path)
