"""Reading the directories that `conf:` names."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from amqctl.errors import BadTopology, Problem
from amqctl.plan.model import BINARY
from amqctl.topology.own import OwnConf
from amqctl.topology.settled import Settled

if TYPE_CHECKING:
    from amqctl.activemq.ownconf import OwnFiles

MOST = 4 * 1024 * 1024  # bytes of one file; the largest that ActiveMQ ships has 30 kB


class Confs:
    """Directories, each read once. Calling it says what settling must know of one.

    recorded: what was known when the cluster came up, which holds for it also when the directory is gone.
    """

    def __init__(self, recorded: Mapping[str, OwnConf] | None = None) -> None:
        self._known = dict(recorded or {})

    def __call__(self, directory: str) -> OwnConf:
        """Raises BadTopology with everything that is in the way."""
        if directory not in self._known:
            from amqctl.activemq.ownconf import understood  # most topologies have none

            self._known[directory] = understood(files(directory))
        return self._known[directory]


def own_files(settled: Settled) -> Mapping[str, OwnFiles]:
    """The content of every directory that a broker's `conf` names, by its path. Raises BadTopology."""
    return {path: files(path) for path in dict.fromkeys(b.own.directory for b in settled.brokers if b.own)}


def files(directory: str) -> OwnFiles:
    """Hidden files and directories other than lib/ are left; jars are named, everything else is read."""
    from amqctl.activemq.ownconf import OwnFiles

    texts: dict[str, str] = {}
    jars: list[str] = []
    try:
        for path in sorted(Path(directory).iterdir()):
            if path.name.startswith(".") or path.name.endswith("~"):
                continue
            if path.is_dir():
                jars += [str(jar) for jar in sorted(path.glob("*.jar"))] if path.name == "lib" else []
            elif path.suffix == ".jar":
                jars.append(str(path))
            else:
                texts[path.name] = _read(path)
    except OSError as exc:
        what = f"conf: {exc.filename or directory}: {exc.strerror or exc}"
        raise BadTopology([Problem(what, "name a directory with an activemq.xml")]) from exc
    return OwnFiles(directory, texts, tuple(jars))


def _read(path: Path) -> str:
    if path.stat().st_size > MOST:
        what = f"{path}: more than {MOST >> 20} MiB in a directory of configuration files"
        raise BadTopology([Problem(what, "keep only what the broker reads at its start")])
    if path.suffix in BINARY:
        return base64.b64encode(path.read_bytes()).decode()
    return path.read_bytes().decode("utf-8", "surrogateescape")
