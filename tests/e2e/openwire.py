"""OpenWire by hand: one message in and out, as small as the protocol allows.

Version 1, which every broker still speaks, loosely encoded and without a cache, both of which a client may ask for in
its WireFormatInfo. Fields and their order are those of org.apache.activemq.openwire.v1's marshallers.
"""

from __future__ import annotations

import socket
import struct
import uuid

WITHIN = 10.0  # seconds for each answer
WIRE_FORMAT, CONNECTION, SESSION, CONSUMER, PRODUCER, SHUTDOWN = 1, 3, 4, 5, 6, 11
DISPATCH, ACK, TEXT_MESSAGE, RESPONSE, EXCEPTION = 21, 22, 28, 30, 31
QUEUE, MESSAGE_ID, CONNECTION_ID, SESSION_ID, CONSUMER_ID, PRODUCER_ID = 100, 110, 120, 121, 122, 123
STANDARD_ACK = 2
NO, YES = b"\0", b"\1"


def over_openwire(host: str, port: int, user: str, password: str, queue: str, body: str, *, again: bool = False) -> str:
    """Send one persistent message that the broker answers for, receive it, acknowledge it, and return its text.
    again: then send the same once more, as a client may that was not answered."""
    with socket.create_connection((host, port), WITHIN) as sock:
        link = _Link(sock)
        name, session, destination = _producing(link, user, password, queue)
        consumer_id = _object(CONSUMER_ID, _string(name) + session + session)
        message_id = _send(link, name, session, destination, body)
        link.ask(CONSUMER, consumer_id, NO, destination, struct.pack("!ii", 1, 0), NO, NO, NO, NO, NO, NO, b"\0",
                 NO, NO, NO, NO, NO)  # fmt: skip
        came = link.await_(DISPATCH)
        link.ask(ACK, destination, NO, consumer_id, bytes([STANDARD_ACK]), message_id, message_id,
                 struct.pack("!i", 1))  # fmt: skip
        if again:
            _send(link, name, session, destination, body)
        link.say(SHUTDOWN)
        assert _text(body) in came, f"another message came: {came!r}"
        return body


def _producing(link: _Link, user: str, password: str, queue: str) -> tuple[str, bytes, bytes]:
    """A connection with a session and a producer: the connection's name, the session's number, the destination."""
    link.negotiate()
    name, session = f"amqctl-test-{uuid.uuid4().hex}", struct.pack("!q", 1)
    destination = _object(QUEUE, _string(queue))
    connection_id = _object(CONNECTION_ID, _string(name))
    link.ask(CONNECTION, connection_id, _string(name), _string(password), _string(user), NO, NO, NO)
    link.ask(SESSION, _object(SESSION_ID, _string(name) + session))
    link.ask(PRODUCER, _producer(name, session), destination, NO)
    return name, session, destination


def _send(link: _Link, name: str, session: bytes, destination: bytes, body: str) -> bytes:
    """The first message of the producer; its id."""
    producer_id = _producer(name, session)
    message_id = _object(MESSAGE_ID, producer_id + struct.pack("!qq", 1, 0))
    link.ask(TEXT_MESSAGE, producer_id, destination, NO, NO, message_id, NO, NO, struct.pack("!i", 0), NO, YES,
             struct.pack("!qB", 0, 4), NO, struct.pack("!q", 0), NO, _bytes(_text(body)), NO, NO, NO, NO,
             struct.pack("!i", 0), NO, struct.pack("!q", 0), NO, NO)  # fmt: skip
    return message_id


def _producer(name: str, session: bytes) -> bytes:
    return _object(PRODUCER_ID, _string(name) + session + session)


class _Link:
    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._stream = sock.makefile("rb")
        self._count = 0

    def negotiate(self) -> None:
        options = {"TightEncodingEnabled": NO, "CacheEnabled": NO, "SizePrefixDisabled": NO, "StackTraceEnabled": NO}
        held = struct.pack("!i", len(options) + 1)
        held += b"".join(_utf(key) + b"\1" + value for key, value in options.items())
        held += _utf("MaxInactivityDuration") + b"\6" + struct.pack("!q", 0)
        self._frame(bytes([WIRE_FORMAT]) + b"ActiveMQ" + struct.pack("!i", 1) + _bytes(held))
        self.await_(WIRE_FORMAT)

    def ask(self, kind: int, *fields: bytes) -> None:
        """Say it, and wait until the broker has answered for it."""
        number = self.say(kind, *fields, answer=True)
        while True:
            found, data = self._get()
            assert found != EXCEPTION, f"the broker refused command {kind}: {data!r}"
            if found == RESPONSE and struct.unpack("!i", data[5:9])[0] == number:
                return
            if found == DISPATCH:
                self._early = data

    def say(self, kind: int, *fields: bytes, answer: bool = False) -> int:
        self._count += 1
        self._frame(bytes([kind]) + struct.pack("!i", self._count) + (YES if answer else NO) + b"".join(fields))
        return self._count

    _early: bytes | None = None  # a message that came before the answer to its consumer

    def await_(self, kind: int) -> bytes:
        if kind == DISPATCH and self._early is not None:
            return self._early
        while True:
            found, data = self._get()
            if found == kind:
                return data

    def _get(self) -> tuple[int, bytes]:
        head = self._stream.read(4)
        assert len(head) == 4, "the broker closed the connection"
        data = self._stream.read(struct.unpack("!i", head)[0])
        return data[0], data[1:]

    def _frame(self, data: bytes) -> None:
        self._sock.sendall(struct.pack("!i", len(data)) + data)


def _utf(value: str) -> bytes:
    data = value.encode()
    return struct.pack("!H", len(data)) + data


def _string(value: str) -> bytes:
    return YES + _utf(value)


def _bytes(value: bytes) -> bytes:
    return YES + struct.pack("!i", len(value)) + value


def _text(value: str) -> bytes:
    """Of a TextMessage's content: its length has four bytes."""
    return struct.pack("!i", len(value.encode())) + value.encode()


def _object(kind: int, fields: bytes) -> bytes:
    return YES + bytes([kind]) + fields
