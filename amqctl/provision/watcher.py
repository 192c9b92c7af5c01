"""The program between amqctl and a child that cannot outlive it; child.py starts it.

Run with a command as its arguments: the word "stop" on standard input asks the child to end, end of input kills it,
and its exit code is the child's. It needs nothing but the standard library, so it starts in no time.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Sequence


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
    os._exit(_watch(sys.argv[1:]))
