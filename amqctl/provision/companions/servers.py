"""Server programs of an engine: those installed on this machine where they fit, else unpacked from Maven.

cache/servers/<kind>-<version>/     programs; only ever renamed into place
    amqctl.json                     what they were made of
"""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from amqctl.activemq.companions import begins, engine
from amqctl.activemq.companions import jars as jars_of
from amqctl.activemq.companions.model import Artifact, OnHost, Programs
from amqctl.errors import NotProvisioned, Problem
from amqctl.events import Event, Tell
from amqctl.provision.companions.jars import obtain_jars
from amqctl.provision.companions.unpacking import unpack
from amqctl.provision.fetch import Absent, Repository, telling
from amqctl.provision.scratch import locked, put, scratch, writing
from amqctl.provision.sources import Sources

MANIFEST = "amqctl.json"
FORMAT = 1
_ASKING = 20.0  # seconds a program may take to say its version


@dataclass(frozen=True, slots=True)
class Server:
    """origin: for people, "this host" or "Maven Central"."""

    kind: str
    programs: Programs
    origin: str


def obtain_server(
    kind: str,
    sources: Sources,
    tell: Tell,
    *,
    version: str = "",
    java: str = "auto",
    env: Mapping[str, str] | None = None,
) -> Server:
    """Programs of `kind`; raises NotProvisioned with everything looked at.

    version: "16" or "16.4", the beginning of the one wanted. java: as runtime.local.java, for a server that is
    a JVM. env: its PATH is looked through.
    """
    recipe = engine(kind)
    if recipe.JARS:
        return _of_jars(kind, version, sources, tell, java)
    env = os.environ if env is None else env
    looked_at: list[str] = []
    if recipe.ON_HOST is not None:
        for programs in _on_host(recipe.ON_HOST, env, looked_at):
            if begins(programs.version, version):
                return Server(kind, programs, "this host")
            looked_at.append(f"{programs.server}: {programs.version}")
    if (unpacked := _published(kind, version, sources, tell, looked_at)) is not None:
        return Server(kind, unpacked, sources.shown)
    wanted = f"{recipe.TITLE} {version}".strip()
    what = f"no {wanted} server for plain processes; looked at: {'; '.join(looked_at) or 'nothing fits'}"
    raise NotProvisioned([Problem(what, f"install it on this machine, or use --runtime docker ({recipe.IMAGE})")])


def _published(kind: str, version: str, sources: Sources, tell: Tell, looked_at: list[str]) -> Programs | None:
    """From Maven; what is passed over is noted, with the reason."""
    artifact = engine(kind).artifact(platform.system(), platform.machine())
    if artifact is None:
        return None
    if begins(artifact.file.version, version):
        return _unpacked(kind, artifact, sources, tell)
    looked_at.append(f"{sources.shown}: {artifact.file.version}")
    if version.count(".") == 2:  # what is published has three numbers
        try:
            return _unpacked(kind, artifact.of(version), sources, tell)
        except NotProvisioned as exc:
            looked_at += [problem.what for problem in exc.problems]
    return None


def _of_jars(kind: str, version: str, sources: Sources, tell: Tell, java: str) -> Server:
    from amqctl.provision import jre

    recipe = engine(kind)
    wanted = jars_of(kind, version)
    if not wanted:
        what = f"no {recipe.TITLE} {version} server for plain processes; amqctl has {recipe.JARS[0].version}"
        lines = " or ".join(f"{line}.N" for line in recipe.LINES)
        fix = f"leave `version` out, write {lines} with all its numbers, or use --runtime docker"
        raise NotProvisioned([Problem(what, fix)])
    found = jre.find(recipe.JAVA_MIN, java, tell)
    jars = obtain_jars(wanted, sources, tell)
    programs = Programs(
        server=str(found.java), setup="", home=str(jars[0].parent), version=wanted[0].version,
        jars=tuple(str(jar) for jar in jars),
    )  # fmt: skip
    return Server(kind, programs, sources.shown)


def _on_host(looked_for: OnHost, env: Mapping[str, str], looked_at: list[str]) -> Iterator[Programs]:
    """The one on the PATH first, then the others, newest first. What is passed over is noted, with the reason."""
    found = []
    first = True
    for server in _servers(looked_for, env):
        text = _answer(server)
        match = re.search(looked_for.version, text)
        if match is None:
            continue  # some other program, or one that does not start
        numbers = tuple(int(n) for n in match[1].split("."))
        setup = _beside(server, looked_for)
        if numbers < looked_for.oldest:
            looked_at.append(f"{server}: {match[1]} is too old")
        elif setup is None:
            looked_at.append(f"{server}: no {' or '.join(looked_for.setup)} beside it")
        else:
            found.append((first, numbers, Programs(str(server), str(setup), str(server.parent.parent), match[1])))
            first = False
    yield from (programs for *_, programs in sorted(found, key=lambda row: row[:2], reverse=True))


