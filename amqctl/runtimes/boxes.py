"""What one container is made from: of a broker, and of a companion. Plain data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from amqctl.activemq.companions import engine, image_of
from amqctl.activemq.companions.model import LIB
from amqctl.activemq.containers import CONF, DATA, TMP
from amqctl.plan.companionfiles import ADMIN
from amqctl.plan.model import CompanionSpec, NodeFiles, NodeSpec, content, variables, written
from amqctl.provision.image import Image
from amqctl.runtimes import containers as c
from amqctl.runtimes.containers import Entry


@dataclass(frozen=True, slots=True)
class Box:
    """entrypoint: () leaves the image's own. user: None as the image says. owner: whose an empty store becomes;
    None: the image sees to that itself. store None: it has none."""

    name: str
    group: str
    image: str
    entrypoint: tuple[str, ...]
    command: tuple[str, ...]
    environment: Mapping[str, str]
    user: str | None
    owner: tuple[int, int] | None
    store: c.Store | None
    ports: tuple[int, ...]
    entries: tuple[Entry, ...]
    stop_signal: str | None = None
    working_dir: str | None = None


def of_broker(
    cluster: str, node: NodeSpec, files: NodeFiles, image: Image, jars: Sequence[Path], *, validated: bool
) -> Box:
    """jars: drivers and the like, which are copied in."""
    owner = (image.uid, image.gid)
    extra = tuple(f"{LIB}/{jar.name}" for jar in jars)
    line = c.command_line(cluster, node, image, extra, validated=validated)
    return Box(
        name=node.name,
        group=node.group,
        image=image.ref,
        # the JVM itself is process 1: an image's own script may keep SIGTERM from it
        entrypoint=line[:1],
        command=line[1:],
        environment=variables(files),
        user=f"{image.uid}:{image.gid}",
        owner=owner,
        store=c.store(cluster, node),
        ports=tuple(sorted(set(node.ports.values()))),
        entries=(
            *(Entry(path, 0o700, owner) for path in (CONF, DATA, TMP)),
            *(Entry(f"{CONF}/{name}", 0o600, owner, content(name, text)) for name, text in written(files).items()),
            *_jars(jars),
        ),
        working_dir=DATA,
    )


def of_companion(cluster: str, spec: CompanionSpec, files: NodeFiles, ours: Image | None, jars: Sequence[Path]) -> Box:
    """ours: the image for a server that is a JVM and has none of its own; jars: what that one needs."""
    server = spec.companion
    ref = image_of(server.kind, server.image, server.version)
    recipe = engine(server.kind).container(server.settings, files[ADMIN], ref, server.port)
    owner = (ours.uid, ours.gid) if ours else (0, 0)
    java = (ours.java,) if ours else ()
    return Box(
        name=spec.name,
        group=spec.name,
        image=ours.ref if ours else str(recipe.image),
        entrypoint=java,
        command=recipe.command,
        environment=recipe.environment,
        user=f"{ours.uid}:{ours.gid}" if ours else None,
        owner=owner if ours else None,
        store=c.Store("volume", c.data_volume(cluster, spec.name), recipe.data),
        ports=(server.port,),
        entries=(
            # an official image's server has a user of its own, and may not see what is root's below this
            *(Entry(path, 0o700 if ours else 0o755, owner) for path in (CONF, *((DATA, TMP) if ours else ()))),
            *(
                Entry(file.path, 0o600, owner if file.owner == "server" else (0, 0), file.text.encode())
                for file in recipe.files
            ),
            *_jars(jars),
        ),
        stop_signal=recipe.stop_signal,
    )


def _jars(jars: Iterable[Path]) -> tuple[Entry, ...]:
    found = tuple(Entry(f"{LIB}/{jar.name}", 0o644, (0, 0), jar.read_bytes()) for jar in jars)
    return (Entry(LIB, 0o755, (0, 0)), *found) if found else ()
