"""What must be done so that the world becomes the plan: steps, each with its because. Pure.

The lines of the steps are the dry run, the progress and the golden tests.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from amqctl.plan.model import Files, NodeSpec, Place, Plan, content, digest
from amqctl.plan.state import NodeState, State

PUBLISH = "runtime.docker.publish"
NETWORK = "runtime.docker.network"


@dataclass(frozen=True, slots=True)
class Step:
    node: str
    because: str

    @property
    def verb(self) -> str:
        return type(self).__name__.lower()

    def __str__(self) -> str:
        return f"{self.verb} {self.node}: {self.because}"


class Remove(Step):
    """Stop the node and delete what is its own; shared stores stay. One that is created again follows."""


class Create(Step):
    """Write the node's files."""


class Start(Step):
    """Launch a node whose files are as they should be."""


class Replace(Step):
    """Stop, write the files anew, start, and wait until the group is whole again."""


def reconcile(plan: Plan, files: Files, state: State, masters: Mapping[str, str]) -> tuple[Step, ...]:
    """masters: group -> the node that is its master now; the master of a group is replaced last."""
    removes = [Remove(name, "not in the topology") for name in state.nodes if name not in files]
    creates: list[Step] = []
    starts: list[Step] = []
    replaces: list[Step] = []
    for node in plan.all:
        now = state.nodes.get(node.name)
        if now is None:
            creates.append(Create(node.name, "it does not exist"))
            starts.append(Start(node.name, "it is new"))
            continue
        changed = [*_outside(now, node.place), *changes(now, files[node.name])]
        if now.status == "running" and NETWORK in changed:
            # all at once: who is on another network reaches neither the database nor the other end of a link
            removes.append(Remove(node.name, f"{_listed(changed)} changed"))
            creates.append(Create(node.name, f"{_listed(changed)} changed"))
            starts.append(Start(node.name, "it is new there"))
        elif now.status == "running" and changed:
            replaces.append(Replace(node.name, f"{_listed(changed)} changed"))
        elif now.status == "running" and not now.supervised:
            replaces.append(Replace(node.name, "nobody would bring it back if it ended"))
        elif now.status != "running":
            if changed:
                creates.append(Create(node.name, f"{_listed(changed)} changed"))
            starts.append(Start(node.name, _why_start(now)))
    return (*removes, *creates, *starts, *_slaves_first(replaces, plan, masters))


def _outside(now: NodeState, wanted: Place) -> list[str]:
    """What is in no file: keys of the topology that an engine was told when the node was created."""
    published = [PUBLISH] if wanted.published and set(now.published) - {wanted.published} else []
    return published + ([NETWORK] if wanted.network and wanted.network not in now.networks else [])


def changes(now: NodeState, wanted: Mapping[str, str]) -> Sequence[str]:
    """Names of the files that differ, came or went, in order."""
    names = sorted(set(now.files) | set(wanted))
    return [n for n in names if now.files.get(n) != (digest(content(n, wanted[n])) if n in wanted else None)]


def start_order(plan: Plan, names: Sequence[str], masters: Mapping[str, str]) -> tuple[list[NodeSpec], list[NodeSpec]]:
    """The nodes to launch at once, and those that wait until their group has a master.

    A group that has a master already has no one to give a head start to.
    """
    first: list[NodeSpec] = []
    then: list[NodeSpec] = []
    led = set(masters)
    for node in plan.nodes:
        if node.name not in names:
            continue
        # one that shares nothing cannot lead before others are there
        if node.group in led and node.group not in masters and not node.replica:
            then.append(node)
        else:
            first.append(node)
            led.add(node.group)
    return first, then


def one_after_another(nodes: Sequence[NodeSpec]) -> dict[str, str]:
    """Of members that find each other by ZooKeeper: node -> the one of its group that is to join before it. Who joins
    while another one looks at the group for the first time may end that one, or hang it (ZooKeeperGroup of ActiveMQ
    5.16.6 takes its listener and its locks in an order of its own)."""
    members = [node for node in nodes if node.replica]
    after = {}
    for number, node in enumerate(members):
        before = next((one for one in reversed(members[:number]) if one.group == node.group), None)
        if before is not None:
            after[node.name] = before.name
    return after


def _why_start(now: NodeState) -> str:
    if now.status == "exited":
        code = "" if now.exit_code is None else f" with exit code {now.exit_code}"
        return f"it ended by itself{code}"
    return "it is not running"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _slaves_first(steps: list[Step], plan: Plan, masters: Mapping[str, str]) -> list[Step]:
    leading = set(masters.values())
    return sorted(steps, key=lambda s: (s.node in leading, [n.name for n in plan.all].index(s.node)))
