"""activemq.xml against the activemq.xsd of its own version, offline.

The broker does the same at its start (XBeanBrokerFactory.validate=true), so what is found here is
what would end it there: "Failed to load".
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from amqctl.activemq.brokerxml import AMQ
from amqctl.errors import Problem

if TYPE_CHECKING:
    from lxml import etree


def violations(xml: str, xsd: Path, node: str, version: str) -> list[Problem]:
    """Problems of one rendered file; each names the node and the element. Raises nothing for bad content."""
    from lxml import etree

    try:
        root = etree.fromstring(xml.encode())
    except etree.XMLSyntaxError as exc:
        return [Problem(f"{node}: activemq.xml is not well formed: {exc}", "look at the patches of this broker")]
    broker = root.find(f"{{{AMQ}}}broker")
    if broker is None:
        return [Problem(f"{node}: activemq.xml has no <broker>", "look at the patches of this broker")]
    schema = _schema(xsd)
    schema.validate(etree.fromstring(etree.tostring(broker)))
    return [_problem(e, node, version) for e in schema.error_log]  # type: ignore[attr-defined]


@cache
def _schema(xsd: Path) -> etree.XMLSchema:
    from lxml import etree

    tree = etree.parse(str(xsd))
    # Spring beans may stand inside <broker>; their schema is not this one's to judge
    for wildcard in tree.iter("{http://www.w3.org/2001/XMLSchema}any"):
        wildcard.set("processContents", "lax")
    return etree.XMLSchema(tree)


def _problem(error: etree._LogEntry, node: str, version: str) -> Problem:
    text = re.sub(r"\{[^}]*\}", "", error.message)
    return Problem(
        f"{node}: ActiveMQ {version} would refuse its activemq.xml: {text}",
        f"see the attributes that {version} has in its activemq.xsd",
    )
