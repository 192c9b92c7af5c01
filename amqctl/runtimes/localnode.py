"""What the directory of one node tells of it, together with its processes."""

from __future__ import annotations

import hashlib
import json
import signal
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import psutil

from amqctl.plan.model import ENVIRONMENT
from amqctl.plan.state import NodeState, Status
from amqctl.runtimes import processes


def state(node: str, directory: Path, found: processes.Found) -> NodeState:
    """found: its processes now."""
    noted = ended(directory)
    launching = found.supervisor is not None and not noted  # its supervisor is about to start the JVM
    status: Status = "running" if found.jvm or launching else "exited" if noted else "created"
    conf = directory / "conf"
    return NodeState(
        name=node,
        status=status,
        pid=found.jvm.pid if found.jvm else None,
        exit_code=noted.get("exit_code"),
        restarts=noted.get("restarts", 0),
        started_at=_started(found.jvm),
        supervised=found.supervisor is not None,
        files=_digests(conf, directory / "run" / ENVIRONMENT),
    )


def ended(directory: Path) -> dict[str, int]:
    """What the supervisor noted of the last end; nothing where it noted nothing that can be read."""
    try:
        found = json.loads((directory / "run" / "exit.json").read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def stop_signal(directory: Path) -> signal.Signals:
    """What its launch says; SIGTERM where that cannot be read."""
    with suppress(OSError, ValueError, KeyError):
        return signal.Signals[json.loads((directory / "run" / "launch.json").read_bytes())["stop"]]
    return signal.SIGTERM


def _digests(conf: Path, environment: Path) -> Mapping[str, str]:
    """Of the files that are ours: editors leave theirs beside them, and one being written has another name."""
    found = {}
    for path in (*sorted(conf.glob("*")), environment):
        if path.name.startswith(".") or path.suffix in (".new", ".swp") or path.name.endswith("~"):
            continue
        with suppress(OSError):  # it came or went meanwhile
            found[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def _started(jvm: psutil.Process | None) -> float | None:
    try:
        return jvm.create_time() if jvm else None
    except psutil.NoSuchProcess:
        return None
