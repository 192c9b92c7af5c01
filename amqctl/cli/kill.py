"""amqctl kill"""

from __future__ import annotations

from amqctl.cli.nodes import verb

command = verb(
    "kill",
    "Kill the nodes of TARGET with SIGKILL (amq1, master@GROUP); they stay dead until `amqctl start` or `up`.",
    "killed",
    lambda cluster, node, ready: cluster.kill(node),
    wait=False,
)
