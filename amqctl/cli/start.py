"""amqctl start"""

from __future__ import annotations

from amqctl.cli.nodes import verb

command = verb(
    "start",
    "Start the nodes of TARGET (amq1, all@GROUP, GROUP) and wait until all that is not stopped is ready.",
    "started",
    lambda cluster, node, ready: cluster.start(node),
    wait=True,
)
