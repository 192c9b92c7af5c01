"""Drivers and pools: jars of a Maven repository, checked, in the cache."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from amqctl.activemq.distribution import Coordinate
from amqctl.errors import NotProvisioned, Problem
from amqctl.events import Tell
from amqctl.provision.fetch import Absent, Repository
from amqctl.provision.scratch import scratch
from amqctl.provision.sources import Sources


def obtain_jars(coordinates: Sequence[Coordinate], sources: Sources, tell: Tell) -> list[Path]:
    """Each one's checked file, in the order asked for. Raises NotProvisioned with all that cannot be had."""
    if not coordinates:
        return []
    with scratch(sources.cache) as staging:
        try:
            return Repository(sources, staging).get_all(
                [jar.path for jar in coordinates], "jars", f"downloading {len(coordinates)} jars", tell
            )
        except Absent as exc:
            names = ", ".join(path.rpartition("/")[2] for path in exc.paths)
            raise NotProvisioned(
                [Problem(f"{sources.shown} has no {names}", "ask another mirror, or name a file with `driver:`")]
            ) from exc
