"""A plan alive on a runtime: bring it up, wait until it is whole, hurt it, take it down."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from types import MappingProxyType

from amqctl import beside
from amqctl.activemq import locklines
from amqctl.cluster import observation, servers
from amqctl.cluster.model import Login
from amqctl.cluster.observation import Observation
from amqctl.cluster.readiness import TAIL, Followers, Watch
from amqctl.errors import AmqctlError, NeverHappened, NodeDied
from amqctl.events import Event, Tell
from amqctl.plan.model import Files, Plan
from amqctl.plan.reconcile import Create, Remove, Replace, Start, Step, one_after_another, start_order
from amqctl.plan.state import State
from amqctl.runtimes.seam import LogLine, Runtime
from amqctl.wait import SYSTEM, Clock, NotYet, until

GRACE = 30.0  # seconds a broker gets to shut down by itself
TICK = 0.1  # seconds between looks while waiting: each takes a little from the brokers that start


class Cluster:
    """login: an administrator's. tell: hears of every step. access: to companions, where there are any. most_booting:
    how many brokers may boot side by side."""

    def __init__(
        self, plan: Plan, runtime: Runtime, login: Login, tell: Tell, access: servers.Access = servers.NONE,
        most_booting: int | None = None, clock: Clock = SYSTEM,
    ) -> None:  # fmt: skip
        self.access = access
        self.most_booting = most_booting or max(4, 2 * (os.cpu_count() or 1))
        self._clock = clock
        self.plan = plan
        self.runtime = runtime
        self.login = login
        self.tell = tell

    def observe(self, *, links: bool = True) -> Observation:
        return observation.observe(self.plan, self.runtime.observe(), self.login, links=links)

    def apply(self, steps: Sequence[Step], files: Files, *, within: float, any_master: bool = False) -> Observation:
        """Do the steps and return what is seen when the cluster is ready; within: seconds for each wait.

        Raises NodeDied or NeverHappened with the last log lines of the node that is to blame.
        """
        companions = {spec.name for spec in self.plan.companions}
        removed = [s for s in steps if isinstance(s, Remove)]
        # brokers before the database that they would miss
        beside.each(self._remove, [s for s in removed if s.node not in companions])
        beside.each(self._remove, [s for s in removed if s.node in companions])
        rest = [s for s in steps if s not in removed]
        if steps and companions:
            self._apply_companions([s for s in rest if s.node in companions], files, within)
        brokers = [s for s in rest if s.node not in companions]
        return self._apply_brokers(brokers, files, within, any_master)

    def _apply_companions(self, steps: Sequence[Step], files: Files, within: float) -> None:
        """Each is ready, and has what brokers need, before the first broker starts."""
        for step in steps:
            self._say(step.node, str(step))
        specs = {spec.name: spec for spec in self.plan.companions}

        def do(name: str) -> None:
            self._stop(name)
            self.runtime.create(specs[name], files[name])
            self.runtime.start(name)

        beside.each(do, dict.fromkeys(s.node for s in steps))
        self._wait_companions(within)
        servers.fill(self.plan, self.access)

    def _wait_companions(self, within: float) -> None:
        restarts = {n: s.restarts for n, s in self.runtime.observe().nodes.items()}

        def probe() -> None:
            state = self.runtime.observe()
            seen = servers.answering(self.plan, state)
            for name in seen:
                now = state.nodes[name]
                if now.restarts > restarts[name] or (now.status == "exited" and not now.supervised):
                    raise NodeDied(name, now.exit_code, self.tail(name), hint=f"amqctl logs {name} shows more")
            if lacking := [f"{name}: {why}" for name, why in seen.items() if why]:
                raise NotYet("; ".join(lacking))

        names = ", ".join(spec.name for spec in self.plan.companions)
        until(probe, what=f"{names} ready", within=within, every=TICK, clock=self._clock)

    def _apply_brokers(self, steps: Sequence[Step], files: Files, within: float, any_master: bool) -> Observation:
        before = self.observe()
        replaces = [s for s in steps if isinstance(s, Replace)]
        broken = self._broken(before, steps)
        at_once = [s for s in replaces if self.plan.node(s.node).group in broken]
        # One at a time would wait for a readiness that only the new files can bring
        beside.each(self._stop, [s.node for s in at_once])
        fresh = [*(s for s in steps if isinstance(s, Create | Start)), *at_once]
        for step in fresh:
            self._say(step.node, str(step))
        starts = [s.node for s in steps if isinstance(s, Start)] + [s.node for s in at_once]
        led = {g: n for g, n in before.masters.items() if n not in starts}
        first, then = start_order(self.plan, starts, led)
        if any_master:
            first, then = [*first, *then], []
        # Those that are only started too: where Java or the distribution lies may have changed meanwhile
        made = dict.fromkeys(s.node for s in fresh)

        after = one_after_another(first)
        # A JVM that boots takes a core for a second or so: all of twenty at once, and none answers in time
        launched = [n.name for n in first if n.name not in after][: self.most_booting]
        later = {n.name: None for n in first if n.name not in launched} | {n.name: n.group for n in then}

        def begin(node: str) -> None:
            if node in made:
                self.runtime.create(self.plan.node(node), files[node])
            if node in launched:
                self.runtime.start(node)

        # The others are made while the first ones start, which takes far longer
        beside.each(begin, dict.fromkeys([*launched, *made]))
        one_by_one = [s for s in replaces if s not in at_once]
        # a link may need the files of a node whose turn is still to come
        seen = self.wait_ready(within, followers=later, begun=launched, after=after, links=not one_by_one)
        for step in one_by_one:
            self._replace(step, files, within)
        return self.wait_ready(within) if one_by_one else seen

    def _broken(self, seen: Observation, steps: Sequence[Step]) -> set[str]:
        """Groups in which more is wrong than that some nodes are still to be started."""
        coming = {s.node for s in steps if isinstance(s, Create | Start)}
        broken = set()
        for group in self.plan.settled.groups:
            members = [b.name for b in group.brokers if b.name not in coming]
            led = group.name in seen.masters and group.name not in seen.double
            if members and not (led and all(seen.roles[m] in ("master", "waiting") for m in members)):
                broken.add(group.name)
        return broken

    def wait_ready(
        self,
        within: float,
        *,
        followers: Mapping[str, str | None] | None = None,
        begun: Iterable[str] = (),
        after: Mapping[str, str] = MappingProxyType({}),
        links: bool = True,
        without: frozenset[str] = frozenset(),
    ) -> Observation:
        """Until each group has one master, the rest wait, and every link is up at both ends.

        followers, begun, after: nodes that are still to be started, and that were just now, see Followers. links False:
        roles are enough. without: nodes that are stopped on purpose; of a group that is only these nothing is awaited.
        """
        waiting = Followers(
            self.runtime, followers or {}, begun, self.most_booting, self._clock, after, self._joined
        )  # fmt: skip
        with waiting as followed:
            watch = Watch(self, followed, links, without, self._clock)
            what = f"{self.plan.cluster} is ready"
            try:
                return until(watch.look, what=what, within=within, every=TICK, clock=self._clock)
            except NeverHappened as exc:
                raise self._explained(exc, watch.last, without) from exc

    def start(self, node: str) -> None:
        self.runtime.start(node)

    def stop(self, node: str, grace: float = GRACE) -> None:
        self.runtime.stop(node, grace=grace)

    def kill(self, node: str) -> None:
        self.runtime.kill(node)

    def down(self, *, volumes: bool) -> None:
        """Slaves first: a master that stops while a slave waits would only cause a takeover. Databases last."""
        masters = set(self.observe(links=False).masters.values())
        companions = {spec.name for spec in self.plan.companions}
        names = list(self.runtime.observe().nodes)
        rest = [n for n in names if n not in masters | companions]
        for wave in (rest, [n for n in names if n in masters], [n for n in names if n in companions]):
            beside.each(self._stop, wave)
        self.runtime.destroy(volumes=volumes)

    def _stop(self, node: str) -> None:
        self.runtime.stop(node, grace=GRACE)

    def tail(self, node: str, lines: int = TAIL) -> list[str]:
        """Its last log lines; none where they cannot be had: they go with an error that must not be hidden by that."""
        with suppress(OSError, AmqctlError):
            return [line.text for line in self.runtime.last_lines(node)][-lines:]
        return []

    def lock_lines(self, seen: Observation) -> dict[str, LogLine]:
        """Of each broker the last line about its lock, where it is among the last of its log.

        Of one that runs only what it wrote since it was started: what it held in an earlier life says nothing
        of this one, and a slave on a database may have nothing to say yet.
        """

        names = [n.name for n in self.plan.nodes]
        found = zip(names, beside.each(lambda name: self._lock_line(name, seen.state), names), strict=True)
        return {name: line for name, line in found if line is not None}

    def _lock_line(self, node: str, state: State) -> LogLine | None:
        now = state.nodes.get(node)
        since = (now.started_at if now else None) or 0.0
        lines = reversed(self.runtime.last_lines(node))
        return next((line for line in lines if line.at >= since and locklines.word(line.text)), None)

    def _joined(self, node: str, seen: Observation) -> bool:
        """Whether a member of a group in ZooKeeper has seen the group, by its own word."""
        return node in seen.state.nodes and self._lock_line(node, seen.state) is not None

    def _remove(self, step: Step) -> None:
        self._say(step.node, str(step))
        self.runtime.stop(step.node, grace=GRACE)
        self.runtime.remove(step.node)

    def _replace(self, step: Step, files: Files, within: float) -> None:
        self._say(step.node, str(step))
        self.runtime.stop(step.node, grace=GRACE)
        self.runtime.create(self.plan.node(step.node), files[step.node])
        self.runtime.start(step.node)
        self.wait_ready(within, links=False)

    def _say(self, subject: str, text: str) -> None:
        self.tell(Event(subject, "progress", text))

    def _explained(self, exc: NeverHappened, seen: Observation | None, without: frozenset[str]) -> NeverHappened:
        blamed = observation.to_blame(self.plan, seen, without) if seen else []
        details = [f"{node} | {line}" for node in blamed[:2] for line in self.tail(node)]
        hint = f"amqctl logs {blamed[0] if blamed else ''}".strip() + " shows more; amqctl up goes on from here"
        return NeverHappened(exc.what, exc.within, exc.last, hint=hint, details=details)
