"""Versions with known holes: told at each `up`, and not published to other machines without being asked to."""

from __future__ import annotations

from ipaddress import ip_address

from amqctl.activemq.versions import caps
from amqctl.errors import CannotRun, Problem
from amqctl.events import Event, Tell
from amqctl.plan.model import Plan
from amqctl.runtimes.seam import Runtime


def warn(plan: Plan, tell: Tell) -> None:
    for version in sorted({n.broker.version for n in plan.nodes}):
        known = caps(version)
        if known.vulnerabilities:
            names = ", ".join(h.id for h in known.vulnerabilities)
            dial = ", ".join(sorted({n.place.dial for n in plan.nodes}))
            tell(Event(f"ActiveMQ {version}", "warn", f"has known holes ({names}); clients reach it at {dial}"))
        if known.untried:
            tell(Event(f"ActiveMQ {version}", "warn", known.untried))


def refuse(plan: Plan, runtime: Runtime, *, allowed: bool) -> None:
    """Raises CannotRun where a broker with known holes would be reached from other machines."""
    if allowed:
        return
    where = exposed(plan, runtime)
    if where is None:
        return
    problems = []
    for version in sorted({n.broker.version for n in plan.nodes}):
        if holes := caps(version).vulnerabilities:
            worst = "; ".join(f"{h.id}: {h.what}" for h in holes[:3])
            fix = "publish it on 127.0.0.1, take a version without, or say that it is meant: --publish-vulnerable"
            what = f"ActiveMQ {version} has {len(holes)} known holes ({worst}), and would be published on {where}"
            problems.append(Problem(what, fix))
    if problems:
        raise CannotRun(problems)


def exposed(plan: Plan, runtime: Runtime) -> str | None:
    """The address beyond loopback that clients on other machines could reach; None where there is none. The local
    runtime listens on loopback alone."""
    if runtime.name == "local":
        return None
    on = plan.settled.docker.publish
    return None if on == "localhost" or ip_address(on).is_loopback else on
