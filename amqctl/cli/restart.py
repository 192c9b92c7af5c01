"""amqctl restart"""

from __future__ import annotations

from amqctl.cli.nodes import verb
from amqctl.cluster.cluster import Cluster

READY = 120.0  # seconds; the next node is not stopped before the one before it is back


def _restart(cluster: Cluster, node: str) -> None:
    cluster.stop(node)
    cluster.start(node)
    cluster.wait_ready(READY)


command = verb(
    "restart",
    "Stop and start the nodes of TARGET, waiting ones first, each back before the next one goes.",
    "restarted",
    _restart,
    wait=True,
)
