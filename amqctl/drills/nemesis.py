"""The actor that breaks things, and always knows how to mend them.

The undo goes on the stack before the harm is done: an interrupt between the two leaves a cluster that
is healed once too often, never once too seldom.
"""

from __future__ import annotations

from contextlib import ExitStack

from amqctl.drills.actions import (
    BounceStore,
    Kill,
    KillSlave,
    RestartEngine,
    RollUpgrade,
    StartInOrder,
    Stop,
    StopGroup,
)
from amqctl.drills.stage import Stage
from amqctl.drills.target import BouncesStore, RestartsEngine, Upgrades
from amqctl.errors import AmqctlError, NeverHappened, NoEngine
from amqctl.events import Event
from amqctl.interrupt import held
from amqctl.wait import NotYet, until

LOOK = 0.2  # seconds between looks for brokers that come back


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


def bounce_store(stage: Stage, action: BounceStore, healing: ExitStack) -> None:
    """The store's server goes and comes; recorded with the master of the loaded group, and nobody else is touched."""
    target, server = stage.target, stage.facts.group(action.group).server
    if not isinstance(target, BouncesStore) or not server:
        raise AmqctlError(f"{target.name} has no server of {action.group}'s store that could be stopped")
    node = _master(stage, action.group)
    before = pids(stage)
    value = {"pid": before[node], "pids": before, "server": server, "seconds": action.seconds}
    healing.callback(_heal_store, stage, target, server)
    stage.tell(Event(server, "progress", f"stop {server}, the store of {action.group}, for {action.seconds:g} s"))
    stage.recorder.add("nemesis", "stop-store", "invoke", value, node)
    try:
        target.stop_store(server)
    except AmqctlError as exc:
        stage.recorder.add("nemesis", "stop-store", "info", str(exc), node)
        raise
    stage.recorder.add("nemesis", "stop-store", "ok", value, node)
    stage.over.wait(action.seconds)
    stage.recorder.add("nemesis", "start-store", "invoke", server)
    target.start_store(server)
    stage.recorder.add("nemesis", "start-store", "ok", server)
    stage.tell(Event(server, "progress", f"{server} answers again"))


def roll_upgrade(stage: Stage, action: RollUpgrade, healing: ExitStack) -> None:
    """One broker after the other; recorded with the master that the group had before. What a failed upgrade leaves
    is for itself to mend: it goes back. A node that an interrupt leaves stopped is started."""
    target = stage.target
    if not isinstance(target, Upgrades):
        raise AmqctlError(f"{target.name} cannot be moved to another version")
    node, before = _master(stage, action.group), pids(stage)
    for name in stage.facts.group(action.group).nodes:
        healing.callback(heal, stage, name)
    value = {"pid": before[node], "pids": before, "to": target.upgrade_to}
    stage.tell(Event(action.group, "progress", f"upgrade {action.group} to {target.upgrade_to}"))
    stage.recorder.add("nemesis", "upgrade", "invoke", value, node)
    try:
        versions = target.upgrade(action.group)
    except AmqctlError as exc:
        stage.recorder.add("nemesis", "upgrade", "fail", {"because": exc.message, "to": target.upgrade_to}, node)
        raise
    after = {"to": target.upgrade_to, "versions": dict(versions), "pids": pids(stage)}
    stage.recorder.add("nemesis", "upgrade", "ok", after, node)


def kill_slave(stage: Stage, action: KillSlave, healing: ExitStack) -> None:
    roles = stage.target.roles()
    node = next((n for n in stage.facts.group(action.group).nodes if roles[n] == "waiting"), None)
    if node is None:
        raise AmqctlError(f"{action.group} has no waiting broker to kill")
    value = {"pid": stage.target.pid(node)}
    healing.callback(heal, stage, node)
    stage.tell(Event(node, "progress", f"kill {node}, which waits for {action.group}"))
    stage.recorder.add("nemesis", "kill-slave", "invoke", value, node)
    stage.target.kill(node)
    stage.recorder.add("nemesis", "kill-slave", "ok", value, node)


