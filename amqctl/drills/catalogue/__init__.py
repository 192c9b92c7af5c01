"""The built-in drills: a new one is a module here and a line below."""

from __future__ import annotations

from collections.abc import Mapping

from amqctl.drills.catalogue import (
    big_messages,
    bounce_store,
    bridging,
    engine_restart,
    kill_master,
    rolling_upgrade,
    stop_master,
    tables,
)
from amqctl.drills.model import Drill

CATALOGUE: Mapping[str, Drill] = {
    d.name: d
    for d in (
        kill_master.DRILL, stop_master.DRILL, bridging.DRILL, engine_restart.DRILL, bounce_store.DRILL,
        bounce_store.LONG, tables.DRILL, big_messages.DRILL, rolling_upgrade.DRILL,
    )
}  # fmt: skip
