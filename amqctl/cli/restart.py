"""amqctl restart"""

from __future__ import annotations

from collections.abc import Callable

from amqctl.cli.nodes import verb
from amqctl.cluster.cluster import Cluster


def _restart(cluster: Cluster, node: str, ready: Callable[[], None]) -> None:
    cluster.stop(node)
    cluster.start(node)
    ready()  # the next node is not stopped before this one is back


command = verb(
    "restart",
    "Stop and start the nodes of TARGET, waiting ones first, each back before the next one goes.",
    "restarted",
    _restart,
    wait=True,
)
