"""Who may do what with which destinations: what is written, and what brokers cannot do without."""

from __future__ import annotations

from collections.abc import Iterable

from amqctl.topology.model import Topology
from amqctl.topology.model.security import Right as Written
from amqctl.topology.notes import Notes
from amqctl.topology.protection import Authorization, Right, SettledUser
from amqctl.topology.settled import Origin, Row
from amqctl.topology.users import ADMINS, BRIDGES, USERS
from amqctl.topology.words import meant
from amqctl.topology.yamltext import Path

ALL = ">"
ADVISORIES = "ActiveMQ.Advisory.>"  # clients learn of temporary destinations here, bridges of consumers
_SECTION: Path = ("security", "authorization")


def settle_authorization(
    topology: Topology, users: tuple[SettledUser, ...], notes: Notes
) -> tuple[Authorization | None, tuple[Row, ...]]:
    """None where nothing is written: then whoever may log in may do all.

    Administrators may always do all, else amqctl itself could not drill; so may bridges, which carry
    messages of every destination and make those on the other side.
    """
    written = topology.security.authorization
    if written is None:
        return None, ()
    everyone = tuple(dict.fromkeys(group for user in users for group in user.groups))
    always = (ADMINS, BRIDGES)
    rights = [
        Right("queue", ALL, always, always, always),
        Right("topic", ALL, always, always, always),
        Right("topic", ADVISORIES, everyone, everyone, everyone),
    ]
    rows = []
    for number, one in enumerate(written):
        _check_groups(one, everyone, (*_SECTION, number), notes)
        rights.append(_right(one))
        rows.append(_row(rights[-1], notes.origin((*_SECTION, number))))
    if not written:
        own = (USERS,)
        rights += [Right("queue", ALL, own, own, own), Right("topic", ALL, own, own, own)]
        rows += [_row(right, Origin("default")) for right in rights[-2:]]
    return Authorization(_merged(rights), everyone), tuple(rows)


def _right(one: Written) -> Right:
    read, write = tuple(dict.fromkeys(one.read)), tuple(dict.fromkeys(one.write))
    # a destination is made when it is first used, and whoever may not make it may not use it before then
    admin = (*read, *write) if one.admin is None else one.admin
    pattern = one.queue if one.queue is not None else one.topic or ALL
    return Right("topic" if one.queue is None else "queue", pattern, read, write, tuple(dict.fromkeys(admin)))


def _merged(rights: Iterable[Right]) -> tuple[Right, ...]:
    """One entry a pattern; several add up, as ActiveMQ does with patterns that overlap."""
    found: dict[tuple[str, str], Right] = {}
    for one in rights:
        key = (one.destination, one.pattern)
        found[key] = _both(found[key], one) if key in found else one
    return tuple(found.values())


def _both(one: Right, other: Right) -> Right:
    def added(first: tuple[str, ...], second: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*first, *second)))

    read, write = added(one.read, other.read), added(one.write, other.write)
    return Right(one.destination, one.pattern, read, write, added(one.admin, other.admin))


def _check_groups(one: Written, everyone: tuple[str, ...], path: Path, notes: Notes) -> None:
    for kind, groups in (("read", one.read), ("write", one.write), ("admin", one.admin or [])):
        for number, group in enumerate(groups):
            if group not in everyone:
                fix = meant(group, everyone) or "known: " + ", ".join(everyone)
                notes.problem(f"no user is in group {group}", fix, (*path, kind, number), value=True, of_absence=True)


def _row(right: Right, origin: Origin) -> Row:
    parts = (("read", right.read), ("write", right.write), ("admin", right.admin))
    said = "; ".join(f"{what} {', '.join(groups) or 'none'}" for what, groups in parts)
    return Row(f"security.authorization {right.destination}://{right.pattern}", said, origin)
