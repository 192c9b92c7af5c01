"""Whole shapes over groups, as the ordinary links that they stand for. Pure.

How far messages and demand must go in each (the hops between the two that are farthest apart): one in a
mesh, two through a hub, count - 1 along a chain, count // 2 around a ring. More than that only makes copies
of subscriptions; in a mesh, demand that travels two hops comes back (ActiveMQ's page Networks of Brokers).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations, pairwise

from amqctl.topology.model.link import Form, Link

LEAST = {"mesh": 2, "ring": 3, "chain": 2, "hub": 2}


def pairs(form: Form, ends: Sequence[str], hub: str | None) -> list[tuple[str, str]]:
    """Who is joined to whom; the first of each declares a link that is declared once."""
    match form:
        case "mesh":
            return list(combinations(ends, 2))
        case "ring":
            return [*pairwise(ends), (ends[-1], ends[0])]
        case "chain":
            return list(pairwise(ends))
        case "hub":  # so that another one can be added without a change of the hub
            return [(end, hub) for end in ends if end != hub] if hub is not None else []


def hops(form: Form, count: int) -> int:
    """Between the two that are farthest apart."""
    return {"mesh": 1, "ring": count // 2, "chain": count - 1, "hub": min(2, count - 1)}[form]


def attributes(form: Form, count: int) -> Mapping[str, str]:
    """What the shape needs of each of its <networkConnector>s."""
    far = str(hops(form, count))
    needed = {"messageTTL": far, "consumerTTL": far}
    if form == "ring":  # demand comes from both sides: one subscription is enough, or messages run around
        needed |= {"suppressDuplicateQueueSubscriptions": "true", "suppressDuplicateTopicSubscriptions": "true"}
    return needed


def expanded(link: Link, ends: Sequence[str]) -> list[Link]:
    """The links of `link`, which has a shape. Without duplex, both sides declare."""
    if link.shape is None:
        return [link]
    found = []
    for one, other in pairs(link.shape, ends, link.hub):
        for start, end in [(one, other)] if link.duplex else [(one, other), (other, one)]:
            change = {"name": f"{link.name}-{start}-{end}", "from_": start, "to": end}
            found.append(link.model_copy(update={**change, "shape": None, "groups": None, "hub": None}))
    return found
