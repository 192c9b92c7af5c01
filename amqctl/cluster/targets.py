"""Which nodes a word of the command line means: amq1, master@group, slave@group, group. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

from amqctl.cluster.model import Role
from amqctl.errors import AmqctlError, BadUsage
from amqctl.plan.model import Plan


class NobodyIs(AmqctlError):
    """Nobody in the group has that role now."""

    def __init__(self, group: str, word: str, seen: str) -> None:
        super().__init__(f"{group} has no {word} now", hint=seen)
        self.group = group


def resolve(target: str, plan: Plan, roles: Mapping[str, Role]) -> tuple[str, ...]:
    """Node names in the order of the topology.

    Raises BadUsage for a word that names nothing, NobodyIs when nobody has that role now.
    """
    word, at, group = target.partition("@")
    groups = [g.name for g in plan.settled.groups]
    if at:
        if group not in groups:
            raise BadUsage(f"no group {group}", hint=_hint(group, groups))
        if word not in ("master", "slave", "all"):
            raise BadUsage(f"no role {word}", hint="write master@GROUP, slave@GROUP or all@GROUP")
        members = [n.name for n in plan.members(group)]
        if word == "all":
            return tuple(members)
        wanted = "master" if word == "master" else "waiting"
        found = tuple(n for n in members if roles[n] == wanted)
        if not found:
            seen = ", ".join(f"{n} is {roles[n]}" for n in members)
            raise NobodyIs(group, word, seen)
        return found
    names = [n.name for n in plan.all]
    if target in names:
        return (target,)
    if target in groups:
        return tuple(n.name for n in plan.members(target))
    raise BadUsage(f"no node, group or role {target}", hint=_hint(target, names + groups))


def _hint(word: str, known: list[str]) -> str:
    close = difflib.get_close_matches(word, known, n=1)
    return (f"did you mean {close[0]}? " if close else "") + "known: " + ", ".join(known)
