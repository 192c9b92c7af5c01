"""Reading a container's log: the engine's own time for lines that the broker did not stamp."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from amqctl.provision.engine import refusals
from amqctl.runtimes.containers import moment
from amqctl.runtimes.logfile import stamped
from amqctl.runtimes.seam import LogLine
from amqctl.wait import SYSTEM

if TYPE_CHECKING:
    from docker import APIClient

TAIL = 400  # lines
POLL = 0.2  # seconds between looks for a container that has ended and may come back


def read(api: APIClient, name: str, node: str, *, since: float | None, follow: bool) -> Iterator[LogLine]:
    """Lines at or after `since` (epoch seconds). follow: over restarts and replacements, until the node is removed."""
    import docker.errors

    last = ""  # the engine's time of the last line that was handed on; it begins each, and sorts as text
    while True:
        with refusals(f"reading the log of {node}"):
            try:
                for text in _lines(api, name, moment(last) if last else since, follow):
                    stamp, _, line = text.partition(" ")
                    if stamp <= last:
                        continue
                    last = stamp
                    at, message = stamped(line)
                    at = at or moment(stamp)
                    if since is None or at >= since:
                        yield LogLine(node, at, message)
            except docker.errors.NotFound:
                return
        if not follow:
            return
        SYSTEM.sleep(POLL)


def tail(api: APIClient, name: str, node: str) -> list[LogLine]:
    """None of a container that is not there."""
    import docker.errors

    out = []
    with refusals(f"reading the log of {node}"):
        try:
            said = api.logs(name, timestamps=True, tail=TAIL)
        except docker.errors.NotFound:
            return []
    for text in said.decode("utf-8", "replace").splitlines():
        stamp, _, line = text.partition(" ")
        at, message = stamped(line)
        out.append(LogLine(node, at or moment(stamp), message))
    return out


def _lines(api: APIClient, name: str, since: float | None, follow: bool) -> Iterator[str]:
    """What the engine sends, cut at line ends: its pieces are as the broker happened to write them."""
    settings: dict[str, Any] = {} if since is None else {"since": since}
    held = b""
    for piece in api.logs(name, stream=True, follow=follow, timestamps=True, **settings):
        *whole, held = (held + piece).split(b"\n")
        for line in whole:
            yield line.decode("utf-8", "replace").rstrip("\r")
    if held:
        yield held.decode("utf-8", "replace")
