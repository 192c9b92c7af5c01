"""A runtime in memory that keeps the seam's promises; the contract suite holds it to them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from amqctl.errors import AmqctlError, Problem
from amqctl.plan.model import NodeFiles, NodeSpec, Place, Plan, digest
from amqctl.plan.state import NodeState, State
from amqctl.runtimes.seam import LogLine
from amqctl.topology.settled import Settled


class FakeRuntime:
    name = "fake"
    _pids = itertools.count(1000)

    def __init__(self, cluster: str, world: dict[str, dict]) -> None:
        self._all = world
        self.cluster = cluster

    @property
    def _me(self) -> dict:
        return self._all.setdefault(self.cluster, {"intent": None, "nodes": {}, "data": set(), "logs": {}})

    def place(self, node: str, settled: Settled) -> Place:
        return Place("127.0.0.1", node, "127.0.0.1", f"/{self.cluster}/{node}", f"/{self.cluster}/stores")

    def check(self, plan: Plan) -> list[Problem]:
        taken = {
            port: f"{cluster}/{node}"
            for cluster, facts in self._all.items()
            if cluster != self.cluster
            for node, state in facts["nodes"].items()
            if state.status == "running"
            for port in facts.get("ports", {}).get(node, ())
        }
        return [
            Problem(f"port {port} ({kind} of {n.name}) is taken by {taken[port]}", "use --port-offset")
            for n in plan.nodes
            for kind, port in n.ports.items()
            if port in taken
        ]

    def observe(self) -> State:
        return State(self._me["intent"], dict(self._me["nodes"]))

    def store_file_system(self, node: NodeSpec) -> str:
        return "unknown"

    def provide(self, plan: Plan) -> None:
        """There is nothing to fetch."""

    def prepare(self, plan: Plan) -> None:
        self._me["intent"] = plan.intent
        self._me["ports"] = {n.name: tuple(n.ports.values()) for n in plan.nodes}
        self._me["data"] |= {path for n in plan.nodes for path in n.shared}

    def create(self, node: NodeSpec, files: NodeFiles) -> None:
        if any(len(name) > 255 for name in files):
            raise AmqctlError("file name too long")
        self._me.setdefault("texts", {})[node.name] = dict(files)
        self._me["nodes"][node.name] = NodeState(node.name, "created", files={k: digest(v) for k, v in files.items()})

    def start(self, node: str) -> None:
        old = self._node(node)
        if old.status != "running":
            self._set(old, "running", next(self._pids))
            self._me["logs"].setdefault(node, []).append(LogLine(node, float(old.pid or 0), f"{node} started"))

    def stop(self, node: str, *, grace: float) -> None:
        self.kill(node)

    def kill(self, node: str) -> None:
        if node in self._me["nodes"]:
            self._set(self._me["nodes"][node], "created", None)

    def remove(self, node: str) -> None:
        self._me["nodes"].pop(node, None)

    def destroy(self, *, volumes: bool) -> None:
        data = set() if volumes else self._me["data"]
        self._all[self.cluster] = {"intent": None, "nodes": {}, "data": data, "logs": {}}

    def logs(self, node: str, *, since: float | None = None, follow: bool = False) -> Iterator[LogLine]:
        return iter([line for line in self._me["logs"].get(node, []) if since is None or line.at >= since])

    def last_lines(self, node: str) -> list[LogLine]:
        return list(self._me["logs"].get(node, []))[-400:]

    # what the contract suite asks besides the seam
    def end_by_itself(self, node: str) -> None:
        """As a broker that lost its lock: it is brought back."""
        old = self._node(node)
        self._me["nodes"][node] = NodeState(
            node, "running", next(self._pids), 0, old.restarts + 1, 1.0, True, old.files
        )

    def has_data(self) -> bool:
        return bool(self._me["data"])

    def files(self, node: str) -> dict[str, str]:
        return self._me["texts"][node]

    def _node(self, node: str) -> NodeState:
        if node not in self._me["nodes"]:
            raise AmqctlError(f"{node} does not exist on {self.cluster}")
        return self._me["nodes"][node]

    def _set(self, old: NodeState, status: str, pid: int | None) -> None:
        at = 1.0 if pid else None
        self._me["nodes"][old.name] = NodeState(old.name, status, pid, None, 0, at, pid is not None, old.files)  # type: ignore[arg-type]
