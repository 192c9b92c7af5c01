"""Settings of a client's socket without which it would wait: for a broker that reads no more, or for an ACK of TCP."""

from __future__ import annotations

import os
import socket
import struct
from contextlib import suppress


def bound_writes(sock: socket.socket | None, seconds: float) -> None:
    """A broker that stops reading (producer flow control, a frozen JVM) must not block a write for ever.

    The package `stomp.py` sets its socket to blocking, and a timeout on it would end its reads too.
    """
    if sock is None:
        return
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if os.name == "posix":
        whole = int(seconds)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", whole, int((seconds - whole) * 1e6)))


def acknowledge_at_once(sock: socket.socket | None) -> None:
    """The broker answers an ACK with two small writes, RECEIPT and the next MESSAGE; its Nagle's algorithm
    holds the second back until our kernel has acknowledged the first, 40 ms later by default. Linux
    forgets the setting, so it is made anew each time."""
    if sock is not None and hasattr(socket, "TCP_QUICKACK"):
        with suppress(OSError):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
