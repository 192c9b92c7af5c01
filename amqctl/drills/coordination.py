"""Performing what is done to members of a replicated store and to the ZooKeeper by which they elect their master.

As with the nemesis' other harm: the undo goes on the stack before the harm is done.
"""

from __future__ import annotations

from contextlib import ExitStack

from amqctl.drills import nemesis
from amqctl.drills.actions import Hold, HurtEnsemble, KillBelowQuorum, RegainQuorum
from amqctl.drills.stage import Stage
from amqctl.drills.target import GroupView, HoldsEnsemble, PausesEnsemble
from amqctl.errors import AmqctlError
from amqctl.events import Event


def kill_below_quorum(stage: Stage, action: KillBelowQuorum, healing: ExitStack) -> None:
    """Slaves first and the master last, so that nobody takes over in between; one fewer than the quorum is left."""
    group = stage.facts.group(action.group)
    master = stage.target.master(group.name)
    if master is None:
        raise AmqctlError(f"{group.name} has no master to hurt")
    slaves = [node for node in group.nodes if node != master]
    killed = [*slaves[: len(group.nodes) - group.quorum], master]
    value = {**nemesis.before(stage, master), "nodes": killed, "quorum": group.quorum}
    for node in killed:
        healing.callback(nemesis.heal, stage, node)
    stage.tell(Event(group.name, "progress", f"kill {', '.join(killed)}: one fewer than the quorum is left"))
    stage.recorder.add("nemesis", "kill-most", "invoke", value, master)
    try:
        for node in killed:
            stage.target.kill(node)
    except AmqctlError as exc:
        stage.recorder.add("nemesis", "kill-most", "info", str(exc), master)
        raise
    stage.recorder.add("nemesis", "kill-most", "ok", value, master)


def hold(stage: Stage, action: Hold) -> None:
    """As long as a takeover may take, and a little: who serves by then would have served wrongly."""
    stage.over.wait(stage.facts.group(action.group).budget_seconds + action.more)


def regain_quorum(stage: Stage, action: RegainQuorum) -> None:
    """The last that was killed comes back: it was the master."""
    lost = next((op for op in stage.recorder.history() if op.what == "kill-most" and op.phase == "ok"), None)
    if lost is None:
        raise AmqctlError("the script regains a quorum that was never lost")
    node = lost.value["nodes"][-1]
    stage.tell(Event(node, "progress", f"start {node}: the quorum is there again"))
    stage.recorder.add("nemesis", "regain", "invoke", None, node)
    stage.target.start(node)
    stage.recorder.add("nemesis", "regain", "ok", None, node)


def hurt_ensemble(stage: Stage, action: HurtEnsemble, healing: ExitStack) -> None:
    """Some servers of the group's ZooKeeper are stopped or frozen for a while; recorded with the group's master."""
    group = stage.facts.group(action.group)
    servers = group.ensemble[: _count(group, action)]
    node = stage.target.master(group.name)
    if node is None:
        raise AmqctlError(f"{group.name} has no master")
    what = f"{action.how}-zookeeper"
    seconds = action.seconds or action.sessions * group.session_seconds
    value = {**nemesis.before(stage, node), "servers": list(servers), "seconds": seconds}
    healing.callback(_mend, stage, action, servers)
    stage.tell(Event(group.name, "progress", f"{action.how} {', '.join(servers)} for {seconds:g} s"))
    stage.recorder.add("nemesis", what, "invoke", value, node)
    try:
        _harm(stage, action, servers)
    except AmqctlError as exc:
        stage.recorder.add("nemesis", what, "info", str(exc), node)
        raise
    stage.recorder.add("nemesis", what, "ok", value, node)
    stage.over.wait(seconds)
    stage.recorder.add("nemesis", "zookeeper-back", "invoke", list(servers))
    _mend(stage, action, servers)
    stage.recorder.add("nemesis", "zookeeper-back", "ok", list(servers))
    stage.tell(Event(group.name, "progress", f"{', '.join(servers)} answer again"))


def _count(group: GroupView, action: HurtEnsemble) -> int:
    everyone = len(group.ensemble)
    return {"one": 1, "most": everyone // 2 + 1, "all": everyone}[action.which]


def _harm(stage: Stage, action: HurtEnsemble, servers: tuple[str, ...]) -> None:
    target = stage.target
    if action.how == "stop" and isinstance(target, HoldsEnsemble):
        target.stop_servers(servers)
    elif action.how == "pause" and isinstance(target, PausesEnsemble):
        target.pause_servers(servers)
    else:
        raise AmqctlError(f"{target.name} cannot {action.how} the ZooKeeper of {action.group}")


def _mend(stage: Stage, action: HurtEnsemble, servers: tuple[str, ...]) -> None:
    """Safe to repeat: what runs is left alone."""
    target = stage.target
    if action.how == "stop" and isinstance(target, HoldsEnsemble):
        target.start_servers(servers)
    elif isinstance(target, PausesEnsemble):
        target.resume_servers(servers)
