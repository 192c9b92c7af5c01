"""Restarting the container engine, by a command of the user's: how it is done differs from machine to machine,
and who runs a test may not be who may do it."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from contextlib import suppress
from typing import IO

from amqctl.errors import AmqctlError, BadUsage, NeverHappened

WITHIN = 180.0  # seconds: an engine gives each container its grace to stop before it kills it
SHOWN = 8  # last lines of the command's output in an error


def by_command(command: str, within: float = WITHIN) -> Callable[[], None]:
    """What runs `command` and returns when it has ended well.

    Raises BadUsage for a command that cannot be run; what it returns raises AmqctlError for one that fails.
    """
    try:
        words = shlex.split(command)
    except ValueError as exc:
        raise BadUsage(f"the command to restart the engine cannot be read: {exc}", hint=f"it is: {command}") from exc
    if not words or shutil.which(words[0]) is None:
        name = words[0] if words else "an empty text"
        raise BadUsage(f"the command to restart the engine: {name} is no program here")
    return lambda: _run(words, within)


def _run(words: list[str], within: float) -> None:
    name = shlex.join(words)
    # A file and no pipe: an engine that the command leaves running inherits it, and a pipe would not end
    # before the engine does.
    with tempfile.TemporaryFile() as said:
        process = _started(words, said)
        try:
            code = process.wait(within)
        except subprocess.TimeoutExpired as exc:
            process.kill()
            process.wait()
            raise NeverHappened(f"{name} ends", within, "it still ran", details=_end(said)) from exc
        except KeyboardInterrupt:
            _finish(process, words, said, within)
            raise
        if code != 0:
            raise AmqctlError(f"{name} ended with exit code {code}", details=_end(said))


def _started(words: list[str], said: IO[bytes]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT)
    except OSError as exc:
        raise AmqctlError(f"{shlex.join(words)}: {exc.strerror or exc}") from exc


def _finish(process: subprocess.Popen[bytes], words: list[str], said: IO[bytes], within: float) -> None:
    """A Ctrl-C at the terminal ends the command too, perhaps when it has stopped the engine and not yet
    started it: then it is run once more, for an interrupt must not leave a machine without its engine."""
    with suppress(subprocess.TimeoutExpired):
        if process.wait(within) != 0:
            _started(words, said).wait(within)


def _end(said: IO[bytes]) -> list[str]:
    said.seek(0)
    return said.read().decode("utf-8", "replace").splitlines()[-SHOWN:]
