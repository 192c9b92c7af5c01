"""Clients that walk a list of brokers as a failover: URL has them walked: until one lets them in, and again after
every drop, by chance in which order. Written with stomp.py alone: the test must not believe amqctl's own."""

from __future__ import annotations

import random
import threading
import time
from contextlib import suppress
from queue import Empty

import stomp

from tests.e2e.plain_stomp import Client

BROKEN = (stomp.exception.StompException, OSError, Empty)


class Walker(threading.Thread):
    """addresses: host:port each. Runs until stop(); places: where it was let in, in turn."""

    def __init__(self, addresses: list[str], user: tuple[str, str], queue: str) -> None:
        super().__init__(daemon=True)
        self.addresses, self.user, self.queue = addresses, user, f"/queue/{queue}"
        self.places: list[str] = []
        self.over, self.leaving = threading.Event(), threading.Event()

    def run(self) -> None:
        while not self.over.is_set():
            for address in random.sample(self.addresses, len(self.addresses)):
                try:
                    client = Client(address, *self.user)
                except BROKEN:
                    continue
                self.leaving.clear()
                self.places.append(address)
                with suppress(*BROKEN):
                    self.work(client, address)
                with suppress(*BROKEN):
                    client.close()
                break
            else:
                time.sleep(0.1)

    def staying(self) -> bool:
        return not self.over.is_set() and not self.leaving.is_set()

    def work(self, client: Client, here: str) -> None:
        """Until it is broken, or not staying."""
        raise NotImplementedError

    def anew(self) -> None:
        """Leaves, and walks the same list again; until it is let in its place is ""."""
        self.places.append("")
        self.leaving.set()

    def stop(self) -> None:
        self.over.set()
        self.join(timeout=60)
        assert not self.is_alive()


class Sender(Walker):
    """Persistent messages, numbered, one after another; acked: those of which the receipt came, and by whom. One
    without is sent again, under its number."""

    def __init__(self, addresses: list[str], user: tuple[str, str], queue: str, pause: float = 0.05) -> None:
        super().__init__(addresses, user, queue)
        self.acked: dict[str, str] = {}
        self.pause = pause

    def work(self, client: Client, here: str) -> None:
        while self.staying():
            number = str(len(self.acked))
            client.connection.send(self.queue, number, headers={"persistent": "true"}, receipt=number)
            assert client.receipts.get(timeout=5) == number
            self.acked[number] = here
            time.sleep(self.pause)


class Receiver(Walker):
    """One by one, each acknowledged. got: in the order they came, one that came twice twice."""

    def __init__(self, addresses: list[str], user: tuple[str, str], queue: str) -> None:
        super().__init__(addresses, user, queue)
        self.got: list[str] = []

    def work(self, client: Client, here: str) -> None:
        client.connection.subscribe(self.queue, id=1, ack="client-individual", headers={"activemq.prefetchSize": "1"})
        while self.staying():
            try:
                frame = client.messages.get(timeout=0.5)
            except Empty:
                if not client.connection.is_connected():
                    return
                continue
            # Before the acknowledgement, whose receipt a broker that is killed may owe for ever
            self.got.append(frame.body)
            client.connection.ack(frame.headers["ack"], receipt=f"a{len(self.got)}")
            client.receipts.get(timeout=5)