def _servers(looked_for: OnHost, env: Mapping[str, str]) -> Iterator[Path]:
    seen = set()
    for name in looked_for.server:
        on_path = shutil.which(name, path=env.get("PATH", ""))
        for path in (*((Path(on_path),) if on_path else ()), *_in_places(looked_for.places, name)):
            # resolved: links on the PATH lead to where the rest of it lies
            real = path.resolve()
            if real not in seen and os.access(real, os.X_OK):
                seen.add(real)
                yield real


def _in_places(places: tuple[str, ...], name: str) -> Iterator[Path]:
    for place in places:
        yield from sorted(Path("/").glob(f"{place.lstrip('/')}/{name}"), reverse=True)


def _beside(server: Path, looked_for: OnHost) -> Path | None:
    """The set-up program of the same installation: MariaDB's lies in bin, its server in sbin."""
    for name in looked_for.setup:
        for place in (server.parent, server.parent.parent / "bin", server.parent.parent / "scripts"):
            path = place / name
            if os.access(path, os.X_OK):
                return path
    return None


def _unpacked(kind: str, artifact: Artifact, sources: Sources, tell: Tell) -> Programs:
    home = sources.cache / "servers" / f"{kind}-{artifact.file.version}"
    if (programs := _cached(home, artifact)) is not None:
        return programs
    title = f"{engine(kind).TITLE} {artifact.file.version}"
    with locked(home.parent / f".{home.name}.lock", title, tell):
        if (programs := _cached(home, artifact)) is not None:
            return programs
        tell(Event(title, "start", "provisioning"))
        _make(home, artifact, title, sources, tell)
        programs = _cached(home, artifact)
        if programs is None:
            raise NotProvisioned([Problem(f"{home} is not as it was made", "delete it and try again")])
        tell(Event(title, "done", f"provisioned from {sources.shown}"))
        return programs


def _cached(home: Path, artifact: Artifact) -> Programs | None:
    try:
        note = json.loads((home / MANIFEST).read_text("utf-8"))
        if note["format"] != FORMAT:
            return None
    except (OSError, ValueError, KeyError, TypeError):
        return None
    server, setup = home / artifact.server, home / artifact.setup
    if not (os.access(server, os.X_OK) and os.access(setup, os.X_OK)):
        return None
    messages = str(home / artifact.messages) if artifact.messages else ""
    return Programs(str(server), str(setup), str(home), artifact.file.version, messages)


def _make(home: Path, artifact: Artifact, title: str, sources: Sources, tell: Tell) -> None:
    with scratch(sources.cache) as staging, writing(home):
        repository = Repository(sources, staging)
        try:
            file = repository.get(artifact.file.path, telling(title, tell))
        except Absent as exc:
            raise NotProvisioned(
                [Problem(f"{sources.shown} has no {artifact.file.name}", "ask another mirror, or install the server")]
            ) from exc
        tell(Event(title, "progress", "unpacking"))
        made = staging / home.name
        unpack(file, artifact, made)
        _must_run(made / artifact.server, title)
        note = {"format": FORMAT, "file": str(artifact.file), "sha1": repository.sha1(artifact.file.path)}
        (made / MANIFEST).write_text(json.dumps(note, indent=1), "utf-8")
        home.parent.mkdir(parents=True, exist_ok=True)
        put(made, home)


def _must_run(server: Path, title: str) -> None:
    """A program of elsewhere may lack libraries here; better said now than by a server that never answers."""
    text = _answer(server)
    refused = text.startswith(f"{server}: ") or "error while loading" in text
    if refused or re.search(r"\d+\.\d+", text) is None:
        said = text.strip().splitlines()[-1:] or ["it says nothing"]
        raise NotProvisioned(
            [
                Problem(
                    f"{title} does not run on this machine: {said[0].removeprefix(f'{server}: ')}",
                    "install that library, or the server itself; or use --runtime docker",
                )
            ]
        )


def _answer(server: Path) -> str:
    """What it says to --version, or why it does not start; asking does no harm, also as root."""
    try:
        answer = subprocess.run(
            [str(server), "--version"], capture_output=True, text=True, errors="replace", timeout=_ASKING
        )
    except (OSError, subprocess.SubprocessError) as exc:
        return f"{server}: {exc}"
    return answer.stdout + answer.stderr
