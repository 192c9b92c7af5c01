"""Is a database ready? Asked by its own protocol, up to where credentials would be needed.

A TCP connection proves nothing: a container engine's proxy accepts for a server that is not there yet.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable, Mapping

from amqctl.cluster.databases.model import Greeting
from amqctl.cluster.handshake import exactly
from amqctl.cluster.model import Address


def greeting(kind: str, address: Address, timeout: float) -> Greeting:
    """timeout: seconds for each step. Never raises for a server that is not there."""
    return asked(address, timeout, _GREETINGS[kind])


def asked(address: Address, timeout: float, talk: Callable[[socket.socket], Greeting]) -> Greeting:
    """What `talk` makes of a connection, or why there is none that answers."""
    try:
        with socket.create_connection((address.host, address.port), timeout=timeout) as link:
            link.settimeout(timeout)
            return talk(link)
    except TimeoutError:
        return Greeting(False, f"no answer within {timeout:g} s")
    except ConnectionRefusedError:
        return Greeting(False, "nobody listens")
    except OSError as exc:
        return Greeting(False, exc.strerror or str(exc))


def _mysql(link: socket.socket) -> Greeting:
    """The server speaks first: protocol 10 and its version, or an error (Protocol::HandshakeV10, ERR_Packet)."""
    head = exactly(link, 4)
    body = exactly(link, min(int.from_bytes(head[:3], "little"), 4096))
    if body[:1] == b"\x0a":
        version = body[1 : body.index(b"\0", 1)].decode("ascii", "replace")
        # MariaDB 10 put 5.5.5- before it, for replicas of long ago
        return Greeting(True, version.removeprefix("5.5.5-"))
    if body[:1] == b"\xff":
        code = int.from_bytes(body[1:3], "little")
        return Greeting(False, f"error {code}: {body[3:].decode('utf-8', 'replace')}")
    return Greeting(False, "no MySQL protocol")


def _postgres(link: socket.socket) -> Greeting:
    """A start-up message is answered by a request for a password (R), or an error with its SQLSTATE.

    57P03 is "cannot connect now": starting, recovering or shutting down. Any other refusal is of a server
    that is up.
    """
    body = struct.pack("!I", 196608) + b"user\0amqctl\0database\0postgres\0\0"  # protocol 3.0
    link.sendall(struct.pack("!I", len(body) + 4) + body)
    kind = exactly(link, 1)
    (length,) = struct.unpack("!I", exactly(link, 4))
    if kind == b"R":
        exactly(link, min(length - 4, 4096))
        return Greeting(True, "asks for a password")
    if kind != b"E":
        return Greeting(False, "no PostgreSQL protocol")
    fields = {f[:1]: f[1:].decode("utf-8", "replace") for f in exactly(link, min(length - 4, 65536)).split(b"\0")}
    state, said = fields.get(b"C", ""), fields.get(b"M", "")
    return Greeting(not state.startswith("57P"), f"{state}: {said}")


def _derby(link: socket.socket) -> Greeting:
    """DRDA: attributes are exchanged before anybody logs in (EXCSAT, answered by EXCSATRD)."""
    link.sendall(_EXCSAT)
    answer = exactly(link, 10)  # DSS header of 6, length and code point of what is in it
    (point,) = struct.unpack("!H", answer[8:10])
    if answer[2] != _DRDA_MAGIC:
        return Greeting(False, "no DRDA protocol")
    # else the server would log that the connection was reset under it
    link.shutdown(socket.SHUT_WR)
    while link.recv(4096):
        pass
    return Greeting(point == _EXCSATRD, f"DRDA answer {point:#06x}")


_DRDA_MAGIC, _EXCSATRD = 0xD0, 0x1443


def _excsat() -> bytes:
    """Manager levels alone (agent, SQL, RDB, security at level 7): enough for an answer."""
    levels = b"".join(struct.pack("!HH", manager, 7) for manager in (0x1403, 0x2407, 0x240F, 0x1440))
    parameter = struct.pack("!HH", len(levels) + 4, 0x1404) + levels
    command = struct.pack("!HH", len(parameter) + 4, 0x1041) + parameter
    return struct.pack("!HBBH", len(command) + 6, _DRDA_MAGIC, 0x01, 1) + command


_EXCSAT = _excsat()


_GREETINGS: Mapping[str, Callable[[socket.socket], Greeting]] = {
    "mysql": _mysql,
    "mariadb": _mysql,
    "postgres": _postgres,
    "derby": _derby,
}
