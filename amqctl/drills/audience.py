"""Who sends and listens while a script goes on: one thread each, that follow a group to its next master.

A client that lost its broker asks again after 10 ms, then after twice as long each time, as ActiveMQ's failover
transport does; so 200 of them do not take from the new master the processor time it needs. Where the client has that
transport itself, as ActiveMQ's own does, producers that need not stay near who listens are its threads over
failover:(…) (`jmsload.streaming`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from amqctl.cluster.outcomes import ClientError
from amqctl.drills import consumption
from amqctl.drills.actions import Listen, Stream
from amqctl.drills.model import OpPhase
from amqctl.drills.stage import Client, Over, Stage
from amqctl.drills.workload import Producing, send
from amqctl.errors import AmqctlError, NeverHappened

QUICKEST = 0.01  # seconds between the first two attempts to connect
AHEAD = 50  # messages that streams may be ahead of who listens: a slow consumer would never come to the fresh ones


Heard = Callable[[OpPhase, str, str, float], None]  # an operation, of whom, on which id, when
Streaming = Callable[[Stage, Stream, Heard], Producing]  # not begun yet


class Audience:
    """streaming: what sends for streams, instead of threads of our own. sent: message id -> when it was about to be
    sent, of streams. acked, received: by queue, message ids. Seconds since the run began."""

    def __init__(self, stage: Stage, streaming: Streaming | None = None) -> None:
        self.stage = stage
        self.sent: dict[str, float] = {}
        self.streams: dict[str, float] = {}  # when the last message that it had acknowledged was about to be sent
        self.acked: dict[str, set[str]] = {}
        self.received: dict[str, set[str]] = {}
        self.subscribed: set[str] = set()
        self._crashed: AmqctlError | None = None
        self._members: dict[str, list[_Member]] = {}
        self._streaming = streaming
        self._producing: dict[str, tuple[tuple[str, ...], Producing]] = {}

    def listen(self, action: Listen) -> tuple[str, ...]:
        """Their names; they have not subscribed yet."""
        self.received.setdefault(action.queue, set())
        return self._begin(action.name, action.count, lambda who, ended: self._listen(action, who, ended))

    def stream(self, action: Stream) -> tuple[str, ...]:
        self.acked.setdefault(action.queue, set())
        # those that stay near who listens must ask before each send
        if self._streaming is None or action.queue in self.received:
            return self._begin(action.name, action.count, lambda who, ended: self._stream(action, who, ended))

        def heard(phase: OpPhase, who: str, key: str, at: float) -> None:
            if phase == "invoke":
                self.sent[key] = at
            elif phase == "ok":
                self._acknowledged(action, who, key)

        names = tuple(f"{action.name}-{number}" for number in range(action.count))
        producing = self._streaming(self.stage, action, heard)
        self._producing[action.name] = names, producing
        producing.start()
        return names

    def names(self, name: str) -> tuple[str, ...]:
        if name in self._producing:
            return self._producing[name][0]
        return tuple(member.who for member in self._members.get(name, ()))

    @property
    def crashed(self) -> AmqctlError | None:
        """Why one of them ended by itself."""
        return self._crashed or next((one.crashed for _, one in self._producing.values() if one.crashed), None)

    def leave(self, name: str) -> None:
        """On return their connections are closed, and what they had not acknowledged is the broker's again."""
        if name in self._producing:
            self._producing.pop(name)[1].stop()
        gone = self._members.pop(name, [])
        for member in gone:
            member.ended.set()
        for member in gone:
            member.join()

    def stop(self) -> None:
        for member in [one for members in self._members.values() for one in members]:
            member.ended.set()  # all at once, before any is waited for
        for name in [*self._members, *self._producing]:
            self.leave(name)

    def _begin(self, name: str, count: int, act: Callable[[str, threading.Event], None]) -> tuple[str, ...]:
        members = self._members.setdefault(name, [])
        fresh = [_Member(f"{name}-{len(members) + n}", act, self._crash) for n in range(1, count + 1)]
        members += fresh
        for member in fresh:
            member.start()
        return tuple(member.who for member in fresh)

    def _crash(self, who: str, exc: Exception) -> None:
        """One that died must end the waits for it, not vanish."""
        text = f"{who} crashed: {type(exc).__name__}: {exc}"
        self.stage.recorder.add(who, "crash", "info", text)
        self._crashed = AmqctlError(text)

    def _listen(self, action: Listen, who: str, ended: threading.Event) -> None:
        value = {"queue": action.queue, "exclusive": action.exclusive}
        while (found := self._connected(action.group, ended, 0.1)) is not None:
            node, client = found
            try:
                client.subscribe(
                    f"/queue/{self.stage.queue(action.queue)}", prefetch=action.prefetch, exclusive=action.exclusive
                )  # fmt: skip
                self.stage.recorder.add(who, "listen", "ok", value, node)
                self.subscribed.add(who)
                while not ended.is_set():
                    if (message := client.receive(0.05)) is not None:
                        # before it is acknowledged: a broker may take that and die, and it never comes again
                        self.received[action.queue].add(consumption.id_of(message))
                        consumption.take(self.stage, client, who, node, message)
                self.stage.recorder.add(who, "leave", "ok", value, node)
            except ClientError as exc:
                self.stage.recorder.add(who, "listen", "fail", str(exc), node)
            finally:
                client.close()

    def _stream(self, action: Stream, who: str, ended: threading.Event) -> None:
        number = 0
        while (found := self._connected(action.group, ended, action.slowest)) is not None:
            node, client = found
            try:
                while not ended.is_set():
                    if self._far_ahead(action.queue):
                        ended.wait(QUICKEST)
                        continue
                    number += 1
                    if not self._send_one(action, who, node, client, number):
                        break
                    ended.wait(action.every)
            finally:
                client.close()

    def _far_ahead(self, queue: str) -> bool:
        heard = self.received.get(queue)
        return heard is not None and len(self.acked[queue]) - len(heard) > AHEAD

    def _send_one(self, action: Stream, who: str, node: str, client: Client, number: int) -> bool:
        group = f"g{number % action.message_groups}" if action.message_groups else ""
        key = f"{action.queue}.{who}-{number}"
        self.sent[key] = self.stage.recorder.now()
        # only what goes to the hurt group says when that serves again
        ours = action.group == self.stage.subject.group
        done = send(self.stage, client, who, node, key, action.queue, load=ours, message_group=group)
        if done:
            self._acknowledged(action, who, key)
        return done

    def _acknowledged(self, action: Stream, who: str, key: str) -> None:
        self.acked[action.queue].add(key)
        self.streams[who] = self.sent[key]

    def _connected(self, group: str, ended: threading.Event, slowest: float) -> tuple[str, Client] | None:
        """None once it has ended."""
        pause = QUICKEST
        while not ended.is_set():
            try:
                return self.stage.reach(group, within=0)
            except NeverHappened:
                ended.wait(pause)
                pause = min(slowest, 2 * pause)
        return None


class _Member:
    def __init__(
        self, who: str, act: Callable[[str, threading.Event], None], crashed: Callable[[str, Exception], None]
    ) -> None:
        self.who = who
        self.ended = threading.Event()
        self._act, self._crashed = act, crashed
        self._thread = threading.Thread(target=self._run, name=f"drill-{who}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def join(self) -> None:
        if self._thread.ident is not None:  # an interrupt may come before all were started
            self._thread.join()

    def _run(self) -> None:
        try:
            self._act(self.who, self.ended)
        except Over:
            pass
        except Exception as exc:  # noqa: BLE001  a bug in here must show in the history
            self._crashed(self.who, exc)
