"""The story of `up`, also told by failover-test: load, plan, render, check, reconcile, prepare, apply."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from amqctl.activemq.versions import caps
from amqctl.cli import console, keys, linked, publishing, session, verbatim
from amqctl.cli.checking import check_schema
from amqctl.cli.linting import heed
from amqctl.cli.session import Opened
from amqctl.cluster.intent import Intent, settled_of
from amqctl.errors import BadTopology, CannotRun
from amqctl.plan.model import Plan
from amqctl.plan.plan import make_plan
from amqctl.plan.reconcile import Step, reconcile
from amqctl.plan.render import render
from amqctl.provision.ownconf import own_files
from amqctl.runtimes import World
from amqctl.runtimes.choice import choose
from amqctl.runtimes.seam import Runtime

if TYPE_CHECKING:
    from amqctl.activemq.ownconf import OwnFiles
    from amqctl.plan.ownfiles import Changed


def bring_up(
    intent: Intent,
    runtime_name: str,
    here: World,
    *,
    dry_run: bool,
    any_master: bool,
    within: float,
    output: str = "text",
    publish_vulnerable: bool = False,
) -> Opened | None:
    """None after a dry run, which prints the steps. Raises what the terminal shows."""
    settled = settled_of(intent)
    runtime = choose(runtime_name, settled, here)
    own = own_files(settled)
    plan = make_plan(settled, runtime.place, intent.noting(settled).dump())
    publishing.refuse(plan, runtime, allowed=publish_vulnerable)  # a dry run of what is refused says so too
    if dry_run:
        found = verbatim.changed(plan, own, session.peek_secrets(plan, here))
        _show(plan, found, _planned(plan, own, runtime, here), output)
        return None
    with session.locked(plan.cluster, here):
        passwords = session.load_secrets(plan, here)
        files = render(plan, passwords, caps, keys.load(plan, passwords, here), own)
        if problems := runtime.check(plan):
            raise CannotRun(problems)
        publishing.warn(plan, here.tell)
        runtime.provide(plan)
        if problems := check_schema(plan, files, here):
            raise BadTopology(problems)
        heed(plan, files, runtime, here.tell)
        runtime.prepare(plan)
        cluster = session.cluster_of(plan, runtime, passwords, here)
        masters = cluster.observe(links=False).masters
        steps = reconcile(plan, files, runtime.observe(), masters)
        verbatim.tell_changes(verbatim.changed(plan, own, passwords), (s.node for s in steps), here.tell)
        seen = cluster.apply(steps, files, within=within, any_master=any_master)
    return Opened(cluster, runtime, plan, passwords, seen)


def _planned(plan: Plan, own: Mapping[str, OwnFiles], runtime: Runtime, here: World) -> tuple[Step, ...]:
    """The steps that `up` would take now. A dry run makes no passwords, so new files may stand with none."""
    passwords = session.peek_secrets(plan, here)
    masters = session.cluster_of(plan, runtime, passwords, here).observe(links=False).masters
    return reconcile(plan, render(plan, passwords, caps, keys.peek(plan, here), own), runtime.observe(), masters)


def _show(plan: Plan, found: Sequence[Changed], steps: tuple[Step, ...], output: str) -> None:
    """found: what is changed of files that are not amqctl's."""
    if output == "json":
        planned = [{"do": s.verb, "node": s.node, "because": s.because} for s in steps]
        changes = {"changes": verbatim.as_json(found)} if found else {}
        links = linked.as_json(plan.settled.links)
        console.json({"cluster": plan.cluster, "steps": planned, "links": links, **changes})
        return
    for line in linked.lines(plan.settled.links):
        console.out(line)
    for line in verbatim.diff(found):
        console.out(line)
    for step in steps:
        console.out(str(step))
    if not steps:
        console.out(f"{plan.cluster}: nothing to do")
