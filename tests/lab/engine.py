"""The engine that the tests share: the one that answers, else one that the lab installs and starts."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import psutil

from tests.lab.dockerd import Dockerd, end, version
from tests.lab.shell import LabError, home, need_root, run

# what must be on the PATH -> the Debian package that has it. docker-compose is what `export compose` is proven with.
NEEDED = {
    "dockerd": "docker.io",
    "docker": "docker.io",
    "debootstrap": "debootstrap",
    "iptables": "iptables",
    "docker-compose": "docker-compose",
}
SOCKET = "unix:///var/run/docker.sock"


def ensure() -> str:
    """What was done, in words."""
    found = version(None)
    if found is None and os.environ.get("DOCKER_HOST"):
        raise LabError(f"DOCKER_HOST is {os.environ['DOCKER_HOST']}, and no engine answers there")
    installed = _install()
    if installed and found is None:
        found = version(None)  # where there is an init system, the package starts its daemon
    if found is None:
        _start()
        return f"{installed}started Docker {version(None)}, log {_log()}"
    return f"{installed}uses the Docker {found} that answers"


def stop() -> str:
    """End the engine, if the lab started it."""
    process = _started()
    if process is None:
        return "nothing to stop: no engine of the lab runs"
    end(process)
    _note().unlink(missing_ok=True)
    return f"stopped dockerd {process.pid}"


def restart() -> str:
    """For whoever has this engine to himself: its containers are stopped with it."""
    process = _started()
    if process is None:
        raise LabError("the engine that answers was not started by the lab; it is not the lab's to restart")
    end(process)
    return f"restarted: dockerd {process.pid} ended, {_start().pid} runs"


def _install() -> str:
    """apt-get what is missing; what was installed, in words."""
    missing = sorted({package for tool, package in NEEDED.items() if not shutil.which(tool)})
    if not missing:
        return ""
    need_root(f"apt-get install {' '.join(missing)}")
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    wait_for_others = ("-o", "DPkg::Lock::Timeout=300")
    run("apt-get", *wait_for_others, "update", "-q", env=quiet)
    run("apt-get", *wait_for_others, "install", "-q", "-y", *missing, env=quiet)
    absent = [tool for tool in NEEDED if not shutil.which(tool)]
    if absent:
        raise LabError(f"installed {' '.join(missing)}, and yet there is no {', '.join(absent)}")
    return f"installed {' '.join(missing)}; "


def _start() -> psutil.Process:
    need_root("dockerd")
    process = Dockerd(SOCKET, _log()).start()
    # the time of its start beside the pid: a pid alone may be another process by tomorrow
    _note().write_text(json.dumps({"pid": process.pid, "created": process.create_time()}))
    return process


def _started() -> psutil.Process | None:
    try:
        noted = json.loads(_note().read_text())
        process = psutil.Process(noted["pid"])
        return process if process.create_time() == noted["created"] else None
    except (FileNotFoundError, psutil.NoSuchProcess):
        return None


def _note() -> Path:
    return home() / "dockerd.json"


def _log() -> Path:
    return home() / "dockerd.log"
