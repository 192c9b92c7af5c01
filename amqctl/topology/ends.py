"""What `from`, `to` and `groups` of a link name: a group with all its brokers, or one broker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from amqctl.topology.notes import Notes
from amqctl.topology.settled import SettledBroker, SettledGroup
from amqctl.topology.words import meant
from amqctl.topology.yamltext import Path


@dataclass(frozen=True, slots=True)
class End:
    name: str
    group: str
    brokers: tuple[SettledBroker, ...]
    whole: bool


class Ends:
    """Looks names of groups and brokers up."""

    def __init__(self, groups: Sequence[SettledGroup]) -> None:
        self._ends: dict[str, End] = {}
        self.groups = [group.name for group in groups]
        for group in groups:
            for broker in group.brokers:
                self._ends[broker.name] = End(broker.name, group.name, (broker,), False)
        for group in groups:
            self._ends[group.name] = End(group.name, group.name, group.brokers, True)

    def find(self, name: str, path: Path, notes: Notes) -> End | None:
        end = self._ends.get(name)
        if end is None:
            fix = meant(name, self._ends) or "known: " + ", ".join(list(self._ends)[:20])
            key = path[-2] if isinstance(path[-1], int) else path[-1]
            notes.problem(f"{key} names {name}, which is neither a group nor a broker", fix, path, value=True)
        return end

    def several(self, names: Sequence[str] | None, path: Path, notes: Notes, *, least: int, what: str) -> list[End]:
        """Different groups; all of them where none is written. Empty where they cannot be told."""
        where: Path = (*path, "groups")
        found = [self.find(name, (*where, i), notes) for i, name in enumerate(names or ())]
        if names is None:
            found = [self._ends[name] for name in self.groups]
        ends = [end for end in found if end is not None]
        if len(ends) < len(found):
            return []
        for index, end in enumerate(ends):
            if end.group in {before.group for before in ends[:index]}:
                fix = "each once: the members of a group share one store"
                notes.problem(f"groups has {end.group} twice", fix, (*where, index), value=True)
                return []
        if len(ends) < least:
            fix = "write more groups" if names else "write `groups:`"
            notes.problem(f"{what} needs at least {least} groups; here it has {len(ends)}", fix, where, of_absence=True)
            return []
        return ends


def speaks_openwire(link: str, end: End, path: Path, notes: Notes) -> None:
    """path: of what says where the link leads."""
    for broker in end.brokers:
        if broker.connector("openwire") is None:
            what = f"{link} leads to {broker.name}, which has no openwire connector"
            notes.problem(what, "bridges speak OpenWire: write `openwire: {}` there", path, value=True, of_absence=True)
