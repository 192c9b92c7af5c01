"""A fake group whose members keep messages of their own and elect their master by way of a ZooKeeper.

Honest but for the one sin a test asks for: below the quorum nobody is master; without ZooKeeper nobody new is; a master
that loses ZooKeeper steps down, or goes on, as either may.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from amqctl.drills.target import Ability, GroupView
from tests.fakes import FakeCluster, Sins


@dataclass(frozen=True)
class ReplicaSins:
    """Each False is honest."""

    minds_no_quorum: bool = False  # who is left becomes master
    forgets_below_quorum: bool = False  # and the messages of the dead are gone
    never_again: bool = False  # no master when the quorum is back
    moves_at_once: bool = False  # one ZooKeeper of three is lost, and another broker takes over: which may be
    moves_on: bool = False  # and yet another when it is back
    rests: float = 0.0  # seconds without a master at the loss of one ZooKeeper
    restarts: bool = False  # the master's process ends and comes back at once
    elects_alone: bool = False  # a new master while there is no ZooKeeper
    two_after: bool = False  # the old master does not notice that there is a new one


class FakeReplicas(FakeCluster):
    """goes_on: the master serves while there is no ZooKeeper; else it steps down until it is back."""

    def __init__(
        self, *, sins: Sins | None = None, own: ReplicaSins | None = None, members: int = 3, servers: int = 3,
        goes_on: bool = False, budget: float = 0.3, pauses: bool = True,
    ) -> None:  # fmt: skip
        super().__init__(sins=sins, members=members, budget=budget)
        self.own = own or ReplicaSins()
        self.servers = tuple(f"zk-{number}" for number in range(1, servers + 1))
        self.away: set[str] = set()
        self.frozen: set[str] = set()
        self._goes_on, self._pauses = goes_on, pauses
        self._quorum = members // 2 + 1

    def groups(self) -> Sequence[GroupView]:
        return [
            replace(g, store_kind="leveldb", quorum=self._quorum, ensemble=self.servers, session_seconds=0.1)
            for g in super().groups()
        ]

    def lacks(self) -> Mapping[Ability, str]:
        return super().lacks() | (
            {} if self._pauses else {"pause-zookeeper": "the fake cannot freeze a node"}
        )  # fmt: skip

    def _settle(self, group: str) -> None:
        up = [name for name in self.members[group] if self.nodes[name].up]
        if len(up) < self._quorum and not self.own.minds_no_quorum:
            return
        if self._leaderless() and not self.own.elects_alone:
            return
        if self.own.never_again and any(node.generation for node in self.nodes.values()):
            return
        if self.masters[group] is None and self.own.forgets_below_quorum and len(up) < len(self.members[group]):
            self.shared[group].clear()
        super()._settle(group)

    def _leaderless(self) -> bool:
        return 2 * len(self.away) > len(self.servers)

    def stop_servers(self, servers: Sequence[str]) -> None:
        with self.lock:
            self.away |= set(servers)
            for group, master in self.masters.items():
                if master is None:
                    continue
                if not self._leaderless():
                    self._at_one(group, master)
                elif not self._goes_on:
                    self._steps_down(group, master)

    def _at_one(self, group: str, master: str) -> None:
        if self.own.moves_at_once or self.own.moves_on:
            self._steps_down(group, master)
            self._hands_over(group, master)
        elif self.own.rests:  # as a broker that is started anew inside its process
            pid = self.nodes[master].pid
            self._takeover = self.own.rests
            self._steps_down(group, master)
            self.nodes[master].pid = pid
        elif self.own.restarts:
            self._takeover = 0.0
            self._steps_down(group, master)

    def _steps_down(self, group: str, master: str) -> None:
        self._down(master)
        self.start(master)
        if self.own.two_after:
            self.stale.add(master)
        if self.own.two_after or (self.own.elects_alone and self._leaderless()):
            self._hands_over(group, master)

    def _hands_over(self, group: str, master: str) -> None:
        self.masters[group] = next(n for n in self.members[group] if n != master)

    def start_servers(self, servers: Sequence[str]) -> None:
        with self.lock:
            back = self.away & set(servers)
            self.away -= back
            for group, master in self.masters.items() if back and self.own.moves_on else ():
                if master is not None:
                    self._steps_down(group, master)
                    self._hands_over(group, master)

    def pause_servers(self, servers: Sequence[str]) -> None:
        self.frozen |= set(servers)
        self.stop_servers(servers)

    def resume_servers(self, servers: Sequence[str]) -> None:
        self.frozen -= set(servers)
        self.start_servers(servers)
