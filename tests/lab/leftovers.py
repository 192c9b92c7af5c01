"""What tests left on the engine: a run that ends well leaves nothing."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import docker

from tests.lab.shell import LabError, home


def note() -> str:
    """Remember what is there already: a developer's clusters are no leftovers."""
    if _noted().exists():
        return "noted before"
    _noted().write_text(json.dumps(_present()))
    return "what is on the engine is noted"


def check() -> str:
    """Raises LabError with all that was not there before."""
    before = json.loads(_noted().read_text()) if _noted().exists() else []
    if new := sorted(set(_present()) - set(before)):
        raise LabError(f"tests left on the engine: {', '.join(new)}")
    return "nothing is left on the engine"


def _present() -> list[str]:
    with closing(docker.from_env(timeout=60)) as client:
        containers = [f"container {c.name}" for c in client.containers.list(all=True)]
        networks = [f"network {n.name}" for n in client.networks.list()]
        volumes = [f"volume {v.name}" for v in client.volumes.list()]
    return containers + networks + volumes


def _noted() -> Path:
    return home() / "before.json"
