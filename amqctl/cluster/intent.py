"""What a cluster was asked to be, recorded with it, so that status, kill and ls need no file.

The intent is the topology's own text with the options that changed it. It holds no secret, because
a topology file cannot: passwords are generated, or named by variable or file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace

from amqctl.activemq import engines
from amqctl.activemq.versions import caps
from amqctl.plan.model import PlaceOf, Plan
from amqctl.plan.plan import make_plan
from amqctl.provision.ownconf import Confs
from amqctl.topology.check import settled
from amqctl.topology.own import OwnConf
from amqctl.topology.settled import Settled


@dataclass(frozen=True, slots=True)
class Intent:
    """text: the topology file as it was. source: its absolute path. name, port_offset: as `up` got them.
    confs: what was known of the directories that `conf` names. versions: of nodes that `upgrade` gave another one
    than the text says, or is giving it. former: while an upgrade is under way, what each of its nodes ran before.
    """

    text: str
    source: str | None
    name: str | None = None
    port_offset: int = 0
    confs: Mapping[str, OwnConf] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    former: Mapping[str, str] = field(default_factory=dict)

    def dump(self) -> str:
        return json.dumps(asdict(self), indent=1)

    @staticmethod
    def parse(recorded: str) -> Intent:
        found = json.loads(recorded)
        confs = {path: OwnConf.parse(one) for path, one in found.pop("confs", {}).items()}
        return Intent(**found, confs=confs)

    def noting(self, settled: Settled) -> Intent:
        """With what is known of directories that are not amqctl's: later verbs do without them."""
        return replace(self, confs={b.own.directory: b.own for b in settled.brokers if b.own})


def settled_of(intent: Intent) -> Settled:
    """Raises BadTopology with every problem."""
    return settled(
        intent.text, intent.source, caps=caps, engines=engines, name=intent.name, port_offset=intent.port_offset,
        confs=Confs(intent.confs), versions=intent.versions,
    )  # fmt: skip


def plan_of(intent: Intent, place: PlaceOf) -> Plan:
    """Raises BadTopology with every problem."""
    return make_plan(settled_of(intent), place, intent.dump())
