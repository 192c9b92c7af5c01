"""A client over TLS: who is believed, what is said of who is not, and two threads on one connection."""

from __future__ import annotations

import hashlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from amqctl.cluster import handshake
from amqctl.cluster.jolokia import Jolokia, NoAnswer
from amqctl.cluster.model import Address, Login, Trust
from amqctl.cluster.outcomes import NotConnected
from amqctl.cluster.stomp import connect
from amqctl.cluster.tls import NotAdmitted, TlsSocket, wrapped
from amqctl.errors import AmqctlError
from amqctl.provision import certificates as c
from tests.authority import HERE, LONG_AGO, NOW, authority

CA = authority()
SERVER = c.issue(CA, "amq1", ["amq1", *HERE], NOW)
Serve = Callable[[socket.socket], None]
PATIENCE = 10.0  # seconds; a busy machine is no reason to fail
CONNECTED = b"CONNECTED\nversion:1.2\nheart-beat:0,0\n\n\0\n"


def trust(signer: c.Signer = CA, certificate: str | None = None) -> Trust:
    return Trust(c.pem([signer.certificate]).decode(), "/kept/ca.pem", certificate)


def server_side(folder: Path, signer: c.Signer, *, ask: c.Signer | None = None) -> ssl.SSLContext:
    (folder / "server.pem").write_bytes(c.pem_with_key(signer))
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(folder / "server.pem")
    if ask is not None:
        made.verify_mode = ssl.CERT_REQUIRED
        made.load_verify_locations(cadata=c.pem([ask.certificate]).decode())
    return made


def _secured(link: socket.socket, context: ssl.SSLContext) -> ssl.SSLSocket:
    talk = context.wrap_socket(link, server_side=True, do_handshake_on_connect=False)
    try:
        talk.do_handshake()
    except ssl.SSLError:
        with talk:  # read to the end: closed with something unread, it would send a reset after its alert
            while socket.socket.recv(talk, 65536):
                continue
        raise
    return talk


@contextmanager
def server(serve: Serve, context: ssl.SSLContext | None, connections: int = 1) -> Iterator[Address]:
    """Serves so many connections, over TLS where there is a context."""
    listener = socket.create_server(("127.0.0.1", 0))

    def run() -> None:
        for _ in range(connections):
            try:
                link, _ = listener.accept()
                with _secured(link, context) if context else link as talk:
                    serve(talk)
            except OSError:
                continue  # the client went away, which is what some tests are about

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield Address("127.0.0.1", listener.getsockname()[1])
    finally:
        listener.close()


def greet(talk: socket.socket) -> None:
    while b"\0" not in talk.recv(65536):
        continue
    talk.sendall(CONNECTED)
    talk.recv(65536)


def asked(address: Address, tls: Trust | None) -> bool:
    return handshake.admitted("stomp", address, Login("admin", "pw", tls), PATIENCE)


def refused(address: Address, tls: Trust) -> NotAdmitted:
    with pytest.raises(NotAdmitted) as caught:
        asked(address, tls)
    assert caught.value.hint
    assert not handshake.answers("stomp", address, Login("admin", "pw", tls), PATIENCE)
    return caught.value


def test_a_broker_with_a_certificate_of_ours_is_believed(tmp_path: Path) -> None:
    with server(greet, server_side(tmp_path, SERVER)) as address:
        assert asked(address, trust())


def test_another_authority_s_is_not_and_the_file_is_named(tmp_path: Path) -> None:
    other = c.issue(authority("other"), "amq1", HERE, NOW)
    with server(greet, server_side(tmp_path, other), 2) as address:
        assert "is signed by nobody that /kept/ca.pem trusts" in refused(address, trust()).message


def test_an_expired_one_is_not(tmp_path: Path) -> None:
    old = authority(at=LONG_AGO)
    with server(greet, server_side(tmp_path, c.issue(old, "amq1", HERE, LONG_AGO)), 2) as address:
        assert refused(address, trust(old)).message == f"the certificate of {address} has expired"


def test_one_for_another_name_is_not(tmp_path: Path) -> None:
    with server(greet, server_side(tmp_path, c.issue(CA, "amq1", ["amq9"], NOW)), 2) as address:
        assert "is not for 127.0.0.1" in refused(address, trust()).message


def test_a_broker_that_speaks_plain_text_is_told_apart_from_one_that_is_not_there() -> None:
    def answer(talk: socket.socket) -> None:
        talk.recv(65536)
        talk.sendall(CONNECTED)

    with server(answer, None, 2) as address:
        assert "speaks no TLS" in refused(address, trust()).message
    assert asked(address, trust()) is False


