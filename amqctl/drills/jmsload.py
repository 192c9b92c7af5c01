"""The load of ActiveMQ's own Java client over failover:(…): the same ledger, written down from what it tells.

It tells of a send before it begins and when it has ended, with the time of its own clock and the broker that it was
connected to. A send that is in flight when a master dies is not lost for the client: it sends it again to the next
one, and that one's answer ends it, so a send may begin at one broker and be answered by another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from amqctl.activemq import uris
from amqctl.cluster.javaprocess import Failed, Gone, JavaProcess, Late, Line
from amqctl.cluster.jms import JavaClients, scheme
from amqctl.cluster.model import Login
from amqctl.drills.actions import Stream
from amqctl.drills.audience import Heard, Streaming
from amqctl.drills.model import Op, OpPhase
from amqctl.drills.stage import Stage
from amqctl.drills.target import GroupView
from amqctl.drills.workload import EASED, Producing
from amqctl.errors import AmqctlError

ANSWER = 10.0  # seconds for what takes a moment
_PHASES: Mapping[str, OpPhase] = {"invoke": "invoke", "ok": "ok", "fail": "fail", "info": "info"}


def failover(group: GroupView, login: Login) -> str:
    """The URL of applications. But a cluster that tells its clients of other groups' brokers would lead the load away
    from the one that is hurt."""
    options = {**group.failover, "updateURIsSupported": "false"}
    return uris.failover([f"{scheme(login)}://{address}" for address in group.dial.values()], options)


@dataclass(frozen=True, slots=True)
class Sending:
    """What one load sends. name: its own among the loads of a process. rate: messages a second over all producers, 0:
    as many as go. counts: what is acknowledged counts towards what the script awaits of the load."""

    name: str
    group: str
    queue: str
    who: str
    producers: int
    rate: float = 0.0
    transacted: int = 0
    counts: bool = True


def loading(clients: JavaClients) -> Callable[[Stage], Producing]:
    """The load of drills under load."""

    def begin(stage: Stage) -> Producing:
        options, group = stage.options, stage.subject.group
        what = Sending(stage.run, group, "main", "producer", options.producers, transacted=options.transacted)
        return JmsLoad(stage, clients, what)

    return begin


def streaming(clients: JavaClients) -> Streaming:
    """Producers that a script begins."""

    def begin(stage: Stage, action: Stream, heard: Heard) -> Producing:
        what = Sending(
            f"{stage.run}.{action.name}", action.group, action.queue, action.name, action.count,
            rate=action.count / action.every if action.every else 0.0,
            counts=action.group == stage.subject.group,  # only these say when that serves again
        )  # fmt: skip
        return JmsLoad(stage, clients, what, heard)

    return begin


class JmsLoad:
    """Connections of one Java process. crashed: why it is no load any more. heard: is told of each operation."""

    def __init__(
        self, stage: Stage, clients: JavaClients, what: Sending, heard: Heard = lambda phase, who, key, at: None
    ) -> None:
        self.stage = stage
        self.crashed: AmqctlError | None = None
        self._what, self._heard = what, heard
        self._clients = clients
        self._process: JavaProcess | None = None
        self._invoked: dict[str, float] = {}
        self._names = {str(a): node for node, a in stage.facts.group(what.group).dial.items()}

    def start(self) -> None:
        stage, options, what = self.stage, self.stage.options, self._what
        login = stage.target.login()
        self._process = process = self._clients.process(login)
        process.listen(what.name, self._hear, self._ended)
        process.ask(
            "produce", ANSWER, load=what.name, url=failover(stage.facts.group(what.group), login),
            queue=stage.queue(what.queue), run=stage.run, who=what.who, producers=what.producers, rate=what.rate,
            persistent=options.persistent, transacted=what.transacted, bytes=options.body_bytes,
        )  # fmt: skip

    def ease(self) -> None:
        """As many as producers over STOMP send then."""
        if self._process is not None and self._process.alive:
            self._ask("pace", ANSWER, rate=self.stage.options.producers / EASED)

    def stop(self) -> None:
        """A producer that is inside a send, with no broker to answer, would send it whenever one comes back: its
        process is ended, and what became of that send nobody knows."""
        process = self._process
        if process is None or not process.alive:
            return
        patience = self.stage.options.send_timeout
        left = self._ask("stop", patience + ANSWER, within=int(patience * 1000)).get("left", 1)
        process.unlisten(self._what.name)
        if left:
            process.kill()

    def _ask(self, todo: str, patience: float, /, **fields: object) -> Line:
        assert self._process is not None
        try:
            return self._process.ask(todo, patience, load=self._what.name, **fields)
        except (Gone, Late, Failed) as exc:
            self._ended(str(exc))
            return {}

    def _hear(self, line: Line) -> None:
        """One line, in the thread that reads them."""
        assert self._process is not None
        op, who, key = line["op"], line["who"], line["id"]
        node = self._names.get(line["node"], "")
        recorder = self.stage.recorder
        at = recorder.moment(line["mono"] / 1e9 + self._process.offset)
        if (phase := _PHASES.get(op)) is None:
            value = {"state": op, **({"because": line["because"]} if "because" in line else {})}
            recorder.place(Op(round(at, 6), who, "transport", "info", value, node))
            return
        said: object = key
        if phase == "invoke":
            self._invoked[key] = at
            said = key if self.stage.options.persistent else {"id": key, "persistent": False}
        elif "because" in line:
            said = {"id": key, "because": line["because"]}
        recorder.place(Op(round(at, 6), who, "send", phase, said, node))
        invoked = self._invoked.pop(key, at) if phase != "invoke" else at
        if phase == "ok" and self._what.counts:
            recorder.acked(invoked, at, node)
        self._heard(phase, who, key, at)

    def _ended(self, because: str) -> None:
        """What was begun stays without an end: info."""
        if self.crashed is None:
            self.stage.recorder.add(f"{self._what.who}s", "crash", "info", f"the load ended: {because}")
            self.crashed = AmqctlError(f"the load ended: {because}")
