"""What becomes of a send, told by a scripted broker on a loopback socket."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from amqctl.cluster.model import Address, Login
from amqctl.cluster.outcomes import ClientError, Indeterminate, NotConnected, NotSent, Refused
from amqctl.cluster.stomp import connect

LOGIN = Login("admin", "p:w")
Script = Callable[["Peer"], None]


class Peer:
    """The broker's end of one connection. Frames are (command, headers, body); headers stay escaped."""

    def __init__(self, link: socket.socket) -> None:
        self.link = link
        self.data = b""
        self.seen: list[tuple[str, dict[str, str], str]] = []

    def frame(self) -> tuple[str, dict[str, str], str]:
        while b"\0" not in self.data.lstrip(b"\n"):
            more = self.link.recv(65536)
            if not more:
                raise ConnectionError
            self.data += more
        head, _, rest = self.data.lstrip(b"\n").partition(b"\n\n")
        command, *lines = head.decode().split("\n")
        headers = dict(line.split(":", 1) for line in lines)
        length = int(headers.get("content-length", -1))
        end = length if length >= 0 else rest.index(b"\0")
        self.data = rest[end + 1 :]
        self.seen.append((command, headers, rest[:end].decode()))
        return self.seen[-1]

    def say(self, command: str, body: str = "", **headers: str) -> None:
        lines = "".join(f"{k.replace('_', '-')}:{v}\n" for k, v in headers.items())
        self.link.sendall(f"{command}\n{lines}\n{body}\0\n".encode())

    def greet(self) -> None:
        self.frame()
        self.say("CONNECTED", version="1.2", heart_beat="0,0")

    def receipt(self) -> None:
        self.say("RECEIPT", receipt_id=self.frame()[1]["receipt"])


@contextmanager
def broker(script: Script) -> Iterator[tuple[Address, list[Peer]]]:
    listener = socket.create_server(("127.0.0.1", 0))
    peers: list[Peer] = []

    def serve() -> None:
        link, _ = listener.accept()
        with link:
            peers.append(Peer(link))
            try:
                script(peers[0])
                while True:  # until the client leaves
                    peers[0].frame()
            except (ConnectionError, ValueError):
                pass

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield Address("127.0.0.1", listener.getsockname()[1]), peers
    finally:
        listener.close()
        thread.join(2)


@pytest.fixture(autouse=True)
def no_thread_outlives_a_client() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) <= before


def says(*steps: Script) -> Script:
    def script(peer: Peer) -> None:
        for step in steps:
            step(peer)

    return script


def test_a_send_is_persistent_escaped_and_returns_on_its_receipt() -> None:
    with broker(says(Peer.greet, Peer.receipt)) as (address, peers):
        with connect(address, LOGIN, 2) as client:
            client.send("/queue/q", "grüße", {"a:b": "c\\d\ne"})
    hello, frame, bye = peers[0].seen
    assert hello[0] == "CONNECT" and hello[1]["passcode"] == "p:w" and hello[1].get("heart-beat", "0,0") == "0,0"
    assert frame[0] == "SEND" and frame[2] == "grüße"
    assert frame[1]["persistent"] == "true"
    assert "c\\\\d\\ne" in frame[1].values() or any(v.endswith("c\\\\d\\ne") for v in frame[1].values())
    assert "content-length" not in frame[1], "with one the broker makes a BytesMessage of it"
    assert bye[0] == "DISCONNECT"


def test_a_body_with_a_nul_has_its_length_said_and_comes_whole() -> None:
    with broker(says(Peer.greet, Peer.receipt)) as (address, peers):
        with connect(address, LOGIN, 2) as client:
            client.send("/queue/q", "a\0b", persistent=False)
    assert peers[0].seen[1][2] == "a\0b" and "persistent" not in peers[0].seen[1][1]


def test_a_big_body_goes_whole() -> None:
    with broker(says(Peer.greet, Peer.receipt)) as (address, peers):
        with connect(address, LOGIN, 5) as client:
            client.send("/queue/q", "x" * 3_000_000)
    assert len(peers[0].seen[1][2]) == 3_000_000


