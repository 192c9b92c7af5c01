"""amqctl start"""

from __future__ import annotations

from amqctl.cli.nodes import verb

command = verb(
    "start",
    "Start the nodes of TARGET (amq1, all@GROUP, GROUP) and wait until the cluster is ready.",
    "started",
    lambda cluster, node: cluster.start(node),
    wait=True,
)
