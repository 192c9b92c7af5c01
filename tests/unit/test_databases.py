"""Databases that are not there yet, and what Derby's shell prints."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from amqctl.cluster import databases
from amqctl.cluster.databases import Greeting, Target
from amqctl.cluster.databases.derby import parse
from amqctl.cluster.databases.model import ANSWER, text
from amqctl.cluster.databases.postgres import _connected
from amqctl.cluster.model import Address, Login
from amqctl.errors import BadUsage

Answer = Callable[[socket.socket], None]


@contextmanager
def server(answer: Answer) -> Iterator[Address]:
    """Answers one connection, then is gone."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            link, _ = listening.accept()
            with link:
                answer(link)

        thread = threading.Thread(target=serve)
        thread.start()
        yield Address("127.0.0.1", listening.getsockname()[1])
        thread.join()


def packet(body: bytes) -> bytes:
    return len(body).to_bytes(3, "little") + b"\0" + body


def refusal(**fields: str) -> bytes:
    body = b"".join(name.encode() + value.encode() + b"\0" for name, value in fields.items()) + b"\0"
    return b"E" + struct.pack("!I", len(body) + 4) + body


def says(data: bytes, *, after: int = 0) -> Answer:
    def answer(link: socket.socket) -> None:
        if after:
            link.recv(after)
        link.sendall(data)

    return answer


DERBY = struct.pack("!HBBHHH", 10, 0xD0, 2, 1, 4, 0x1443)

CASES: list[tuple[str, Answer, Greeting]] = [
    ("mysql", says(packet(b"\x0a8.4.3\0rest")), Greeting(True, "8.4.3")),
    ("mariadb", says(packet(b"\x0a5.5.5-10.11.5-MariaDB\0rest")), Greeting(True, "10.11.5-MariaDB")),
    ("mysql", says(packet(b"\xff\x69\x04Host is blocked")), Greeting(False, "error 1129: Host is blocked")),
    ("mysql", says(packet(b"HTTP/1.1")), Greeting(False, "no MySQL protocol")),
    ("mysql", says(b""), Greeting(False, "it closed the connection without a word")),
    ("mysql", says(b"\x50\0\0\0\x0a8"), Greeting(False, "it broke off")),
    ("postgres", says(b"R" + struct.pack("!II", 8, 10), after=64), Greeting(True, "asks for a password")),
    ("postgres", says(refusal(S="FATAL", C="57P03", M="the database system is starting up"), after=64),
     Greeting(False, "57P03: the database system is starting up")),
    ("postgres", says(refusal(S="FATAL", C="28000", M="no entry"), after=64), Greeting(True, "28000: no entry")),
    ("postgres", says(b"HTTP/1.1 400 Bad", after=64), Greeting(False, "no PostgreSQL protocol")),
    ("derby", says(DERBY, after=64), Greeting(True, "DRDA answer 0x1443")),
    ("derby", says(b"0123456789", after=64), Greeting(False, "no DRDA protocol")),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "answer", "greeting"), CASES, ids=lambda v: getattr(v, "seen", None) or str(v)[:8])
def test_greetings(kind: str, answer: Answer, greeting: Greeting) -> None:
    with server(answer) as address:
        assert databases.greeting(kind, address, 5) == greeting


@pytest.mark.parametrize("kind", ["mysql", "postgres", "derby"])
def test_nobody_or_somebody_mute(kind: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = Address("127.0.0.1", listening.getsockname()[1])
        assert databases.greeting(kind, address, 0.05) == Greeting(False, "no answer within 0.05 s")
    assert databases.greeting(kind, address, 1) == Greeting(False, "nobody listens")


def said(*rows: str, head: str, width: int) -> str:
    body = "".join(f"{row.ljust(width)}\n" for row in rows)
    return f"ij version 10.16\nij> ij> ij> {head}\n{'-' * width}\n{body}\n{len(rows)} rows selected\nij> "


def test_what_ij_prints() -> None:
    head = "ID         |S     |T    "
    text_ = said("1          |a|b   |NULL", "2          |x\ny   |", head=head, width=24)
    assert parse(text_) == [("1", "a|b", None), ("2", "x\ny", "")]
    assert parse(said(head="ID         |S     |T    ", width=24)) == []
    assert parse("ij version 10.16\nij> ij> 0 rows inserted/updated/deleted\nij> ") == []


def test_names_that_derby_cannot_have() -> None:
    target = Target("derby", Address("127.0.0.1", 1), ij=("false",))
    with pytest.raises(BadUsage, match="a-b"):
        databases.tables(target, Login("a-b", "x"), "amq")
    with pytest.raises(BadUsage, match="create=true"):
        databases.tables(target, Login("a", "x"), "amq;create=true")


def test_every_value_is_text() -> None:
    assert [text(value) for value in (None, "a", 1, b"\x01\xff", 1.5)] == [None, "a", "1", "01ff", "1.5"]


def test_no_password_in_a_repr() -> None:
    assert "geheim" not in repr(databases.Wanted("amq", "broker", "geheim"))


def test_a_statement_of_postgresql_has_longer_than_connecting() -> None:
    def answer(link: socket.socket) -> None:
        link.recv(8)  # SSLRequest
        link.sendall(b"N")
        link.recv(1024)  # StartupMessage
        link.sendall(b"R" + struct.pack("!II", 8, 0) + b"Z" + struct.pack("!I", 5) + b"I")
        link.recv(1024)  # Terminate

    with server(answer) as address, _connected(Target("postgres", address), Login("a", "x"), "amq") as connection:
        assert connection._usock.gettimeout() == ANSWER
