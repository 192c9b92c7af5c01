"""Holding rendered files against their versions' schemas, for the verbs that render."""

from __future__ import annotations

from amqctl.errors import Problem
from amqctl.events import Event
from amqctl.plan.model import Files, Plan
from amqctl.runtimes import World


def check_schema(plan: Plan, files: Files, here: World) -> list[Problem]:
    """Problems of every node's activemq.xml; a version whose schema cannot be had is said aloud."""
    from amqctl.activemq.xmlschema import violations
    from amqctl.provision import schema

    problems: list[Problem] = []
    for version in sorted({n.broker.version for n in plan.nodes}):
        xsd = schema.obtain(version, here.sources, here.tell)
        if xsd is None:
            here.tell(Event(f"ActiveMQ {version}", "warn", "its schema is not at hand: activemq.xml was not checked"))
            continue
        for node in plan.nodes:
            if node.broker.version == version:
                problems += violations(files[node.name]["activemq.xml"], xsd, node.name, version)
    return problems
