"""amqctl stop"""

from __future__ import annotations

from amqctl.cli.nodes import verb

command = verb(
    "stop",
    "Stop the nodes of TARGET gracefully; they stay stopped until `amqctl start` or `up`.",
    "stopped",
    lambda cluster, node, ready: cluster.stop(node),
    wait=False,
)
