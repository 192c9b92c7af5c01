"""What of a cluster is called what on an engine, and what a node's container is made of. Plain data.

    container  amqctl.CLUSTER.NODE          one a broker; ".new" behind it while it is being made
    network    amqctl.CLUSTER               unless the topology names another
    volume     amqctl.CLUSTER.GROUP         a group's shared store; kept by `down`
    volume     amqctl.CLUSTER.NAME.data     a companion's data; kept by `down`
    volume     amqctl.CLUSTER.intent-…      empty; its label is what `up` was asked for

The labels are the truth: nothing about containers is remembered on the client. Dots join the parts,
because no name of a cluster or a node has one (a-b.c is not a.b-c); a group's may, and stands last.
"""

from __future__ import annotations

import io
import json
import tarfile
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from amqctl.activemq.containers import CONF, DATA, ROOT, STORES, TMP
from amqctl.activemq.launch import NodeDirs, command
from amqctl.activemq.repairs import kept
from amqctl.activemq.versions import caps
from amqctl.plan.model import NodeFiles, NodeSpec, Plan, content, digest
from amqctl.plan.state import NodeState, Status
from amqctl.provision.image import Image
from amqctl.topology.settled import Settled, SettledGroup

PREFIX = "amqctl"
CLUSTER = "amqctl.cluster"  # label: the cluster's name, on everything that is one's
KIND = "amqctl.kind"  # label: node, store, network, intent
NODE = "amqctl.node"
FILES = "amqctl.files"  # label: digest of each configuration file, JSON
INTENT = "amqctl.intent"
AT = "amqctl.at"  # label: seconds since the epoch
FRESH = ".new"
POLICY = "unless-stopped"  # a broker that lost its lock ends by itself and must come back

Kind = Literal["node", "store", "network", "intent"]


def labels(cluster: str, kind: Kind, **more: str) -> dict[str, str]:
    return {CLUSTER: cluster, KIND: kind, AT: repr(time.time()), **more}


def container(cluster: str, node: str) -> str:
    return f"{PREFIX}.{cluster}.{node}"


def network(cluster: str) -> str:
    return f"{PREFIX}.{cluster}"


def volume(cluster: str, group: str) -> str:
    return f"{PREFIX}.{cluster}.{group}"


def data_volume(cluster: str, companion: str) -> str:
    return f"{PREFIX}.{cluster}.{companion}.data"


def network_of(cluster: str, settled: Settled) -> str:
    """Its own, or the one that the topology names."""
    return settled.docker.network or network(cluster)


def volume_settings(group: SettledGroup) -> tuple[str, dict[str, str]]:
    """Driver and options of a group's shared volume."""
    options = dict(group.store.volume_options)
    return options.pop("driver", "local"), options


def with_own_data(plan: Plan) -> list[str]:
    """Nodes with a volume that nobody else has: companions, and members of a replicated store."""
    return [spec.name for spec in plan.companions] + [node.name for node in plan.nodes if node.replica]


@dataclass(frozen=True, slots=True)
class Entry:
    """A file or (body None) a directory in a container."""

    path: str
    mode: int
    owner: tuple[int, int]
    body: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Store:
    """Where a node's shared store is mounted from. source: a volume's name, or a path of the engine's machine."""

    kind: Literal["volume", "bind"]
    source: str
    target: str


def store(cluster: str, node: NodeSpec) -> Store | None:
    """A store that the topology gives no path lies below STORES, in the group's volume; a replica in one of its own.
    None: it is in a database."""
    if node.replica:
        return Store("volume", data_volume(cluster, node.name), node.replica)
    if not node.shared:
        return None
    path = node.shared[0]
    if path.startswith(f"{STORES}/"):
        return Store("volume", volume(cluster, node.group), f"{STORES}/{node.group}")
    return Store("bind", path, path)


def command_line(
    cluster: str, node: NodeSpec, image: Image, extra: Sequence[str] = (), *, validated: bool
) -> tuple[str, ...]:
    """Of the node's JVM, which is process 1 of its container. No secret is in it."""
    dirs = NodeDirs(
        conf=CONF,
        data=DATA,
        tmp=TMP,
        marker=f"{cluster}/{node.name}",
        port=node.broker.console,
        base=ROOT if node.broker.own else None,
    )
    facts = caps(node.broker.version)
    # of a class path that lacks a jar the archive would be refused, with a warning in the node's log
    fits = len(kept(image.class_path, node.repairs)) == len(image.class_path)
    archive = image.archive if fits else None
    return command(
        image.java, image, dirs, node.broker.jvm, facts, archive, validated=validated, extra=extra,
        repairs=node.repairs,
    )  # fmt: skip


def archive(entries: Iterable[Entry]) -> bytes:
    """A tar of them, to be unpacked at /. What lies above them belongs to root."""
    out = io.BytesIO()
    now = int(time.time())
    with tarfile.open(fileobj=out, mode="w") as tar:
        for one in (Entry(ROOT, 0o755, (0, 0)), *entries):
            entry = tarfile.TarInfo(one.path.lstrip("/"))
            entry.mode, entry.mtime, (entry.uid, entry.gid) = one.mode, now, one.owner
            if one.body is None:
                entry.type = tarfile.DIRTYPE
                tar.addfile(entry)
            else:
                entry.size = len(one.body)
                tar.addfile(entry, io.BytesIO(one.body))
    return out.getvalue()


def digests(files: NodeFiles) -> str:
    return json.dumps({name: digest(content(name, text)) for name, text in files.items()}, sort_keys=True)


def state(facts: Mapping[str, Any]) -> NodeState:
    """Of what the engine says of a container (inspect).

    "exited" is what an engine calls a container that was stopped or killed on purpose: with the restart
    policy, one that ended by itself is "restarting" instead.
    """
    now, marks = facts["State"], facts["Config"]["Labels"]
    running = now["Status"] in ("running", "paused")
    status: Status = "running" if running else "created" if now["Status"] in ("created", "exited") else "exited"
    return NodeState(
        name=marks[NODE],
        status=status,
        pid=now["Pid"] or None if running else None,
        exit_code=now["ExitCode"] if status == "exited" else None,
        restarts=facts["RestartCount"],
        started_at=moment(now["StartedAt"]) if running else None,
        supervised=facts["HostConfig"]["RestartPolicy"]["Name"] == POLICY,
        files=json.loads(marks[FILES]),
        published=_published(facts["HostConfig"]["PortBindings"] or {}),
        networks=tuple(sorted(facts["NetworkSettings"]["Networks"] or {})),
    )


def _published(bindings: Mapping[str, Sequence[Mapping[str, str]] | None]) -> tuple[str, ...]:
    """Addresses; an engine may write "" for all of its own."""
    found = {one.get("HostIp") or "0.0.0.0" for port in bindings.values() for one in port or ()}  # noqa: S104
    return tuple(sorted(found))


def moment(text: str) -> float:
    """Seconds since the epoch of the engine's `2026-01-31T12:00:00.123456789Z`."""
    head, _, fraction = text.rstrip("Z").partition(".")
    return datetime.fromisoformat(head + "+00:00").timestamp() + float(f"0.{fraction or 0}")
