"""Each runtime as the contract suite holds it: the seam, and what the suite needs to know besides.

A cluster's name begins with a token of the test, so that no test touches a cluster that is someone's.
"""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from amqctl.activemq.versions import caps
from amqctl.cluster.intent import Intent, plan_of
from amqctl.cluster.model import Login
from amqctl.cluster.observation import handshakes
from amqctl.events import silent
from amqctl.plan.model import Files, Plan
from amqctl.plan.render import render
from amqctl.runtimes.seam import Runtime
from amqctl.wait import NotYet, until
from tests.fake_runtime import FakeRuntime

TOPOLOGY = """
apiVersion: amqctl/v1
name: {name}
activemq: 5.18.3
groups:
"""
PATIENCE = 60.0
Groups = Mapping[str, list[str]]  # name -> its brokers
USUAL: Groups = {"only.one": ["n-1", "n-2"]}


class Harness(Protocol):
    """ports: what is added to the usual ones, so that the suites of two runtimes may run at the same time."""

    runtime: Runtime
    cluster: str
    real: bool
    ports: int

    def end_by_itself(self, node: str) -> None: ...  # to the runtime this is a broker that stopped itself
    def has_data(self) -> bool: ...
    def file(self, node: str, name: str) -> tuple[str, int]: ...  # text and mode of a configuration file


class FakeHarness:
    real = False
    ports = 1200

    def __init__(self, world: dict[str, dict], cluster: str) -> None:
        self.cluster = cluster
        self.runtime = FakeRuntime(cluster, world)

    def end_by_itself(self, node: str) -> None:
        self.runtime.end_by_itself(node)

    def has_data(self) -> bool:
        return self.runtime.has_data()

    def file(self, node: str, name: str) -> tuple[str, int]:
        return self.runtime.files(node)[name], 0o600


class LocalHarness:
    real = True
    ports = 1225  # STOMP from 62613 on must not meet the OpenWire ports, 61616 on, of what runs beside: e2e has 2200

    def __init__(self, home: Path, cache: Path, cluster: str) -> None:
        from amqctl.provision.dirs import Dirs
        from amqctl.provision.sources import Sources
        from amqctl.runtimes.local import LocalRuntime

        self.cluster = cluster
        dirs = Dirs(cache=cache, state=home / "state")
        self.runtime = LocalRuntime(cluster, dirs=dirs, sources=Sources(cache=cache), tell=silent, env=dict(os.environ))

    def end_by_itself(self, node: str) -> None:
        """SIGTERM to the JVM alone."""
        import psutil

        pid = self.runtime.observe().nodes[node].pid
        assert pid is not None
        psutil.Process(pid).terminate()

    def has_data(self) -> bool:
        return (self.runtime.root / "stores").is_dir()

    def file(self, node: str, name: str) -> tuple[str, int]:
        path = self.runtime.root / "nodes" / node / "conf" / name
        return path.read_bytes().decode(), path.stat().st_mode & 0o777


class DockerHarness:
    real = True
    ports = 1400

    def __init__(self, env: Mapping[str, str], base: str, cache: Path, cluster: str) -> None:
        from amqctl.provision.engine import connect
        from amqctl.provision.sources import Sources
        from amqctl.runtimes.docker import DockerRuntime

        self.cluster = cluster
        engine = connect(env)
        self._client = engine.client
        self.runtime = DockerRuntime(cluster, engine=engine, base=base, sources=Sources(cache=cache), tell=silent)

    def end_by_itself(self, node: str) -> None:
        """SIGTERM from within: an engine that sends a signal itself takes the end for wanted."""
        code, said = self._container(node).exec_run(["sh", "-c", "kill -TERM 1"])
        assert code == 0, said

    def has_data(self) -> bool:
        labels = [f"amqctl.cluster={self.cluster}", "amqctl.kind=store"]
        return bool(self._client.volumes.list(filters={"label": labels}))

    def file(self, node: str, name: str) -> tuple[str, int]:
        from amqctl.activemq.containers import CONF

        packed, _ = self._container(node).get_archive(f"{CONF}/{name}")
        with tarfile.open(fileobj=io.BytesIO(b"".join(packed))) as tar:
            [member] = tar.getmembers()
            read = tar.extractfile(member)
            assert read is not None
            return read.read().decode(), member.mode & 0o777

    def _container(self, node: str):
        labels = [f"amqctl.cluster={self.cluster}", f"amqctl.node={node}"]
        [found] = self._client.containers.list(all=True, filters={"label": labels})
        return found


def planned(harness: Harness, groups: Groups = USUAL, offset: int = 0) -> tuple[Plan, Files]:
    text = TOPOLOGY.format(name=harness.cluster)
    for group, brokers in groups.items():
        text += f'  "{group}": {{brokers: {{{", ".join(f"{b}: {{}}" for b in brokers)}}}}}\n'
    plan = plan_of(Intent(text, None, port_offset=harness.ports + offset), harness.runtime.place)
    return plan, render(plan, {u.name: f"pw-{u.name}" for u in plan.settled.users}, caps)


def created(harness: Harness, groups: Groups = USUAL, offset: int = 0) -> tuple[Plan, Files]:
    plan, files = planned(harness, groups, offset)
    harness.runtime.prepare(plan)
    for node in plan.nodes:
        harness.runtime.create(node, files[node.name])
    return plan, files


def started(harness: Harness, plan: Plan, *nodes: str) -> None:
    for node in nodes:
        harness.runtime.start(node)
    for node in nodes:
        serving(harness, plan, node)


def serving(harness: Harness, plan: Plan, node: str) -> None:
    """Wait until the node's broker completes a handshake, where there is a real one."""
    if not harness.real:
        return

    def probe() -> None:
        if not handshakes(plan.node(node), Login("admin", "pw-admin")):
            raise NotYet("no handshake")

    until(probe, what=f"{node} serves", within=PATIENCE)
