"""The CLI on a machine of its own: its own state, the session's cache, ports apart, and nothing left behind."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Done:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    def __str__(self) -> str:
        return f"exit {self.code}\n--- stdout\n{self.out}\n--- stderr\n{self.err}"


class Machine:
    """home: state lives there. Java and Docker are hidden from the CLI unless asked for."""

    def __init__(self, home: Path, cache: Path, *, java: bool = False) -> None:
        self.home = home
        self.env = {
            **{k: v for k, v in os.environ.items() if k not in ("JAVA_HOME", "AMQCTL_OFFLINE")},
            "AMQCTL_HOME": str(home),
            "AMQCTL_CACHE": str(cache),
            "COLUMNS": "120",
        }
        if not java:
            self.env["PATH"] = str(_bare_path(home))

    def amq(self, *args: str, expect: int | None = 0, env: Mapping[str, str] | None = None, stdin: str = "") -> Done:
        """Run amqctl. expect: the exit code that must come, None for any."""
        ran = subprocess.run(
            command(*args), env={**self.env, **(env or {})}, cwd=self.home, input=stdin, capture_output=True,
            text=True, timeout=300,
        )  # fmt: skip
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

    def processes(self) -> list[psutil.Process]:
        """Everything that carries this machine's directory in its command line."""
        found = []
        for process in psutil.process_iter():
            try:
                line = process.cmdline()
            except psutil.Error:
                continue
            if any(str(self.home) in word for word in line) and process.pid != os.getpid():
                found.append(process)
        return found

    def clean(self, keep: Path | None) -> None:
        """Nothing of this machine survives. keep: where its files go first, when a test failed."""
        left = self.processes()
        for process in left:
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue
        psutil.wait_procs(left, timeout=15)  # the next test wants their ports
        if keep is not None:
            shutil.copytree(self.home, keep, dirs_exist_ok=True, ignore=shutil.ignore_patterns("kahadb", "cache"))
        shutil.rmtree(self.home, ignore_errors=True)


def command(*args: str) -> Sequence[str]:
    return (sys.executable, "-m", "amqctl", *args)


def _bare_path(home: Path) -> Path:
    """A PATH on which there is neither java nor docker."""
    bare = home / "bin"
    bare.mkdir(parents=True, exist_ok=True)
    for tool in ("sh", "ls", "env"):
        found = shutil.which(tool)
        if found and not (bare / tool).exists():
            (bare / tool).symlink_to(found)
    return bare


def topology(name: str, text: str, home: Path) -> str:
    path = home / f"{name}.yaml"
    path.write_text(text)
    return str(path)


def ms_plus(home: Path, name: str, version: str) -> str:
    """The main topology under another name and version."""
    text = (REPOSITORY / "topologies" / "ms-plus-cluster.yaml").read_text()
    text = text.replace("name: ms-plus-cluster", f"name: {name}").replace("activemq: 6.1.7", f"activemq: {version}")
    return topology(name, text, home)
