"""AMQP 1.0 and MQTT 3.1.1 by hand: one message in and out, as small as the protocols allow. No client library of
either has a wheel for every platform that this is tested on, and what is proven is the broker's side."""

from __future__ import annotations

import socket
import struct
from typing import Any

WITHIN = 10.0  # seconds for each answer


# ── MQTT (OASIS, 3.1.1)


def over_mqtt(host: str, port: int, user: str, password: str, topic: str, body: str) -> str:
    """Subscribe, publish with quality of service 1, and return what comes."""
    with socket.create_connection((host, port), WITHIN) as sock:
        stream = sock.makefile("rb")
        flags = struct.pack("!BBH", 4, 0b11000010, 60)  # level 4; user, password, clean session; keep alive
        who = _text("amqctl-test") + _text(user) + _text(password)
        _put(sock, 0x10, _text("MQTT") + flags + who)
        kind, answer = _get(stream)
        assert (kind, answer) == (0x20, b"\0\0"), f"not admitted: {answer!r}"
        _put(sock, 0x82, struct.pack("!H", 1) + _text(topic) + b"\1")
        assert _get(stream) == (0x90, b"\0\1\1")
        _put(sock, 0x32, _text(topic) + struct.pack("!H", 2) + body.encode())
        published = came = None
        while published is None or came is None:
            kind, data = _get(stream)
            if kind == 0x40:
                published = data
            elif kind & 0xF0 == 0x30:
                length = struct.unpack("!H", data[:2])[0]
                came = data[2 + length + (2 if kind & 0x06 else 0) :].decode()
        assert published == b"\0\2"
        _put(sock, 0xE0, b"")
        return came


def _text(value: str) -> bytes:
    data = value.encode()
    return struct.pack("!H", len(data)) + data


def _put(sock: socket.socket, kind: int, data: bytes) -> None:
    length, rest = b"", len(data)
    while True:
        rest, digit = divmod(rest, 128)
        length += bytes([digit | (0x80 if rest else 0)])
        if not rest:
            break
    sock.sendall(bytes([kind]) + length + data)


def _get(stream: Any) -> tuple[int, bytes]:
    kind = stream.read(1)
    assert kind, "the broker closed the connection"
    length = shift = 0
    while True:
        digit = stream.read(1)[0]
        length |= (digit & 0x7F) << shift
        shift += 7
        if not digit & 0x80:
            return kind[0], stream.read(length)


# ── AMQP (OASIS, 1.0)


def over_amqp(host: str, port: int, user: str, password: str, queue: str, body: str) -> str:
    """Send one message that the broker accepts, receive it, accept it, and return its text."""
    with socket.create_connection((host, port), WITHIN) as sock:
        link = _Amqp(sock)
        link.log_in(user, password)
        link.say(0x10, _string("amqctl-test"), _string(host))
        link.await_(0x10)
        link.say(0x11, _NULL, _uint(0), _uint(100), _uint(100))
        first = link.await_(0x11)[0][1]  # next-outgoing-id of theirs
        terminus = _string(queue)
        link.say(0x12, _string("out"), _uint(0), _FALSE, _NULL, _NULL, _described(0x28), _described(0x29, terminus),
                 _NULL, _NULL, _uint(0))  # fmt: skip
        link.await_(0x13)  # credit
        payload = b"\x00\x53\x77" + _string(body)
        link.say(0x14, _uint(0), _uint(0), b"\xa0\x01t", _uint(0), _FALSE, _FALSE, payload=payload)
        outcome = link.await_(0x15)[0]
        assert outcome[4] == (0x24, []), f"the broker did not accept it: {outcome}"
        link.say(0x12, _string("in"), _uint(1), _TRUE, _NULL, _NULL, _described(0x28, terminus), _described(0x29))
        link.say(0x13, _uint(first), _uint(100), _uint(1), _uint(100), _uint(1), _uint(0), _uint(1))
        transfer, came = link.await_(0x14)
        link.say(0x15, _TRUE, _uint(transfer[1]), _uint(transfer[1]), _TRUE, _described(0x24))
        link.say(0x18)
        link.await_(0x18)
        return _value_of(came)


_NULL, _TRUE, _FALSE = b"\x40", b"\x41", b"\x42"


