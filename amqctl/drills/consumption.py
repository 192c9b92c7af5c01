"""Getting messages out: one by one for a script, to the end for a verdict.

Only queues of the run are consumed. The brokers' dead-letter queue is shared with the user's, so it is
browsed, and only when something is missing: browsing creates a queue that is not there.
"""

from __future__ import annotations

from dataclasses import dataclass

from amqctl.cluster.outcomes import ClientError, Indeterminate, Message
from amqctl.drills import bodies
from amqctl.drills import history as h
from amqctl.drills.actions import Consume, Post, Send
from amqctl.drills.model import OpPhase
from amqctl.drills.stage import Client, Stage
from amqctl.drills.target import LooksIntoStore
from amqctl.drills.workload import send
from amqctl.errors import AmqctlError, NeverHappened

DEAD_LETTERS = "ActiveMQ.DLQ"  # SharedDeadLetterStrategy.DEFAULT_DEAD_LETTER_QUEUE_NAME
BARREN = 3  # rounds in a row that were cut off and brought nothing
BATCH = 100  # messages a cumulative acknowledgement covers


def send_counted(stage: Stage, action: Send) -> None:
    """Until `count` are acknowledged; a send in doubt is followed by one with a new id, never repeated."""
    who, done, number, patience = f"sender@{action.group}", 0, 0, stage.options.receive_within
    value = {"group": action.group, "queue": action.queue, "of": action.count, "size": action.size}
    tag = f"{action.queue}-{sum(1 for op in stage.recorder.history() if op.what == 'sending')}"
    try:
        while done < action.count and number < 2 * action.count:
            node, client = stage.reach(action.group, patience + _budget(stage, action.group))
            try:
                while done < action.count:
                    number += 1
                    if not send(stage, client, who, node, f"{tag}-{number}", action.queue, size=action.size):
                        break
                    done += 1
            finally:
                client.close()
        stage.recorder.add(who, "sending", "ok" if done == action.count else "fail",
                           {**value, "done": done, "because": "the broker did not acknowledge"})  # fmt: skip
    except NeverHappened as exc:
        stage.recorder.add(who, "sending", "fail", {**value, "done": done, "because": str(exc)})


def post(stage: Stage, action: Post) -> None:
    """What a dying master takes along. Each is tried once: of what was not taken there is nothing to lose."""
    node, client = stage.reach(action.group, stage.options.receive_within + _budget(stage, action.group))
    try:
        for number in range(1, action.count + 1):
            key = f"{action.queue}-{number}"
            if not send(stage, client, f"poster@{action.group}", node, key, action.queue, load=False, what="post"):
                return
    finally:
        client.close()


def consume_counted(stage: Stage, action: Consume) -> None:
    """`count` messages one by one; each counts once the broker has processed its acknowledgement."""
    who, done, because = f"consumer@{action.group}", 0, ""
    value = {"group": action.group, "queue": action.queue, "of": action.count}
    try:
        node, client = stage.reach(action.group, stage.options.receive_within + _budget(stage, action.group))
        try:
            client.subscribe(f"/queue/{stage.queue(action.queue)}", prefetch=1, ack="client-individual")
            while done < action.count:
                message = client.receive(stage.options.receive_within)
                if message is None:
                    because = f"nothing came for {stage.options.receive_within:g} s"
                    break
                take(stage, client, who, node, message)
                done += 1
        finally:
            client.close()
    except (ClientError, NeverHappened) as exc:
        because = str(exc)
    phase: OpPhase = "ok" if done == action.count else "fail"
    stage.recorder.add(who, "consuming", phase, {**value, "done": done, "because": because})


def drain(stage: Stage, queues: tuple[str, ...]) -> None:
    """Read the run's queues on every group until all are empty: a network may have moved messages.

    One group after the other, so that no consumer elsewhere draws messages across while one is read.
    Ends when a whole round brought nothing, or no group has any left; records depths before the first
    round, and a fail for what was not read to the end.
    """
    _depths(stage, queues[0])
    deadline = stage.recorder.now() + stage.options.drain_within
    groups = [stage.subject.group] + [g.name for g in stage.facts.groups if g.name != stage.subject.group]
    groups = [g for g in groups if stage.facts.group(g).dial]
    barren, heard = 0, stage.recorder.now()
    while True:
        left = _known_depths(stage, queues)
        quiet = stage.options.quiet if None not in left else stage.options.quiet_unknown
        reads = {group: _drain_group(stage, group, queues, quiet, deadline) for group in groups}
        came = sum(read.came for read in reads.values())
        cut = [f"{group}: {read.cut}" for group, read in reads.items() if read.cut]
        left = _known_depths(stage, queues)
        heard = stage.recorder.now() if came else heard
        # A starved machine answers neither who asks for depths nor who reads, for seconds: that is no empty queue
        silent = stage.recorder.now() - heard >= stage.options.quiet_missing or not _missing(stage)
        if (not came and not any(left) and not cut and silent) or (left and not any(left) and None not in left):
            stage.recorder.add("drain", "drain", "ok")
            return
        barren = barren + 1 if cut and not came else 0
        # a broker that declines our subscriptions goes on declining them: no use to ask it for a minute
        if stage.recorder.now() > deadline or barren == BARREN:
            deep = [d for d in left if d]
            said = [f"{sum(deep)} still queued"] if deep else ["messages still came"] if came else []
            after = f" after {stage.recorder.now() - deadline + stage.options.drain_within:.0f} s"
            stage.recorder.add("drain", "drain", "fail", "; ".join([*said, *cut]) + after)
            return


