"""Ports of waiting brokers that an outgoing connection of this machine may have when they are wanted.

A waiting broker has its connectors closed. A port among those that the system gives to outgoing connections may be
gone when it becomes master: "Address already in use" (seen: 51512 of a LevelDB trio, on a busy machine).
"""

from __future__ import annotations

from pathlib import Path

from amqctl.plan.model import Plan

_SYSTEM = Path("/proc/sys/net/ipv4")


def exposed(plan: Plan, system: Path = _SYSTEM) -> list[int]:
    """In order; none where the system does not say (not Linux). system: where it says what it gives."""
    try:
        low, high = (int(word) for word in (system / "ip_local_port_range").read_text("ascii").split())
        reserved = (system / "ip_local_reserved_ports").read_text("ascii")
    except (OSError, ValueError):
        return []
    kept = _ports(reserved)
    wanted = {
        port
        for node in plan.nodes
        if len(plan.members(node.group)) > 1
        for kind, port in {**node.ports, **node.inner_ports}.items()
        if kind != "console"  # which waiting brokers have open
    }
    return sorted(port for port in wanted if low <= port <= high and port not in kept)


def said(ports: list[int]) -> str:
    """For a person, with what to do."""
    shown = ", ".join(map(str, ports[:6])) + (" …" if len(ports) > 6 else "")
    return (
        f"{shown}: outgoing connections may have such a port when a waiting broker takes over;"
        f" sysctl net.ipv4.ip_local_reserved_ports={ports[0]}-{ports[-1]}, or ports above 60999"
    )


def _ports(text: str) -> set[int]:
    """Of "51511-51513,60000"."""
    found: set[int] = set()
    for part in filter(None, text.strip().split(",")):
        first, _, last = part.partition("-")
        found |= set(range(int(first), int(last or first) + 1))
    return found
