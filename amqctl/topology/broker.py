"""One broker with every value filled in, and for each value where it came from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, cast

from amqctl.topology.docker import AUTO
from amqctl.topology.merge import Traced
from amqctl.topology.model.broker import Policy
from amqctl.topology.notes import Notes, text
from amqctl.topology.profiles import Profile
from amqctl.topology.settled import (
    Connector,
    ConnectorKind,
    JvmSettings,
    Origin,
    PolicyEntry,
    Row,
    UsageLimits,
    XmlPatch,
)

DEFAULT_VERSION = "6.1.7"
HEAP = "512m"
KINDS: tuple[ConnectorKind, ...] = ("openwire", "stomp", "ws", "amqp", "mqtt")
_UNWRITTEN: tuple[ConnectorKind, ...] = ("openwire", "stomp")  # what is on where no connectors are written

# attributes of <transportConnector>; whatever else a connector has is an option of its URI
# (org.apache.activemq.broker.TransportConnector of 5.13 to 6.3)
OF_THE_ELEMENT = frozenset(
    {
        "updateClusterClients",
        "rebalanceClusterClients",
        "updateClusterClientsOnRemove",
        "updateClusterFilter",
        "enableStatusMonitor",
        "disableAsyncDispatch",
        "auditNetworkProducers",
        "maximumProducersAllowedPerConnection",
        "maximumConsumersAllowedPerConnection",
        "allowLinkStealing",
        "warnOnRemoteClose",
    }
)

# attributes of <broker> that are said elsewhere, and where
RESERVED = {
    "id": "the console refers to the broker by it",
    "brokerName": "it is the group's key",
    "start": "amqctl starts the broker after its console, so that a waiting slave can be asked",
    "startAsync": "amqctl starts the broker after its console, so that a waiting slave can be asked",
    "dataDirectory": "amqctl keeps a directory for each broker",
    "dataDirectoryFile": "amqctl keeps a directory for each broker",
    "schedulerDirectoryFile": "amqctl keeps one for the group, so that delayed messages fail over too",
}


def version(keys: Traced, notes: Notes, rows: list[Row], instead: str | None = None) -> str:
    """instead: what an upgrade has made of it."""
    if instead is not None:
        rows.append(Row("activemq", instead, Origin("option", "--to")))
        return instead
    written = keys.get("activemq")
    value = str(written.value) if written else DEFAULT_VERSION
    rows.append(Row("activemq", value, notes.origin(written.path) if written else Origin("default")))
    return value


def image(keys: Traced, notes: Notes, rows: list[Row]) -> str | None:
    """`auto` near a broker takes back what a level above wrote."""
    written = keys.get("image")
    rows.append(
        Row("image", written.value if written else AUTO, notes.origin(written.path) if written else Origin("default"))
    )
    return None if written is None or written.value == AUTO else str(written.value)


def jvm(keys: Traced, profile: Profile, notes: Notes, rows: list[Row]) -> JvmSettings:
    heap = _one(keys.get("jvm", "heap"), HEAP, Origin("default"), "jvm.heap", notes, rows)
    kind = _one(keys.get("jvm", "profile"), profile.jvm, Origin("profile", profile.name), "jvm.profile", notes, rows)
    args = keys.get("jvm", "args")
    if args:
        rows.append(Row("jvm.args", " ".join(args.value), notes.origin(args.path)))
    return JvmSettings(heap, cast(Literal["normal", "fast-start"], kind), tuple(args.value) if args else ())


def connectors(
    keys: Traced, profile: Profile, notes: Notes, rows: list[Row], owner: str
) -> Mapping[ConnectorKind, Mapping[str, str]]:
    """Options by kind, for the connectors that are on."""
    written = keys.get("connectors")
    on: dict[ConnectorKind, Mapping[str, str]] = {}
    if written is None or not written.value:
        for kind in _UNWRITTEN:
            rows.append(Row(f"connectors.{kind}", "on", Origin("default")))
            on[kind] = _by_profile(kind, {}, profile, rows)
        return on
    for kind in KINDS:
        one = written.get(kind)
        if one is None:
            continue
        off = one.value is False
        rows.append(Row(f"connectors.{kind}", "off" if off else "on", notes.origin(one.path)))
        if not off:
            options = _texts(one, f"connectors.{kind}", notes, rows)
            on[kind] = {**_by_profile(kind, options, profile, rows), **options}
    if not on:
        what = f"{owner} has no connector: no client could reach it"
        fix = "write at least one, e.g. `connectors: {openwire: {}}`"
        notes.problem(what, fix, written.path, of_absence=True)
    return on


def _by_profile(kind: str, written: Mapping[str, str], profile: Profile, rows: list[Row]) -> Mapping[str, str]:
    given = {key: value for key, value in profile.connectors.get(kind, {}).items() if key not in written}
    rows += [Row(f"connectors.{kind}.{key}", value, Origin("profile", profile.name)) for key, value in given.items()]
    return given


def numbered(on: Mapping[ConnectorKind, Mapping[str, str]], ports: Mapping[str, int]) -> tuple[Connector, ...]:
    """Attributes of the element stand among the options of its URI in the file."""
    return tuple(
        Connector(
            kind,
            ports[kind],
            {key: value for key, value in options.items() if key not in OF_THE_ELEMENT},
            {key: value for key, value in options.items() if key in OF_THE_ELEMENT},
        )
        for kind, options in on.items()
    )


def attributes(keys: Traced, notes: Notes, rows: list[Row]) -> Mapping[str, str]:
    """Of <broker>. Whether the version has them is for its own schema to say, after rendering."""
    written = keys.get("broker")
    if written is None:
        return {}
    for key, one in written.items():
        if key in RESERVED:
            notes.problem(f"{key} cannot be set here: {RESERVED[key]}", f"remove {key}", one.path)
    return _texts(written, "broker", notes, rows)


def usage(keys: Traced, profile: Profile, known: str, notes: Notes, rows: list[Row]) -> UsageLimits:
    """known: the broker's version."""
    limits: dict[str, str | None] = {}
    for key in ("memory", "store", "temp"):
        written = keys.get("usage", key)
        by_profile: str | None = getattr(profile.usage, key)
        if written:
            limits[key], origin = str(written.value), notes.origin(written.path)
        elif by_profile:
            limits[key], origin = by_profile, Origin("profile", profile.name)
        else:
            limits[key], origin = None, Origin("version", known)
        rows.append(Row(f"usage.{key}", limits[key] or "ActiveMQ's own", origin))
    return UsageLimits(**limits)