@dataclass(frozen=True, slots=True)
class _Read:
    """cut: why the reading ended before nothing more came."""

    came: int
    cut: str = ""


def _drain_group(stage: Stage, group: str, queues: tuple[str, ...], quiet: float, deadline: float) -> _Read:
    """Whoever in the group serves is read; with two masters, the first that answers."""
    who, came = f"drain@{group}", 0
    unacked: dict[str, Message] = {}  # by destination: an acknowledgement covers its own subscription only
    try:
        node, client = stage.reach(group, max(1.0, deadline - stage.recorder.now()))
    except NeverHappened as exc:
        return _Read(0, str(exc))
    try:
        for queue in queues:
            client.subscribe(f"/queue/{stage.queue(queue)}", prefetch=1000, ack="client")
        while stage.recorder.now() < deadline and (message := client.receive(quiet)) is not None:
            came += 1
            unacked[message.destination] = message
            stage.recorder.add(who, "receive", "ok", _value(message), node)
            if came % BATCH == 0:
                _ack_all(client, unacked)
        _ack_all(client, unacked)
    except ClientError as exc:
        return _Read(came, str(exc))  # what was not acknowledged comes again; duplicates are counted as such
    finally:
        client.close()
    return _Read(came)


def _ack_all(client: Client, unacked: dict[str, Message]) -> None:
    while unacked:
        client.ack(unacked.popitem()[1])


def browse_dead_letters(stage: Stage) -> None:
    """Record which missing messages lie in a dead-letter queue; theirs alone, and nobody's is taken."""
    missing = _missing(stage)
    for group in stage.facts.groups if missing else ():
        if not group.dial:
            continue
        try:
            node, client = stage.reach(group.name, within=min(5.0, stage.options.drain_within))
        except NeverHappened:
            continue
        try:
            client.browse(f"/queue/{DEAD_LETTERS}")
            while (message := client.receive(2.0)) is not None and not message.end_of_browse:
                if (key := id_of(message)) in missing and message.headers.get("amqctl_run") == stage.run:
                    stage.recorder.add(f"browse@{group.name}", "browse", "ok", key, node)
        except ClientError as exc:
            stage.recorder.add(f"browse@{group.name}", "browse", "fail", str(exc), node)
        finally:
            client.close()


def count_rows_left(stage: Stage) -> None:
    """Where messages are missing and the store is a database: how many of the run's are still rows of it.

    A master reads what is in its database when it becomes master. What another stored after that (two masters, or
    one that was frozen) it neither sees nor delivers, but it is not lost: the next takeover brings it.
    """
    group = stage.subject.group
    if not isinstance(stage.target, LooksIntoStore) or not stage.facts.group(group).server or not _missing(stage):
        return
    try:
        seen = stage.target.look_into_store(group, (stage.queue(),))
    except AmqctlError as exc:
        stage.recorder.add("drain", "rows", "fail", str(exc))
        return
    stage.recorder.add("drain", "rows", "ok", seen.stored[stage.queue()])


def _missing(stage: Stage) -> set[str]:
    history = stage.recorder.history()
    out = {h.message_id(op) for op in history if op.what == "receive"}
    return {i for i, s in h.sends(history).items() if s.phase == "ok"} - out


def take(stage: Stage, client: Client, who: str, node: str, message: Message) -> None:
    """Acknowledge one, and record it. Raises Indeterminate where that is in doubt, which is recorded too."""
    try:
        client.ack(message)
    except Indeterminate:
        stage.recorder.add(who, "receive", "info", _value(message), node)
        raise
    stage.recorder.add(who, "receive", "ok", _value(message), node)


def _value(message: Message) -> object:
    facts = bodies.facts(message.body) if len(message.body) >= bodies.BIG else {}
    said = {**facts, **({} if message.persistent else {"persistent": False})}
    return {"id": id_of(message), **said} if said else id_of(message)


def id_of(message: Message) -> str:
    """The id that its producer gave it; of a stranger's message, the beginning of what it says."""
    return message.body.partition(" ")[0][:80]


def _depths(stage: Stage, queue: str) -> None:
    try:
        depths = stage.target.queue_depths(stage.queue(queue))
    except (OSError, AmqctlError) as exc:
        stage.recorder.add("drain", "depths", "fail", str(exc))
        return
    for group, depth in depths.items():
        stage.recorder.add("drain", "depth", "ok", {"group": group, "depth": depth})


def _known_depths(stage: Stage, queues: tuple[str, ...]) -> list[int | None]:
    out: list[int | None] = []
    for queue in queues:
        try:
            out += stage.target.queue_depths(stage.queue(queue)).values()
        except (OSError, AmqctlError):
            out.append(None)
    return out


def _budget(stage: Stage, group: str) -> float:
    return stage.facts.group(group).budget_seconds
