"""The actor that breaks things, and always knows how to mend them.

The undo goes on the stack before the harm is done: an interrupt between the two leaves a cluster that
is healed once too often, never once too seldom.
"""

from __future__ import annotations

from contextlib import ExitStack

from amqctl.drills.model import Kill, RestartEngine, RestartsEngine, Stop
from amqctl.drills.stage import Stage
from amqctl.errors import AmqctlError, NoEngine
from amqctl.events import Event


def hurt(stage: Stage, action: Kill | Stop, healing: ExitStack) -> None:
    """SIGKILL or SIGTERM to the group's master of this moment, recorded with its process id."""
    node = _master(stage, action.group)
    what = "kill" if isinstance(action, Kill) else "stop"
    value = {"pid": stage.target.pid(node)}
    healing.callback(heal, stage, node)
    stage.tell(Event(node, "progress", f"{what} {node}, master of {action.group}"))
    stage.recorder.add("nemesis", what, "invoke", value, node)
    try:
        if isinstance(action, Kill):
            stage.target.kill(node)
        else:
            stage.target.stop(node, stage.options.stop_grace)
    except AmqctlError as exc:
        stage.recorder.add("nemesis", what, "info", str(exc), node)
        raise
    stage.recorder.add("nemesis", what, "ok", value, node)


def restart_engine(stage: Stage, action: RestartEngine, healing: ExitStack) -> None:
    """All brokers of all groups go with it; recorded with the master of the loaded group."""
    target = stage.target
    if not isinstance(target, RestartsEngine):
        raise AmqctlError(f"{target.name} has no engine that could be restarted")
    node = _master(stage, action.group)
    before = pids(stage)
    healing.callback(_heal_all, stage, target)
    stage.tell(Event(action.group, "progress", "restart the container engine"))
    stage.recorder.add("nemesis", "restart-engine", "invoke", {"pid": before[node], "pids": before}, node)
    try:
        target.restart_engine()
    except AmqctlError as exc:
        stage.recorder.add("nemesis", "restart-engine", "info", str(exc), node)
        raise
    stage.recorder.add("nemesis", "restart-engine", "ok", None, node)
    stage.tell(Event(action.group, "progress", "the engine answers again"))


def heal(stage: Stage, node: str) -> None:
    """Start what does not run. A node that runs is left alone, whatever its role: the harm may never have
    been done, and for one that hangs while it starts the drill waits at its end, and says so."""
    if stage.target.roles()[node] != "down":
        return
    stage.recorder.add("nemesis", "start", "invoke", None, node)
    stage.tell(Event(node, "progress", f"start {node} again"))
    stage.target.start(node)
    stage.recorder.add("nemesis", "start", "ok", None, node)


def pids(stage: Stage) -> dict[str, int | None]:
    return {node: stage.target.pid(node) for group in stage.facts.groups for node in group.nodes}


def _heal_all(stage: Stage, target: RestartsEngine) -> None:
    """After an interrupt the engine may have been left stopped; what restarts it is all we know to start it."""
    try:
        stage.target.roles()
    except NoEngine:
        target.restart_engine()
    with ExitStack() as each:  # one that cannot be started must not keep the others down
        for group in stage.facts.groups:
            for node in group.nodes:
                each.callback(heal, stage, node)


def _master(stage: Stage, group: str) -> str:
    node = stage.target.master(group)
    if node is None:
        raise AmqctlError(f"{group} has no master to hurt")
    return node
