"""ActiveMQ's own Java client over failover:(…), with the walkers' ways of failover_stomp: who applications are."""

from __future__ import annotations

import threading
import time
from contextlib import suppress

from amqctl.cluster.javaprocess import Failed, JavaProcess, Late, Line
from amqctl.cluster.model import Login
from amqctl.events import silent
from amqctl.provision import javaclient
from amqctl.provision.sources import from_env
from tests.e2e.machine import Machine

ANSWER = 60.0  # seconds: a takeover may come between


def client(machine: Machine, user: tuple[str, str], version: str = "6.1.7") -> JavaProcess:
    return JavaProcess(javaclient.obtain(version, from_env(machine.env), silent).command, Login(*user))


def over(addresses: list[str]) -> str:
    """In this order, as the test has a place to begin at; the rest is as ActiveMQ has it."""
    return f"failover:({','.join(f'tcp://{a}' for a in addresses)})?randomize=false&maxReconnectDelay=1000"


class Sender:
    """acked: ids of those whose send() has returned. places: brokers that answered, in turn."""

    def __init__(self, machine: Machine, addresses: list[str], user: tuple[str, str], queue: str) -> None:
        self.acked: list[str] = []
        self.places: list[str] = []
        self.over = ""
        self.process = client(machine, user)
        self.fields = {"url": over(addresses), "queue": queue, "run": queue, "who": queue}

    def start(self) -> None:
        def ended(because: str) -> None:
            self.over = because

        self.process.listen("load", self.hear, ended)
        self.process.ask("produce", ANSWER, load="load", producers=1, rate=20, persistent=True, transacted=0, bytes=50,
                         **self.fields)  # fmt: skip

    def hear(self, line: Line) -> None:
        if line["op"] == "ok":
            self.acked.append(line["id"])
            if self.places[-1:] != [line["node"]]:
                self.places.append(line["node"])

    def stop(self) -> None:
        assert self.over == ""
        assert self.process.ask("stop", ANSWER, load="load", within=20_000)["left"] == 0
        self.process.close()


class Receiver(threading.Thread):
    """One by one, each acknowledged. got: in the order they came, one that came twice twice. Which broker it has, the
    client does not say; an acknowledgement that a takeover broke off is an error for it, and it connects anew."""

    def __init__(self, machine: Machine, addresses: list[str], user: tuple[str, str], queue: str) -> None:
        super().__init__(daemon=True)
        self.got: list[str] = []
        self.done = threading.Event()
        self.process = client(machine, user)
        self.url, self.queue = over(addresses), queue

    def run(self) -> None:
        number = 0
        while not self.done.is_set():
            number += 1
            with suppress(Failed, Late):
                self.work(f"c{number}")
            with suppress(Failed, Late):
                self.process.ask("close", 5, c=f"c{number}")
            time.sleep(0.1)

    def work(self, name: str) -> None:
        self.process.ask("connect", ANSWER, c=name, url=self.url)
        self.process.ask("subscribe", ANSWER, c=name, queue=self.queue, prefetch=1, exclusive=False)
        while not self.done.is_set():
            for message in self.process.ask("receive", ANSWER, c=name, max=1, within=500)["messages"]:
                # Before the acknowledgement, whose answer a broker that is killed may owe for ever
                self.got.append(message["body"].split()[0])
                self.process.ask("ack", ANSWER, c=name, queue=self.queue, id=message["id"], upto=False)

    def stop(self) -> None:
        self.done.set()
        self.join(timeout=90)
        self.process.close()
        assert not self.is_alive()
