"""The actor that breaks things, and always knows how to mend them.

The undo goes on the stack before the harm is done: an interrupt between the two leaves a cluster that
is healed once too often, never once too seldom.
"""

from __future__ import annotations

from contextlib import ExitStack

from amqctl.drills.model import Kill, Stop
from amqctl.drills.stage import Stage
from amqctl.errors import AmqctlError
from amqctl.events import Event


def hurt(stage: Stage, action: Kill | Stop, healing: ExitStack) -> None:
    """SIGKILL or SIGTERM to the group's master of this moment, recorded with its process id."""
    node = stage.target.master(action.group)
    if node is None:
        raise AmqctlError(f"{action.group} has no master to hurt")
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


def heal(stage: Stage, node: str) -> None:
    """Start what is down. A node that lives is left alone: the harm may never have been done."""
    if stage.target.role(node) != "down":
        return
    stage.recorder.add("nemesis", "start", "invoke", None, node)
    stage.tell(Event(node, "progress", f"start {node} again"))
    stage.target.start(node)
    stage.recorder.add("nemesis", "start", "ok", None, node)
