"""Keeps one broker's JVM alive: run as a script of its own, one per node, outliving the CLI.

    python -I -S supervisor.py NODE_DIR

A broker that loses its lock for good stops itself and may exit with 0 (BrokerService.stop after
LockableServiceSupport gives up), so every exit is followed by a new start, after a pause that
doubles. Whoever wants the broker gone ends this process first, and the JVM after it. Only the
standard library, for start-up and memory: there is one of these per broker.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from io import BufferedWriter
from pathlib import Path
from types import FrameType

FIRST_PAUSE = 0.5  # seconds
LONGEST_PAUSE = 15.0
STEADY = 60.0  # a JVM that lived this long starts the pauses anew
NOT_STARTED = 127  # what a shell says of a command that is not there
LARGEST_LOG = 20 * 1024 * 1024  # bytes; the log before is kept as broker.log.1


def main(node: Path) -> None:
    launch = json.loads((node / "run" / "launch.json").read_text())
    stopping = threading.Event()
    child: subprocess.Popen[bytes] | None = None

    def stop(signum: int, frame: FrameType | None) -> None:
        stopping.set()
        if child is not None and child.poll() is None:
            child.send_signal(getattr(signal, launch.get("stop", "SIGTERM")))

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    pause = FIRST_PAUSE
    restarts = 0
    while not stopping.is_set():
        born = time.monotonic()
        try:
            with _log(node) as log:
                child = subprocess.Popen(
                    launch["command"],
                    cwd=node,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    env={**launch["env"], **_secret(node)},
                )
            code = child.wait()
        except OSError as exc:  # no such Java any more, or a full disk: say so, and try again after the pause
            code = NOT_STARTED
            _say(node, f"amqctl: the JVM cannot be started: {exc}")
        if stopping.is_set():
            break
        restarts += 1
        try:
            _record(node, code, restarts)
        except OSError as exc:  # a full disk must not end the one that brings the broker back
            sys.stderr.write(f"cannot note how it ended: {exc}\n")
        if time.monotonic() - born > STEADY:
            pause = FIRST_PAUSE
        stopping.wait(pause)
        pause = min(pause * 2, LONGEST_PAUSE)


def _secret(node: Path) -> dict[str, str]:
    """Variables that are nobody else's business, in a file of their own that only we may read."""
    path = node / "run" / "environment.json"
    return json.loads(path.read_text()) if path.exists() else {}


def _log(node: Path) -> BufferedWriter:
    path = node / "log" / "broker.log"
    if path.exists() and path.stat().st_size > LARGEST_LOG:
        path.replace(path.with_suffix(".log.1"))
    return open(path, "ab", opener=lambda p, flags: os.open(p, flags, 0o600))  # noqa: PTH123


def _say(node: Path, text: str) -> None:
    """Into the node's own log, where its last words are looked for; else into the supervisor's."""
    try:
        with _log(node) as log:
            log.write(f"{text}\n".encode())
    except OSError:
        sys.stderr.write(f"{text}\n")


def _record(node: Path, code: int, restarts: int) -> None:
    """What the JVM ended with, for `observe`; a whole file or none."""
    path = node / "run" / "exit.json"
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps({"exit_code": code, "restarts": restarts}))
    fresh.replace(path)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
