"""A client whose files the engine cannot see: another mount namespace, as on another machine.

A bind mount of one of its directories would show the engine's own, which is empty or absent. So what runs
here runs with nothing bind-mounted from the client.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.lab.shell import need_root


def in_other_mounts(
    command: Sequence[str], *, hidden: Sequence[Path], shown: Mapping[Path, Path] | None = None
) -> list[str]:
    """The command line that runs `command` where each of `hidden` is a fresh tmpfs that nobody else sees.

    shown: place -> directory of this machine that is to be found there as well, such as a cache. Both must
    exist; the place should be empty outside, or below a hidden directory, so that it is nothing to the engine.
    """
    need_root("a mount namespace")
    # A bind mount is made before the tmpfs that may cover what it shows, and again below it where it is covered.
    aside = {place: f"/mnt/{number}" for number, place in enumerate(shown or {})}
    steps = ["mount -t tmpfs amqctl-lab /mnt"] if aside else []
    for place, directory in (shown or {}).items():
        steps += [f"mkdir {aside[place]}", f"mount --bind {_q(directory)} {aside[place]}"]
    steps += [f"mount -t tmpfs amqctl-lab {_q(path)}" for path in hidden]
    for place in shown or {}:
        steps += [f"mkdir -p {_q(place)}", f"mount --bind {aside[place]} {_q(place)}"]
    script = "; ".join(["set -e", *steps, 'exec "$@"'])
    return ["unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh", *command]


def _q(path: Path) -> str:
    return shlex.quote(str(path))
