"""Brokers as plain JVMs on this machine: one directory a node, one small supervisor a JVM.

    STATE/clusters/NAME/
        intent.json                 what `up` was asked for; no secrets
        stores/GROUP/kahadb         shared by the group's members; kept by `down`
        servers/NAME/data           a companion's; kept by `down`
        nodes/NODE/conf             rendered files (0600)
        nodes/NODE/data, tmp        the node's own
        nodes/NODE/server           of a companion: what its recipe hands to the server (0600, its user's)
        nodes/NODE/log/broker.log   the JVM's standard output
        nodes/NODE/run              launch.json (command line), exit.json (how it last ended)

The truth about processes is the process table (`processes`), never a pid file.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import psutil

from amqctl.activemq.launch import NodeDirs, command
from amqctl.activemq.versions import caps
from amqctl.errors import AmqctlError, Problem
from amqctl.events import Event, Tell
from amqctl.plan.model import (
    ENVIRONMENT,
    CompanionSpec,
    Multicast,
    NodeFiles,
    NodeSpec,
    Place,
    Plan,
    Spec,
    content,
    written,
)
from amqctl.plan.state import State
from amqctl.provision import private
from amqctl.provision.companions import Server
from amqctl.provision.dirs import Dirs
from amqctl.provision.kits import Kit, obtain
from amqctl.provision.schema import checked
from amqctl.provision.sources import Sources
from amqctl.runtimes import disk, localchecks, localnode, localserver, logfile, outgoing, processes, seed
from amqctl.runtimes.drivers import drivers
from amqctl.runtimes.localchecks import HOST
from amqctl.runtimes.seam import LogLine
from amqctl.topology.settled import Settled

# All three are needed. networkInterface alone leaves joining to ActiveMQ, which takes the last network card that
# it finds; joinNetworkInterface alone needs a route for multicast on loopback. Seen in captures with 5.18.3.
LOOPBACK = Multicast(
    {"joinNetworkInterface": "lo", "networkInterface": "lo", "timeToLive": "0"}, ("-Djava.net.preferIPv4Stack=true",)
)


class LocalRuntime:
    """The local runtime of one cluster. Satisfies `seam.Runtime`."""

    name = "local"

    def __init__(self, cluster: str, *, dirs: Dirs, sources: Sources, tell: Tell, env: Mapping[str, str]) -> None:
        self.cluster = cluster
        self.root = dirs.state / "clusters" / cluster
        self._sources = sources
        self._tell = tell
        self._env = env
        self._kits: Mapping[str, Kit] = {}
        self._servers: Mapping[str, Server] = {}
        self._jars: Mapping[str, Sequence[Path]] = {}
        self._plan: Plan | None = None

    def place(self, node: str, settled: Settled) -> Place:
        return Place(
            bind=HOST,
            inside=HOST,
            dial=HOST,
            data=str(self._dir(node) / "data"),
            stores=str(self.root / "stores"),
            multicast=LOOPBACK,
        )

    def check(self, plan: Plan) -> list[Problem]:
        # what a node of this cluster holds is this cluster's own to move or to end
        own = {s.pid for s in self.observe().nodes.values() if s.pid}
        return [*localchecks.problems(plan, own), *localserver.problems(plan, self.root), *seed.problems_here(plan)]

    def observe(self) -> State:
        names = self._nodes()
        found = processes.find([self._dir(n) for n in names])
        intent = self.root / "intent.json"
        return State(
            intent=intent.read_text(errors="replace") if intent.exists() else None,
            nodes={n: localnode.state(n, self._dir(n), found[self._dir(n)]) for n in names},
        )

    def provide(self, plan: Plan) -> None:
        if self._plan != plan:
            self._kits = obtain(plan, self._sources, self._tell)
            self._jars = drivers(plan, self._sources, self._tell)
            self._servers = localserver.obtain(plan, self.root, self._sources, self._tell, self._env)
            self._plan = plan

    def prepare(self, plan: Plan) -> None:
        self.provide(plan)
        if ports := outgoing.exposed(plan):
            self._tell(Event("ports", "warn", outgoing.said(ports)))
        with disk.refusals(self.root):
            replicas = [Path(n.replica) for n in plan.nodes if n.replica]
            shared = [Path(p) for n in plan.nodes for p in n.shared]
            for directory in (self.root, self.root / "nodes", *shared, *replicas):
                directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            for group in plan.settled.groups:
                if group.store.seed:
                    seed.plant(group, Path(plan.members(group.name)[0].shared[0]), self._tell)
            private.write(self.root / "intent.json", plan.intent)

    def create(self, node: Spec, files: NodeFiles) -> None:
        if node.name not in self._kits and node.name not in self._servers:
            raise AmqctlError(f"{node.name} is created before prepare()")
        directory = self._dir(node.name)
        with disk.refusals(directory):
            for part in ("conf", "data", "tmp", "log", "run"):
                (directory / part).mkdir(parents=True, exist_ok=True, mode=0o700)
            if isinstance(node, CompanionSpec):
                launch = localserver.lay_out(node, files, self._servers[node.name], directory, self.root, self._tell)
            else:
                launch = self._launch(node)
            # before the files: a create that is cut short must show as changed files
            private.write(directory / "run" / "launch.json", json.dumps(launch, indent=1))
            if ENVIRONMENT in files:
                private.write(directory / "run" / ENVIRONMENT, files[ENVIRONMENT])
            else:
                (directory / "run" / ENVIRONMENT).unlink(missing_ok=True)
            kept = written(files)
            for old in (directory / "conf").iterdir():
                if old.name not in kept and old.is_file():
                    old.unlink()
            for name, text in kept.items():
                private.write(directory / "conf" / name, content(name, text))

    def start(self, node: str) -> None:
        directory = self._dir(node)
        if not (directory / "run" / "launch.json").exists():
            raise AmqctlError(f"{node} does not exist on {self.cluster}", hint="amqctl up creates it")
        found = processes.find([directory])[directory]
        if found.supervisor is not None and (found.jvm is not None or not localnode.ended(directory)):
            return
        # a JVM without a supervisor would not be brought back; a supervisor in its pause is not a start
        processes.end(directory, grace=10)
        (directory / "run" / "exit.json").unlink(missing_ok=True)
        with (directory / "log" / "supervisor.log").open("ab") as log:
            # -I -S: neither the user's environment nor site-packages; it starts in a blink
            launched = subprocess.Popen(
                [sys.executable, "-I", "-S", processes.SUPERVISOR, str(directory)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=directory,
                start_new_session=True,
            )
        processes.await_name(launched.pid)

    def stop(self, node: str, *, grace: float) -> None:
        if self._exists(node):
            processes.end(self._dir(node), grace=grace, by=localnode.stop_signal(self._dir(node)))
            (self._dir(node) / "run" / "exit.json").unlink(missing_ok=True)

    def kill(self, node: str) -> None:
        if self._exists(node):
            processes.end(self._dir(node), grace=None)
            (self._dir(node) / "run" / "exit.json").unlink(missing_ok=True)

    def pause(self, node: str) -> None:
        processes.freeze(self._dir(node))

    def resume(self, node: str) -> None:
        processes.thaw(self._dir(node))

    def remove(self, node: str) -> None:
        self.kill(node)
        disk.delete(self._dir(node))

    def destroy(self, *, volumes: bool) -> None:
        for node in self._nodes():
            self.remove(node)
        (self.root / "intent.json").unlink(missing_ok=True)
        if volumes:
            disk.delete(self.root)
        elif self.root.exists():
            disk.delete(self.root / "nodes")
            if not any(self.root.iterdir()):
                self.root.rmdir()

    def store_file_system(self, node: NodeSpec) -> str:
        place = node.replica or next(iter(node.shared), None)
        if place is None:
            return "unknown"
        path = Path(place)
        mounts = {p.mountpoint: p.fstype for p in psutil.disk_partitions(all=True)}
        return next((mounts[str(p)] for p in (path, *path.parents) if str(p) in mounts), "unknown")

    def logs(self, node: str, *, since: float | None = None, follow: bool = False) -> Iterator[LogLine]:
        return logfile.read(node, self._dir(node) / "log" / "broker.log", since=since, follow=follow)

    def last_lines(self, node: str) -> list[LogLine]:
        return logfile.tail(node, self._dir(node) / "log" / "broker.log")

    def _dir(self, node: str) -> Path:
        return self.root / "nodes" / node

    def _nodes(self) -> Sequence[str]:
        nodes = self.root / "nodes"
        return sorted(p.name for p in nodes.iterdir() if p.is_dir()) if nodes.is_dir() else []

    def _exists(self, node: str) -> bool:
        return self._dir(node).is_dir()

    def _launch(self, node: NodeSpec) -> dict[str, object]:
        """The command line and environment of the node's JVM; no secret is in either."""
        kit = self._kits[node.name]
        directory = self._dir(node.name)
        dirs = NodeDirs(
            conf=str(directory / "conf"),
            data=str(directory / "data"),
            tmp=str(directory / "tmp"),
            marker=str(directory),
            port=node.broker.console,
            base=str(directory) if node.broker.own else None,
        )
        line = command(
            str(kit.jre.java),
            kit.distribution,
            dirs,
            node.broker.jvm,
            caps(node.broker.version),
            str(kit.archive) if kit.archive else None,
            validated=checked(node.broker.version, self._sources),
            extra=tuple(map(str, self._jars[node.name])),
            repairs=node.repairs,
        )
        # JAVA_TOOL_OPTIONS and the like would change every broker behind the user's back
        return {"command": list(line), "env": {k: self._env[k] for k in ("PATH", "LANG", "TZ") if k in self._env}}
