"""The built-in drills: a new one is a module here and a line below."""

from __future__ import annotations

from collections.abc import Mapping

from amqctl.drills.catalogue import (
    below_quorum,
    big_messages,
    bounce_store,
    bridge_peer_failover,
    bridging,
    broker_loss,
    consumer_hop,
    engine_restart,
    even_share,
    kill_master,
    membership,
    ordered,
    reach,
    reconnect_storm,
    rolling_upgrade,
    stop_master,
    tables,
    zookeeper,
)
from amqctl.drills.model import Drill

CATALOGUE: Mapping[str, Drill] = {
    d.name: d
    for d in (
        kill_master.DRILL, stop_master.DRILL, bridging.DRILL, engine_restart.DRILL, bounce_store.DRILL,
        bounce_store.LONG, tables.DRILL, big_messages.DRILL,
        below_quorum.DRILL, zookeeper.LOSS, zookeeper.QUORUM_LOSS, zookeeper.PAUSE,
        reach.DRILL, even_share.DRILL, consumer_hop.DRILL, ordered.EXCLUSIVE, ordered.MESSAGE_GROUPS,
        bridge_peer_failover.DRILL, broker_loss.DRILL, membership.DRILL, reconnect_storm.DRILL,
        rolling_upgrade.DRILL,
    )
}  # fmt: skip
