"""What a test must know of a machine's brokers besides what amqctl says of them: seen from the machine's own side.

One class a runtime, the same questions to each, so that a test is written once.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import tarfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import docker
import psutil
from docker.errors import NotFound
from docker.models.containers import Container

CLUSTER = "amqctl.cluster"
CONF = "/amqctl/conf"


class Side(Protocol):
    """ports: what is added to every offset, so that the tests of two runtimes may run at the same time."""

    name: str
    home: Path
    ports: int
    env: dict[str, str]

    def look(self) -> None: ...  # note what is to be told apart from other people's clusters later
    def brokers(self) -> dict[str, str]: ...  # node -> what is another one for each life of it; those that run
    def left(self) -> list[str]: ...  # all that exists of this machine's clusters, stored messages aside
    def stores(self) -> list[str]: ...  # where messages are stored
    def readable(self) -> list[str]: ...  # what others may read: command lines, environments, labels, logs
    def lines(self) -> list[str]: ...  # command lines
    def texts(self) -> list[bytes]: ...  # the configuration files
    def listening(self) -> set[str]: ...  # addresses
    def modes(self) -> dict[str, int]: ...  # of the configuration files
    def unresolved(self) -> list[str]: ...  # nodes that running nodes do not know by their host names
    def save(self, folder: Path) -> None: ...  # what helps to understand a failed test
    def end(self) -> None: ...  # nothing of this machine survives


class LocalSide:
    name = "local"
    ports = 0

    def __init__(self, home: Path) -> None:
        self.home = home
        self.env = {"AMQCTL_RUNTIME": "local", "PATH": str(bare_path(home))}

    def look(self) -> None:
        """Everything is below one directory."""

    def processes(self) -> list[psutil.Process]:
        """Everything that carries this machine's directory in its command line."""
        found = []
        for process in psutil.process_iter():
            try:
                line = process.cmdline()
            except psutil.Error:
                continue
            if any(str(self.home) in word for word in line) and process.pid != os.getpid():
                found.append(process)
        return found

    def brokers(self) -> dict[str, str]:
        found = {}
        for process in self._jvms():
            with suppress(psutil.NoSuchProcess):
                mark = next(word for word in process.cmdline() if word.startswith("-Damqctl.node="))
                found[mark.rpartition("/")[2]] = str(process.pid)
        return found

    def left(self) -> list[str]:
        clusters = self.home / "state" / "clusters"
        nodes = [str(p) for p in clusters.glob("*/nodes/*")] + [str(p) for p in clusters.glob("*/intent.json")]
        return [str(p) for p in self.processes()] + nodes

    def stores(self) -> list[str]:
        clusters = self.home / "state" / "clusters"
        return [str(p) for p in clusters.iterdir()] if clusters.is_dir() else []

    def readable(self) -> list[str]:
        told = [" ".join(p.cmdline()) + json.dumps(p.environ()) for p in self.processes()]
        return told + [p.read_text() for p in (self.home / "state" / "clusters").glob("*/nodes/*/log/*")]

    def lines(self) -> list[str]:
        return [" ".join(p.cmdline()) for p in self.processes()]

    def texts(self) -> list[bytes]:
        nodes = self.home / "state" / "clusters"
        return [p.read_bytes() for what in ("conf/*", "run/launch.json") for p in nodes.glob(f"*/nodes/*/{what}")]

    def listening(self) -> set[str]:
        connections = [c for p in self._jvms() for c in p.net_connections(kind="tcp")]
        return {c.laddr.ip.removeprefix("::ffff:") for c in connections if c.status == psutil.CONN_LISTEN}

    def unresolved(self) -> list[str]:
        return []  # they have one address, and it is in their URIs

    def modes(self) -> dict[str, int]:
        found = (self.home / "state" / "clusters").glob("*/nodes/*/conf/*")
        return {str(p): p.stat().st_mode & 0o777 for p in found}

    def save(self, folder: Path) -> None:
        """All of it is below the home, which is saved anyway."""

    def end(self) -> None:
        left = self.processes()
        for process in left:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(left, timeout=15)  # the next test wants their ports

    def _jvms(self) -> list[psutil.Process]:
        return [p for p in self.processes() if "java" in p.name()]


