"""What drills over a network share: which way the links lead, how far, and which groups can be asked at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise, permutations

from amqctl.drills.actions import Way
from amqctl.drills.model import Skip, Subject
from amqctl.drills.target import Facts, LinkView

FEW = 6  # at two seconds each
CHOOSES = "{} carries chosen destinations only, and drills use their own"


def directions(facts: Facts) -> Mapping[tuple[str, str], LinkView]:
    """(from, to) -> the first link that claims to carry messages that way, between groups of this cluster."""
    known = {group.name for group in facts.groups}
    found: dict[tuple[str, str], LinkView] = {}
    for link in facts.links:
        if {link.from_group, link.to_group} <= known and link.from_group != link.to_group:
            found.setdefault((link.from_group, link.to_group), link)
            if link.duplex:
                found.setdefault((link.to_group, link.from_group), link)
    return found


def both_ways(facts: Facts) -> list[tuple[str, str, LinkView]]:
    """Pairs of groups between which messages can go and come back, each once, as its first link names them."""
    one_way = directions(facts)
    found: dict[frozenset[str], tuple[str, str, LinkView]] = {}
    for (a, b), link in one_way.items():
        if (b, a) in one_way:
            found.setdefault(frozenset((a, b)), (a, b, link))
    return list(found.values())


def ways(facts: Facts) -> tuple[Way, ...]:
    """For every ordered pair of groups that drills can speak to, the shortest way over the declared directions."""
    links = directions(facts)
    names = [group.name for group in facts.groups if group.dial]
    routes = {start: _shortest(start, links) for start in names}
    found = []
    for start, end in permutations(names, 2):
        groups = routes[start].get(end, ())
        found.append(Way(start, end, groups, _stops(groups, links)))
    return tuple(found)


def _shortest(start: str, links: Mapping[tuple[str, str], LinkView]) -> Mapping[str, tuple[str, ...]]:
    routes: dict[str, tuple[str, ...]] = {start: (start,)}
    edge = [start]
    while edge:
        following = [(here, there) for here in edge for source, there in links if source == here]
        edge = []
        for here, there in following:
            if there not in routes:
                routes[there] = (*routes[here], there)
                edge.append(there)
    return routes


def _stops(groups: tuple[str, ...], links: Mapping[tuple[str, str], LinkView]) -> str:
    """A bridge passes a message on that came fewer hops than its messageTTL (NetworkBridgeFilter), and asks for what a
    consumer wants that is fewer hops behind it than its consumerTTL (DemandForwardingBridgeSupport)."""
    hops = len(groups) - 1
    for number, step in enumerate(pairwise(groups), 1):
        link = links[step]
        if link.message_ttl < number:
            return f"it is hop {number} over {link.name}, whose messageTTL is {link.message_ttl}"
        if link.consumer_ttl < hops - number + 1:
            far = hops - number + 1
            return f"consumers there are {far} hops away for {link.name}, whose consumerTTL is {link.consumer_ttl}"
    return ""


def between(facts: Facts, pairs: Sequence[tuple[str, str, LinkView]], otherwise: str) -> Iterator[Subject | Skip]:
    """A subject for each pair, its first group the one that is hurt; or why there is none."""
    if not pairs:
        yield Skip("-", otherwise if facts.links else "no link between groups")
    for a, b, link in pairs:
        label = f"{a} -> {b}"
        silent = next((name for name in (a, b) if not facts.group(name).dial), None)
        if silent:
            yield Skip(label, f"{silent} has {facts.group(silent).no_connector}")
        elif link.chooses:
            yield Skip(label, CHOOSES.format(link.name))
        else:
            yield Subject(label=label, group=a, to_group=b, link=link.name, forward=True)


def any_subject(found: Sequence[Subject | Skip]) -> bool:
    return any(isinstance(one, Subject) for one in found)


def few(found: Sequence[Subject | Skip]) -> bool:
    """Whether it is quick to go through all: a mesh of twenty has 190 pairs."""
    return 0 < sum(isinstance(one, Subject) for one in found) <= FEW
