"""Performing the actions about traffic over a network: who listens, who sends, what is awaited of them.

An await that is in vain does not end the script: it is recorded as a fail, which is for the checkers to judge.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from amqctl.cluster.outcomes import ClientError
from amqctl.drills import consumption
from amqctl.drills.actions import (
    Action,
    AwaitDepth,
    AwaitEach,
    AwaitMembers,
    AwaitReceived,
    AwaitRest,
    Leave,
    Listen,
    Reach,
    Stream,
    Way,
)
from amqctl.drills.audience import Audience
from amqctl.drills.model import OpPhase
from amqctl.drills.stage import Client, Stage
from amqctl.drills.workload import send
from amqctl.errors import AmqctlError, NeverHappened
from amqctl.events import Event
from amqctl.wait import NotYet, until

LOOK = 0.01  # seconds between looks at what came
ASK = 0.1  # seconds between questions to brokers
MESSAGES = 2  # from each group to each other
AT_LEAST = 1.0  # seconds in which nothing must come that has no way


def perform(action: Action, stage: Stage, audience: Audience) -> None:
    match action:
        case Listen():
            _listen(action, stage, audience)
        case Stream():
            audience.stream(action)
        case Leave():
            audience.leave(action.name)
        case AwaitReceived():
            _await_received(action, stage, audience)
        case AwaitEach():
            _await_each(action, stage, audience)
        case AwaitDepth():
            _await_depth(action, stage)
        case AwaitRest():
            _await_rest(action, stage)
        case AwaitMembers():
            _await_members(action, stage)
        case Reach():
            _reach(action, stage)
        case _:
            raise TypeError(f"nobody performs {action}")


def _listen(action: Listen, stage: Stage, audience: Audience) -> None:
    names = audience.listen(action)

    def probe() -> None:
        if audience.crashed:
            raise audience.crashed
        if lacking := [who for who in names if who not in audience.subscribed]:
            raise NotYet(f"{', '.join(lacking)} not subscribed")

    until(probe, what=f"consumers at {action.group}", within=stage.options.receive_within, every=LOOK)


def _await_received(action: AwaitReceived, stage: Stage, audience: Audience) -> None:
    began = stage.recorder.now()

    def progress() -> tuple[int, int]:
        got = set(audience.received.get(action.queue, ()))
        if action.fresh:
            got = {key for key in got if audience.sent.get(key, 0.0) >= began}
        if action.count is not None:
            return len(got), action.count
        wanted = set(audience.acked.get(action.queue, ()))
        return len(got & wanted), len(wanted)

    _await_counts(stage, audience, action.queue, progress, "messages received", action.within)


def _await_each(action: AwaitEach, stage: Stage, audience: Audience) -> None:
    began = stage.recorder.now()
    names = audience.names(action.name)

    def progress() -> tuple[int, int]:
        return sum(audience.streams.get(who, -1.0) >= began for who in names), len(names)

    _await_counts(stage, audience, action.name, progress, "clients served", stage.options.load_within)


def _await_counts(
    stage: Stage, audience: Audience, queue: str, progress: Callable[[], tuple[int, int]], what: str,
    within: float | None = None,
) -> None:  # fmt: skip
    def probe() -> None:
        if audience.crashed:
            raise audience.crashed
        done, of = progress()
        if done < of:
            raise NotYet(f"{done} of {of}")

    within = stage.options.receive_within if within is None else within
    because = ""
    try:
        until(probe, what=what, within=within, every=LOOK)
    except NeverHappened as exc:
        because = f"not within {exc.within:g} s"
    done, of = progress()
    value = {"queue": queue, "done": min(done, of), "of": of, "because": because}
    stage.recorder.add("script", "arriving", "fail" if because else "ok", value)


def _await_depth(action: AwaitDepth, stage: Stage) -> None:
    """What lies there at last is recorded, None where nobody can tell."""
    value = {"group": action.group, "queue": action.queue, "of": action.count}
    _await_lying(stage, "lay", value, lambda depths: depths.get(action.group))


def _await_rest(action: AwaitRest, stage: Stage) -> None:
    """As much; nothing is judged by it."""

    def together(depths: Mapping[str, int | None]) -> int | None:
        known = [depth for depth in depths.values() if depth is not None]
        return sum(known) if len(known) == len(depths) else None

    _await_lying(stage, "rest", {"queue": action.queue, "of": action.count}, together)


def _await_lying(
    stage: Stage, what: str, value: Mapping[str, object], depth: Callable[[Mapping[str, int | None]], int | None]
) -> None:
    seen: int | None = None

    def probe() -> None:
        nonlocal seen
        try:
            seen = depth(stage.target.queue_depths(stage.queue(str(value["queue"]))))
        except (OSError, AmqctlError):
            seen = None
        if seen != value["of"]:
            raise NotYet(f"{seen}")

    phase: OpPhase = "ok"
    try:
        until(probe, what="depth", within=stage.options.receive_within / 4, every=ASK)
    except NeverHappened:
        phase = "fail"
    stage.recorder.add("script", what, phase, {**value, "depth": seen})


def _await_members(action: AwaitMembers, stage: Stage) -> None:
    here = [group for group in stage.subject.groups if group not in action.without]
    expected = {group: sorted(set(_sought(stage, group)) & set(here)) for group in here}
    found: dict[str, list[str] | None] = {}

    def probe() -> None:
        peers = stage.target.peers()
        found.update({g: sorted(p) if (p := peers.get(g)) is not None else None for g in here})
        if found != expected:
            raise NotYet(str(found))

    value = {"expected": expected, "found": found, "away": list(action.without)}
    try:
        until(probe, what="bridges to all members", within=stage.options.ready_within, every=ASK)
        stage.recorder.add("script", "members", "ok", value)
        stage.tell(Event(stage.subject.label, "progress", f"{len(here)} groups have found each other"))
    except NeverHappened:
        stage.recorder.add("script", "members", "fail", value)


def _sought(stage: Stage, group: str) -> list[str]:
    """Whose brokers a group is to find by multicast: other links of its are none of this drill's business."""
    return [link.to_group for link in stage.facts.links if link.discovers and link.from_group == group]


