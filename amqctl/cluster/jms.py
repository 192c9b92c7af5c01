"""Connections of ActiveMQ's own Java client, with the answers a drill needs of each send.

They have the methods, and raise the errors, of `cluster.stomp.Client`. One process has them all, and the load
that is in `drills.jmsload`; it is started when it is first wanted, and anew when one was lost.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import count
from typing import Any

from amqctl.cluster.javaprocess import Failed, Gone, JavaProcess, Late
from amqctl.cluster.model import Address, Login
from amqctl.cluster.outcomes import Indeterminate, Message, NotConnected, NotSent, Refused

SLACK = 2.0  # seconds beyond what the client itself waits
QUEUE = "/queue/"
BATCH = 100  # messages that are fetched at once


class JavaClients:
    """command: what runs the client."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = command
        self._process: JavaProcess | None = None
        self._numbers = count(1)
        self._lock = threading.Lock()

    def process(self, login: Login) -> JavaProcess:
        """One that lives. Raises Gone, Late or Failed where none can be started, or it does not take the login."""
        with self._lock:
            if self._process is not None and self._process.alive:
                return self._process
            if self._process is not None:
                self._process.close()
            self._process = JavaProcess(self._command, login)
            return self._process

    def connect(self, address: Address, login: Login, timeout: float) -> Client:
        """To this one broker, without failover: who drills wants to know whom it talks to. Raises NotConnected."""
        name = f"c{next(self._numbers)}"
        try:
            process = self.process(login)
        except (Gone, Failed, Late) as exc:
            raise NotConnected(str(exc), details=exc.details) from exc
        try:
            process.ask("connect", timeout, c=name, url=url(address, login, timeout))
        except Gone as exc:
            raise NotConnected(str(exc), details=exc.details) from exc
        except (Failed, Late) as exc:
            with suppress(Gone, Failed, Late):
                process.ask("cut", SLACK, c=name)
            raise NotConnected(f"{address}: {exc}") from exc
        return Client(address, process, name, timeout)

    def close(self) -> None:
        with self._lock:
            if self._process is not None:
                self._process.close()
                self._process = None


def scheme(login: Login) -> str:
    return "tcp" if login.tls is None else "ssl"


def url(address: Address, login: Login, timeout: float) -> str:
    return f"{scheme(login)}://{address}?connectionTimeout={int(timeout * 1000)}"


class Client:
    """One connection. Belongs to one thread at a time."""

    def __init__(self, address: Address, process: JavaProcess, name: str, timeout: float) -> None:
        self.address = address
        self.timeout = timeout
        self._process = process
        self._name = name
        self._cumulative: dict[str, bool] = {}
        self._fetched: list[Message] = []
        self._at_once = BATCH
        self._open = True

    def send(
        self, destination: str, body: str, headers: Mapping[str, str] | None = None,
        *, persistent: bool = True, timeout: float | None = None,
    ) -> None:  # fmt: skip
        """Return once the broker has answered; for a persistent message that is after the store.

        Raises NotSent, Refused or Indeterminate; after each of them the connection is of no more use.
        """
        within = self.timeout if timeout is None else timeout
        if not self._open or not self._process.alive:
            raise NotSent(f"{self.address}: the connection is gone")
        try:
            self._process.ask(
                "send", within + SLACK, c=self._name, queue=_queue(destination), body=body,
                properties=dict(headers or {}), persistent=persistent, within=int(within * 1000),
            )  # fmt: skip
        except Failed as exc:
            raise (Refused if exc.sure else Indeterminate)(f"{self.address}: {exc}") from exc
        except (Gone, Late) as exc:
            raise Indeterminate(f"{self.address}: {exc}") from exc

    def subscribe(
        self, destination: str, *, prefetch: int = 1, ack: str = "client-individual", exclusive: bool = False
    ) -> None:
        """ack: client (cumulative) or client-individual. exclusive: as in `cluster.stomp.Client`."""
        queue = _queue(destination)
        self._ask("subscribe", self.timeout, queue=queue, prefetch=prefetch, exclusive=exclusive)
        self._cumulative[queue] = ack == "client"
        self._at_once = min(self._at_once, prefetch)

    def browse(self, destination: str) -> None:
        """See without consuming; receive() ends with a message whose `end_of_browse` is true."""
        self._ask("browse", self.timeout, queue=_queue(destination))

    def receive(self, timeout: float) -> Message | None:
        """The next message, or None if none came within `timeout` seconds. Indeterminate: connection lost."""
        if not self._fetched:
            answer = self._ask("receive", timeout, max=self._at_once, within=int(timeout * 1000))
            self._fetched = [_message(seen) for seen in answer["messages"]]
            if answer.get("end"):
                self._fetched.append(Message("", "", "", headers={"browser": "end"}))
        return self._fetched.pop(0) if self._fetched else None

    def ack(self, message: Message, *, timeout: float | None = None) -> None:
        """Return once the broker has processed it. Indeterminate: the message may be delivered again."""
        queue = _queue(message.destination)
        within = self.timeout if timeout is None else timeout
        self._ask("ack", within, queue=queue, id=message.ack_id, upto=self._cumulative[queue])

    def close(self) -> None:
        """Leave. Safe to repeat. Unacknowledged messages go back."""
        if not self._open:
            return
        self._open = False
        try:
            self._process.ask("close", SLACK, c=self._name)
        except (Gone, Failed, Late):
            with suppress(Gone, Failed, Late):
                self._process.ask("cut", SLACK, c=self._name)

    def _ask(self, todo: str, patience: float, /, **fields: Any) -> Mapping[str, Any]:
        try:
            return self._process.ask(todo, patience + SLACK, c=self._name, **fields)
        except (Gone, Failed, Late) as exc:
            raise Indeterminate(f"{self.address}: {exc}") from exc


def _queue(destination: str) -> str:
    return destination.removeprefix(QUEUE)


def _message(seen: Mapping[str, Any]) -> Message:
    headers = {**seen["properties"], "persistent": "true" if seen["persistent"] else "false"}
    key = str(seen["id"])
    return Message(key, str(seen["body"]), f"{QUEUE}{seen['queue']}", key, headers)
