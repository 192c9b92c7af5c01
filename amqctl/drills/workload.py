"""The load: producers that know what became of each message, and samplers that ask who serves.

A send is ok only on the broker's receipt, fail only if it surely was not sent, else info. A message is
never sent twice: what failed goes on with the next id, so a duplicate is the broker's own.
"""

from __future__ import annotations

import threading
from typing import Literal, Protocol

from amqctl.cluster.outcomes import Indeterminate, NotSent, Refused
from amqctl.drills import bodies
from amqctl.drills.stage import Client, Over, Stage
from amqctl.errors import AmqctlError, NeverHappened
from amqctl.events import Event

EASED = 0.02  # seconds between a producer's sends once the script is through


def send(
    stage: Stage, client: Client, who: str, node: str, key: str, queue: str = "main", *, load: bool = True,
    size: int = 0, what: Literal["send", "post"] = "send", message_group: str = "",
) -> bool:  # fmt: skip
    """One recorded send; whether it was acknowledged. Never raises for what a broker does.

    load False: it does not count towards what the script awaits of the load. size: bytes, with a digest
    recorded; 0 for the usual ones. A post is non-persistent whatever the options say. message_group: JMSXGroupID.
    """
    options, recorder = stage.options, stage.recorder
    persistent = options.persistent and what == "send"
    body = bodies.big(key, size) if size else bodies.small(key, options.body_bytes)
    facts = {**(bodies.facts(body) if size else {}), **({} if persistent else {"persistent": False})}
    headers = {"amqctl_run": stage.run}
    if message_group:
        facts["message_group"] = headers["JMSXGroupID"] = message_group
    value = {"id": key, **facts} if facts else key
    invoked = recorder.add(who, what, "invoke", value, node)
    try:
        client.send(
            f"/queue/{stage.queue(queue)}", body, headers,
            persistent=persistent, timeout=options.send_timeout,
        )  # fmt: skip
    except (NotSent, Refused) as exc:
        recorder.add(who, what, "fail", {"id": key, "because": str(exc)}, node)
        return False
    except Indeterminate:
        recorder.add(who, what, "info", key, node)
        return False
    ended = recorder.add(who, what, "ok", key, node)
    if load:
        recorder.acked(invoked, ended, node)
    return True


class Producing(Protocol):
    """What sends until it is told not to. crashed: why it ended by itself."""

    crashed: AmqctlError | None

    def start(self) -> None: ...
    def ease(self) -> None: ...  # go on, but slowly
    def stop(self) -> None: ...  # nothing is sent any more on return


class Load:
    """`producers` threads, each sending one message after the other until stopped."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.crashed: AmqctlError | None = None
        self._eased = threading.Event()
        self._ended = threading.Event()
        self._scouting = threading.Lock()
        self._threads = [
            threading.Thread(target=self._produce, args=(f"producer-{n}",), name=f"drill-producer-{n}", daemon=True)
            for n in range(stage.options.producers)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def ease(self) -> None:
        """Go on, but slowly: the healing is watched under load, and need not fill the store."""
        self._eased.set()

    def stop(self) -> None:
        self._ended.set()
        for thread in self._threads:
            if thread.ident is not None:  # an interrupt may come before all were started
                thread.join()

    def _produce(self, who: str) -> None:
        try:
            number = 0
            while not self._ended.is_set():
                try:
                    node, client = self._reach()
                except NeverHappened:
                    continue
                try:
                    number = self._send_on(client, who, node, number)
                finally:
                    client.close()
        except Over:
            pass
        except Exception as exc:  # noqa: BLE001  a dead producer must end the wait for its messages, not vanish
            self.stage.recorder.add(who, "crash", "info", f"{type(exc).__name__}: {exc}")
            self.crashed = AmqctlError(f"{who} crashed: {type(exc).__name__}: {exc}")

    def _reach(self) -> tuple[str, Client]:
        """One producer at a time looks for a master: all of them knocking would take from the new one the
        processor time it needs to take over. Short waits, so that a stop is heard meanwhile."""
        with self._scouting:
            return self.stage.reach(self.stage.subject.group, within=0.5)

    def _send_on(self, client: Client, who: str, node: str, number: int) -> int:
        """Until a send is not acknowledged: its connection is of no more use. The next free number."""
        while not self._ended.is_set():
            number += 1
            if not send(self.stage, client, who, node, f"{who}-{number}"):
                self._ended.wait(0.005)
                break
            if self._eased.is_set():
                self._ended.wait(EASED)
        return number


class Samplers:
    """One thread a node of the hurt group: a handshake, recorded with when it began, over and over."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self._ended = threading.Event()
        nodes = stage.facts.group(stage.subject.group).nodes
        self._threads = [
            threading.Thread(target=self._sample, args=(node,), name=f"drill-sampler-{node}", daemon=True)
            for node in nodes
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._ended.set()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join()

    def _sample(self, node: str) -> None:
        recorder = self.stage.recorder
        while not self._ended.is_set():
            began = recorder.now()
            try:
                answers = self.stage.target.handshake(node)
            except (OSError, AmqctlError):
                answers = False
            except Exception as exc:  # noqa: BLE001  a dead sampler must show in the history, not vanish
                recorder.add("sampler", "crash", "info", f"{type(exc).__name__}: {exc}", node)
                return
            recorder.add("sampler", "sample", "ok", {"from": round(began, 6), "answers": answers}, node)
            self._ended.wait(self.stage.options.sample_every)


def store_backlog(stage: Stage) -> None:
    """Messages that lie in the store before the load begins, so that a takeover has something to recover."""
    options, group = stage.options, stage.subject.group
    left, number = options.backlog, 0
    while left > 0:
        if number > 2 * options.backlog:
            lacks = f"{left} of {options.backlog} still not acknowledged after {number} sends"
            raise AmqctlError(f"storing a backlog: {lacks}")
        node, client = stage.reach(group, within=options.ready_within)
        try:
            while left > 0:
                number += 1
                if not send(stage, client, "backlog", node, f"backlog-{number}", load=False):
                    break
                left -= 1
                if left % 1000 == 0:
                    stage.tell(Event(group, "progress", f"storing a backlog: {left:,} to go"))
        finally:
            client.close()
