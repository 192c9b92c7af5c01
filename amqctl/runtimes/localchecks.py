"""What on this machine is in the way of plain processes: ports, disks, and what needs a container engine."""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection
from pathlib import Path

from amqctl.errors import Problem
from amqctl.plan.model import Plan
from amqctl.runtimes import ports, processes

HOST = "127.0.0.1"
LEAST_DISK = 512 * 1024 * 1024  # bytes; KahaDB alone writes a 32 MB journal file at its start


def problems(plan: Plan, own: Collection[int]) -> list[Problem]:
    """own: processes of the cluster itself, whose ports are not in its way."""
    return [*_ports(plan, own), *_needs_docker(plan), *_disk(plan)]


def _ports(plan: Plan, own: Collection[int]) -> list[Problem]:
    return [
        ports.taken(node, kind, port, processes.listener(port))
        for node in plan.all
        for kind, port in {**node.ports, **node.inner_ports}.items()
        if ports.refused(HOST, port) and processes.listener_pid(port) not in own
    ]


def _needs_docker(plan: Plan) -> list[Problem]:
    """What a topology asks for that plain processes do not have."""
    problems = []
    for group in plan.settled.groups:
        if group.store.volume_options:
            what = f"volume_options of {group.name} are for Docker's volumes"
            problems.append(Problem(what, "name a directory with store.kahadb.path, or use --runtime docker"))
        for broker in group.brokers:
            if broker.image:
                what = f"{broker.name} is to run from the image {broker.image}, which needs a container engine"
                problems.append(Problem(what, "use --runtime docker, or leave `image:` out"))
    return problems


def _disk(plan: Plan) -> list[Problem]:
    """Store paths that cannot be written, and a disk with no room for a journal."""
    problems = []
    replicas = {node.replica for node in plan.nodes if node.replica}
    for path in sorted({p for node in plan.nodes for p in node.shared} | replicas):
        existing = next(p for p in (Path(path), *Path(path).parents) if p.exists())
        if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
            problems.append(Problem(f"store {path}: {existing} cannot be written", "give another store.kahadb.path"))
        elif shutil.disk_usage(existing).free < LEAST_DISK:
            problems.append(Problem(f"store {path}: less than 512 MiB are free on its disk", "make room there"))
    return problems
