"""Performing a script's actions, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass

from amqctl.cluster.model import Role
from amqctl.drills import consumption, coordination, nemesis, traffic
from amqctl.drills import history as h
from amqctl.drills.actions import (
    Action,
    AwaitAllBack,
    AwaitLoad,
    AwaitLoadAfter,
    AwaitServed,
    AwaitTakeover,
    BounceStore,
    Consume,
    Heal,
    Hold,
    HurtEnsemble,
    Kill,
    KillBelowQuorum,
    KillSlave,
    LookIntoStore,
    Post,
    RegainQuorum,
    RestartEngine,
    RollUpgrade,
    Send,
    StartInOrder,
    Stop,
    StopGroup,
)
from amqctl.drills.audience import Audience
from amqctl.drills.model import History
from amqctl.drills.stage import Stage
from amqctl.drills.target import GroupView, LooksIntoStore
from amqctl.drills.workload import Producing
from amqctl.errors import AmqctlError, CannotRun, NeverHappened
from amqctl.events import Event
from amqctl.wait import NotYet, until

TELL_EVERY = 0.5  # seconds between reports of a load's progress
LOOK = 0.01  # seconds between looks at the load
BACK = 0.1  # seconds between looks at all nodes: each takes a little from the brokers that start


@dataclass(slots=True)
class Actors:
    load: Producing
    healing: ExitStack
    audience: Audience


def perform(action: Action, stage: Stage, actors: Actors) -> None:
    """Raises AmqctlError when the rest of the script makes no sense any more."""
    match action:
        case AwaitLoad():
            _await_load(action, stage, actors.load)
        case AwaitLoadAfter():
            _await_load_after(action, stage, actors.load)
        case Kill() | Stop():
            nemesis.hurt(stage, action, actors.healing)
        case RestartEngine():
            nemesis.restart_engine(stage, action, actors.healing)
        case BounceStore():
            nemesis.bounce_store(stage, action, actors.healing)
        case KillBelowQuorum():
            coordination.kill_below_quorum(stage, action, actors.healing)
        case Hold():
            coordination.hold(stage, action)
        case RegainQuorum():
            coordination.regain_quorum(stage, action)
        case HurtEnsemble():
            coordination.hurt_ensemble(stage, action, actors.healing)
        case RollUpgrade():
            nemesis.roll_upgrade(stage, action, actors.healing)
        case AwaitServed():
            _await_served(action, stage, actors.load)
        case AwaitAllBack():
            _await_all_back(stage)
        case AwaitTakeover():
            _await_takeover(action, stage, actors.load)
        case LookIntoStore():
            _look_into_store(action, stage)
        case Send():
            consumption.send_counted(stage, action)
        case Post():
            consumption.post(stage, action)
        case Consume():
            consumption.consume_counted(stage, action)
        case KillSlave():
            nemesis.kill_slave(stage, action, actors.healing)
        case StopGroup():
            nemesis.stop_group(stage, action, actors.healing)
        case StartInOrder():
            nemesis.start_in_order(stage, action, actors.healing)
        case Heal():
            nemesis.heal_all(stage, actors.healing)
        case _:
            traffic.perform(action, stage, actors.audience)


def _await_load(action: AwaitLoad, stage: Stage, load: Producing) -> None:
    def enough() -> str | None:
        count, rate = stage.recorder.acknowledged, stage.recorder.rate()
        if count >= action.total and rate >= action.last_second:
            return None
        return f"{count:,} acknowledged, {rate:,} in the last second"

    _watch(stage, load, f"{action.total:,} acknowledged, {action.last_second} in a second", enough)


def _await_load_after(action: AwaitLoadAfter, stage: Stage, load: Producing) -> None:
    hurt, moment = _hurt(stage)

    def enough() -> str | None:
        count = len(stage.recorder.acknowledged_after(moment, not_by=hurt))
        if count >= action.count and stage.recorder.acknowledged >= action.total:
            return None
        return f"{count:,} acknowledged since the takeover, {stage.recorder.acknowledged:,} in all"

    _watch(stage, load, f"{action.count:,} acknowledged after the takeover", enough)


def _watch(stage: Stage, load: Producing, what: str, enough: Callable[[], str | None]) -> None:
    told = -TELL_EVERY

    def probe() -> None:
        nonlocal told
        if load.crashed:
            raise load.crashed
        if (lacks := enough()) is not None:
            if stage.recorder.now() - told >= TELL_EVERY:
                told = stage.recorder.now()
                stage.tell(Event(stage.subject.label, "progress", lacks))
            raise NotYet(lacks)

    until(probe, what=what, within=stage.options.load_within, every=LOOK)


def _await_takeover(action: AwaitTakeover, stage: Stage, load: Producing) -> None:
    """Until another node acknowledged; its process id is recorded, for the verdict to compare.

    Waits beyond the budget: a late takeover is invalid, and how late is worth knowing.
    """
    hurt, moment = _hurt(stage)
    patience = stage.facts.group(action.group).budget_seconds + stage.options.takeover_patience

    def probe() -> str:
        if load.crashed:
            raise load.crashed
        acks = stage.recorder.acknowledged_after(moment, not_by=hurt)
        if not acks:
            raise NotYet("no send acknowledged by another broker")
        return acks[0][1]

    try:
        node = until(probe, what=f"another broker of {action.group} serves", within=patience, every=0.01)
    except NeverHappened:
        stage.recorder.add("nemesis", "takeover", "fail", f"not within {patience:g} s", hurt)
        raise
    stage.recorder.add("nemesis", "takeover", "ok", {"pid": stage.target.pid(node)}, node)
    stage.tell(Event(stage.subject.label, "progress", f"{node} is master"))


def _await_served(action: AwaitServed, stage: Stage, load: Producing) -> None:
    """While its database was away a master may look as if nothing were amiss: only a send tells."""
    back = next((op.at for op in stage.recorder.history() if op.what in h.MENDED and op.phase == "ok"), None)
    if back is None:
        raise AmqctlError("the script awaits the end of an outage that never came")

    def probe() -> None:
        if load.crashed:
            raise load.crashed
        if not stage.recorder.acknowledged_after(back, not_by=""):
            raise NotYet("no send acknowledged")

    until(probe, what=f"{action.group} serves again", within=stage.options.ready_within, every=LOOK)


def _look_into_store(action: LookIntoStore, stage: Stage) -> None:
    target, group = stage.target, action.group
    if not isinstance(target, LooksIntoStore):
        raise AmqctlError(f"{target.name} cannot look into the store of {group}")
    history, node = stage.recorder.history(), stage.target.master(group) or ""
    sent = h.sends(history).values()
    queues = {"main": stage.queue(), **{q: stage.queue(q) for q in _posted(history)}}
    counts = {"acknowledged": sum(s.phase == "ok" for s in sent), "attempted": len(sent)}
    try:
        seen = target.look_into_store(group, tuple(queues.values()))
    except AmqctlError as exc:
        stage.recorder.add("nemesis", "look", "fail", str(exc), node)
        return
    stored = {name: seen.stored.get(queue, 0) for name, queue in queues.items()}
    stage.recorder.add("nemesis", "look", "ok", {**asdict(seen), "stored": stored, **counts}, node)


def _posted(history: History) -> list[str]:
    return list(dict.fromkeys(key.rpartition("-")[0] for key in h.posts(history)))


def _await_all_back(stage: Stage) -> None:
    """Each group with one master and all others waiting, though nobody starts them. Recorded once, with all
    roles; `because` says what was still amiss at the end."""
    seen: dict[str, Role] = {}

    def probe() -> None:
        try:
            seen.update(stage.target.roles())
        except CannotRun as exc:  # the engine is away, or has only begun to answer
            raise NotYet(str(exc)) from exc
        amiss = [text for group in stage.facts.groups if (text := _amiss(group, seen))]
        if amiss:
            raise NotYet("; ".join(amiss))

    try:
        until(probe, what="every broker is back", within=stage.options.ready_within, every=BACK)
    except NeverHappened as exc:
        stage.recorder.add("nemesis", "back", "fail", {"roles": dict(seen), "pids": {}, "because": exc.last})
        raise
    stage.recorder.add("nemesis", "back", "ok", {"roles": dict(seen), "pids": nemesis.pids(stage)})
    stage.tell(Event(stage.subject.label, "progress", "every broker is back"))


def _amiss(group: GroupView, roles: Mapping[str, Role]) -> str:
    here = {node: roles.get(node, "down") for node in group.nodes}
    masters = [node for node, role in here.items() if role == "master"]
    if len(masters) > 1:
        return f"{group.name} has {len(masters)} masters"
    return ", ".join(f"{node} is {role}" for node, role in here.items() if role not in ("master", "waiting"))


def _hurt(stage: Stage) -> tuple[str, float]:
    """Whose acknowledgements no longer count, and from when on. Seconds since the run began."""
    history = stage.recorder.history()
    fault = h.fault(history)
    if fault is None:
        raise AmqctlError("the script awaits a takeover and hurt nobody")
    if fault.of_all:
        return "", next((op.at for op in history if op.what == "back"), fault.invoked)
    return fault.node, fault.invoked