class DockerSide:
    """base: what amqctl builds its images on. The engine: the one that DOCKER_HOST says, as for amqctl."""

    name = "docker"
    ports = 500

    def __init__(self, home: Path, base: str) -> None:
        self.home = home
        self.env = {"AMQCTL_BASE_IMAGE": base, "PATH": str(bare_path(home))}
        self._client = docker.from_env(timeout=120)
        self._clusters: set[str] = set()

    def look(self) -> None:
        """A cluster of this machine has its passwords here; `down --volumes` deletes them, so note it before."""
        self._clusters |= {p.stem for p in (self.home / "state" / "secrets").glob("*.json")}

    def brokers(self) -> dict[str, str]:
        running = self._containers(all=False)
        return {c.labels["amqctl.node"]: c.id + c.attrs["State"]["StartedAt"] for c in running}

    def left(self) -> list[str]:
        names = [c.name for c in self._containers()] + [n.name for n in self._ours(self._client.networks.list)]
        volumes = self._ours(self._client.volumes.list)
        return names + [v.name for v in volumes if v.attrs["Labels"]["amqctl.kind"] != "store"]

    def stores(self) -> list[str]:
        volumes = self._ours(self._client.volumes.list)
        return [v.name for v in volumes if v.attrs["Labels"]["amqctl.kind"] == "store"]

    def readable(self) -> list[str]:
        containers = self._containers()
        return [json.dumps(c.attrs) for c in containers] + [c.logs().decode(errors="replace") for c in containers]

    def lines(self) -> list[str]:
        return [" ".join([c.attrs["Path"], *c.attrs["Args"]]) for c in self._containers()]

    def texts(self) -> list[bytes]:
        found = []
        for container in self._containers():
            packed, _ = container.get_archive(CONF)
            with tarfile.open(fileobj=io.BytesIO(b"".join(packed))) as tar:
                found += [body.read() for m in tar.getmembers() if (body := tar.extractfile(m)) is not None]
        return found

    def listening(self) -> set[str]:
        ports = [c.attrs["NetworkSettings"]["Ports"] for c in self._containers(all=False)]
        return {binding["HostIp"] for p in ports for bindings in p.values() for binding in bindings or []}

    def unresolved(self) -> list[str]:
        running = self._containers(all=False)
        names = [c.labels["amqctl.node"] for c in running]
        return [
            f"{c.labels['amqctl.node']} does not know {name}"
            for c in running
            for name in names
            if c.exec_run(["getent", "hosts", name]).exit_code != 0
        ]

    def modes(self) -> dict[str, int]:
        found = {}
        for container in self._containers():
            packed, _ = container.get_archive(CONF)
            with tarfile.open(fileobj=io.BytesIO(b"".join(packed))) as tar:
                found |= {f"{container.name}:{m.name}": m.mode & 0o777 for m in tar.getmembers() if m.isfile()}
        return found

    def save(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for container in self._containers():
            (folder / f"{container.name}.log").write_bytes(container.logs(timestamps=True))
            (folder / f"{container.name}.json").write_text(json.dumps(container.attrs, indent=1))

    def end(self) -> None:
        self.look()
        for container in self._containers():
            with suppress(NotFound):
                container.remove(force=True, v=True)
        for thing in [*self._ours(self._client.networks.list), *self._ours(self._client.volumes.list)]:
            thing.remove()
        self._client.close()

    def _containers(self, *, all: bool = True) -> list[Container]:
        return list(self._ours(lambda filters: self._client.containers.list(all=all, filters=filters)))

    def _ours(self, listed) -> Iterable:
        self.look()
        return [thing for name in sorted(self._clusters) for thing in listed(filters={"label": f"{CLUSTER}={name}"})]


def bare_path(home: Path) -> Path:
    """A PATH on which there is neither java nor docker."""
    bare = home / "bin"
    bare.mkdir(parents=True, exist_ok=True)
    for tool in ("sh", "ls", "env"):
        found = shutil.which(tool)
        if found and not (bare / tool).exists():
            (bare / tool).symlink_to(found)
    return bare
