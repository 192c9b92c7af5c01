"""What the verbs show, as plain data with stable keys. Pure over an Observation."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from amqctl.activemq import locklines
from amqctl.cluster import clients
from amqctl.cluster.model import Address
from amqctl.cluster.observation import Observation, missing
from amqctl.cluster.sight.counters import End
from amqctl.plan.model import Plan
from amqctl.runtimes.seam import LogLine


def status(
    plan: Plan, runtime: str, seen: Observation, locks: Mapping[str, LogLine] | None = None,
    ends: Mapping[str, tuple[End, End]] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """The contract of `status -o json`. Addresses are those that a client on this host uses.

    locks: of each broker the last log line about its lock. ends: of each link the counters at both ends.
    """
    lacking = missing(plan, seen)
    return {
        "cluster": plan.cluster,
        "runtime": runtime,
        "profile": None if runtime == "attached" else plan.settled.profile,
        "ready": not lacking,
        "lacking": lacking,
        "groups": [
            {
                "name": group.name,
                "store": group.store.kind,
                "master": seen.masters.get(group.name),
                "brokers": [_broker(plan, b.name, seen) | {"lock": _lock(locks, b.name)} for b in group.brokers],
            }
            for group in plan.settled.groups
        ],
        "links": [
            {
                "name": k.name,
                "from": k.from_,
                "to": k.leads_to,
                "duplex": k.duplex,
                "up": seen.links.get(k.name),
                "outside": not k.to_group,
                "partOf": k.part_of or None,
                "ends": [_end(end) for end in (ends or {}).get(k.name, ())],
            }
            for k in plan.settled.links
        ],
        "companions": [
            {
                "name": spec.name,
                "kind": spec.companion.kind,
                "up": not seen.companions.get(spec.name, "down"),
                "address": str(Address(spec.place.dial, spec.companion.port)),
            }
            for spec in plan.companions
        ],
    }


def _lock(locks: Mapping[str, LogLine] | None, name: str) -> dict[str, Any] | None:
    line = (locks or {}).get(name)
    if line is None:
        return None
    at = datetime.fromtimestamp(line.at, UTC).isoformat(timespec="milliseconds") if line.at else None
    return {"says": locklines.word(line.text), "at": at, "line": line.text}


def _end(end: End) -> dict[str, Any]:
    return {
        "group": end.group,
        "node": end.node,
        "declares": end.declares,
        "enqueued": end.enqueued,
        "dequeued": end.dequeued,
        "received": end.received,
        "address": end.address,
        "blocked": end.blocked,
        "slow": end.slow,
        "waiting": end.waiting,
    }


def _broker(plan: Plan, name: str, seen: Observation) -> dict[str, Any]:
    node = plan.node(name)
    ports = node.ports

    def address(kind: str) -> str | None:
        return str(Address(node.place.dial, ports[kind])) if kind in ports else None

    return {
        "name": name,
        "brokerName": (node.broker.own.broker_name if node.broker.own else None) or node.group,
        "role": seen.roles[name],
        "assumed": name in seen.assumed,
        "version": seen.seen[name].version or node.broker.version,
        "openwire": address("openwire"),
        "stomp": address("stomp"),
        "console": clients.console_url(plan, node) if "console" in ports else None,
        "refused": str(refused) if (refused := seen.seen[name].refused) else None,
    }
