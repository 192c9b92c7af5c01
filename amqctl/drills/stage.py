"""What the actors of one run share: the cluster, the recorder, the queues, how to reach a master."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from amqctl.cluster.model import Address, Login
from amqctl.cluster.outcomes import Message, NotConnected
from amqctl.drills.model import Standard, Subject
from amqctl.drills.recorder import Recorder
from amqctl.drills.target import Facts, Target
from amqctl.events import Tell, silent
from amqctl.wait import NotYet, until

PREFIX = "amqctl.drill"


class Client(Protocol):
    """What a drill needs of a connection; `cluster.stomp.Client` and `cluster.jms.Client` are such."""

    def send(
        self, destination: str, body: str, headers: Mapping[str, str] | None = None,
        *, persistent: bool = True, timeout: float | None = None,
    ) -> None: ...  # fmt: skip
    def subscribe(
        self, destination: str, *, prefetch: int = 1, ack: str = "client-individual",
        exclusive: bool = False,
    ) -> None: ...  # fmt: skip
    def browse(self, destination: str) -> None: ...
    def receive(self, timeout: float) -> Message | None: ...
    def ack(self, message: Message, *, timeout: float | None = None) -> None: ...
    def close(self) -> None: ...


Connect = Callable[[Address, Login, float], Client]


@dataclass(frozen=True, slots=True)
class Options:
    """Seconds, unless said. persistent False commits a sin on purpose: it must go red.

    quiet: a queue of known depth 0 counts as empty after this long without a message;
    quiet_unknown: one whose depth nobody can tell; quiet_missing: such a one while messages are missing.
    look: samples before anything is hurt, enough to see a second master.
    """

    standard: Standard = Standard()
    producers: int = 4  # threads
    backlog: int = 0  # messages stored before the load begins
    body_bytes: int = 200
    persistent: bool = True
    ready_within: float = 60.0
    load_within: float = 60.0  # for the load to reach what the script awaits
    send_timeout: float = 5.0
    receive_within: float = 20.0  # a message to consume: a bridge may still be reconnecting
    stop_grace: float = 30.0
    drain_within: float = 60.0
    quiet: float = 0.3
    quiet_unknown: float = 1.5
    quiet_missing: float = 15.0
    sample_every: float = 0.04
    look: float = 0.3
    transacted: int = 0  # messages a transaction of the load, which only JMS has; 0: none
    takeover_patience: float = 15.0  # beyond the budget: how late is worth knowing


@dataclass(slots=True)
class Stage:
    """run: a name no other run has; all queues of the run begin with it. over: set when all must end."""

    target: Target
    facts: Facts
    subject: Subject
    recorder: Recorder
    connect: Connect
    options: Options
    run: str
    tell: Tell = silent
    over: threading.Event = field(default_factory=threading.Event)

    def queue(self, name: str = "main") -> str:
        """The same name on every broker of the cluster, so that links carry it."""
        group = re.sub(r"[^\w-]", "-", self.subject.group)
        return f"{PREFIX}.{self.run}.{group}" + ("" if name == "main" else f".{name}")

    def reach(self, group: str, within: float, every: float = 0.01) -> tuple[str, Client]:
        """A connection to whichever member completes a handshake, asked in the topology's order.

        Raises NeverHappened after `within` seconds; Over when the run ends meanwhile.
        """
        login = self.target.login()
        endpoints = self.facts.group(group).dial

        def probe() -> tuple[str, Client]:
            seen = []
            for node, address in endpoints.items():
                if self.over.is_set():
                    raise Over
                try:
                    return node, self.connect(address, login, self.options.send_timeout)
                except NotConnected as exc:
                    seen.append(str(exc))
            raise NotYet("; ".join(seen) or f"the group has {self.facts.group(group).no_connector}")

        return until(probe, what=f"a master of {group} answers", within=within, every=every)


class Over(Exception):
    """The run has ended; not an error."""
