"""ZooKeeper by its own protocol: one of its four-letter words, for which no login is needed.

`srvr` is the only one that a server answers unasked (4lw.commands.whitelist). A server that is up and has no quorum
answers too, and says that it serves nobody.
"""

from __future__ import annotations

import re
import socket

from amqctl.cluster.databases.greetings import asked
from amqctl.cluster.databases.model import Greeting
from amqctl.cluster.model import Address

_MOST = 65_536  # bytes of an answer
_MODE = re.compile(r"^Mode: (\w+)", re.M)


def greeting(address: Address, timeout: float) -> Greeting:
    """Ready where it leads, follows or is alone. timeout: seconds for each step. Never raises for a server that is
    not there."""
    return asked(address, timeout, _srvr)


def _srvr(link: socket.socket) -> Greeting:
    link.sendall(b"srvr")
    said = _all(link)
    mode = _MODE.search(said)
    if mode is not None:
        return Greeting(mode[1] in ("leader", "follower", "standalone", "observer"), mode[1])
    return Greeting(False, (said.strip().splitlines() or ["it closed the connection without a word"])[0][:120])


def _all(link: socket.socket) -> str:
    data = b""
    while len(data) < _MOST and (more := link.recv(4096)):
        data += more
    return data.decode("utf-8", "replace")
