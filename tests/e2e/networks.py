"""What tests of networks ask of a running cluster: its groups' masters, its links, and who hears whom."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from queue import Empty
from typing import Any

import yaml

from tests.e2e.machine import REPOSITORY, Machine, topology
from tests.e2e.plain_stomp import Client
from tests.lab.databases import IMAGES


def written(machine: Machine, name: str, at: int, **changes: Any) -> str:
    """A file of topologies/ under a name and with ports of its own, in containers with the lab's databases."""
    data = yaml.safe_load((REPOSITORY / "topologies" / f"{name}.yaml").read_text())
    data |= {"name": f"links-{name}", "ports": {"offset": machine.offset(at)}} | changes
    if machine.side.name == "docker":
        for server in data.get("companions", {}).values():
            for kind, said in server.items():
                server[kind] = said | {"image": IMAGES[kind]}
    return topology(name, yaml.safe_dump(data, sort_keys=False), machine.home)


def status(machine: Machine, cluster: str) -> Any:
    return machine.amq("status", "-c", cluster, "-o", "json").json


def stomp(machine: Machine, cluster: str) -> dict[str, str]:
    """group -> its master's STOMP address."""
    groups = status(machine, cluster)["groups"]
    return {g["name"]: next(b["stomp"] for b in g["brokers"] if b["role"] == "master") for g in groups}


def login(machine: Machine, cluster: str) -> tuple[str, str]:
    said = machine.amq("urls", "-c", cluster, "--show-password", "-o", "json").json
    return said["username"], said["password"]


def heard(
    addresses: Mapping[str, str],
    user: tuple[str, str],
    pairs: Iterable[tuple[str, str]],
    within: float = 10,
    prefix: str = "links",
) -> dict[tuple[str, str], list[str]]:
    """For each pair, what came of three messages sent at the first to a consumer at the second: "ok" for each, or
    "twice" if any came twice. prefix: how the queue's name begins."""
    found = {}
    for source, target in pairs:
        queue = f"/queue/{prefix}.{source}-{target}.{uuid.uuid4().hex[:6]}"
        there, here = Client(addresses[target], *user), Client(addresses[source], *user)
        try:
            there.connection.subscribe(queue, id=1, ack="auto")
            sent = here.send(queue, 3)
            got: list[str] = []
            try:
                while len(got) < len(sent):
                    got.append(there.messages.get(timeout=within).body)
                got.append(there.messages.get(timeout=0.3).body)  # one too many
            except Empty:
                pass
            found[source, target] = ["ok" if g in sent else "stranger" for g in got]
            if len(set(got)) != len(got):
                found[source, target] = ["twice"]
        finally:
            there.close()
            here.close()
    return found
