"""Small plans and states to decide on, without a topology file."""

from __future__ import annotations

from amqctl.plan.model import Files, Place, Plan, digest
from amqctl.plan.plan import make_plan
from amqctl.plan.state import NodeState, State
from amqctl.topology.settled import (
    Connector,
    JvmSettings,
    PasswordSource,
    Settled,
    SettledBroker,
    SettledGroup,
    SettledLink,
    SettledUser,
    UsageLimits,
)
from amqctl.topology.settledstores import KahaDBStore

GENERATED = PasswordSource("generated")
USERS = (
    SettledUser("admin", GENERATED, ("admins",)),
    SettledUser("app", GENERATED, ("users",)),
    SettledUser("bridge", GENERATED, ("bridges",)),
)


def a_place(node: str, settled: Settled | None = None) -> Place:
    return Place("127.0.0.1", "127.0.0.1", "127.0.0.1", f"/nodes/{node}/data", "/stores")


def a_broker(name: str, group: str, index: int, *, first: bool, **changes: object) -> SettledBroker:
    values = {
        "name": name,
        "group": group,
        "index": index,
        "preferred": first,
        "version": "5.18.3",
        "jvm": JvmSettings("512m", "fast-start"),
        "connectors": (Connector("openwire", 61616 + index, {}), Connector("stomp", 62613 + index, {})),
        "console": 8161 + index,
        "attributes": {},
        "usage": UsageLimits(),
        "policies": (),
        "patches": (),
    }
    return SettledBroker(**(values | changes))  # type: ignore[arg-type]


def a_group(name: str, count: int, start: int = 0, **changes: object) -> SettledGroup:
    brokers = tuple(a_broker(f"{name}-{i + 1}", name, start + i, first=i == 0, **changes) for i in range(count))
    return SettledGroup(name, KahaDBStore("kahadb", None, 100, 100, {}), brokers, shares_scheduler=False)


def a_plan(*groups: SettledGroup, links: tuple[SettledLink, ...] = (), name: str = "lab") -> Plan:
    return make_plan(Settled(name, "lab", groups, links, USERS, "admin", "bridge", "auto"), a_place, "{}")


def a_pair() -> Plan:
    return a_plan(a_group("orders", 2))


def two_pairs(*, duplex: bool = True) -> Plan:
    a, b = a_group("a", 2), a_group("b", 2, 2)
    link = SettledLink(
        "a-to-b", "a", "b", "a", "b", ("a-1", "a-2"), ("b-1", "b-2"), "masterslave", duplex,
        {"useExponentialBackOff": "false"}, {"decreaseNetworkConsumerPriority": "true"},
    )  # fmt: skip
    return a_plan(a, b, links=(link,))


def files_of(plan: Plan, **changes: str) -> Files:
    return {n.name: {"activemq.xml": n.name, **changes} for n in plan.nodes}


def running(plan: Plan, files: Files) -> State:
    nodes = {
        n.name: NodeState(n.name, "running", pid=100 + i, files={k: digest(v) for k, v in files[n.name].items()})
        for i, n in enumerate(plan.nodes)
    }
    return State("{}", nodes)
