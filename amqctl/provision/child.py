"""A child process that cannot outlive us.

Killing amqctl with SIGKILL closes the pipe between the two, whatever the system; the watcher, a Python
with nothing but the standard library, sees that and kills the JVM. (PR_SET_PDEATHSIG would need no
watcher, but it is Linux's alone and fires when the *thread* that started the child ends.)
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from amqctl.provision import watcher
from amqctl.wait import NotYet, until

LAST = 50  # lines of its output that are kept of one that was run to its end


class Child:
    """One running child. log: where its output goes."""

    def __init__(self, watcher: subprocess.Popen[bytes], log: Path) -> None:
        self._watcher = watcher
        self.log = log

    def poll(self) -> int | None:
        """Its exit code, None while it runs; negative where a signal ended it."""
        code = self._watcher.poll()
        return code if code is None or code < 128 else 128 - code

    def ended(self) -> int:
        """Its exit code; raises NotYet with the last that it said while it runs."""
        code = self.poll()
        if code is None:
            raise NotYet(next(iter(self.tail(1)), "nothing"))
        return code

    def stop(self) -> None:
        """Ask it to end in good order (SIGTERM)."""
        assert self._watcher.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._watcher.stdin.write(b"stop\n")
            self._watcher.stdin.flush()

    def tail(self, lines: int) -> list[str]:
        return self.log.read_text("utf-8", "replace").splitlines()[-lines:]


@contextlib.contextmanager
def watched(command: Sequence[str], log: Path, env: Mapping[str, str]) -> Iterator[Child]:
    """The child while the block runs; gone on leaving it, however it is left."""
    with log.open("wb") as out:
        between = subprocess.Popen(
            [sys.executable, "-I", "-S", watcher.__file__, *command],
            stdin=subprocess.PIPE,
            stdout=out,
            stderr=subprocess.STDOUT,
            env=dict(env),
            start_new_session=True,  # a Ctrl-C is for amqctl, which then ends the child itself
        )
    try:
        yield Child(between, log)
    finally:
        assert between.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            between.stdin.close()
        between.wait()


def run(command: Sequence[str], log: Path, env: Mapping[str, str], what: str, within: float) -> tuple[int, list[str]]:
    """Run it to its end: its exit code, as poll() has it, and the last lines of its output.

    what: that it ends, in words; NeverHappened says so after `within` seconds, and then it is gone too.
    """
    with watched(command, log, env) as child:
        return until(child.ended, what=what, within=within), child.tail(LAST)
