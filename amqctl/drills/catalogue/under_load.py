"""What drills under load share: whom they are for, the load before the harm, and what follows it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from amqctl.drills.actions import Action, AwaitLoad, AwaitLoadAfter, AwaitTakeover
from amqctl.drills.model import Skip, Standard, Subject
from amqctl.drills.target import Ability, Facts

Script = Callable[[Subject, Standard], tuple[Action, ...]]


def each_group(facts: Facts) -> Sequence[Subject | Skip]:
    """All that can be put under load."""
    return [
        Subject(label=group.name, group=group.name) if group.dial
        else Skip(group.name, f"{group.no_connector}: the load needs one")
        for group in facts.groups
    ]  # fmt: skip


def each_group_with_a_slave(facts: Facts) -> Sequence[Subject | Skip]:
    alone = {group.name for group in facts.groups if len(group.nodes) < 2}
    return [
        Skip(found.group, "one broker: nobody can take over") if found.group in alone else found
        for found in each_group(facts)
    ]


def in_a_database(facts: Facts) -> bool:
    return any(group.server for group in facts.groups)


def of_a_database(facts: Facts, ability: Ability, found: Sequence[Subject | Skip]) -> Sequence[Subject | Skip]:
    """Those whose store is in a database that we have in our hands."""
    if reason := facts.lacks.get(ability):
        return [Skip("-", reason)]
    return [
        Skip(one.group, "its store is not in a database that amqctl started") if not facts.group(one.group).server
        else one
        for one in found
    ]  # fmt: skip


def loaded(standard: Standard) -> Action:
    # Twice the rate that the verdict asks for: the last second before the fault must not fall short.
    return AwaitLoad(standard.before, last_second=2 * standard.last_second)


def still_loaded(standard: Standard) -> Action:
    return AwaitLoadAfter(standard.after, total=standard.acknowledged)


def takeover_after(harm: Callable[[str], Action]) -> Script:
    """harm: group -> what is done to its master, which another broker of the group then replaces."""

    def script(subject: Subject, standard: Standard) -> tuple[Action, ...]:
        group = subject.group
        return (loaded(standard), harm(group), AwaitTakeover(group), still_loaded(standard))

    return script
