"""What a cluster was asked to be, recorded with it, so that status, kill and ls need no file.

The intent is the topology's own text with the options that changed it. It holds no secret, because
a topology file cannot: passwords are generated, or named by variable or file.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from amqctl.activemq import engines
from amqctl.activemq.versions import caps
from amqctl.plan.model import PlaceOf, Plan
from amqctl.plan.plan import make_plan
from amqctl.topology.check import settled
from amqctl.topology.settled import Settled


@dataclass(frozen=True, slots=True)
class Intent:
    """text: the topology file as it was. source: its absolute path. name, port_offset: as `up` got them."""

    text: str
    source: str | None
    name: str | None = None
    port_offset: int = 0

    def dump(self) -> str:
        return json.dumps(asdict(self), indent=1)

    @staticmethod
    def parse(recorded: str) -> Intent:
        return Intent(**json.loads(recorded))


def settled_of(intent: Intent) -> Settled:
    """Raises BadTopology with every problem."""
    return settled(
        intent.text, intent.source, caps=caps, engines=engines, name=intent.name, port_offset=intent.port_offset
    )


def plan_of(intent: Intent, place: PlaceOf) -> Plan:
    """Raises BadTopology with every problem."""
    return make_plan(settled_of(intent), place, intent.dump())
