"""A plain STOMP client, written with the stomp.py package alone: the test must not believe amqctl's own."""

from __future__ import annotations

import queue
import uuid

import stomp


class Client(stomp.ConnectionListener):
    def __init__(self, address: str, user: str, password: str) -> None:
        host, port = address.split(":")
        self.messages: queue.Queue = queue.Queue()
        self.receipts: queue.Queue = queue.Queue()
        self.connection = stomp.Connection12(
            [(host, int(port))], reconnect_attempts_max=1, try_loopback_connect=False, timeout=5, heartbeats=(0, 0)
        )
        self.connection.set_listener("", self)
        self.connection.connect(user, password, wait=True)

    def on_message(self, frame) -> None:
        self.messages.put(frame)

    def on_receipt(self, frame) -> None:
        self.receipts.put(frame.headers["receipt-id"])

    def send(self, destination: str, count: int) -> list[str]:
        """Persistent, each with its receipt; the ids that were given."""
        ids = []
        for _ in range(count):
            name = uuid.uuid4().hex
            self.connection.send(destination, name, headers={"persistent": "true"}, receipt=name)
            assert self.receipts.get(timeout=10) == name
            ids.append(name)
        return ids

    def take(self, destination: str, count: int, within: float = 20) -> list[str]:
        """One by one: prefetch 1, each acknowledged for itself."""
        self.connection.subscribe(destination, id=1, ack="client-individual", headers={"activemq.prefetchSize": "1"})
        got = []
        for _ in range(count):
            frame = self.messages.get(timeout=within)
            receipt = uuid.uuid4().hex
            self.connection.ack(frame.headers["ack"], receipt=receipt)
            assert self.receipts.get(timeout=10) == receipt
            got.append(frame.body)
        return got

    def close(self) -> None:
        self.connection.disconnect(receipt=None)
