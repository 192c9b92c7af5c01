"""Names of groups, brokers and companions: each of its own, whatever the case."""

from __future__ import annotations

from collections.abc import Sequence

from amqctl.topology.model import Topology
from amqctl.topology.notes import Notes
from amqctl.topology.settled import SettledBroker, SettledGroup
from amqctl.topology.yamltext import Path


def check_names(groups: Sequence[SettledGroup], topology: Topology, servers: Sequence[str], notes: Notes) -> None:
    """Names end up as host names, directories and link ends: case does not tell them apart there."""
    seen: dict[str, tuple[str, Path]] = {}
    for group in groups:
        path: Path = ("groups", group.name)
        if group.name.casefold() in seen:
            other, where = seen[group.name.casefold()]
            what = f"groups {other}{notes.line(where)} and {group.name} differ in case only"
            notes.problem(what, "their stores would be one directory on some file systems: rename one", path)
        seen.setdefault(group.name.casefold(), (group.name, path))
    nodes: dict[str, tuple[str, Path]] = {}
    # an ensemble's servers have names of their own, beside the ensemble's
    own: dict[str, Path] = {
        server: ("companions", server.rpartition("-")[0]) for server in servers if server not in topology.companions
    }
    places: dict[str, Path] = {companion: ("companions", companion) for companion in topology.companions} | own
    for companion, place in places.items():
        _check_companion(companion, place, seen, nodes, notes)
    for group in groups:
        for broker in group.brokers:
            _check_node(group, broker, _where(group, broker, topology), seen, nodes, notes)


def _check_companion(
    name: str, path: Path, groups: dict[str, tuple[str, Path]], nodes: dict[str, tuple[str, Path]], notes: Notes
) -> None:
    fold = name.casefold()
    if fold in groups:
        what = f"companion {name} has the name of group {groups[fold][0]}{notes.line(groups[fold][1])}"
        notes.problem(what, "commands could mean either: rename one", path)
    if fold in nodes:
        what = f"companions {nodes[fold][0]}{notes.line(nodes[fold][1])} and {name} differ in case only"
        notes.problem(what, "a companion's name is its host name: rename one", path)
    nodes.setdefault(fold, (name, path))


def _where(group: SettledGroup, broker: SettledBroker, topology: Topology) -> Path:
    by_name = isinstance(topology.groups[group.name].brokers, dict)
    return ("groups", group.name, "brokers", *([broker.name] if by_name else []))


def _check_node(
    group: SettledGroup,
    broker: SettledBroker,
    path: Path,
    groups: dict[str, tuple[str, Path]],
    nodes: dict[str, tuple[str, Path]],
    notes: Notes,
) -> None:
    fold = broker.name.casefold()
    if fold in nodes:
        other, where = nodes[fold]
        what = f"a second broker is named {broker.name}; {other} is in {where[1]}{notes.line(where)}"
        if where[0] == "companions":
            what = f"broker {broker.name} has the name of companion {other}{notes.line(where)}"
        notes.problem(what, "a broker's name is its host name: unique in the file, whatever the case", path)
    nodes.setdefault(fold, (broker.name, path))
    # a group of one may share its broker's name: both mean the same
    if fold in groups and not (groups[fold][0] == group.name and len(group.brokers) == 1):
        what = f"broker {broker.name} has the name of group {groups[fold][0]}{notes.line(groups[fold][1])}"
        notes.problem(what, "links and commands could mean either: rename one", path)
