"""The seam between deciding and doing: what every runtime promises.

Each comment behind a method is a promise, and each promise is a test in `tests/contract/` that the
fake and every real runtime pass. An ability that some runtimes lack is a second small protocol.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from amqctl.errors import Problem
from amqctl.plan.model import NodeFiles, NodeSpec, Place, Plan, Spec
from amqctl.plan.state import NodeState as NodeState
from amqctl.plan.state import State as State
from amqctl.topology.settled import Settled


@dataclass(frozen=True, slots=True)
class LogLine:
    """at: seconds since the epoch, by the clock of the machine that the node runs on."""

    node: str
    at: float
    text: str


class Runtime(Protocol):
    """Bound to one cluster at construction."""

    name: str

    def place(self, node: str, settled: Settled) -> Place: ...  # plain data, the same each time; asks nobody
    def check(self, plan: Plan) -> list[Problem]: ...  # all that would stop plan here; changes nothing
    def observe(self) -> State: ...  # what exists now; asked each time, never cached
    def provide(self, plan: Plan) -> None: ...  # distributions or images are at hand; nothing of the cluster changes
    def prepare(self, plan: Plan) -> None: ...  # provided; network, shared stores, intent are there; safe to repeat
    def create(self, node: Spec, files: NodeFiles) -> None: ...  # exists with these files, not running
    def start(self, node: str) -> None: ...  # returns when launched, not when ready
    def stop(self, node: str, *, grace: float) -> None: ...  # SIGTERM to the JVM, then SIGKILL; gone on return
    def kill(self, node: str) -> None: ...  # SIGKILL; gone on return, stays gone until start()
    def remove(self, node: str) -> None: ...  # the node; shared data stays; absent is fine
    def destroy(self, *, volumes: bool) -> None: ...  # the cluster; data only when asked
    def store_file_system(self, node: NodeSpec) -> str: ...  # under its shared store ("ext4"), or "unknown"
    def logs(self, node: str, *, since: float | None = None, follow: bool = False) -> Iterator[LogLine]: ...
    def last_lines(self, node: str) -> list[LogLine]: ...  # a few hundred of the latest, at a cost that does not grow
