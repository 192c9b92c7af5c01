"""Checkers: History -> Verdict. Pure folds; each judges one claim and says because in one clause.

`nothing_lost` is Jepsen's total-queue: what goes in must come out. It calls an empty history valid,
which is why no drill is judged without `not_vacuous` or the counts of its own script.
"""

from amqctl.drills.checkers.contents import intact as intact
from amqctl.drills.checkers.delivery import bridged as bridged
from amqctl.drills.checkers.delivery import messages as messages
from amqctl.drills.checkers.delivery import nothing_lost as nothing_lost
from amqctl.drills.checkers.mastership import one_master_at_a_time as one_master_at_a_time
from amqctl.drills.checkers.mastership import took_over as took_over
from amqctl.drills.checkers.processes import came_back_by_itself as came_back_by_itself
from amqctl.drills.checkers.processes import shut_down_cleanly as shut_down_cleanly
from amqctl.drills.checkers.stored import in_the_tables as in_the_tables
from amqctl.drills.checkers.stored import volatile_gone as volatile_gone
from amqctl.drills.checkers.upgraded import upgraded as upgraded
from amqctl.drills.checkers.vacuity import not_vacuous as not_vacuous
