"""What the verbs show of a close look, as plain data with stable keys. Pure."""

from __future__ import annotations

from typing import Any

from amqctl.cluster.observation import missing
from amqctl.cluster.sight.counters import ends
from amqctl.cluster.sight.model import Sight
from amqctl.cluster.sight.spread import Part, deepest, parts, wholes
from amqctl.cluster.sight.traced import Reason, Traced
from amqctl.topology.settled import SettledLink


def queues(now: Sight, before: Sight | None) -> list[dict[str, Any]]:
    """Rates need an earlier look, and a master that has not changed."""
    first = {(p.node, p.queue.name): p for p in parts(before)[0]} if before else {}
    return [_row(p, first.get((p.node, p.queue.name)), now.at - before.at if before else 0) for p in parts(now)[0]]


def _row(part: Part, before: Part | None, span: float) -> dict[str, Any]:
    queue = part.queue
    come, gone = rate(part, before, span)
    return {
        "group": part.group,
        "node": part.node,
        "queue": queue.name,
        "depth": queue.depth,
        "consumers": queue.consumers,
        "producers": queue.producers,
        "enqueued": queue.enqueued,
        "dequeued": queue.dequeued,
        "in_flight": queue.in_flight,
        "real": part.real,
        "bridges": part.bridges,
        "held_by_bridges": part.held_by_bridges,
        "forwarded": queue.forwarded,
        "expired": queue.expired,
        "paused": queue.paused,
        "in_per_second": come,
        "out_per_second": gone,
    }


def rate(part: Part, before: Part | None, span: float) -> tuple[float | None, float | None]:
    """Messages a second in and out; None where they were not measured."""
    if not span:
        return None, None
    then = before.queue if before else part.queue
    return (
        round((part.queue.enqueued - then.enqueued) / span, 1),
        round((part.queue.dequeued - then.dequeued) / span, 1),
    )


def trace(cluster: str, traced: Traced, reasons: list[Reason]) -> dict[str, Any]:
    """The contract of `trace -o json`."""
    return {
        "cluster": cluster,
        "queue": traced.queue,
        "groups": [
            {
                "group": here.group,
                "master": here.master,
                "depth": here.depth if here.queue else None,
                "real": len(here.real) if here.queue else None,
                "bridges": len(here.bridges) if here.queue else None,
                "in_flight": here.queue.in_flight if here.queue else None,
                "browsed": here.browsed.count if here.browsed else None,
            }
            for here in traced.groups
        ],
        "reasons": [
            {"kind": r.kind, "group": r.group, "text": r.text, "fact": r.fact, "sure": r.sure, "fix": r.fix}
            for r in reasons
        ],
    }


def frame(now: Sight, before: Sight | None, runtime: str, most: int = 10) -> dict[str, Any]:
    """One frame of `top`, also its JSON. most: queues, deepest first."""
    plan, seen = now.plan, now.observation
    first = {(p.node, p.queue.name): p for p in parts(before)[0]} if before else {}
    span = now.at - before.at if before else 0
    found, unknown = parts(now)
    rows = sorted((_row(p, first.get((p.node, p.queue.name)), span) for p in found), key=lambda r: -r["depth"])
    lacking = missing(plan, seen)
    depths = {g.name: sum(p.queue.depth for p in found if p.group == g.name) for g in plan.settled.groups}
    return {
        "cluster": plan.cluster,
        "runtime": runtime,
        "ready": not lacking,
        "lacking": lacking,
        "at": now.at,
        "groups": [
            {
                "name": g.name,
                "master": seen.masters.get(g.name),
                "depth": None if g.name in unknown else depths[g.name],
                "brokers": [
                    {
                        "name": b.name,
                        "role": seen.roles[b.name],
                        "version": now.nodes[b.name].version,
                        "memory": now.nodes[b.name].usage.memory,
                        "store": now.nodes[b.name].usage.store,
                        "connections": now.nodes[b.name].usage.connections,
                        "why": now.nodes[b.name].why,
                    }
                    for b in g.brokers
                ],
            }
            for g in plan.settled.groups
        ],
        "links": [_link(link, now, before, span) for link in plan.settled.links],
        "queues": rows[:most],
        "more": max(0, len(rows) - most),
        "network": [{"queue": w.queue, "depth": w.depth} for w in wholes(found)[:most]],
        "deepest": (d.queue.name if (d := deepest(found)) else None),
        "unknown": unknown,
    }


def _link(link: SettledLink, now: Sight, before: Sight | None, span: float) -> dict[str, Any]:
    near, far = ends(link, now)
    old = ends(link, before) if before and link in before.plan.settled.links else None
    up = now.observation.links.get(link.name)

    def per_second(new: int | None, then: int | None) -> float | None:
        return round((new - then) / span, 1) if span and new is not None and then is not None else None

    return {
        "name": link.name,
        "from": link.from_,
        "to": link.leads_to,
        "duplex": link.duplex,
        "up": up,
        "sent": near.dequeued,
        "received": near.received,
        "sent_per_second": per_second(near.dequeued, old[0].dequeued if old else None),
        "received_per_second": per_second(near.received, old[0].received if old else None),
        "blocked": far.blocked,
    }