def _uint(value: int) -> bytes:
    return b"\x70" + struct.pack("!I", value)


def _string(value: str) -> bytes:
    return b"\xb1" + struct.pack("!I", len(value.encode())) + value.encode()


def _described(code: int, *fields: bytes) -> bytes:
    data = b"".join(fields)
    return bytes([0x00, 0x53, code, 0xD0]) + struct.pack("!II", len(data) + 4, len(fields)) + data


class _Amqp:
    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._stream = sock.makefile("rb")

    def log_in(self, user: str, password: str) -> None:
        self._sock.sendall(b"AMQP\x03\x01\x00\x00")
        assert self._stream.read(8) == b"AMQP\x03\x01\x00\x00"
        self.await_(0x40)
        plain = f"\0{user}\0{password}".encode()
        response = b"\xb0" + struct.pack("!I", len(plain)) + plain
        self._frame(1, _described(0x41, b"\xa3\x05PLAIN", response))
        assert self.await_(0x44)[0][0] == 0, "not admitted"
        self._sock.sendall(b"AMQP\x00\x01\x00\x00")
        assert self._stream.read(8) == b"AMQP\x00\x01\x00\x00"

    def say(self, code: int, *fields: bytes, payload: bytes = b"") -> None:
        self._frame(0, _described(code, *fields) + payload)

    def await_(self, code: int) -> tuple[list[Any], bytes]:
        """The fields of the next such performative, and what is behind it; others are passed over."""
        while True:
            head = self._stream.read(4)
            assert len(head) == 4, "the broker closed the connection"
            frame = self._stream.read(struct.unpack("!I", head)[0] - 4)
            data = frame[(frame[0] - 1) * 4 :]
            if not data:
                continue
            (found, fields), rest = _decode(data)
            assert found not in (0x16, 0x17, 0x18) or found == code, f"the broker ended it: {fields}"
            if found == code:
                return fields, rest

    def _frame(self, kind: int, data: bytes) -> None:
        self._sock.sendall(struct.pack("!IBBH", len(data) + 8, 2, kind, 0) + data)


# constructor -> (bytes, how they are read)
_FIXED: dict[int, tuple[int, Any]] = {
    0x40: (0, lambda d: None), 0x41: (0, lambda d: True), 0x42: (0, lambda d: False), 0x43: (0, lambda d: 0),
    0x44: (0, lambda d: 0), 0x45: (0, lambda d: []), 0x56: (1, lambda d: bool(d[0])), 0x50: (1, lambda d: d[0]),
    0x52: (1, lambda d: d[0]), 0x53: (1, lambda d: d[0]), 0x54: (1, bytes), 0x55: (1, bytes), 0x51: (1, bytes),
    0x60: (2, lambda d: int.from_bytes(d)), 0x61: (2, bytes), 0x70: (4, lambda d: int.from_bytes(d)),
    0x71: (4, bytes), 0x72: (4, bytes), 0x80: (8, lambda d: int.from_bytes(d)), 0x81: (8, bytes), 0x82: (8, bytes),
    0x83: (8, bytes), 0x98: (16, bytes),
}  # fmt: skip


def _decode(data: bytes) -> tuple[Any, bytes]:
    """One value, and what is behind it. A described one is (code, value); maps and arrays are left as bytes."""
    code, rest = data[0], data[1:]
    if code == 0x00:
        what, rest = _decode(rest)
        value, rest = _decode(rest)
        return (what, value), rest
    if code in _FIXED:
        width, read = _FIXED[code]
        return read(rest[:width]), rest[width:]
    width = 4 if code & 0x10 else 1  # 0xa.. 0xc. 0xe. have one byte of length, 0xb. 0xd. 0xf. four
    length = int.from_bytes(rest[:width])
    held, rest = rest[width : width + length], rest[width + length :]
    if code & 0xEF != 0xC0:
        return held.decode() if code & 0xEF in (0xA1, 0xA3) else held, rest
    values, left = [], held[width:]
    while left:
        value, left = _decode(left)
        values.append(value)
    return values, rest


def _value_of(payload: bytes) -> str:
    """The text of the amqp-value section, whatever sections are before it."""
    while payload:
        (section, value), payload = _decode(payload)
        if section == 0x77:
            return str(value)
    raise AssertionError("a message without a value")
