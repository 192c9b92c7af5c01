"""SIGKILL to a master under load."""

from __future__ import annotations

from amqctl.drills import checkers
from amqctl.drills.actions import Kill
from amqctl.drills.catalogue.under_load import each_group_with_a_slave, takeover_after
from amqctl.drills.model import Drill

DRILL = Drill(
    name="kill-master",
    claim="an acknowledged persistent message survives SIGKILL of its master, and another broker takes over",
    needs=each_group_with_a_slave,
    script=takeover_after(Kill),
    checkers=(
        checkers.one_master_at_a_time, checkers.nothing_lost, checkers.took_over, checkers.not_vacuous,
    ),
)  # fmt: skip
