"""Building an image on the engine: a context written here, streamed there; nothing of the client is mounted."""

from __future__ import annotations

import io
import re
import tarfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from amqctl.activemq import containers
from amqctl.errors import CannotRun, NotProvisioned, Problem
from amqctl.events import Event, Tell
from amqctl.provision.engine import Engine, refusals
from amqctl.provision.image.model import CHOOSE_BASE
from amqctl.provision.jre import TESTED

SILENCE = 600.0  # seconds that an engine may work on one step without a word
EVIDENCE = 15  # last lines of a build's log that an error shows
KILLED = 128  # exit codes above it are signals, which say nothing about the command itself


class Refused(Exception):
    """This image's Java makes no class-data archive, or does not take its own; the text is its word."""


def pack(place: Path, home: Path, recipe: str, classes: Path | None) -> None:
    """Write the build context to `place`: all of root's, and readable whatever the umask here was."""
    with tarfile.open(place, "w") as tar:
        text = recipe.encode()
        entry = tarfile.TarInfo("Dockerfile")
        entry.size = len(text)
        tar.addfile(entry, io.BytesIO(text))
        tar.add(home, containers.CONTEXT_HOME, filter=_plain)
        for path in (containers.CONF, containers.DATA, containers.TMP, containers.STORES):
            entry = tarfile.TarInfo(containers.CONTEXT_ROOT + path.removeprefix(containers.ROOT))
            entry.type, entry.mode = tarfile.DIRTYPE, 0o700
            tar.addfile(entry)
        if classes is not None:
            tar.add(classes, containers.CONTEXT_CLASSES, filter=_plain)


def _plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    entry.mode = 0o755 if entry.isdir() or entry.mode & 0o100 else 0o644
    # A class-data archive notes when each jar was changed; layers know whole seconds only.
    entry.mtime = int(entry.mtime)
    return entry


def build(ref: str, context: Path, engine: Engine, tell: Tell) -> str:
    """The id of what the context makes, under no name yet. Raises Refused, CannotRun.

    An engine ends a build whose client is gone; what that leaves has no name either (shelf.sweep).
    """
    with refusals(f"building {ref}"), context.open("rb") as body:
        stream = engine.client.api.build(
            fileobj=body,
            custom_context=True,
            rm=True,
            forcerm=True,
            decode=True,
            network_mode="none",
            timeout=int(SILENCE),
        )
        return judge(stream, ref, tell)


def judge(stream: Iterable[Mapping[str, Any]], ref: str, tell: Tell) -> str:
    """The id that a build's messages end with."""
    made = None
    log: list[str] = []
    for said in stream:
        if "error" in said:
            raise _failure(said, ref, log)
        made = (said.get("aux") or {}).get("ID", made)
        for line in str(said.get("stream", "")).splitlines():
            if line.strip():
                log.append(line.rstrip()[:300])
            if re.match(r"Step \d+/\d+ : RUN .*-Xshare:dump", line):
                tell(Event(ref, "progress", "laying out class data in the image"))
    warning = next((line for line in log if line.startswith("[") and "[warning][cds" in line), None)
    if warning is not None:
        raise Refused(warning)
    if made is None:
        raise _error(f"building {ref}: the engine ended without a word", "see its own log, then run this again", log)
    return str(made)


def _failure(said: Mapping[str, Any], ref: str, log: Sequence[str]) -> Exception:
    """What stopped a build: the engine's disk, a command that was killed, Java's own refusal, or else."""
    text = str(said["error"]).strip()
    code = int((said.get("errorDetail") or {}).get("code") or 0)
    whole = "\n".join([*log, text]).lower()
    if "no space left" in whole:
        fix = "make room on the engine's disk (docker system df, amqctl image prune), then run this again"
        return _error(f"building {ref}: the engine's disk is full", fix, log)
    if code > KILLED:
        fix = "it may have run out of memory; run this again"
        return _error(f"building {ref}: a command was killed (exit code {code})", fix, log)
    if code and "-Xshare:" in text:
        words = [line for line in log if not re.match(r"Step | --->|Removing ", line)]
        return Refused(words[-1] if words else f"exit code {code}")
    return _error(f"building {ref}: {text[:300]}", CHOOSE_BASE, log)


def _error(what: str, fix: str, log: Sequence[str]) -> CannotRun:
    error = CannotRun([Problem(what, fix)])
    error.details = tuple(line[:160] for line in log[-EVIDENCE:])
    return error


def check_java(base: str, ground: Mapping[str, Any], java_min: int, engine: Engine) -> None:
    """Raises NotProvisioned where the base has no Java that brokers were tested on."""
    java = containers.java(ground["Config"].get("Env") or ())
    wanted = " or ".join(str(version) for version in TESTED if version >= java_min)
    told = _java_version(ground["Id"], java, engine)
    found = re.search(r'version "(?:1\.)?(\d+)', told)
    if found is None:
        said = f" ({told.strip().splitlines()[-1][:200]})" if told.strip() else ""
        raise NotProvisioned([Problem(f"the base image {base} has no Java: {java} does not run{said}", CHOOSE_BASE)])
    if int(found[1]) not in TESTED or int(found[1]) < java_min:
        raise NotProvisioned(
            [Problem(f"the base image {base} has Java {found[1]}; brokers need {wanted}", CHOOSE_BASE)]
        )


def _java_version(image: str, java: str, engine: Engine) -> str:
    """What `java -version` says in a container, or why it does not start."""
    import docker.errors

    api = engine.client.api
    with temporary(image, engine, command=["-version"], entrypoint=[java]) as container:
        with refusals(f"running {java} in {image}"):
            try:
                api.start(container)
            except docker.errors.APIError as exc:
                return str(exc.explanation or exc)
            api.wait(container)
            return str(api.logs(container).decode("utf-8", "replace"))


@contextmanager
def temporary(image: str, engine: Engine, **settings: Any) -> Iterator[str]:
    """The id of a container that is gone after the block. It knows no network."""
    api = engine.client.api
    labels = {containers.IMAGE: "1", containers.STAGE: containers.LOOKING}
    with refusals(f"looking into image {image}"):
        host = api.create_host_config(network_mode="none")
        made = str(api.create_container(image, labels=labels, host_config=host, **settings)["Id"])
    try:
        yield made
    finally:
        with refusals(f"removing a temporary container of {image}"):
            api.remove_container(made, v=True, force=True)
