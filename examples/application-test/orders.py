"""Orders over a queue. At least once: nothing is lost when a broker dies, and an order may come twice."""

from __future__ import annotations

import json
import queue
import time
import uuid
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import stomp

QUEUE = "/queue/orders"
PATIENCE = 30.0  # seconds until an operation gives up; a takeover takes well under one

T = TypeVar("T")


class Orders:
    """One connection to whichever of `addresses` (host:port) is master; a new one when that is lost."""

    def __init__(self, addresses: Sequence[str], user: str, password: str) -> None:
        self._addresses = [(host, int(port)) for host, port in (a.rsplit(":", 1) for a in addresses)]
        self._login = (user, password)
        self._session: _Session | None = None
        self._seen: set[str] = set()

    def place(self, item: str) -> str:
        """Returns the order's number once a broker has it on disk."""
        number = uuid.uuid4().hex
        order = json.dumps({"number": number, "item": item})
        # Sent again under the same number when nobody knows whether it arrived: the taker sorts that out.
        self._persistently(lambda session: session.send(order))
        return number

    def take(self) -> dict[str, Any]:
        """The next order, each number once. Raises queue.Empty when none comes for five seconds."""
        while True:
            order: dict[str, Any] = json.loads(self._persistently(lambda session: session.receive(5.0)))
            if order["number"] not in self._seen:
                self._seen.add(order["number"])
                return order

    def close(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None

    def _persistently(self, act: Callable[[_Session], T]) -> T:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                if self._session is None:
                    self._session = _Session(self._addresses, *self._login)
                return act(self._session)
            except (_Lost, stomp.exception.StompException):
                self.close()
                if time.monotonic() > deadline:
                    raise


class _Lost(Exception):
    """The connection ended before an answer came."""


class _Session(stomp.ConnectionListener):
    def __init__(self, addresses: Sequence[tuple[str, int]], user: str, password: str) -> None:
        self._receipts: queue.Queue[str | None] = queue.Queue()
        self._messages: queue.Queue[Any] = queue.Queue()
        self._subscribed = False
        # A waiting broker has no open port, so the list is tried from its start until one connects.
        self._connection = stomp.Connection12(
            addresses,
            heartbeats=(0, 0),
            timeout=5,
            try_loopback_connect=False,
            reconnect_sleep_initial=0.1,
            reconnect_sleep_max=0.1,
            reconnect_attempts_max=200,
        )
        self._connection.set_listener("", self)
        self._connection.connect(user, password, wait=True)

    def on_receipt(self, frame: Any) -> None:
        self._receipts.put(frame.headers["receipt-id"])

    def on_message(self, frame: Any) -> None:
        self._messages.put(frame)

    def on_disconnected(self) -> None:
        self._receipts.put(None)
        self._messages.put(None)

    def send(self, text: str) -> None:
        receipt = uuid.uuid4().hex
        self._connection.send(QUEUE, text, headers={"persistent": "true"}, receipt=receipt)
        self._await(receipt)

    def receive(self, within: float) -> str:
        if not self._subscribed:
            self._subscribed = True
            few = {"activemq.prefetchSize": "10"}  # what others may take meanwhile
            self._connection.subscribe(QUEUE, id="1", ack="client-individual", headers=few)
        frame = self._messages.get(timeout=within)
        if frame is None:
            raise _Lost
        self._connection.ack(frame.headers["ack"])  # no receipt: where it is lost, the order comes again
        return str(frame.body)

    def close(self) -> None:
        self._connection.remove_listener("")
        if self._connection.is_connected():
            self._connection.disconnect(receipt=None)

    def _await(self, receipt: str) -> None:
        try:
            if self._receipts.get(timeout=5) != receipt:
                raise _Lost
        except queue.Empty as exc:
            raise _Lost from exc
