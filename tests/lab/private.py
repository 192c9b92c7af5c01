"""An engine of one's own, to be filled up, killed and restarted without hurting the one that others use.

Its disk is a small tmpfs (overlay2 works on one). Two dockerds on one machine share more than they should, so:

- `--iptables=false`: a dockerd clears at its start the chains that all of them use, and the other engine's
  published ports would go with them. Its own are served by docker-proxy; one rule lets its bridged frames pass.
- `--bridge` of its own, and neither `--bridge=none` nor `--default-address-pool`: with either of them dockerd
  deletes docker0, the one at a start, the other at a restart, whoever's it is (seen with 20.10.24).
"""

from __future__ import annotations

import ipaddress
import os
import re
import secrets
import shutil
import signal
import socket
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import docker
import psutil
from docker.errors import APIError

from amqctl.errors import NeverHappened
from amqctl.wait import NotYet, until
from tests.lab.dockerd import Dockerd, end, gone, version
from tests.lab.shell import LabError, need_root, run

BRIDGES = ipaddress.ip_network("10.213.0.0/16")  # cut into small pieces, one for each engine's own bridge
FILLER = "filler"


@contextmanager
def private_engine(disk: str = "2g") -> Iterator[PrivateEngine]:
    """disk: the size of all that it holds, images too, as mount(8) writes sizes. It is in memory."""
    need_root("a second dockerd")
    engine = PrivateEngine(Path(tempfile.mkdtemp(prefix="lab-", dir="/tmp")), disk)
    try:
        engine.begin()
        yield engine
    finally:
        engine.finish()


class PrivateEngine:
    """url: what DOCKER_HOST is to be. process: the dockerd, while there is one."""

    def __init__(self, home: Path, disk: str) -> None:
        self.home = home  # short, and below /tmp: containerd's sockets lie in it, and their paths are limited
        self.data = home / "data"
        self.url = f"unix://{home}/sock"
        self.bridge = home.name.replace("-", "")[:15]
        self.process: psutil.Process | None = None
        self._disk = disk
        self._dockerd = Dockerd(self.url, home / "log", self._options())

    @contextmanager
    def client(self) -> Iterator[docker.DockerClient]:
        with closing(docker.DockerClient(base_url=self.url, version="auto", timeout=120)) as connected:
            yield connected

    def start(self) -> None:
        self.process = self._dockerd.start()

    def stop(self) -> None:
        """SIGTERM, as an upgrade or a shutdown does: it ends its containers, then itself."""
        if self.process is not None:
            end(self.process)
            self.process = None

    def restart(self) -> None:
        self.stop()
        self.start()

    def kill(self) -> None:
        """SIGKILL: gone in the middle of whatever it does. Its containers live on until it is started again."""
        if self.process is not None:
            below = _children(self.process)
            self.process.send_signal(signal.SIGKILL)
            gone(self.process, 30)
            self.process = None
            until(lambda: _reaped(below), what="its containerd is gone", within=60)

    def fill(self, leave: int = 0) -> None:
        """Take all room of its disk but `leave` bytes."""
        free = shutil.disk_usage(self.data).free - leave
        with (self.data / FILLER).open("wb") as filler:
            os.posix_fallocate(filler.fileno(), 0, free)

    def make_room(self) -> None:
        (self.data / FILLER).unlink(missing_ok=True)

    def load(self, image: str) -> None:
        """Copy an image of the shared engine."""
        with closing(docker.from_env(timeout=300)) as shared, self.client() as mine:
            mine.images.load(shared.images.get(image).save(named=True))

    def begin(self) -> None:
        self.data.mkdir()
        run("mount", "-t", "tmpfs", "-o", f"size={self._disk},mode=711", "amqctl-lab", str(self.data))
        run("ip", "link", "add", self.bridge, "type", "bridge")
        run("ip", "address", "add", f"{_free_piece()[1]}/26", "dev", self.bridge)
        run("ip", "link", "set", self.bridge, "up")
        run("iptables", "-w", "-I", *self._rule())
        self.start()

    def finish(self) -> None:
        """Nothing of it is left, however it was treated. Raises LabError for what would not go."""
        self.make_room()
        try:
            if version(self.url) is None:  # what it knows, it removes best itself
                self.start()
            self._remove_all()
        except (LabError, APIError):
            self._end_leftovers()
        self.stop()
        self._end_leftovers()
        self._take_down()

    def _options(self) -> list[str]:
        return [
            "--data-root", str(self.data), "--exec-root", str(self.home / "run"), "--pidfile", str(self.home / "pid"),
            "--host", self.url, "--bridge", self.bridge, "--iptables=false", "--ip-masq=false",
        ]  # fmt: skip

    def _rule(self) -> list[str]:
        """Bridged frames pass, whatever another engine made of the policy. Its name keeps it apart from others'."""
        named = ["-m", "comment", "--comment", self.bridge]
        return ["FORWARD", "-m", "physdev", "--physdev-is-bridged", *named, "-j", "ACCEPT"]

    def _remove_all(self) -> None:
        with self.client() as client:
            for container in client.containers.list(all=True):
                container.remove(force=True, v=True)
            client.networks.prune()

    def _end_leftovers(self) -> None:
        """A killed dockerd leaves shims and what runs under them; each names this home in its command line."""
        left = [p for p in psutil.process_iter(["cmdline"]) if str(self.home) in " ".join(p.info["cmdline"] or [])]
        mine = [p for p in left if p.name().startswith(("dockerd", "containerd", "docker-proxy", "runc"))]
        for process in [*mine, *(child for p in mine for child in _children(p))]:
            with suppress(psutil.NoSuchProcess):
                process.kill()

    def _devices(self) -> list[str]:
        """Its bridges that are there still: its own, and those of networks that it knows, by its database."""
        known = self.data / "network" / "files" / "local-kv.db"
        names = set(re.findall(rb"br-[0-9a-f]{12}", known.read_bytes())) if known.exists() else set()
        return sorted({self.bridge, *(n.decode() for n in names)} & set(psutil.net_if_addrs()))

    def _take_down(self) -> None:
        with suppress(LabError):
            run("iptables", "-w", "-D", *self._rule())
        for device in self._devices():
            run("ip", "link", "delete", device)

        def unmounted() -> None:
            for mount in _mounts(self.home):
                with suppress(LabError):
                    run("umount", mount)
            if left := _mounts(self.home):
                raise NotYet(f"still mounted: {left}")

        try:
            until(unmounted, what=f"{self.home} is unmounted", within=20, every=0.2)
        except NeverHappened as exc:
            raise LabError(str(exc)) from exc
        shutil.rmtree(self.home)


def _free_piece() -> ipaddress.IPv4Network:
    """Any in which this machine has no address; at random, for two may look at the same time."""
    taken = [
        ipaddress.ip_address(a.address)
        for addresses in psutil.net_if_addrs().values()
        for a in addresses
        if a.family == socket.AF_INET
    ]
    return secrets.choice([b for b in BRIDGES.subnets(new_prefix=26) if not any(a in b for a in taken)])


def _children(process: psutil.Process) -> list[psutil.Process]:
    with suppress(psutil.NoSuchProcess):
        return process.children(recursive=True)
    return []


def _reaped(processes: list[psutil.Process]) -> None:
    """Not even a zombie: the next dockerd would take it for a containerd that still runs, and wait for it."""
    if left := [p for p in processes if psutil.pid_exists(p.pid)]:
        raise NotYet(str(left))


def _mounts(home: Path) -> list[str]:
    """What is mounted below home, the innermost first."""
    points = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
    return sorted((p for p in points if p.startswith(f"{home}/")), key=len, reverse=True)
