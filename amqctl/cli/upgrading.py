"""The story of `upgrade`, also told by the drill rolling-upgrade: what is meant, what is in the way, and the way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from amqctl.activemq.versions import caps
from amqctl.cli import keys, publishing, session
from amqctl.cli.checking import check_schema
from amqctl.cli.linting import heed
from amqctl.cli.session import Opened
from amqctl.cluster.cluster import Cluster
from amqctl.cluster.intent import Intent, plan_of, settled_of
from amqctl.cluster.stand import LiveStand
from amqctl.cluster.upgrade import plan_moves, upgrade
from amqctl.errors import BadTopology, BadUsage, CannotRun
from amqctl.events import Event
from amqctl.plan.model import Files, Plan
from amqctl.plan.render import render
from amqctl.plan.upgrade import Move, facts
from amqctl.provision.ownconf import own_files
from amqctl.runtimes import World, list_clusters


def name_of(target: str | None, here: World) -> str | None:
    """Of a cluster that is there, or of the one that a topology file describes."""
    if target is None or target in [name for name, _ in list_clusters(here)]:
        return target
    from amqctl.cli import topologies

    return settled_of(topologies.read(target)).name


class Upgrading:
    """One cluster on its way to `version`. groups: only these; empty for all. Raises BadUsage, BadTopology and
    CannotRun before anything is changed."""

    def __init__(
        self, opened: Opened, here: World, version: str, groups: Sequence[str], within: float, *,
        publish_vulnerable: bool = False,
    ) -> None:  # fmt: skip
        self._opened = opened
        self._here = here
        self._version = version
        caps(version)  # raises BadUsage for a version that amqctl does not run
        recorded = opened.runtime.observe().intent
        assert recorded is not None  # it was opened by it
        self._intent = Intent.parse(recorded)
        known = [g.name for g in opened.plan.settled.groups]
        if unknown := [g for g in groups if g not in known]:
            raise BadUsage(f"no group {', '.join(unknown)}", hint="known: " + ", ".join(known))
        members = [n for n in opened.plan.nodes if not groups or n.group in groups]
        self._to = {n.name: version for n in members}
        if own := [n.name for n in members if n.broker.image]:
            what = f"{', '.join(own)} runs from an image of its own, which has its version in it"
            raise BadUsage(what, hint="write another `image:`, and amqctl up FILE")
        self.target = plan_of(self._with_target(), opened.runtime.place)
        publishing.refuse(self.target, opened.runtime, allowed=publish_vulnerable)
        self.stand = LiveStand(opened.runtime, self._intent, self._cluster, self._files, within)

    def source(self) -> str | None:
        """The topology file it runs from."""
        return self._intent.source

    def planned(self) -> dict[str, Any]:
        steps = plan_moves(self.stand, self._to)
        listed = [{"do": s.verb, "node": s.node, "from": s.was, "to": s.to, "because": s.because} for s in steps]
        return {"cluster": self._opened.plan.cluster, "steps": listed, "facts": self._facts(steps)}

    def run(self) -> Sequence[Move]:
        """Raises GateFailed where it went back."""
        self.prepare()
        for fact in self._facts(plan_moves(self.stand, self._to)):
            self._here.tell(Event(self._opened.plan.cluster, "progress", fact))
        return self.go()

    def go(self) -> Sequence[Move]:
        return upgrade(self.stand, self._to, self._here.tell).moved

    def prepare(self) -> None:
        """All that could be in the way is found, and all that is needed is had, before the first node goes."""
        files = self._files(self.target)
        runtime, here = self._opened.runtime, self._here
        if problems := runtime.check(self.target):
            raise CannotRun(problems)
        publishing.warn(self.target, here.tell)
        runtime.provide(self.target)
        if problems := check_schema(self.target, files, here):
            raise BadTopology(problems)
        heed(self.target, files, runtime, here.tell)

    def _facts(self, steps: Sequence[Move]) -> list[str]:
        ways = dict.fromkeys((s.was, s.to) for s in steps)
        return list(dict.fromkeys(said for was, to in ways for said in facts(caps(was), caps(to))))

    def _with_target(self) -> Intent:
        return replace(self._intent, versions={**self._intent.versions, **self._to})

    def _files(self, plan: Plan) -> Files:
        passwords = self._opened.passwords
        return render(plan, passwords, caps, keys.load(plan, passwords, self._here), own_files(plan.settled))

    def _cluster(self, plan: Plan) -> Cluster:
        return session.cluster_of(plan, self._opened.runtime, self._opened.passwords, self._here)
