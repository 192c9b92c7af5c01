"""A close look in Prometheus' text format, version 0.0.4. Pure.

What is not known is left out: a 0 would say that it is none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import get_args

from amqctl.cluster.model import Role
from amqctl.cluster.observation import missing
from amqctl.cluster.sight.counters import ends
from amqctl.cluster.sight.model import Sight
from amqctl.cluster.sight.spread import Part, parts

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
ROLES = get_args(Role)

Labels = dict[str, str]
Sample = tuple[str, Labels, float | None]

# name -> type, help. The order is that of the output.
FAMILIES: dict[str, tuple[str, str]] = {
    "amqctl_ready": ("gauge", "1 when each group has one master, the rest wait and every link is up."),
    "amqctl_scrape_duration_seconds": ("gauge", "How long it took to ask all brokers."),
    "amqctl_group_masters": ("gauge", "Brokers of the group that complete a handshake; more than 1 is a split brain."),
    "amqctl_broker_up": ("gauge", "1 when its process lives. Left out where nobody can tell."),
    "amqctl_broker_answers": ("gauge", "1 when its Jolokia answered."),
    "amqctl_broker_role": ("gauge", "1 for the role that the broker has, 0 for the others."),
    "amqctl_broker_info": ("gauge", "Always 1; version and store of the broker."),
    "amqctl_broker_restarts_total": ("counter", "How often it came back by itself since it was last started."),
    "amqctl_broker_start_time_seconds": ("gauge", "When its JVM started, seconds since the epoch."),
    "amqctl_broker_memory_usage_ratio": ("gauge", "Share of the memory limit that is used."),
    "amqctl_broker_store_usage_ratio": ("gauge", "Share of the store limit that is used; always 0 on JDBC."),
    "amqctl_broker_temp_usage_ratio": ("gauge", "Share of the temporary store's limit that is used."),
    "amqctl_broker_store_limit_bytes": ("gauge", "The store limit."),
    "amqctl_broker_connections": ("gauge", "Connections to its connectors, bridges included."),
    "amqctl_link_up": ("gauge", "1 when both ends see the bridge. Left out where nobody can tell."),
    "amqctl_link_enqueued_total": ("counter", "Given to the bridge to send, advisories included, by the end it left."),
    "amqctl_link_dequeued_total": ("counter", "Sent over the link and taken, by the end it left."),
    "amqctl_link_received_total": ("counter", "Come over the link, by the end it reached."),
    "amqctl_queue_depth": ("gauge", "Messages of the queue in the group's store."),
    "amqctl_queue_in_flight": ("gauge", "Given to consumers and not acknowledged."),
    "amqctl_queue_consumers": ("gauge", 'Consumers; kind is "client" or "bridge".'),
    "amqctl_queue_producers": ("gauge", "Producers."),
    "amqctl_queue_paused": ("gauge", "1 when it is paused."),
    "amqctl_queue_enqueued_total": ("counter", "Messages taken in since that broker is master."),
    "amqctl_queue_dequeued_total": ("counter", "Messages acknowledged since that broker is master."),
    "amqctl_queue_expired_total": ("counter", "Messages expired since that broker is master."),
    "amqctl_queue_forwarded_total": ("counter", "Messages that left by a bridge since that broker is master."),
}


@dataclass(slots=True)
class _Family:
    lines: list[str] = field(default_factory=list)


def exposition(sight: Sight, seconds: float | None = None) -> str:
    """seconds: how long the look took."""
    families = {name: _Family() for name in FAMILIES}
    for name, labels, value in _samples(sight, seconds):
        if value is not None:
            families[name].lines.append(_line(name, {"cluster": sight.plan.cluster} | labels, value))
    out = []
    for name, family in families.items():
        if family.lines:
            kind, text = FAMILIES[name]
            out += [f"# HELP {name} {_escaped(text)}", f"# TYPE {name} {kind}", *family.lines]
    return "\n".join(out) + "\n"


def _samples(sight: Sight, seconds: float | None) -> Iterator[Sample]:
    yield "amqctl_ready", {}, float(not missing(sight.plan, sight.observation))
    yield "amqctl_scrape_duration_seconds", {}, seconds
    yield from _brokers(sight)
    yield from _links(sight)
    for part in parts(sight)[0]:
        yield from _queue(part)


def _brokers(sight: Sight) -> Iterator[Sample]:
    seen = sight.observation
    for group in sight.plan.settled.groups:
        masters = sum(1 for b in group.brokers if seen.seen[b.name].serving)
        yield "amqctl_group_masters", {"group": group.name}, float(masters)
        for broker in group.brokers:
            who = {"group": group.name, "broker": broker.name}
            look, role = sight.nodes[broker.name], seen.roles[broker.name]
            use = look.usage
            state = seen.state.nodes.get(broker.name)
            ours = sight.look.observation.state.intent is not None
            yield "amqctl_broker_up", who, None if role == "unknown" else float(role != "down")
            yield "amqctl_broker_answers", who, float(look.answered)
            for name in ROLES:
                yield "amqctl_broker_role", who | {"role": name}, float(name == role)
            version = look.version or broker.version
            yield "amqctl_broker_info", who | {"version": version, "store": group.store.kind}, 1.0
            yield "amqctl_broker_restarts_total", who, state.restarts if state and ours else None
            yield "amqctl_broker_start_time_seconds", who, use.started_at
            yield "amqctl_broker_memory_usage_ratio", who, _share(use.memory)
            yield "amqctl_broker_store_usage_ratio", who, _share(use.store)
            yield "amqctl_broker_temp_usage_ratio", who, _share(use.temp)
            yield "amqctl_broker_store_limit_bytes", who, use.store_limit
            yield "amqctl_broker_connections", who, use.connections


def _links(sight: Sight) -> Iterator[Sample]:
    for link in sight.plan.settled.links:
        which = {"link": link.name, "from": link.from_, "to": link.leads_to}
        up = sight.observation.links.get(link.name)
        yield "amqctl_link_up", which, None if up is None else float(up)
        for end in ends(link, sight):
            at = which | {"end": end.group}
            yield "amqctl_link_enqueued_total", at, end.enqueued
            yield "amqctl_link_dequeued_total", at, end.dequeued
            yield "amqctl_link_received_total", at, end.received


def _queue(part: Part) -> Iterator[Sample]:
    queue = part.queue
    which = {"group": part.group, "broker": part.node, "queue": queue.name}
    yield "amqctl_queue_depth", which, queue.depth
    yield "amqctl_queue_in_flight", which, queue.in_flight
    yield "amqctl_queue_consumers", which | {"kind": "client"}, part.real
    yield "amqctl_queue_consumers", which | {"kind": "bridge"}, part.bridges
    yield "amqctl_queue_producers", which, queue.producers
    yield "amqctl_queue_paused", which, None if queue.paused is None else float(queue.paused)
    yield "amqctl_queue_enqueued_total", which, queue.enqueued
    yield "amqctl_queue_dequeued_total", which, queue.dequeued
    yield "amqctl_queue_expired_total", which, queue.expired
    yield "amqctl_queue_forwarded_total", which, queue.forwarded


def _share(percent: int | None) -> float | None:
    return None if percent is None else percent / 100


def _line(name: str, labels: Labels, value: float) -> str:
    inside = ",".join(f'{key}="{_escaped(text, quotes=True)}"' for key, text in labels.items())
    number = str(int(value)) if float(value).is_integer() else repr(float(value))
    return f"{name}{{{inside}}} {number}"


def _escaped(text: str, *, quotes: bool = False) -> str:
    """A name of a queue may hold anything: backslash and line feed are escaped, in a label's value the quote too."""
    out = text.replace("\\", "\\\\").replace("\n", "\\n")
    return out.replace('"', '\\"') if quotes else out