def stop_group(stage: Stage, action: StopGroup, healing: ExitStack) -> None:
    """Those that wait first: no takeover is meant."""
    nodes = stage.facts.group(action.group).nodes
    master = stage.target.master(action.group)
    for node in sorted(nodes, key=lambda name: name == master):
        healing.callback(heal, stage, node)
    stage.tell(Event(action.group, "progress", f"stop {action.group}"))
    for node in sorted(nodes, key=lambda name: name == master):
        value = {"pid": stage.target.pid(node)}
        stage.recorder.add("nemesis", "stop-group", "invoke", value, node)
        stage.target.stop(node, stage.options.stop_grace)
        stage.recorder.add("nemesis", "stop-group", "ok", value, node)


def start_in_order(stage: Stage, action: StartInOrder, healing: ExitStack) -> None:
    """All are stopped, and come back in the order of the groups and their nodes; recorded with all roles."""
    for group in reversed(action.groups):
        stop_group(stage, StopGroup(group), healing)
    nodes = [node for group in action.groups for node in stage.facts.group(group).nodes]
    for node in nodes:
        stage.tell(Event(node, "progress", f"start {node}"))
        stage.recorder.add("nemesis", "start", "invoke", None, node)
        stage.target.start(node)
        stage.recorder.add("nemesis", "start", "ok", None, node)
        _await_role(stage, node)
    stage.recorder.add("nemesis", "order", "ok", {"nodes": nodes, "roles": dict(stage.target.roles())})


def _await_role(stage: Stage, node: str) -> None:
    def probe() -> None:
        role = stage.target.roles()[node]
        if role not in ("master", "waiting"):
            raise NotYet(f"{node} is {role}")

    until(probe, what=f"{node} serves or waits", within=stage.options.ready_within, every=LOOK)


def heal(stage: Stage, node: str) -> None:
    """Start what does not run. A node that runs is left alone, whatever its role: the harm may never have
    been done, and for one that hangs while it starts the drill waits at its end, and says so."""
    if stage.target.roles()[node] != "down":
        return
    stage.recorder.add("nemesis", "start", "invoke", None, node)
    stage.tell(Event(node, "progress", f"start {node} again"))
    stage.target.start(node)
    stage.recorder.add("nemesis", "start", "ok", None, node)


def before(stage: Stage, master: str) -> dict[str, object]:
    """What is recorded of a harm to more than one: all processes of that moment, the master's apart."""
    found = pids(stage)
    return {"pid": found[master], "pids": found}


def heal_all(stage: Stage, healing: ExitStack) -> None:
    """Within a script. A cluster that does not become whole again is for the checkers to judge."""
    try:
        _mend(stage, healing)
        stage.target.wait_ready(stage.options.ready_within)
    except AmqctlError as exc:
        stage.recorder.add("nemesis", "whole", "fail", str(exc))
    else:
        stage.recorder.add("nemesis", "whole", "ok")


def _mend(stage: Stage, healing: ExitStack) -> None:
    """What is healing is off the stack before it is done: after one that was cut short or failed, all that is down is
    still to be started at the end of the script."""
    done = False
    try:
        with held():
            healing.close()
            done = True
    finally:
        if not done:
            for node in [node for group in stage.facts.groups for node in group.nodes]:
                healing.callback(heal, stage, node)


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


def _heal_store(stage: Stage, target: BouncesStore, server: str) -> None:
    """Brokers that ended for want of it come back by themselves, unless something is wrong with them."""
    target.start_store(server)
    names = [node for group in stage.facts.groups if group.server == server for node in group.nodes]

    def probe() -> None:
        roles = stage.target.roles()
        if down := [node for node in names if roles[node] == "down"]:
            raise NotYet(f"{', '.join(down)} down")

    try:
        until(probe, what=f"brokers on {server} are back", within=stage.options.ready_within, every=LOOK)
    except NeverHappened:
        with ExitStack() as each:
            for node in names:
                each.callback(heal, stage, node)


def _master(stage: Stage, group: str) -> str:
    node = stage.target.master(group)
    if node is None:
        raise AmqctlError(f"{group} has no master to hurt")
    return node
