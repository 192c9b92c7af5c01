"""Waiting until a cluster is whole: who is started when, what is still lacking, who died meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from types import MappingProxyType
from typing import Protocol

from amqctl.activemq import lives
from amqctl.cluster import observation
from amqctl.cluster.model import Login, Role
from amqctl.cluster.observation import Observation, Seen
from amqctl.errors import NodeDied
from amqctl.events import Event, Tell
from amqctl.plan.model import Plan
from amqctl.plan.state import State
from amqctl.runtimes.seam import Runtime
from amqctl.wait import SYSTEM, Clock, NotYet

SETTLED = 0.2  # seconds that a cluster which was not ready must stay so: a slave is taken for waiting from the
# moment that its broker's MBean is there, which is just before it tries the lock
LOOK_AGAIN = 1.0  # seconds between looks at the process table while waiting: it costs more than a handshake
BOOT = 10.0  # seconds after which one that is neither master nor waiting keeps nobody else from starting: it may
# need others to become either, as one of a quorum does
TAIL = 12  # log lines shown of a node that died
LIFE = 400  # log lines in which the end of a life is looked for, behind those of the next one
EXCUSED = 5.0  # seconds from a database's readiness in which a broker may still end because of its absence


class Awaited(Protocol):
    """The cluster: a plan alive on a runtime."""

    plan: Plan
    runtime: Runtime
    login: Login
    tell: Tell

    def tail(self, node: str, lines: int = ...) -> list[str]: ...  # its last log lines


class Followers:
    """Nodes that are started later, beside the looking: an engine takes half a second to start a container. A slave
    as soon as one of its group has the lock, and each as soon as there is room among those that boot. Joined on
    leaving: none may still be started behind a raised error.

    groups: node -> the group that must have somebody with the lock first, None where it need not. begun: nodes that
    were started just now. most: how many may boot at once. after: node -> the one that must have joined its group
    first, which `joined` tells.
    """

    def __init__(
        self, runtime: Runtime, groups: Mapping[str, str | None], begun: Iterable[str] = (), most: int | None = None,
        clock: Clock = SYSTEM, after: Mapping[str, str] = MappingProxyType({}),
        joined: Callable[[str, Observation], bool] = lambda node, seen: True,
    ) -> None:  # fmt: skip
        self._runtime = runtime
        self._groups = dict(groups)  # of those whose time has not come
        self._after, self._joined = after, joined
        self._begun: list[Future[None]] = []
        self._most = most or len(groups) or 1
        self._clock = clock
        self._booting = dict.fromkeys(begun, clock.now())
        self._pool = ThreadPoolExecutor(max_workers=min(16, len(groups)) or 1)

    def __enter__(self) -> Followers:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def start(self, plan: Plan, seen: Observation) -> bool:
        """Start whose time has come; whether any has been started since the last call. Raises why one was not."""
        held = {n.group for n in plan.nodes if seen.seen[n.name].store} | set(seen.masters)
        now = self._clock.now()
        self._booting = {
            n: at for n, at in self._booting.items() if seen.roles[n] not in ("master", "waiting") and now - at < BOOT
        }
        for node in [n for n, group in self._groups.items() if group is None or group in held]:
            if len(self._booting) >= self._most:
                break
            if not self._may(node, seen):
                continue
            del self._groups[node]
            self._booting[node] = now
            self._begun.append(self._pool.submit(self._runtime.start, node))
        ended = [future for future in self._begun if future.done()]
        for future in ended:
            self._begun.remove(future)
            future.result()
        return bool(ended)

    def _may(self, node: str, seen: Observation) -> bool:
        """Whether the one before it has joined, or has had its time to."""
        before = self._after.get(node)
        if before is None:
            return True
        return before not in self._groups and (before not in self._booting or self._joined(before, seen))

    def __contains__(self, node: str) -> bool:
        return node in self._groups

    def __len__(self) -> int:
        """How many have not been started, those of which the start is under way included."""
        return len(self._groups) + len(self._begun)


class Watch:
    """The probe of wait_ready: starts followers, reports each change, ends the wait when a node died."""

    def __init__(
        self, cluster: Awaited, followers: Followers, links: bool, without: frozenset[str], clock: Clock = SYSTEM
    ) -> None:
        self.cluster = cluster
        self.without = without
        self.links = links
        self.followers = followers
        self._clock = clock
        self.last: Observation | None = None
        self._told: dict[str, Role] = {}
        self._restarts: dict[str, int] = {}
        self._state: State | None = None
        self._looked = 0.0
        self._born = clock.now()
        self._ready_since: float | None = None
        self._lacked = False
        self._excused = 0.0

    def look(self) -> Observation:
        seen = self.last = self._observed()
        now = self._clock.now()
        if any(seen.companions.values()):
            self._excused = now + EXCUSED
        if now < self._excused:
            self._restarts.clear()  # who ends for want of a database is brought back, and may do so again
        self._died(seen.state)
        # no patience mends a wrong password or certificate
        if refused := observation.refusals(seen):
            raise next(iter(refused.values()))
        if self.followers.start(self.cluster.plan, seen):
            self._state = None  # of before it was started
        self._report(seen)
        lacking = self._lacking(seen)
        if lacking or self.followers:
            self._lacked, self._ready_since = True, None
            raise NotYet("; ".join(lacking) or f"nodes still to be started: {len(self.followers)}")
        self._ready_since = now if self._ready_since is None else self._ready_since
        if self._lacked and now - self._ready_since < SETTLED:
            raise NotYet("it has only just become ready")
        return seen

    def _observed(self) -> Observation:
        """Only those are asked who were not as they should be: an answer costs a broker as much as some tens of
        milliseconds of its start. Once nothing is lacking, all are."""
        known = self._fine()
        seen = self._asked(known)
        return self._asked({}) if known and not self._lacking(seen) else seen

    def _asked(self, known: Mapping[str, Seen]) -> Observation:
        return observation.observe(
            self.cluster.plan, self._processes(), self.cluster.login, links=self._links_count(), known=known
        )

    def _links_count(self) -> bool:
        """Not while nodes are still to be started: bridges cost more to be asked for than all else."""
        return self.links and not self.followers

    def _fine(self) -> dict[str, Seen]:
        """Who was as they should be at the last look, with all links of their group."""
        if self.last is None:
            return {}
        settled = self.cluster.plan.settled.links if self._links_count() else ()
        down = [k for k in settled if k.to_group and not self.last.links[k.name]]
        lacking = {group for link in down for group in (link.from_group, link.to_group)} | set(self.last.double)
        good = {n.name for n in self.cluster.plan.nodes if n.group not in lacking}
        return {n: s for n, s in self.last.seen.items() if n in good and self.last.roles[n] in ("master", "waiting")}

    def _lacking(self, seen: Observation) -> list[str]:
        return observation.missing(self.cluster.plan, seen, links=self.links, without=self.without)

    def _processes(self) -> State:
        now = self._clock.now()
        if self._state is None or now - self._looked > LOOK_AGAIN:
            self._state, self._looked = self.cluster.runtime.observe(), now
        return self._state

    def _died(self, state: State) -> None:
        for name, node in state.nodes.items():
            # one that came back by itself an hour ago is no news; a start begins to count anew
            before = self._restarts[name] = min(self._restarts.get(name, node.restarts), node.restarts)
            again = node.restarts > before
            if not again and (node.status != "exited" or node.supervised):
                continue
            log = self.cluster.tail(name, LIFE)
            log = lives.ended(log) if again else log
            if again and (why := lives.race(log)):
                self.cluster.tell(Event(name, "warn", f"ended at its start and was started again: {why}"))
                self._restarts[name] = node.restarts
                continue
            raise NodeDied(name, node.exit_code, log[-TAIL:], hint=f"amqctl logs {name} shows more")

    def _report(self, seen: Observation) -> None:
        for node, role in seen.roles.items():
            if node not in self.followers and node not in self.without and self._told.get(node) != role:
                self._told[node] = role
                done = role in ("master", "waiting")
                elapsed = self._clock.now() - self._born
                self.cluster.tell(Event(node, "done" if done else "progress", f"{role} ({elapsed:.1f} s)"))