# ── reach


def _reach(action: Reach, stage: Stage) -> None:
    clients: dict[str, tuple[str, Client]] = {}
    try:
        for queue, group in zip(action.queues, action.groups, strict=True):
            node, client = stage.reach(group, stage.options.receive_within)
            clients[group] = node, client
            client.subscribe(f"/queue/{stage.queue(queue)}", prefetch=100)
        wanted = _send_all(action, stage)
        began = time.monotonic()
        all_came = _receive_until(stage, clients, lambda came: wanted <= came, began + stage.options.receive_within)
        least = min(AT_LEAST, stage.options.receive_within)
        rest = max(time.monotonic() - began, least) if all_came else least
        _receive_until(stage, clients, lambda came: False, time.monotonic() + rest)
    except ClientError as exc:
        raise AmqctlError(f"a consumer was cut off: {exc}") from exc
    finally:
        for _, client in clients.values():
            client.close()


def _send_all(action: Reach, stage: Stage) -> set[str]:
    """The ids of those that have a way. What no broker took is recorded as any send."""
    at = {group: queue for queue, group in zip(action.queues, action.groups, strict=True)}
    wanted: set[str] = set()
    for group in action.groups:
        node, client = stage.reach(group, stage.options.receive_within)
        try:
            for way in (w for w in action.ways if w.from_group == group):
                keys = [_name(action, way, n) for n in range(1, MESSAGES + 1)]
                done = [k for k in keys if send(stage, client, f"reach@{group}", node, k, at[way.to_group], load=False)]
                value = {"from": group, "to": way.to_group, "ids": done, "groups": way.groups, "stops": way.stops}
                stage.recorder.add("script", "reach", "ok", value)
                wanted |= {key for key in done if way.groups}
        finally:
            client.close()
    return wanted


def _name(action: Reach, way: Way, number: int) -> str:
    here, there = (action.groups.index(group) for group in (way.from_group, way.to_group))
    return f"reach-{here}-{there}-{number}"


def _receive_until(
    stage: Stage, clients: dict[str, tuple[str, Client]], enough: Callable[[set[str]], bool], deadline: float
) -> bool:
    """Whether it was enough before the deadline. All are read in turn; each message is acknowledged and recorded as
    its group's."""
    came: set[str] = set()
    while not enough(came) and time.monotonic() < deadline:
        for group, (node, client) in clients.items():
            while (message := client.receive(0.005)) is not None:
                consumption.take(stage, client, f"reach@{group}", node, message)
                came.add(consumption.id_of(message))
    return enough(came)
