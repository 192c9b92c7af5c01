"""SIGTERM to a master under load: what a planned restart does."""

from __future__ import annotations

from amqctl.drills import checkers
from amqctl.drills.actions import Stop
from amqctl.drills.catalogue.under_load import each_group_with_a_slave, takeover_after
from amqctl.drills.model import Drill

DRILL = Drill(
    name="stop-master",
    claim="a master that is asked to stop shuts down by itself, another takes over, no acknowledged message is lost",
    needs=each_group_with_a_slave,
    script=takeover_after(Stop),
    checkers=(
        checkers.one_master_at_a_time, checkers.nothing_lost, checkers.took_over, checkers.shut_down_cleanly,
        checkers.not_vacuous,
    ),
)  # fmt: skip
