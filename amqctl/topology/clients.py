"""Options of the failover URL that clients are told: which there are, and what they take.

ActiveMQ's client refuses an URL with one that it does not know ("Invalid connect parameters"). The table is that of
FailoverTransport's setters, 5.13 to 6.3; `jms.` and `nested.` go on to what is inside.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from amqctl.topology.model import Topology
from amqctl.topology.notes import Notes, text
from amqctl.topology.settled import Origin, Row
from amqctl.topology.words import meant
from amqctl.topology.yamltext import Path

Kind = Literal["truth", "number", "text"]
OPTIONS: Mapping[str, Kind] = {
    "randomize": "truth",
    "initialReconnectDelay": "number",
    "maxReconnectDelay": "number",
    "useExponentialBackOff": "truth",
    "reconnectDelayExponent": "text",
    "maxReconnectAttempts": "number",
    "startupMaxReconnectAttempts": "number",
    "warnAfterReconnectAttempts": "number",
    "timeout": "number",
    "priorityBackup": "truth",
    "priorityURIs": "text",
    "backup": "truth",
    "backupPoolSize": "number",
    "trackMessages": "truth",
    "trackTransactionProducers": "truth",
    "maxCacheSize": "number",
    "updateURIsSupported": "truth",
    "updateURIsURL": "text",
    "rebalanceUpdateURIs": "truth",
    "reconnectSupported": "truth",
}
# Quick to come back after a takeover, and no thundering start at a slave that refuses: the first retry of a
# failover: URL is after 10 ms, later ones up to 30 s apart.
DEFAULTS: Mapping[str, str] = {"randomize": "false", "maxReconnectDelay": "1000"}


def fault(key: str, value: str) -> tuple[str, str] | None:
    """What is wrong with an option and what to do; None where nothing is."""
    if key.startswith(("jms.", "nested.")):
        return None
    kind = OPTIONS.get(key)
    if kind is None:
        return f"the failover URL has no option {key}", meant(key, OPTIONS) or "known: " + ", ".join(OPTIONS)
    if kind == "truth" and value not in ("true", "false"):
        return f"{key} must be true or false; here it is {value}", ""
    if kind == "number" and not value.removeprefix("-").isdigit():
        return f"{key} must be a whole number (milliseconds, or attempts); here it is {value}", ""
    return None


def settle_clients(topology: Topology, notes: Notes) -> tuple[Mapping[str, str], list[Row]]:
    """What was written, and a row for each option of the URL."""
    here: Path = ("clients", "failover")
    written = {key: text(value) for key, value in (topology.clients.failover or {}).items()}
    for key, value in written.items():
        if wrong := fault(key, value):
            notes.problem(*wrong, (*here, key))
    rows = []
    for key, value in {**DEFAULTS, **written}.items():
        origin = notes.origin((*here, key)) if key in written else Origin("default")
        rows.append(Row(f"clients.failover.{key}", value, origin))
    return written, rows
