"""A small blocking STOMP 1.2 client that knows what became of each send.

Built on the `stomp.py` package, whose top-level name is `stomp`. What is added here is the answer a
drill needs: was the message stored (send returns), surely not stored (NotSent, Refused), or may it be
either (Indeterminate)? It never reconnects and never resends: whoever does that must know that a
resent message is a second message.

    with connect(address, login, timeout=2.0) as client:
        client.send("/queue/q", "body")             # returns once the broker has stored it
        client.subscribe("/queue/q", prefetch=1)
        message = client.receive(timeout=5.0)       # None: nothing came
        client.ack(message)                         # returns once the broker has processed it

A client belongs to one thread at a time; close() may be called from any.
"""

from __future__ import annotations

import os
import queue
import time
from collections.abc import Mapping
from itertools import count
from types import TracebackType
from typing import Any, Self

from amqctl.cluster.model import Address, Login, Trust
from amqctl.cluster.outcomes import ClientError as ClientError
from amqctl.cluster.outcomes import Indeterminate as Indeterminate
from amqctl.cluster.outcomes import Message as Message
from amqctl.cluster.outcomes import NotConnected as NotConnected
from amqctl.cluster.outcomes import NotSent as NotSent
from amqctl.cluster.outcomes import Refused as Refused
from amqctl.cluster.promptness import acknowledge_at_once, bound_writes
from amqctl.cluster.tls import NotAdmitted


def connect(address: Address, login: Login | None = None, timeout: float = 5.0) -> Client:
    """Connect and complete the handshake within `timeout` seconds, or raise NotConnected."""
    # The package asks the resolver for this host's names when it is imported, to recognise a local
    # broker: of no use here, and slow where names do not resolve.
    os.environ.setdefault("STOMP_SKIP_HOSTNAME_SCAN", "1")
    import logging

    import stomp

    # It reports on its logger what it also raises; without a handler that would reach the terminal.
    logging.getLogger("stomp.py").setLevel(logging.CRITICAL + 1)
    inbox = _Inbox()
    connection = _connection(address, login.tls if login else None, timeout)
    connection.set_listener("amqctl", inbox)
    client = Client(address, connection, inbox, timeout)
    deadline = time.monotonic() + timeout
    try:
        connection.connect(login.user if login else None, login.password if login else None, with_connect_command=True)
        bound_writes(connection.transport.socket, timeout)
    except NotAdmitted as exc:
        client.close()
        raise NotConnected(exc.message, hint=exc.hint) from exc
    except (OSError, AttributeError, stomp.exception.StompException) as exc:
        client.close()
        raise NotConnected(f"{address}: nobody completes a connection") from exc
    try:
        kind, frame = inbox.replies.get(timeout=max(0.0, deadline - time.monotonic()))
    except queue.Empty:
        client.close()
        raise NotConnected(f"{address}: no CONNECTED frame within {timeout:g} s") from None
    if kind != "connected":
        client.close()
        said = _summary(frame) if kind == "error" else "closed the connection instead of CONNECTED"
        raise NotConnected(f"{address}: {said}")
    return client


def _connection(address: Address, trust: Trust | None, timeout: float) -> Any:
    """The package's connection, not yet connected."""
    import stomp

    if trust is not None:
        from amqctl.cluster.stomptls import Connection

        return Connection(address, trust, timeout)
    return stomp.StompConnection12(
        [(address.host, address.port)],
        prefer_localhost=False,  # else it sorts, and tries 127.0.0.1 for names of this host
        try_loopback_connect=False,
        reconnect_attempts_max=1,
        reconnect_sleep_max=0.0,  # it would sleep 0.2 s after the last failed attempt
        timeout=timeout,
        heartbeats=(0, 0),
        auto_content_length=False,  # with a content-length the broker makes a BytesMessage of a text
    )


class _Inbox:
    """The package's listener: sorts what its thread reads into two queues.

    replies: (kind, frame) with kind connected, receipt, error or closed.
    """

    def __init__(self) -> None:
        self.replies: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
        self.messages: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        self.closed = False

    def on_connected(self, frame: Any) -> None:
        self.replies.put(("connected", frame))

    def on_receipt(self, frame: Any) -> None:
        self.replies.put(("receipt", frame))

    def on_error(self, frame: Any) -> None:
        self.replies.put(("error", frame))

    def on_message(self, frame: Any) -> None:
        headers = frame.headers
        self.messages.put(
            Message(
                id=headers.get("message-id", ""),
                body=frame.body or "",
                destination=headers.get("destination", ""),
                ack_id=headers.get("ack", ""),
                headers=headers,
            )
        )

    def on_disconnected(self) -> None:
        self.closed = True
        self.replies.put(("closed", None))
        self.messages.put(None)

    def on_send(self, frame: Any) -> None:
        """There because the package would raise and catch an AttributeError for each frame without it."""