def error(body: str, *, ours: bool = True) -> Script:
    def step(peer: Peer) -> None:
        receipt = peer.frame()[1]["receipt"]
        peer.say("ERROR", body, message="no", **({"receipt_id": receipt} if ours else {}))

    return step


def hang_up(peer: Peer) -> None:
    peer.frame()
    peer.link.shutdown(socket.SHUT_RDWR)


def silence(peer: Peer) -> None:
    peer.frame()


@pytest.mark.parametrize(
    ("after", "raised"),
    [
        (error("java.lang.SecurityException: User x is not authorized to write to: queue://q"), Refused),
        (error("javax.jms.ResourceAllocationException: Usage Manager Store is Full"), Refused),
        (error("java.io.IOException: No space left on device"), Indeterminate),
        (error("java.io.IOException: caused by\n\tat java.lang.SecurityException"), Indeterminate),
        (error("java.lang.SecurityException: of another frame", ours=False), Indeterminate),
        (hang_up, Indeterminate),
        (silence, Indeterminate),
    ],
    ids=["not authorized", "store full", "disk full", "only deeper in the trace", "not ours", "lost", "no receipt"],
)
def test_what_became_of_a_send(after: Script, raised: type[ClientError]) -> None:
    with broker(says(Peer.greet, after)) as (address, _):
        with connect(address, LOGIN, 2) as client, pytest.raises(ClientError) as caught:
            client.send("/queue/q", "x", timeout=0.1 if after is silence else 10)
    assert type(caught.value) is raised


def test_a_send_on_a_connection_that_is_gone_was_surely_not_sent() -> None:
    with broker(says(Peer.greet, hang_up)) as (address, _):
        with connect(address, LOGIN, 2) as client:
            with pytest.raises(Indeterminate):
                client.send("/queue/q", "1")
            with pytest.raises(NotSent):
                client.send("/queue/q", "2")


@pytest.mark.parametrize(
    ("script", "within", "said"),
    [
        (says(silence), 0.2, "no CONNECTED frame within 0.2 s"),
        # seen while reading or already while writing CONNECT, whichever comes first
        (says(hang_up), 10, "closed the connection instead of CONNECTED|nobody completes a connection"),
        (says(Peer.frame, lambda p: p.say("ERROR", message="User name is invalid")), 10, "User name is invalid"),
    ],
)
def test_without_connected_there_is_no_client(script: Script, within: float, said: str) -> None:
    with broker(script) as (address, _), pytest.raises(NotConnected, match=said) as caught:
        connect(address, LOGIN, within)
    assert "p:w" not in str(caught.value)


def test_a_port_where_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(NotConnected, match=f"127.0.0.1:{port}"):
        connect(Address("127.0.0.1", port), LOGIN, 1)


def test_receiving_and_acknowledging_one_by_one() -> None:
    def deliver(peer: Peer) -> None:
        peer.receipt()
        peer.say("MESSAGE", "hé", message_id="ID:1", ack="A\\c1", destination="/queue/q", persistent="true")
        peer.receipt()

    with broker(says(Peer.greet, deliver)) as (address, peers):
        with connect(address, LOGIN, 2) as client:
            client.subscribe("/queue/q", prefetch=1)
            message = client.receive(2)
            assert message is not None and (message.body, message.ack_id, message.persistent) == ("hé", "A:1", True)
            client.ack(message)
            assert client.receive(0.01) is None
    _, subscribed, acked, _ = peers[0].seen
    assert subscribed[1]["activemq.prefetchSize"] == "1" and subscribed[1]["ack"] == "client-individual"
    assert acked[0] == "ACK" and acked[1]["id"] == "A\\c1"


def test_a_lost_connection_ends_a_receive_at_once() -> None:
    def drop(peer: Peer) -> None:
        peer.receipt()
        peer.link.shutdown(socket.SHUT_RDWR)

    with broker(says(Peer.greet, drop)) as (address, _):
        with connect(address, LOGIN, 2) as client:
            client.subscribe("/queue/q")
            with pytest.raises(Indeterminate):
                client.receive(30)
            client.close()
