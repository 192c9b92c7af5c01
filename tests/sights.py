"""Close looks made by hand, to draw and to judge."""

from __future__ import annotations

from dataclasses import replace

from amqctl.cluster.observation import Observation, Seen, link_up, role
from amqctl.cluster.sight.model import (
    Bridge,
    Connection,
    Connector,
    Look,
    NodeLook,
    Queue,
    Sight,
    Subscription,
    Usage,
)
from amqctl.plan.model import Plan
from tests.plans import files_of, running, two_pairs

AT = 1_700_000_000.0


def a_queue(name: str, depth: int, **changes: object) -> Queue:
    values = {
        "name": name, "depth": depth, "consumers": 0, "producers": 0, "enqueued": depth, "dequeued": 0, "in_flight": 0,
        "expired": 0, "forwarded": 0, "duplicates": 0, "paused": False, "dlq": False, "memory": 1,
    }  # fmt: skip
    return Queue(**(values | changes))  # type: ignore[arg-type]


def a_consumer(queue: str, client: str = "app", *, network: bool = False, **changes: object) -> Subscription:
    values = {"queue": queue, "client": client, "ident": f"ID:{client}", "network": network, "held": 0, "taken": 0}
    return Subscription(**(values | changes))  # type: ignore[arg-type]


def seen_pairs(*, dead: bool = False, orders: int = 30, taken: int = 0, at: float = AT) -> Sight:
    """Two pairs and a duplex bridge. a: 7 invoices; b: orders, a bridge's and a client's. dead: no bridge, b-2 down."""
    plan = two_pairs()
    near = (("a-to-b", "b", False),)
    far = (("", "a", True),)
    seen = {
        "a-1": Seen(True, True, False, True, "5.18.3", () if dead else near),
        "a-2": Seen(True, slave=True, version="5.18.3"),
        "b-1": Seen(True, True, False, True, "5.18.3", () if dead else far),
        "b-2": Seen(alive=not dead, slave=None if dead else True),
    }
    a = NodeLook(
        "a-1", "a", version="5.18.3", broker_id="ID:a", store="KahaDBPersistenceAdapter",
        usage=Usage(3, 7, 0, 1 << 30, 4, AT - 60), queues=(a_queue("invoices", 7),),
        bridges=() if dead else (Bridge("a-to-b", "b", "tcp://127.0.0.1:61618", 31, 30 + taken, 0),),
        connectors=(Connector("a-to-b", True, 1, 1, True, False, 1000, False, True),),
    )  # fmt: skip
    b = NodeLook(
        "b-1", "b", version="5.18.3", broker_id="ID:b", store="KahaDBPersistenceAdapter",
        usage=Usage(95, 12, 0, 1 << 30, 5, AT - 60),
        bridges=() if dead else (Bridge("", "a", "tcp://127.0.0.1:40000", 2, 0, 30 + taken),),
        connections=() if dead else (Connection("a-to-b_a_outbound", "tcp://127.0.0.1:40000", False, False, 0),),
        queues=(a_queue("orders", orders, consumers=2, enqueued=40, dequeued=10 + taken, in_flight=3),),
        subscriptions=(
            a_consumer("orders", held=1, prefetch=1, taken=10),
            a_consumer("orders", "a-to-b_a_inbound_b", network=True, held=2, prefetch=1000),
        ),
    )  # fmt: skip
    waiting = NodeLook("a-2", "a", version="5.18.3", usage=Usage(0, 0, 0, 1 << 30, 0, AT - 60))
    other = NodeLook("b-2", "b", why="it is down") if dead else replace(waiting, node="b-2", group="b")
    return Sight(look_of(plan, seen), {"a-1": a, "a-2": waiting, "b-1": b, "b-2": other}, at)


def look_of(plan: Plan, seen: dict[str, Seen]) -> Look:
    masters = {n.group: n.name for n in plan.nodes if seen[n.name].serving}
    return Look(
        plan,
        Observation(
            state=running(plan, files_of(plan)),
            seen=seen,
            roles={n.name: role(seen[n.name], n.group in masters) for n in plan.nodes},
            masters=masters,
            links={k.name: link_up(k, seen, masters) for k in plan.settled.links},
        ),
        {n.name: n.group for n in plan.nodes},
    )
