"""A child process that cannot outlive us.

Killing amqctl with SIGKILL closes the pipe between the two, whatever the system; the watcher, a Python
with nothing but the standard library, sees that and kills the JVM. (PR_SET_PDEATHSIG would need no
watcher, but it is Linux's alone and fires when the *thread* that started the child ends.)

Run as a program, with a command as its arguments, this module is that watcher: the word "stop" on
standard input asks the child to end, end of input kills it, and its exit code is the child's.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path


class Watched:
    """One running child. log: where its output goes."""

    def __init__(self, watcher: subprocess.Popen[bytes], log: Path) -> None:
        self._watcher = watcher
        self.log = log

    def poll(self) -> int | None:
        """Its exit code, None while it runs; negative where a signal ended it."""
        code = self._watcher.poll()
        return code if code is None or code < 128 else 128 - code

    def stop(self) -> None:
        """Ask it to end in good order (SIGTERM)."""
        assert self._watcher.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._watcher.stdin.write(b"stop\n")
            self._watcher.stdin.flush()

    def tail(self, lines: int) -> list[str]:
        return self.log.read_text("utf-8", "replace").splitlines()[-lines:]


@contextlib.contextmanager
def watched(command: Sequence[str], log: Path, env: Mapping[str, str]) -> Iterator[Watched]:
    """The child while the block runs; gone on leaving it, however it is left."""
    with log.open("wb") as out:
        watcher = subprocess.Popen(
            [sys.executable, "-I", "-S", __file__, *command],
            stdin=subprocess.PIPE,
            stdout=out,
            stderr=subprocess.STDOUT,
            env=dict(env),
            start_new_session=True,  # a Ctrl-C is for amqctl, which then ends the child itself
        )
    try:
        yield Watched(watcher, log)
    finally:
        assert watcher.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            watcher.stdin.close()
        watcher.wait()


def _watch(command: Sequence[str]) -> int:
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL)

    def listen() -> None:
        for line in sys.stdin.buffer:
            if line.strip() == b"stop":
                child.terminate()
        child.kill()

    threading.Thread(target=listen, daemon=True).start()
    code = child.wait()
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    # os._exit: the listening thread holds standard input's lock, which a normal exit waits for
    import os

    os._exit(_watch(sys.argv[1:]))
