"""The CLI on a machine of its own: its own state, the session's cache, ports apart, and nothing left behind."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil

from tests.done import Done
from tests.e2e.sides import LocalSide, Side

REPOSITORY = Path(__file__).resolve().parents[2]


class Machine:
    """home: state lives there. Java and the docker command are hidden from the CLI, except with java=True.

    side: the runtime, and what can be seen of it from outside. A local machine has no engine either.
    """

    def __init__(self, home: Path, cache: Path, side: Side | None = None, *, java: bool = False) -> None:
        self.home = home
        self.side = side or LocalSide(home)
        hidden = ("JAVA_HOME", "AMQCTL_OFFLINE", "AMQCTL_RUNTIME", "AMQCTL_BASE_IMAGE")
        self.env = {
            **{k: v for k, v in os.environ.items() if k not in hidden},
            **self.side.env,
            "AMQCTL_HOME": str(home),
            "AMQCTL_CACHE": str(cache),
            "COLUMNS": "120",
        }
        if java:
            self.env["PATH"] = os.environ["PATH"]

    def offset(self, usual: int) -> int:
        """To write where `ports.offset` or --port-offset is wanted."""
        return usual + self.side.ports

    def amq(self, *args: str, expect: int | None = 0, env: Mapping[str, str] | None = None, stdin: str = "") -> Done:
        """Run amqctl. expect: the exit code that must come, None for any."""
        ran = subprocess.run(
            command(*args), env={**self.env, **(env or {})}, cwd=self.home, input=stdin, capture_output=True,
            text=True, timeout=300,
        )  # fmt: skip
        self.side.look()
        done = Done(ran.returncode, ran.stdout, ran.stderr)
        assert expect is None or done.code == expect, f"amqctl {' '.join(args)}\n{done}"
        assert "Traceback" not in done.err, str(done)
        return done

    def begin(self, *args: str) -> subprocess.Popen[bytes]:
        """Start amqctl and hand its process back, in a group of its own."""
        return subprocess.Popen(
            command(*args), env=self.env, cwd=self.home, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip

    def gone(self, *, stores: bool) -> None:
        """Nothing is left of any cluster but, where stores is False, its stored messages and passwords."""
        assert self.side.left() == []
        assert self.side.brokers() == {}
        if stores:
            assert self.side.stores() == []
            assert list((self.home / "state" / "secrets").glob("*")) == []
        else:
            assert self.side.stores()

    def processes(self) -> list[psutil.Process]:
        """Everything that carries this machine's directory in its command line: of a local one, all brokers."""
        return LocalSide(self.home).processes()

    def clean(self, keep: Path | None) -> None:
        """Nothing of this machine survives. keep: where its files go first, when a test failed."""
        if keep is not None:
            self.side.save(keep)
        LocalSide(self.home).end()
        self.side.end()
        if keep is not None:
            shutil.copytree(self.home, keep, dirs_exist_ok=True, ignore=shutil.ignore_patterns("kahadb", "cache"))
        shutil.rmtree(self.home, ignore_errors=True)


def command(*args: str) -> Sequence[str]:
    return (sys.executable, "-m", "amqctl", *args)


def topology(name: str, text: str, home: Path) -> str:
    path = home / f"{name}.yaml"
    path.write_text(text)
    return str(path)


def ms_plus(home: Path, name: str, version: str) -> str:
    """The main topology under another name and version."""
    text = (REPOSITORY / "topologies" / "ms-plus-cluster.yaml").read_text()
    text = text.replace("name: ms-plus-cluster", f"name: {name}").replace("activemq: 6.1.7", f"activemq: {version}")
    return topology(name, text, home)
