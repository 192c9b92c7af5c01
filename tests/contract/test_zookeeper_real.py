"""A real ZooKeeper ensemble as plain processes, and one server in a container laid out as the official image."""

from __future__ import annotations

import subprocess
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from amqctl.activemq.companions import engine
from amqctl.activemq.companions.model import Process, Site
from amqctl.cluster import ensembles
from amqctl.cluster.databases import Greeting
from amqctl.cluster.model import Address
from amqctl.events import silent
from amqctl.provision import companions, training
from amqctl.provision.sources import Sources
from amqctl.wait import NotYet, until

pytestmark = pytest.mark.real


@dataclass
class Server:
    """One process; it comes and goes."""

    site: Site
    recipe: Process
    account: companions.Account | None
    process: subprocess.Popen[bytes] | None = None

    @property
    def seen(self) -> Greeting:
        return ensembles.greeting(Address(self.site.host, self.site.port), 2)

    def start(self) -> None:
        line = self.account.command(self.recipe.command) if self.account else self.recipe.command
        with (Path(self.site.node) / "log").open("ab") as log:
            self.process = subprocess.Popen(line, stdout=log, stderr=log, env=dict(self.recipe.environment), cwd="/")

    def end(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()


@contextmanager
def ensemble(place: Path, sources: Sources, count: int, version: str = "") -> Iterator[list[Server]]:
    found = companions.obtain_server("zookeeper", sources, silent, version=version)
    ports = list(training.free_ports()) + list(training.free_ports()) + list(training.free_ports())
    told = {f"server.{n}": f"127.0.0.1:{ports[3 * n - 3]}:{ports[3 * n - 2]}" for n in range(1, count + 1)}
    with ExitStack() as leaving:
        servers = []
        for number in range(1, count + 1):
            node = place / f"zk {number}"  # a blank: paths are quoted everywhere
            site = Site(str(node), str(node / "data"), str(node / "conf"), str(node / "tmp"), "127.0.0.1",
                        ports[3 * number - 1])  # fmt: skip
            peers = {**told, "myid": number} if count > 1 else {}
            recipe = engine("zookeeper").process(found.programs, site, {"tickTime": 500, **peers}, "")
            account = companions.account(companions.reach(found.programs, site))
            (node / "data").mkdir(parents=True)
            companions.set_up("zookeeper", found.programs, node / "data", "", account, silent)
            companions.lay_out(recipe, site, account)
            servers.append(Server(site, recipe, account))
            leaving.callback(servers[-1].end)
        for server in servers:
            server.start()
        yield servers


def modes(servers: list[Server], wanted: list[str], within: float = 30) -> None:
    def probe() -> None:
        seen = sorted(s.seen.seen for s in servers if s.seen.ready)
        if seen != wanted:
            raise NotYet(f"{[s.seen for s in servers]}")

    until(probe, what=f"the servers are {wanted}", within=within, every=0.05)


@pytest.fixture
def sources(amqctl_home: Path) -> Sources:
    return Sources(cache=amqctl_home / "cache")


def test_three_elect_a_leader_bear_the_loss_of_one_and_not_of_two(tmp_path: Path, sources: Sources) -> None:
    """Ready is what has a quorum: the one that is left answers, and says that it serves nobody."""
    with ensemble(tmp_path, sources, 3) as servers:
        modes(servers, ["follower", "follower", "leader"])
        leader = next(s for s in servers if s.seen.seen == "leader")
        for server in servers:
            assert server.process is not None
            process = psutil.Process(server.process.pid)
            assert all(uid != 0 for uid in process.uids())
            assert server.site.node in " ".join(process.cmdline())
            assert {c.laddr.ip.removeprefix("::ffff:") for c in process.net_connections("inet")
                    if c.status == psutil.CONN_LISTEN} == {"127.0.0.1"}  # fmt: skip
        leader.end()
        rest = [s for s in servers if s is not leader]
        modes(rest, ["follower", "leader"])
        rest[0].end()
        modes(rest, [])
        assert "not currently serving" in rest[1].seen.seen
        leader.start()
        modes([leader, rest[1]], ["follower", "leader"])


@pytest.mark.parametrize("version", ["3.8.3", "3.9.2"])
def test_one_alone_is_standalone_and_of_the_version_that_was_wanted(
    version: str, tmp_path: Path, sources: Sources
) -> None:
    with ensemble(tmp_path, sources, 1, version) as servers:
        modes(servers, ["standalone"])
        log = (Path(servers[0].site.node) / "log").read_text()
        assert f"environment:zookeeper.version={version}-" in log


@pytest.mark.docker
def test_a_container_by_the_recipe(base_image: str) -> None:
    """Its variables are the official image's; what was kept is there after a restart."""
    import docker

    from tests.lab import zookeeper as lab

    lab.ensure()
    client = docker.from_env()
    recipe = engine("zookeeper").container({"tickTime": 500}, "", lab.IMAGE, 2333)
    volume = client.volumes.create(f"amqctl-test-{uuid.uuid4().hex[:12]}")
    container = client.containers.create(
        recipe.image, environment=dict(recipe.environment), stop_signal=recipe.stop_signal,
        volumes={volume.name: {"bind": recipe.data, "mode": "rw"}},
        ports={f"{recipe.port}/tcp": ("127.0.0.1", None)},
    )  # fmt: skip
    try:
        for _ in range(2):
            container.start()
            container.reload()
            (published,) = container.attrs["NetworkSettings"]["Ports"]["2333/tcp"]
            address = Address("127.0.0.1", int(published["HostPort"]))

            def ready(address: Address = address) -> None:
                seen = ensembles.greeting(address, 2)
                if (seen.ready, seen.seen) != (True, "standalone"):
                    raise NotYet(seen.seen)

            until(ready, what="ZooKeeper is ready", within=60)
            owner = container.exec_run(["stat", "-c", "%U", "/proc/1"]).output.decode().strip()
            assert owner == "zookeeper"
            container.stop(timeout=20)
    finally:
        container.remove(force=True, v=True)
        volume.remove(force=True)
