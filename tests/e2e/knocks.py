"""Knocking at a broker's ports with as little as each protocol takes. Nothing of amqctl's own clients is used.

`admitted` is True only where the broker lets one in: a right password is the control of every test.
"""

from __future__ import annotations

import base64
import http.client
import os
import socket
import ssl
import struct
from collections.abc import Callable

KINDS = ("openwire", "stomp", "ws", "amqp", "mqtt", "console", "jolokia")
PATIENCE = 10.0  # seconds; a fresh JVM's first TLS handshake takes its time on a busy machine
Creds = tuple[str, str] | None


def admitted(kind: str, port: int, creds: Creds, context: ssl.SSLContext | None, patience: float = PATIENCE) -> bool:
    """creds: None knocks without any. context: None speaks plain text, which a port with TLS may leave unanswered."""
    if kind in ("console", "jolokia"):
        return _web(kind, port, creds, context, patience)
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=patience) as link:
            if context is None:
                return _KNOCKS[kind](link, creds)
            with context.wrap_socket(link, server_hostname="127.0.0.1") as talk:
                return _KNOCKS[kind](talk, creds)
    except OSError:
        return False


def _web(kind: str, port: int, creds: Creds, context: ssl.SSLContext | None, patience: float) -> bool:
    headers = {"Origin": "http://localhost", "Content-Type": "application/json"}
    if creds:
        headers["Authorization"] = "Basic " + base64.b64encode(":".join(creds).encode()).decode()
    if context is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=patience)
    else:
        connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=patience, context=context)
    body = '{"type": "version"}' if kind == "jolokia" else None
    try:
        connection.request("POST" if body else "GET", "/api/jolokia/" if body else "/admin/", body, headers)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _stomp_connect(creds: Creds) -> bytes:
    login = f"login:{creds[0]}\npasscode:{creds[1]}\n" if creds else ""
    return f"CONNECT\naccept-version:1.2\nhost:localhost\n{login}\n\0".encode()


def _stomp(link: socket.socket, creds: Creds) -> bool:
    link.sendall(_stomp_connect(creds))
    return link.recv(4096).lstrip().startswith(b"CONNECTED")


def _ws(link: socket.socket, creds: Creds) -> bool:
    """STOMP in a WebSocket (RFC 6455): the upgrade itself asks for no password, the CONNECT in it does."""
    key = base64.b64encode(os.urandom(16)).decode()
    link.sendall(
        "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Protocol: v12.stomp\r\n\r\n".encode()
    )
    seen = b""
    while b"\r\n\r\n" not in seen:
        if not (more := link.recv(4096)):
            return False
        seen += more
    if b" 101 " not in seen.partition(b"\r\n")[0]:
        return False
    data, mask = _stomp_connect(creds), os.urandom(4)
    masked = bytes(byte ^ mask[at % 4] for at, byte in enumerate(data))
    link.sendall(bytes([0x81, 0x80 | 126]) + struct.pack(">H", len(data)) + mask + masked)
    return b"CONNECTED" in link.recv(4096)


def _mqtt(link: socket.socket, creds: Creds) -> bool:
    def text(value: str) -> bytes:
        return struct.pack(">H", len(value)) + value.encode()

    body = text("MQTT") + (b"\x04\xc2" if creds else b"\x04\x02") + b"\x00\x3c" + text("knock")
    body += b"".join(text(part) for part in creds or ())
    link.sendall(b"\x10" + bytes([len(body)]) + body)
    return link.recv(4) == b"\x20\x02\x00\x00"


def _amqp(link: socket.socket, creds: Creds) -> bool:
    """PLAIN with a password, ANONYMOUS without. SASL's outcome (code 0) is not enough: 5.9 and 5.11 give it to anybody,
    and close the connection when it is opened. So a session must begin."""
    mechanism = b"PLAIN" if creds else b"ANONYMOUS"
    first = b"\0" + b"\0".join(part.encode() for part in creds) if creds else b""
    fields = b"\xa3" + bytes([len(mechanism)]) + mechanism + b"\xa0" + bytes([len(first)]) + first
    init = b"\x00\x53\x41\xc0" + bytes([len(fields) + 1, 2]) + fields
    link.sendall(b"AMQP\x03\x01\x00\x00" + struct.pack(">I", len(init) + 8) + b"\x02\x01\x00\x00" + init)
    if _exactly(link, 4) != b"AMQP":
        return False
    _exactly(link, 4)
    while (frame := _amqp_frame(link))[2] != 0x44:
        pass
    if frame[6:8] != b"\x50\x00":
        return False
    opened = b"\x00\x53\x10\xc0\x08\x01\xa1\x05knock"
    # no remote channel, next outgoing id 0, windows of 64
    begun = b"\x00\x53\x11\xc0\x0d\x04\x40\x43\x70\x00\x00\x00\x40\x70\x00\x00\x00\x40"
    frames = b"".join(struct.pack(">I", len(body) + 8) + b"\x02\x00\x00\x00" + body for body in (opened, begun))
    link.sendall(b"AMQP\x00\x01\x00\x00" + frames)
    _exactly(link, 8)
    while (frame := _amqp_frame(link))[2:3] not in (b"\x11", b"\x18"):  # begin, close
        pass
    return frame[2] == 0x11


def _amqp_frame(link: socket.socket) -> bytes:
    """The body of the next one that has a body."""
    while True:
        (length,) = struct.unpack(">I", _exactly(link, 4))
        frame = _exactly(link, length - 4)
        body = frame[frame[0] * 4 - 4 :]
        if body:
            return body


def _openwire(link: socket.socket, creds: Creds) -> bool:
    """Version 1, loosely encoded, nothing cached: WireFormatInfo, ConnectionInfo; a Response says yes."""

    def text(value: str | None) -> bytes:
        return b"\0" if value is None else b"\1" + struct.pack(">H", len(value)) + value.encode()

    def frame(body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + body

    user, password = creds or (None, None)
    info = b"\x01ActiveMQ" + struct.pack(">I", 1) + b"\0"
    connection = b"\x03" + struct.pack(">I", 1) + b"\1"  # command 1, answer wanted
    connection += b"\1\x78" + text("ID:knock") + text(f"knock-{os.getpid()}") + text(password) + text(user) + b"\0\0\0"
    link.sendall(frame(info) + frame(connection))
    while True:
        (length,) = struct.unpack(">I", _exactly(link, 4))
        kind = _exactly(link, length)[0]
        if kind in (30, 31):
            return kind == 30


def _exactly(link: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        if not (more := link.recv(count - len(data))):
            raise ConnectionError("closed")
        data += more
    return data


_KNOCKS: dict[str, Callable[[socket.socket, Creds], bool]] = {
    "openwire": _openwire, "stomp": _stomp, "ws": _ws, "amqp": _amqp, "mqtt": _mqtt,
}  # fmt: skip
