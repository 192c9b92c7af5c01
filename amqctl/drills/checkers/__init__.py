"""Checkers: History -> Verdict. Pure folds; each judges one claim and says because in one clause.

`nothing_lost` is Jepsen's total-queue: what goes in must come out. It calls an empty history valid,
which is why no drill is judged without `not_vacuous` or the counts of its own script.
"""

from amqctl.drills.checkers.contents import intact as intact
from amqctl.drills.checkers.coordination import hardly_disturbed as hardly_disturbed
from amqctl.drills.checkers.coordination import nobody_serves_below_quorum as nobody_serves_below_quorum
from amqctl.drills.checkers.coordination import serves_again as serves_again
from amqctl.drills.checkers.coordination import stepped_down_or_stayed as stepped_down_or_stayed
from amqctl.drills.checkers.crossing import all_back as all_back
from amqctl.drills.checkers.crossing import crossed_again as crossed_again
from amqctl.drills.checkers.delivery import bridged as bridged
from amqctl.drills.checkers.delivery import messages as messages
from amqctl.drills.checkers.delivery import nothing_lost as nothing_lost
from amqctl.drills.checkers.mastership import one_master_at_a_time as one_master_at_a_time
from amqctl.drills.checkers.mastership import took_over as took_over
from amqctl.drills.checkers.network import first_started_serves as first_started_serves
from amqctl.drills.checkers.network import found_each_other as found_each_other
from amqctl.drills.checkers.network import served_in_each_state as served_in_each_state
from amqctl.drills.checkers.order import in_order as in_order
from amqctl.drills.checkers.order import one_consumer_a_group as one_consumer_a_group
from amqctl.drills.checkers.order import one_consumer_at_a_time as one_consumer_at_a_time
from amqctl.drills.checkers.processes import came_back_by_itself as came_back_by_itself
from amqctl.drills.checkers.processes import shut_down_cleanly as shut_down_cleanly
from amqctl.drills.checkers.reach import reached as reached
from amqctl.drills.checkers.sharing import followed as followed
from amqctl.drills.checkers.sharing import shared as shared
from amqctl.drills.checkers.stored import in_the_tables as in_the_tables
from amqctl.drills.checkers.stored import volatile_gone as volatile_gone
from amqctl.drills.checkers.upgraded import upgraded as upgraded
from amqctl.drills.checkers.vacuity import not_vacuous as not_vacuous
