"""A cluster's keys and certificates, for the verbs: made, handed over, trusted, deleted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from amqctl.cluster.model import Trust
from amqctl.plan.model import Files, Plan
from amqctl.runtimes import World
from amqctl.topology.protection import TRUST_STORE


def folder(name: str, here: World) -> Path:
    """Beside the cluster's passwords."""
    return here.dirs.state / "secrets" / f"{name}.tls"


def load(plan: Plan, passwords: Mapping[str, str], here: World) -> Files:
    """Each node's key stores, made where they are missing or out of date. Raises CannotRun for the user's own."""
    if plan.settled.tls is None:
        return {}
    from amqctl.provision.keys import load_or_create  # cryptography takes its time to import

    return load_or_create(folder(plan.cluster, here), plan, passwords, datetime.now(UTC))


def peek(plan: Plan, here: World) -> Files:
    if plan.settled.tls is None:
        return {}
    from amqctl.provision.keys import peek as kept

    return kept(folder(plan.cluster, here), plan)


def trust(plan: Plan, here: World) -> Trust | None:
    """Whom amqctl itself believes. With nothing to read it believes nobody, and says so when it connects."""
    tls = plan.settled.tls
    if tls is None:
        return None
    from amqctl.provision.keys import CA, CLIENT

    place = folder(plan.cluster, here)
    text = (place / CA).read_text() if (place / CA).exists() else ""
    return Trust(text, str(place / CA), str(place / CLIENT) if tls.client_auth else None)


def for_clients(plan: Plan, passwords: Mapping[str, str], here: World, *, show: bool) -> dict[str, str] | None:
    """What clients are to be given: certificates as PEM, the same as a trust store for Java."""
    if plan.settled.tls is None:
        return None
    from amqctl.provision.keys import CA, TRUSTED

    place = folder(plan.cluster, here)
    found = {"ca": str(place / CA), "truststore": str(place / TRUSTED)}
    return found | ({"truststore_password": passwords[TRUST_STORE]} if show else {})


def forget(name: str, here: World) -> None:
    if folder(name, here).exists():
        from amqctl.provision.keys import forget as delete

        delete(folder(name, here))
