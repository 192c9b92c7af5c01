"""The program over ActiveMQ's own Java client, compiled against exactly the client that a distribution has.

    cache/java/<key>.jar      a key for each distribution, source and compiler; only ever renamed into place

It is compiled here and not when amqctl is built: installing a Python package needs no JDK and no network, and
which of ActiveMQ's clients is wanted (javax or jakarta, 5.13 or 6.2) is known only when it is. The Eclipse
compiler, one checked jar, runs on the JRE that came with amqctl; it takes a second or two, once.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from amqctl.activemq import javaclient
from amqctl.errors import NeverHappened, NotProvisioned, Problem
from amqctl.events import Event, Tell
from amqctl.provision import dist, jre
from amqctl.provision.child import run
from amqctl.provision.classes import environment
from amqctl.provision.companions import obtain_jars
from amqctl.provision.dist import Distribution
from amqctl.provision.scratch import locked, put, scratch, writing
from amqctl.provision.sources import Sources

FORMAT = "1"
COMPILE = 120.0  # seconds; it takes one or two on a machine that has nothing else to do


@dataclass(frozen=True, slots=True)
class JavaClient:
    """version: ActiveMQ's, of the client. command: what runs it, without a secret."""

    version: str
    command: tuple[str, ...]


def obtain(version: str, sources: Sources, tell: Tell) -> JavaClient:
    """The client of ActiveMQ `version`, made if need be. Raises NotProvisioned.

    It runs on a Java of amqctl's own choice, whatever brokers run on: theirs may be too old for it.
    """
    java = jre.find(javaclient.JAVA_MIN, "auto", tell).java
    copy = dist.obtain(version, sources, tell)
    jars = javaclient.client_jars(copy.class_path)
    program = _program(copy, java, sources, tell)
    return JavaClient(version, javaclient.run_command(java, program, jars))


def source() -> dict[str, str]:
    """The program as it is in the package: name -> text."""
    folder = resources.files("amqctl") / "java" / "amqctl"
    return {f.name: f.read_text("utf-8") for f in sorted(folder.iterdir(), key=lambda f: f.name) if ".java" in f.name}


def _program(copy: Distribution, java: Path, sources: Sources, tell: Tell) -> Path:
    files = source()
    place = sources.cache / "java" / f"{_key(copy, files)}.jar"
    if _whole(place):
        return place
    subject = f"Java client of ActiveMQ {copy.version}"
    with locked(place.with_suffix(".lock"), subject, tell), writing(place):
        if not _whole(place):
            tell(Event(subject, "start", "compiling"))
            _make(place, copy, files, java, sources, tell)
            tell(Event(subject, "done", "compiled, and kept"))
    return place


def _key(copy: Distribution, files: dict[str, str]) -> str:
    parts = [FORMAT, copy.digest, str(javaclient.COMPILER), *(f"{name}\n{text}" for name, text in files.items())]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:24]


def _whole(place: Path) -> bool:
    try:
        with zipfile.ZipFile(place) as packed:
            return packed.testzip() is None
    except (OSError, zipfile.BadZipFile):
        return False


def _make(place: Path, copy: Distribution, files: dict[str, str], java: Path, sources: Sources, tell: Tell) -> None:
    jars = javaclient.client_jars(copy.class_path)
    package = _spelling(javaclient.api_jars(copy.class_path), copy)
    [compiler] = obtain_jars([javaclient.COMPILER], sources, tell)
    with scratch(sources.cache) as staging:
        written, classes, made = staging / "source" / "amqctl", staging / "classes", staging / place.name
        written.mkdir(parents=True)
        for name, text in files.items():
            (written / name).write_text(javaclient.spelled(text, package), "utf-8")
        _run(javaclient.compile_command(java, compiler, jars, written.parent, classes), staging / "log", copy)
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
            for file in sorted(classes.rglob("*.class")):
                packed.write(file, file.relative_to(classes).as_posix())
        put(made, place)


def _spelling(jars: Sequence[Path], copy: Distribution) -> str:
    """javax.jms or jakarta.jms: which of them the distribution's JMS API has. The jar is asked and not its name:
    jakarta.jms-api 2.0 (5.18) has javax.jms."""
    for jar in jars:
        with zipfile.ZipFile(jar) as packed:
            names = set(packed.namelist())
        for entry, package in javaclient.SPELLINGS.items():
            if entry in names:
                return package
    raise NotProvisioned([Problem(f"{copy.home} has no JMS API in its lib", "is it a whole copy of ActiveMQ?")])


def _run(command: Sequence[str], log: Path, copy: Distribution) -> None:
    try:
        code, told = run(command, log, environment(), "the Java client is compiled", COMPILE)
    except NeverHappened as exc:
        raise NotProvisioned([Problem(str(exc), "is this machine very busy? try again")]) from exc
    if code != 0:
        said = "; ".join(line.strip() for line in told[-20:] if line.strip())[:400] or "it said nothing"
        what = f"the Java client of ActiveMQ {copy.version} cannot be compiled: {said}"
        raise NotProvisioned([Problem(what, "drills with --client stomp need no Java client")])
