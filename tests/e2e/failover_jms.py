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


def client(machine: Machine, user: tuple[str, str], version: str) -> JavaProcess:
    return JavaProcess(javaclient.obtain(version, from_env(machine.env), silent).command, Login(*user))


class Sender:
    """acked: ids of those whose send() has returned, and the broker that had them from their beginning to their end;
    "" where that was not one. places: brokers that answered, in turn."""

    def __init__(self, process: JavaProcess, url: str, queue: str) -> None:
        self.acked: dict[str, str] = {}
        self.places: list[str] = []
        self.over = ""
        self.process, self.loads = process, 0
        self.fields = {"url": url, "queue": queue, "run": queue}
        self._begun: dict[str, str] = {}

    @property
    def load(self) -> str:
        return f"load{self.loads}"

    def start(self) -> None:
        def ended(because: str) -> None:
            self.over = because

        self.loads += 1
        self.process.listen(self.load, self.hear, ended)
        self.process.ask("produce", ANSWER, load=self.load, producers=1, rate=20, persistent=True, transacted=0,
                         bytes=50, who=self.load, **self.fields)  # fmt: skip

    def hear(self, line: Line) -> None:
        if line["op"] == "invoke":
            self._begun[line["id"]] = line["node"]
        if line["op"] == "ok":
            here = line["node"]
            self.acked[line["id"]] = here if self._begun[line["id"]] == here else ""
            if self.places[-1:] != [here]:
                self.places.append(here)

    def anew(self) -> None:
        """Leaves, and comes again by the same URL; until it is answered its place is ""."""
        self._end()
        self.places.append("")
        self.start()

    def stop(self) -> None:
        self._end()
        self.process.close()

    def _end(self) -> None:
        assert self.over == ""
        assert self.process.ask("stop", ANSWER, load=self.load, within=20_000)["left"] == 0


class Receiver(threading.Thread):
    """One by one, each acknowledged. got: in the order they came, one that came twice twice. Which broker it has, the
    client does not say; an acknowledgement that a takeover broke off is an error for it, and it connects anew."""

    def __init__(self, process: JavaProcess, url: str, queue: str) -> None:
        super().__init__(daemon=True)
        self.got: list[str] = []
        self.over, self.leaving = threading.Event(), threading.Event()
        self.process, self.url, self.queue = process, url, queue

    def run(self) -> None:
        number = 0
        while not self.over.is_set():
            number += 1
            self.leaving.clear()
            with suppress(Failed, Late):
                self.work(f"c{number}")
            with suppress(Failed, Late):
                self.process.ask("close", 5, c=f"c{number}")
            time.sleep(0.1)

    def work(self, name: str) -> None:
        self.process.ask("connect", ANSWER, c=name, url=self.url)
        self.process.ask("subscribe", ANSWER, c=name, queue=self.queue, prefetch=1, exclusive=False)
        while not self.over.is_set() and not self.leaving.is_set():
            for message in self.process.ask("receive", ANSWER, c=name, max=1, within=500)["messages"]:
                # Before the acknowledgement, whose answer a broker that is killed may owe for ever
                self.got.append(message["body"].split()[0])
                self.process.ask("ack", ANSWER, c=name, queue=self.queue, id=message["id"], upto=False)

    def anew(self) -> None:
        self.leaving.set()

    def stop(self) -> None:
        self.over.set()
        self.join(timeout=90)
        self.process.close()
        assert not self.is_alive()
