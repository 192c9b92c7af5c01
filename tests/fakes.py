"""Stand-ins for what acts: a clock, and a cluster of brokers that can be told to sin.

FakeCluster satisfies `drills.target.Target` and hands out in-memory clients by `connect`; both obey the
rules of real brokers (one store a group, one master, what was not acknowledged comes again) but for the
one sin a test asks for.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from amqctl.cluster.model import Address, Login, Role, StoreLook
from amqctl.cluster.outcomes import Message, NotConnected, NotSent
from amqctl.drills.target import Ability, GroupView, LinkView
from amqctl.errors import NeverHappened, NoEngine, Problem
from amqctl.runtimes.seam import LogLine
from amqctl.wait import NotYet, until
from tests.fake_client import WIRE, FakeClient

DEAD_LETTERS = "/queue/ActiveMQ.DLQ"


class FakeClock:
    def __init__(self) -> None:
        self.time = 0.0

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds


@dataclass(frozen=True)
class Sins:
    """Each False or 0 is honest."""

    separate_stores: bool = False  # the new master has none of the old one's messages
    two_masters: bool = False  # nobody minds the lock, from the start
    ignores_lock_when_restarted: bool = False  # nor does a broker that comes back
    never_takes_over: bool = False
    slow_takeover: float = 0.0  # seconds more
    duplicates: int = 0  # messages delivered twice
    invents: int = 0  # messages that nobody sent
    dead_letters: int = 0  # messages that end in the shared dead-letter queue
    stalls: bool = False  # takes sends and never answers
    refuses: bool = False
    one_way: bool = False  # links carry from -> to only, whatever is claimed
    no_shutdown_line: bool = False
    no_slave: bool = False  # the second broker never comes up
    crashes_on_kill: bool = False  # the runtime fails in the act
    same_pid: bool = False
    declines_consumers: bool = False  # takes sends, and no subscription
    hangs_when_restarted: bool = False  # a broker that was started again lives and never gets ready
    stays_down: bool = False  # the second broker does not come back with the engine
    forgets: bool = False  # a store is empty after its engine was restarted
    runs_on: bool = False  # containers do not stop with the engine
    engine_stays_away: bool = False  # the command fails
    master_does_not_notice: bool = False  # that its database was away, and that another has the lock
    needs_no_store: bool = False  # takes messages while its database is away, and drops them
    no_lock_table: bool = False
    nobody_has_the_lock: bool = False
    rows_missing: int = 0  # messages that are no rows
    stores_volatile: bool = False  # non-persistent messages are rows
    hides: int = 0  # messages that are stored and not delivered
    cuts_off: int = 0  # characters of a message that are kept; 0: all


@dataclass
class Node:
    name: str
    group: str
    port: int
    up: bool = True
    pid: int = 0
    generation: int = 0
    store: dict[str, list[Message]] = field(default_factory=dict)


class FakeCluster:
    name = "fake"
    profile = "lab"

    def __init__(
        self, groups: Sequence[str] = ("a",), *, sins: Sins | None = None, links: Sequence[LinkView] = (),
        takeover: float = 0.08, budget: float = 1.0, stomp: bool = True, members: int = 2, engine: bool = True,
        server: str = "", leases: bool = False,
    ) -> None:  # fmt: skip
        self.server, self.leases, self.store_away = server, leases, False
        self.depths_known, self.naps = True, 0  # naps: reads that come back empty, as of a starved broker
        self.unheard_acks = 0  # acknowledgements that are processed, with no receipt
        self.stale: set[str] = set()  # masters that do not know that they are no more
        self.engine, self.engine_away = engine, False
        self.sins = sins or Sins()
        self._links = tuple(links)
        self._takeover, self._budget, self._stomp = takeover + self.sins.slow_takeover, budget, stomp
        self._pids, self._ports, self._ids = itertools.count(100), itertools.count(61613), itertools.count(1)
        self.nodes: dict[str, Node] = {}
        self.members: dict[str, list[str]] = {}
        self.shared: dict[str, dict[str, list[Message]]] = {g: {} for g in groups}
        self.masters: dict[str, str | None] = {}
        self._vacant: dict[str, float] = {}
        self.lines: list[LogLine] = []
        self.lock = threading.RLock()
        for group in groups:
            self.members[group] = [f"{group}{i}" for i in range(1, members + 1)]
            for name in self.members[group]:
                self.nodes[name] = Node(name, group, next(self._ports), pid=next(self._pids))
            self.masters[group] = self.members[group][0]
            if self.sins.no_slave:
                for name in self.members[group][1:]:
                    self.nodes[name].up = False

    # ── Target ──────────────────────────────────────────────────────────────────────────────────────

    def groups(self) -> Sequence[GroupView]:
        return [
            GroupView(
                g, tuple(names), self._budget,
                {n: Address("fake", self.nodes[n].port) for n in names} if self._stomp else {},
                "kahadb", "5.18.3", "shared-file-locker", "ext4", ("a local lock says nothing of NFS",), self.server,
            )
            for g, names in self.members.items()
        ]  # fmt: skip

    def links(self) -> Sequence[LinkView]:
        return self._links

    def login(self) -> Login:
        return Login("admin", "secret")

    def master(self, group: str) -> str | None:
        return next((n for n in self.members[group] if self.handshake(n)), None)

    def roles(self) -> Mapping[str, Role]:
        self._ask_engine()
        return {node: self.role(node) for node in self.nodes}

    def role(self, node: str) -> Role:
        with self.lock:
            if not self.nodes[node].up:
                return "down"
            if self.handshake(node):
                return "master"
            if self.sins.hangs_when_restarted and self.nodes[node].generation:
                return "starting"
            return "waiting" if self.master(self.nodes[node].group) else "starting"

    def pid(self, node: str) -> int | None:
        self._ask_engine()
        return (7 if self.sins.same_pid else self.nodes[node].pid) if self.nodes[node].up else None

    def kill(self, node: str) -> None:
        if self.sins.crashes_on_kill:
            raise NotSent("the runtime is gone")
        self._down(node)

    def stop(self, node: str, grace: float) -> None:
        self._down(node)
        if not self.sins.no_shutdown_line:
            self._log(node, f"Apache ActiveMQ 5.18.3 ({self.nodes[node].group}, ID:x-0:1) is shutdown")

    def start(self, node: str) -> None:
        with self.lock:
            it = self.nodes[node]
            it.up, it.pid = True, next(self._pids)
            if self.masters[it.group] is None:
                self._vacant[it.group] = time.monotonic() + self._takeover

    def wait_ready(self, within: float) -> None:
        def probe() -> None:
            for group, names in self.members.items():
                roles = sorted(self.role(n) for n in names)
                if roles != ["master"] + ["waiting"] * (len(names) - 1):
                    raise NotYet(f"{group}: {roles}")

        until(probe, what="fake is ready", within=within, every=0.005)

    def logs(self, node: str, since: float | None) -> Iterable[LogLine]:
        return [line for line in self.lines if line.node == node and (since is None or line.at >= since)]

    def peers(self) -> Mapping[str, tuple[str, ...] | None]:
        return {g: () for g in self.members if self.master(g)}

    def queue_depths(self, destination: str) -> Mapping[str, int | None]:
        if not self.depths_known:
            return dict.fromkeys(self.members)
        return {
            g: len(self._store(m).get(f"/queue/{destination}", [])) if (m := self.master(g)) else None
            for g in self.members
        }

    def handshake(self, node: str) -> bool:
        with self.lock:
            it = self.nodes[node]
            self._settle(it.group)
            if not it.up:
                return False
            back = it.generation > 0 and self.sins.ignores_lock_when_restarted
            return self.masters[it.group] == node or self.sins.two_masters or back or node in self.stale

    def lacks(self) -> Mapping[Ability, str]:
        out: dict[Ability, str] = {} if self.engine else {"restart-engine": "the fake has no engine"}
        if not self.server:
            out["bounce-store"] = out["look-into-store"] = "the fake has no database"
        return out

    def restart_engine(self) -> None:
        """All brokers stop, the engine is away for a moment, and what ran before runs again."""
        self.engine_away = True
        ran = [name for name, node in self.nodes.items() if node.up]
        if not self.sins.runs_on:
            for name in ran:
                self._down(name)
        WIRE.wait(0.03)
        if self.sins.engine_stays_away:
            raise NeverHappened("the engine answers again", 60, "nobody listens")
        self.engine_away = False
        if self.sins.runs_on:
            return
        with self.lock:
            for group in self.shared if self.sins.forgets else ():
                self.shared[group].clear()
        for name in ran:
            if not (self.sins.stays_down and name.endswith("2")):
                self.start(name)

    def stop_store(self, server: str) -> None:
        self.store_away = True

    def start_store(self, server: str) -> None:
        """Masters have noticed by now and start anew, as honest ones do; who waited is first."""
        if not self.store_away:
            return
        with self.lock:
            self.store_away = False
            for group, master in self.masters.items():
                if self.sins.forgets:
                    self.shared[group].clear()
                if master is None:
                    continue
                if self.sins.master_does_not_notice:
                    self.stale.add(master)
                    self.masters[group] = self.members[group][1]
                    self._log(self.members[group][1], "Becoming the master on dataSource: org.apache.commons.dbcp2")
                    continue
                self._log(master, f"{group}, no longer able to keep the exclusive lock so giving up being a master")
                self._down(master)
                if not self.sins.stays_down:
                    self.start(master)

    def look_into_store(self, group: str, queues: Sequence[str]) -> StoreLook:
        held: dict[str, int] = {}
        for queue in queues:
            kept = self.shared[group].get(f"/queue/{queue}", [])
            held[queue] = sum(m.persistent or self.sins.stores_volatile for m in kept)
        held[queues[0]] -= self.sins.rows_missing
        nobody = self.sins.nobody_has_the_lock
        return StoreLook(
            tables=("activemq_acks", *(() if self.sins.no_lock_table else ("activemq_lock",)), "activemq_msgs"),
            expected=("activemq_acks", "activemq_lock", "activemq_msgs"),
            holders=(self.master(group) if self.leases and not nobody else None,),
            held=None if self.leases else not nobody,
            leases=self.leases,
            stored=held,
        )

    # ── messaging ───────────────────────────────────────────────────────────────────────────────────

    def connect(self, address: Address, login: Login, timeout: float) -> FakeClient:
        node = next(n for n in self.nodes.values() if n.port == address.port)
        if not self.handshake(node.name):
            raise NotConnected(f"{address}: nobody completes a connection")
        return FakeClient(self, node)

    def store(self, node: Node, destination: str, message: Message) -> None:
        with self.lock:
            if self.sins.dead_letters > len(self._store(node.name).get(DEAD_LETTERS, [])):
                destination = DEAD_LETTERS
            self._store(node.name).setdefault(destination, []).append(message)

    def joined(self, client: FakeClient, destination: str, exclusive: bool) -> None:
        """A consumer has subscribed."""

    def left(self, client: FakeClient) -> None:
        """One has closed its connection."""

    def take(self, node: Node, destination: str, client: FakeClient) -> Message | None:
        """From this broker, or from a linked one that a consumer here may draw on."""
        with self.lock:
            sources = [node.name, *(m for g in self._upstream(node.group) if (m := self.masters[g]))]
            for source in sources:
                waiting = self._store(source).get(destination, [])
                if len(waiting) > (0 if destination == DEAD_LETTERS else self.sins.hides):
                    return waiting.pop(0)
        return None

    def put_back(self, node: Node, destination: str, messages: list[Message]) -> None:
        with self.lock:
            if node.up:
                waiting = self._store(node.name).setdefault(destination, [])
                waiting[:0] = messages

    def new_message(self, destination: str, body: str, headers: Mapping[str, str], persistent: bool) -> Message:
        fields = dict(headers) | ({"persistent": "true"} if persistent else {})
        body = body[: self.sins.cuts_off or None]
        number = str(next(self._ids))
        return Message(number, body, destination, number, fields)

    def _ask_engine(self) -> None:
        if self.engine_away:
            raise NoEngine([Problem("the engine does not answer")])

    # ── inside ──────────────────────────────────────────────────────────────────────────────────────

    def _down(self, node: str) -> None:
        with self.lock:
            it = self.nodes[node]
            it.up, it.generation = False, it.generation + 1
            store = self._store(node)
            for destination, messages in store.items():
                store[destination] = [m for m in messages if m.persistent]
            if self.masters[it.group] == node:
                self.masters[it.group] = None
                self._vacant[it.group] = time.monotonic() + self._takeover

    def _settle(self, group: str) -> None:
        """Hand a vacant mastership to the first that may have it, once its time has come."""
        if self.masters[group] is not None or time.monotonic() < self._vacant[group]:
            return
        for name in self.members[group]:
            node = self.nodes[name]
            if node.up and not (self.sins.never_takes_over and node.generation == 0):
                self.masters[group] = name
                self._log(name, "KahaDB is version 7")
                self._log(name, "Persistence Adapter successfully started")
                self._log(name, "Connector stomp started")
                return

    def _store(self, node: str) -> dict[str, list[Message]]:
        it = self.nodes[node]
        return it.store if self.sins.separate_stores else self.shared[it.group]

    def _upstream(self, group: str) -> list[str]:
        out = [link.from_group for link in self._links if link.to_group == group]
        if not self.sins.one_way:
            out += [link.to_group for link in self._links if link.from_group == group and link.duplex]
        return out

    def _log(self, node: str, text: str) -> None:
        self.lines.append(LogLine(node, time.time(), text))