def policies(keys: Traced, notes: Notes, rows: list[Row]) -> tuple[PolicyEntry, ...]:
    written = keys.get("policies")
    entries = []
    for number, policy in enumerate(written.value if written else ()):
        assert written is not None
        entry = _policy(policy)
        entries.append(entry)
        said = [f"{entry.destination}={entry.pattern}"]
        said += ["replayWhenNoConsumers"] if entry.replay_when_no_consumers else []
        said += [f"{key}={value}" for key, value in entry.attributes.items()]
        rows.append(Row(f"policies.{number + 1}", " ".join(said), notes.origin((*written.path, number))))
    return tuple(entries)


def _policy(policy: Policy) -> PolicyEntry:
    kind: Literal["queue", "topic"] = "topic" if policy.queue is None else "queue"
    replay = bool(policy.replayWhenNoConsumers)
    written = {key: text(value) for key, value in (policy.model_extra or {}).items()}
    if replay and kind == "queue":
        # the cursor's audit takes a replayed message for a duplicate and drops it
        # (ConditionalNetworkBridgeFilterFactory; ActiveMQ's documentation of networks, "stuck messages")
        written.setdefault("enableAudit", "false")
    return PolicyEntry(kind, policy.queue or policy.topic or "", replay, written)


def patches(keys: Traced, notes: Notes, rows: list[Row]) -> tuple[XmlPatch, ...]:
    written = keys.get("patch")
    found = []
    for number, patch in enumerate(written.value if written else ()):
        assert written is not None
        path = (*written.path, number)
        put = {key: text(value) for key, value in patch.set.items()} if patch.set is not None else None
        found.append(XmlPatch(patch.at, patch.append, put, bool(patch.remove), notes.marks.line(path)))
        does = "append" if patch.append is not None else "remove" if patch.remove else "set " + " ".join(put or ())
        rows.append(Row(f"patch.{number + 1}", f"{patch.at}: {does}", notes.origin(path)))
    return tuple(found)


def _texts(written: Traced, key: str, notes: Notes, rows: list[Row]) -> Mapping[str, str]:
    values = {}
    for name, one in written.items():
        values[name] = text(one.value)
        rows.append(Row(f"{key}.{name}", values[name], notes.origin(one.path)))
    return values


def _one(written: Traced | None, otherwise: Any, origin: Origin, key: str, notes: Notes, rows: list[Row]) -> str:
    value = str(written.value if written else otherwise)
    rows.append(Row(key, value, notes.origin(written.path) if written else origin))
    return value
