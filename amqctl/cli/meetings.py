"""Clusters that find each other by multicast and were not meant to: what `doctor` says of them. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from amqctl.plan.model import Plan


def meetings(plans: Mapping[str, Plan]) -> Iterator[tuple[str, str, str]]:
    """Two clusters and the group that both have, each pair once. plans: by name, of clusters on one machine's loopback.

    A group is the cluster's own name unless one is written, so two of them meet where both write the same.
    """
    had: dict[tuple[str, str], str] = {}
    for name, plan in plans.items():
        for at in sorted(
            {(link.uri, link.options.get("group", "")) for link in plan.settled.links if link.announced_by}
        ):
            if (other := had.setdefault(at, name)) != name:
                yield other, name, at[1]
