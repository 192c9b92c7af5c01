"""The client that a FakeCluster hands out: in memory, with the rules and the sins of its brokers."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from amqctl.cluster.outcomes import Indeterminate, Message, NotSent, Refused

if TYPE_CHECKING:
    from tests.fakes import FakeCluster, Node

WIRE = threading.Event()  # never set: waiting on it is the time a frame takes


class FakeClient:
    """Satisfies `drills.stage.Client`."""

    def __init__(self, cluster: FakeCluster, node: Node) -> None:
        self._cluster, self._node, self._generation = cluster, node, node.generation
        self._unacked: dict[str, list[Message]] = {}
        self._subscribed: list[tuple[str, str]] = []
        self._browsed: list[Message] | None = None
        self._extra: list[Message] = []
        self._sinned = 0

    def send(
        self, destination: str, body: str, headers: Mapping[str, str] | None = None,
        *, persistent: bool = True, timeout: float | None = None,
    ) -> None:  # fmt: skip
        self._alive(NotSent)
        if self._cluster.sins.refuses:
            raise Refused("the broker says: not authorized")
        if self._cluster.sins.stalls:
            WIRE.wait(timeout)
            raise Indeterminate("no receipt")
        if self._cluster.store_away and persistent:
            if self._cluster.sins.needs_no_store:
                return
            raise Indeterminate("the broker says: no connection to its database")
        message = self._cluster.new_message(destination, body, headers or {}, persistent)
        self._cluster.store(self._node, destination, message)
        WIRE.wait(0.0005)  # stored, and the receipt on its way: where most faults fall
        self._alive(Indeterminate)

    def subscribe(
        self, destination: str, *, prefetch: int = 1, ack: str = "client-individual",
        exclusive: bool = False,
    ) -> None:  # fmt: skip
        if self._cluster.sins.declines_consumers:
            raise Refused("the broker says: not authorized to read")
        self._subscribed.append((destination, ack))
        self._cluster.joined(self, destination, exclusive)
        for number in range(self._cluster.sins.invents):
            self._extra.append(self._cluster.new_message(destination, f"stranger-{number} x", {}, True))

    def browse(self, destination: str) -> None:
        with self._cluster.lock:
            self._browsed = list(self._cluster._store(self._node.name).get(destination, []))
        self._browsed.append(Message("0", "", destination, headers={"browser": "end"}))

    def receive(self, timeout: float) -> Message | None:
        self._alive(Indeterminate)
        if self._browsed is not None:
            return self._browsed.pop(0) if self._browsed else None
        if self._extra:
            return self._extra.pop(0)
        if self._cluster.naps:
            self._cluster.naps -= 1
            WIRE.wait(timeout)
            return None
        deadline = time.monotonic() + timeout
        while True:
            for destination, _ in self._subscribed:
                if (message := self._cluster.take(self._node, destination, self)) is not None:
                    self._unacked.setdefault(destination, []).append(message)
                    if self._sinned < self._cluster.sins.duplicates:
                        self._sinned += 1
                        self._extra.append(message)
                    return message
            if time.monotonic() >= deadline:
                return None
            WIRE.wait(0.002)

    def ack(self, message: Message, *, timeout: float | None = None) -> None:
        self._alive(Indeterminate)
        mode = dict(self._subscribed)[message.destination]
        waiting = self._unacked.get(message.destination, [])
        if message in waiting:
            upto = waiting.index(message)
            self._unacked[message.destination] = waiting[upto + 1 :] + (waiting[:upto] if mode != "client" else [])
        if self._cluster.unheard_acks:
            self._cluster.unheard_acks -= 1
            raise Indeterminate("the broker died before its receipt")

    def close(self) -> None:
        for destination, messages in self._unacked.items():
            self._cluster.put_back(self._node, destination, messages)
        self._unacked = {}
        self._cluster.left(self)

    @property
    def alive(self) -> bool:
        return self._node.up and self._node.generation == self._generation

    def _alive(self, otherwise: type[NotSent | Indeterminate]) -> None:
        if not self.alive:
            raise otherwise("the connection is gone")