class Client:
    """One connection that has been CONNECTED. timeout: seconds a receipt may take unless told."""

    def __init__(self, address: Address, connection: Any, inbox: _Inbox, timeout: float) -> None:
        self.address = address
        self.timeout = timeout
        self._connection = connection
        self._inbox = inbox
        self._numbers = count(1)
        self._polite = True

    def send(
        self,
        destination: str,
        body: str,
        headers: Mapping[str, str] | None = None,
        *,
        persistent: bool = True,
        timeout: float | None = None,
    ) -> None:
        """Return once the broker has given its RECEIPT; for a persistent message that is after the store.

        Raises NotSent, Refused or Indeterminate; after each of them the connection is of no more use.
        """
        fields = dict(headers or {})
        if persistent:
            fields["persistent"] = "true"  # the broker's default for STOMP is non-persistent
        if "\0" in body:
            fields["content-length"] = str(len(body.encode()))
        receipt = f"s{next(self._numbers)}"
        if self._inbox.closed:
            raise NotSent(f"{self.address}: the connection is gone")
        self._write(lambda: self._connection.send(destination, body, headers=fields, receipt=receipt), NotSent)
        self._await(receipt, timeout)

    def subscribe(
        self,
        destination: str,
        *,
        prefetch: int = 1,
        ack: str = "client-individual",
        exclusive: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """ack: auto, client (cumulative) or client-individual. exclusive: no other consumer of the queue is served
        while this one is. Returns once the broker knows of it."""
        number = next(self._numbers)
        fields = {"activemq.prefetchSize": str(prefetch), **(headers or {}), "receipt": f"u{number}"}
        if exclusive:
            fields["activemq.exclusive"] = "true"
        self._write(
            lambda: self._connection.subscribe(destination, id=str(number), ack=ack, headers=fields),
            Indeterminate,
        )
        self._await(f"u{number}", None)

    def browse(self, destination: str, *, headers: Mapping[str, str] | None = None) -> None:
        """Subscribe without consuming; receive() ends with a message whose `end_of_browse` is true."""
        self.subscribe(destination, prefetch=1000, ack="auto", headers={"browser": "true", **(headers or {})})

    def receive(self, timeout: float) -> Message | None:
        """The next message, or None if none came within `timeout` seconds. Indeterminate: connection lost."""
        try:
            message = self._inbox.messages.get(timeout=timeout)
        except queue.Empty:
            return None
        if message is None:
            self._inbox.messages.put(None)
            raise Indeterminate(f"{self.address}: the connection was lost while receiving")
        return message

    def ack(self, message: Message, *, timeout: float | None = None) -> None:
        """Return once the broker has processed it. Indeterminate: the message may be delivered again."""
        receipt = f"a{next(self._numbers)}"
        self._write(lambda: self._connection.ack(message.ack_id, receipt=receipt), Indeterminate)
        acknowledge_at_once(self._connection.transport.socket)
        self._await(receipt, timeout)

    def close(self) -> None:
        """Leave; the package's thread is gone on return. Safe to repeat. Unacked messages go back."""
        transport = self._connection.transport
        if self._polite and not self._inbox.closed and transport.is_connected():
            self._polite = False
            # Else the broker logs a warning for each client that leaves.
            with _ignored():
                self._connection.send_frame("DISCONNECT", {})
        with _ignored():
            transport.disconnect_socket()
        if transport.io_thread is not None:
            transport.io_thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _write(self, write: Any, failed: type[ClientError]) -> None:
        """Hand a frame to the socket. A failed write left it incomplete, and the connection is then shut:
        the broker will never see the frame's end, so for a SEND this is a definite "not sent"."""
        import stomp

        try:
            write()
        except (OSError, AttributeError, stomp.exception.StompException) as exc:
            self._polite = False
            self.close()
            raise failed(f"{self.address}: the connection was lost while writing") from exc

    def _await(self, receipt: str, timeout: float | None) -> None:
        within = self.timeout if timeout is None else timeout
        deadline = time.monotonic() + within
        while True:
            try:
                kind, frame = self._inbox.replies.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise Indeterminate(f"{self.address}: no receipt within {within:g} s") from None
            if kind == "receipt" and frame.headers.get("receipt-id") == receipt:
                return
            if kind == "closed":
                raise Indeterminate(f"{self.address}: the connection was lost before the receipt")
            if kind == "error":
                said = f"{self.address}: {_summary(frame)}"
                ours = frame.headers.get("receipt-id") == receipt
                raise (Refused if ours and _declined(frame) else Indeterminate)(said)


# An ERROR to a SEND says "not stored" only where the broker declines before it touches its store: the
# security plugins, name checks and the usage limits do. An I/O error while storing may leave the
# message in the journal, so all else stays Indeterminate. (Class names of the trace in the body.)
_DECLINED = (
    "java.lang.SecurityException",
    "javax.jms.JMSSecurityException",
    "jakarta.jms.JMSSecurityException",
    "javax.jms.InvalidDestinationException",
    "jakarta.jms.InvalidDestinationException",
    "javax.jms.ResourceAllocationException",
    "jakarta.jms.ResourceAllocationException",
    "ProtocolException",
)


def _declined(frame: Any) -> bool:
    first = (frame.body or "").lstrip().partition("\n")[0]
    return any(name in first for name in _DECLINED)


def _summary(frame: Any) -> str:
    text = frame.headers.get("message") or (frame.body or "").strip().partition("\n")[0]
    return f"the broker says: {text}" if text else "the broker sent an ERROR without a text"


def _ignored() -> Any:
    """For leaving: the peer may be gone, and the package may have dropped its socket meanwhile."""
    from contextlib import suppress

    return suppress(OSError, AttributeError)