def test_a_port_that_opens_and_closes_is_nobody() -> None:
    """So does what Docker publishes of a slave."""
    with server(lambda talk: None, None) as address:
        assert asked(address, trust()) is False


def test_brokers_that_ask_for_a_certificate_get_it_or_refuse(tmp_path: Path) -> None:
    mine = tmp_path / "client.pem"
    mine.write_bytes(c.pem_with_key(c.issue(CA, "amqctl", ["amqctl"], NOW)))
    with server(greet, server_side(tmp_path, SERVER, ask=CA), 3) as address:
        assert asked(address, trust(certificate=str(mine)))
        assert "refuses clients without a certificate" in refused(address, trust()).message


def test_nothing_to_trust_is_an_error_with_the_file() -> None:
    with server(lambda talk: None, None) as address:
        with pytest.raises(AmqctlError, match="/kept/ca.pem cannot be read"):
            asked(address, Trust("", "/kept/ca.pem"))


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        ("stomp", b"ERROR\nmessage:User name [admin] or password is invalid.\n\nat java...\n\0"),
        ("mqtt", b"\x20\x02\x00\x05"),
    ],
)
def test_a_wrong_password_is_not_taken_for_a_slave(kind: str, answer: bytes) -> None:
    def decline(talk: socket.socket) -> None:
        talk.recv(65536)
        talk.sendall(answer)

    with server(decline, None) as address, pytest.raises(NotAdmitted, match="refuses user admin") as caught:
        handshake.admitted(kind, address, Login("admin", "s3cret"), 2.0)
    assert "s3cret" not in caught.value.message + caught.value.hint


def test_no_two_probes_over_mqtt_have_one_client_id() -> None:
    """The broker would end the session of the other."""
    names: set[bytes] = set()

    def accept(talk: socket.socket) -> None:
        asked = talk.recv(65536)
        head = asked.index(b"MQTT") + 8  # its name, level, flags, keep-alive
        length = int.from_bytes(asked[head : head + 2], "big")
        names.add(asked[head + 2 : head + 2 + length])
        talk.sendall(b"\x20\x02\x00\x00")

    with server(accept, None, 2) as address:
        assert [handshake.answers("mqtt", address, Login("admin", "s3cret"), 2.0) for _ in range(2)] == [True, True]
    assert len(names) == 2 and all(0 < len(name) <= 23 for name in names)


def test_jolokia_says_what_is_wrong_with_the_certificate(tmp_path: Path) -> None:
    other = c.issue(authority("other"), "amq1", HERE, NOW)
    with server(greet, server_side(tmp_path, other)) as address, pytest.raises(NoAnswer, match="certificate verify"):
        Jolokia(address, Login("admin", "pw", trust())).read("x:type=y", ["z"])


def test_the_stomp_client_says_so_too(tmp_path: Path) -> None:
    other = c.issue(authority("other"), "amq1", HERE, NOW)
    with server(greet, server_side(tmp_path, other)) as address:
        with pytest.raises(NotConnected, match="signed by nobody that /kept/ca.pem trusts") as caught:
            connect(address, Login("admin", "pw", trust()), timeout=PATIENCE)
    assert caught.value.hint


def test_one_thread_reads_while_another_writes(tmp_path: Path) -> None:
    """Eight megabytes each way at once, in pieces that do not fit into records."""
    sent = b"".join(hashlib.sha256(str(number).encode()).digest() for number in range(262_144))

    def echo(talk: socket.socket) -> None:
        left = len(sent)
        while left and (data := talk.recv(65536)):
            talk.sendall(data)
            left -= len(data)

    with server(echo, server_side(tmp_path, SERVER)) as address:
        with socket.create_connection((address.host, address.port), timeout=20) as link:
            talk = TlsSocket(link, address, trust())

            def write() -> None:
                for at in range(0, len(sent), 50_001):
                    talk.sendall(sent[at : at + 50_001])

            writer = threading.Thread(target=write)
            writer.start()
            got = bytearray()
            while len(got) < len(sent) and (data := talk.recv(16384)):
                got += data
            writer.join()
            assert bytes(got) == sent
            assert talk.recv(16384) == b""  # the other side has said goodbye


def test_without_tls_the_connection_is_left_as_it_is() -> None:
    here, there = socket.socketpair()
    with here, there:
        assert wrapped(here, Address("x", 1), None) is here
