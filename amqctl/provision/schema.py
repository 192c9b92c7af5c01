"""activemq.xsd of a version: from its copy in the cache, or from the one small jar that holds it."""

from __future__ import annotations

import zipfile
from pathlib import Path

from amqctl.activemq import distribution
from amqctl.errors import NotProvisioned, Problem
from amqctl.events import Event, Tell
from amqctl.provision.scratch import put, scratch, writing
from amqctl.provision.sources import Sources


def cached(version: str, sources: Sources) -> Path | None:
    """The schema if it is on this machine; asks no network."""
    if not distribution.is_version(version):
        return None
    copies = sorted((sources.cache / "dist").glob(f"apache-activemq-{version}-local-*"))
    homes = [sources.cache / "dist" / f"apache-activemq-{version}", *copies]
    places = [_place(version, sources), *(home / distribution.SCHEMA for home in homes)]
    return next((place for place in places if place.is_file()), None)


def obtain(version: str, sources: Sources, tell: Tell) -> Path | None:
    """The schema, downloaded if need be; None where it is not published or offline."""
    found = cached(version, sources)
    if found is not None or sources.offline or not distribution.is_version(version):
        return found
    from amqctl.provision.fetch import Absent, Repository

    place = _place(version, sources)
    tell(Event(f"schema of ActiveMQ {version}", "progress", "downloading"))
    with scratch(sources.cache) as staging:
        try:
            jar = Repository(sources, staging).get(distribution.schema_jar(version).path)
        except Absent:
            return None
        with writing(place):
            part = staging / place.name
            part.write_bytes(extract(jar))
            put(part, place)
    return place


def checked(version: str, sources: Sources) -> bool:
    """Whether `up` held a broker's activemq.xml against this version's schema, so that the broker need not."""
    return cached(version, sources) is not None


def extract(jar: Path) -> bytes:
    """activemq.xsd out of an activemq-spring jar."""
    try:
        with zipfile.ZipFile(jar) as packed:
            return packed.read(distribution.SCHEMA)
    except (zipfile.BadZipFile, KeyError) as exc:
        raise NotProvisioned([Problem(f"{jar}: no {distribution.SCHEMA} in it", "delete it and try again")]) from exc


def _place(version: str, sources: Sources) -> Path:
    return sources.cache / "schema" / f"activemq-{version}.xsd"
