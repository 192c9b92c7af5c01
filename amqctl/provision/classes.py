"""Class lists: the names of the classes that a broker's start loads, learned by starting one.

    cache/cds/<key>.classes   a key for each copy of ActiveMQ, JRE, class path and kind of JVM

Class-data archives are laid out from them: on this machine (cds.py), and inside images.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

from amqctl.activemq import launch
from amqctl.activemq.versions import Caps
from amqctl.errors import NeverHappened, NodeDied
from amqctl.events import Event, Tell
from amqctl.provision import training
from amqctl.provision.child import Child, watched
from amqctl.provision.dist import Distribution
from amqctl.provision.jre import Jre
from amqctl.provision.scratch import locked, put, scratch, writing
from amqctl.provision.sources import Sources
from amqctl.topology.settled import JvmSettings
from amqctl.wait import until

FORMAT = "5"
STOP = 60.0  # seconds for the training broker to end
ATTEMPTS = 2  # another process may take a port between choosing and using it


def key(dist: Distribution, jre: Jre, jvm: JvmSettings) -> str:
    """Short and the same only where the JVM would take the same archive."""
    parts = (FORMAT, dist.digest, jre.id, str(jre.java), launch.class_path(dist), *launch.jvm_flags(jvm))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:24]


def obtain_classes(dist: Distribution, jre: Jre, jvm: JvmSettings, caps: Caps, sources: Sources, tell: Tell) -> Path:
    """The list for these, made if need be. Raises NodeDied or NeverHappened where no broker came up for it."""
    place = sources.cache / "cds" / f"{key(dist, jre, jvm)}.classes"
    if place.is_file():
        return place
    subject = f"class data of ActiveMQ {dist.version}"
    with locked(place.with_name(f"{place.name}.lock"), subject, tell), writing(place):
        if place.is_file():
            return place
        tell(Event(subject, "start", f"starting a broker once to learn its classes (Java {jre.version})"))
        with scratch(sources.cache) as staging:
            learned = staging / "classes"
            for attempt in range(ATTEMPTS):
                try:
                    _train(staging / f"broker{attempt}", learned, dist, jre, jvm, caps)
                    break
                except (NodeDied, NeverHappened):
                    if attempt + 1 == ATTEMPTS:
                        raise
            put(learned, place)
    return place


def _train(place: Path, classes: Path, dist: Distribution, jre: Jre, jvm: JvmSettings, caps: Caps) -> None:
    """Start a broker that writes the names of its classes to `classes`, use it, stop it.

    It finds the store of one that was killed: a takeover begins with that, and is where time counts most.
    """
    place.mkdir()
    ports = training.free_ports()
    dirs, password = training.lay_out(dist.version, jvm, ports, place)
    with watched(launch.command(jre.java, dist, dirs, jvm, caps), place / "killed.log", environment()) as broker:
        training.exercise(ports, password, lambda: _alive(broker))
    command = launch.training_command(jre.java, dist, dirs, jvm, caps, classes)
    with watched(command, place / "log", environment()) as broker:
        training.exercise(ports, password, lambda: _alive(broker))
        broker.stop()
        until(broker.ended, what="the training broker ends", within=STOP)


def _alive(broker: Child) -> None:
    code = broker.poll()
    if code is not None:
        raise NodeDied("the training broker", code, broker.tail(20))


def environment() -> Mapping[str, str]:
    """No JAVA_TOOL_OPTIONS and the like: brokers run without them too, and archives depend on options."""
    return {name: os.environ[name] for name in ("PATH", "LANG", "TZ", "SYSTEMROOT") if name in os.environ}
