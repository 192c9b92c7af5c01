"""A cluster to look at, whoever started it: the one thing that views are made from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from amqctl.cluster.cluster import Cluster
from amqctl.cluster.model import Login
from amqctl.cluster.observation import Observation
from amqctl.cluster.sight.model import Look
from amqctl.runtimes.seam import LogLine


class Watched(Protocol):
    """runtime: where it runs, "attached" for one that amqctl did not start."""

    runtime: str

    def look(self, *, links: bool = True) -> Look: ...  # asked anew each time
    def login(self, node: str) -> Login: ...  # an administrator's
    def lock_lines(self, seen: Observation) -> Mapping[str, LogLine]: ...  # of each broker the last about its lock


class Own:
    """One that amqctl brought up. seen: what was seen of it just now; the first look is this one."""

    def __init__(self, cluster: Cluster, seen: Observation | None = None) -> None:
        self._cluster = cluster
        self._seen = seen
        self.runtime = cluster.runtime.name

    def look(self, *, links: bool = True) -> Look:
        plan = self._cluster.plan
        seen, self._seen = self._seen or self._cluster.observe(links=links), None
        return Look(plan, seen, {n.name: n.group for n in plan.nodes})

    def login(self, node: str) -> Login:
        return self._cluster.login

    def lock_lines(self, seen: Observation) -> Mapping[str, LogLine]:
        return self._cluster.lock_lines(seen)
