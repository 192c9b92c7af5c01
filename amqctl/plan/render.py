"""Plan + passwords -> every node's files, through templates/*.j2. The same inputs give the same bytes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from amqctl.activemq import jasypt, stores, uris
from amqctl.activemq.versions import Caps, WebFamily
from amqctl.activemq.versions import caps as known_caps
from amqctl.errors import CannotRun, Problem
from amqctl.plan import encryption
from amqctl.plan.companionfiles import companion_files
from amqctl.plan.connectors import announcement, network_connectors
from amqctl.plan.encryption import Sealed, Sealer, sealer
from amqctl.plan.model import ENVIRONMENT, Files, NodeFiles, NodeSpec, Plan
from amqctl.plan.plan import companion_image, ensemble_address, scheduler_directory, store_directory
from amqctl.plan.properties import escape, obfuscate
from amqctl.plan.protection import security_values, tls_values
from amqctl.topology.leveldbstore import LevelDBStore
from amqctl.topology.protection import ENCRYPTION_KEY
from amqctl.topology.settled import Connector, Settled, SettledGroup, Tls, UsageLimits

_NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

NO_KEYS: Files = {}
_JETTY: Mapping[WebFamily, str] = {
    "5.9-5.12": "jetty-7.xml.j2", "5.13-5.19": "jetty.xml.j2", "6.0-6.2": "jetty.xml.j2", "6.3": "jetty-12.xml.j2",
}  # fmt: skip

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

    from amqctl.activemq.ownconf import OwnFiles


def render(
    plan: Plan,
    passwords: Mapping[str, str],
    caps: Callable[[str], Caps],
    keys: Files = NO_KEYS,
    own: Mapping[str, OwnFiles] | None = None,
) -> Files:
    """passwords: all of plan.settled.secrets. keys: of a plan with TLS, each node's key stores. own: the
    directories that `conf` names; without them, nothing of the brokers that run from one.

    Raises BadTopology for a patch that cannot be applied.
    """
    seal = sealer(plan.settled, passwords)
    files: Files = {
        node.name: _node_files(plan, node, passwords, caps(node.broker.version), keys.get(node.name, {}), seal)
        for node in plan.nodes
    }
    if any(node.broker.patches for node in plan.nodes):
        from amqctl.plan.patching import patched  # lxml is only needed here

        files = patched(plan, files)
    files = _verbatim(plan, files, passwords, own)
    return {spec.name: companion_files(spec, passwords) for spec in plan.companions} | dict(files)


def render_broker_xml(plan: Plan, passwords: Mapping[str, str], own: Mapping[str, OwnFiles] | None = None) -> Files:
    """As render(), but for each node's activemq.xml alone: what lint looks at, at a third of the time."""
    template = _template("activemq.xml.j2")
    seal = sealer(plan.settled, passwords)
    files: Files = {
        n.name: {
            "activemq.xml": template.render(_broker_values(plan, n, passwords, {}, seal(known_caps(n.broker.version))))
        }
        for n in plan.nodes
    }
    if any(node.broker.patches for node in plan.nodes):
        from amqctl.plan.patching import patched

        files = patched(plan, files)
    return _verbatim(plan, files, passwords, own)


def _verbatim(plan: Plan, files: Files, passwords: Mapping[str, str], own: Mapping[str, OwnFiles] | None) -> Files:
    if not any(node.broker.own for node in plan.nodes):
        return files
    from amqctl.plan.ownfiles import verbatim  # most topologies have none

    return verbatim(plan, files, passwords, own or {})


def _node_files(
    plan: Plan, node: NodeSpec, passwords: Mapping[str, str], caps: Caps, keys: NodeFiles, seal: Sealer
) -> NodeFiles:
    sealed = seal(caps)
    written, users_have = (passwords, passwords) if sealed is None else (sealed.named, sealed.users)
    users = plan.settled.users
    network = plan.settled.network_user
    log = "log4j2.properties" if caps.logging == "log4j2" else "log4j.properties"
    files = {
        "activemq.xml": _template("activemq.xml.j2").render(_broker_values(plan, node, passwords, keys, sealed)),
        "jetty.xml": _template(_JETTY[caps.web_family]).render(
            node=node,
            web=_web_values(plan.settled, caps) | {"user": network, "password": written[network]},
            tls=tls_values(plan, written, keys),
        ),
        "users.properties": "".join(f"{u.name}={escape(users_have[u.name])}\n" for u in users),
        "groups.properties": _groups(plan.settled),
        "login.config": _template("login.config.j2").render(sealed=sealed),
        "jolokia-access.xml": _template("jolokia-access.xml.j2").render(),
        log: _template(log + ".j2").render(),
        "launch.json": _launch(node, plan.settled.java),
        **keys,
    }
    if sealed is None:
        # the console's own connection to its broker; never a password that a user chose, since Spring
        # would resolve "${…}" in it
        text = f"activemq.username={network}\nactivemq.password={escape(passwords[network])}\n"
        files["credentials.properties"] = text
    else:
        files[encryption.FILE] = sealed.file((files["activemq.xml"], files["jetty.xml"]))
        files[ENVIRONMENT] = json.dumps({jasypt.VARIABLE: passwords[ENCRYPTION_KEY]}) + "\n"
    if not caps.web.jaas:
        files["jetty-realm.properties"] = _realm(plan.settled, passwords, encryption.hashed if sealed else obfuscate)
    return files


def _broker_values(
    plan: Plan, node: NodeSpec, secrets: Mapping[str, str], keys: NodeFiles | None = None, sealed: Sealed | None = None
) -> dict[str, Any]:
    passwords = sealed.named if sealed else secrets
    group, tls = plan.settled.group(node.group), plan.settled.tls
    return {
        "node": node,
        "scheduler_directory": scheduler_directory(group, node.place),
        "store": _store_values(plan, group, node, passwords),
        "usage": _usage(node.broker.usage),
        "connectors_in": [
            {
                "name": c.kind,
                "uri": uris.transport(c.kind, node.place.bind, c.port, _options(c, tls), tls=bool(tls)),
                "attributes": dict(c.attributes) | announcement(plan, node, c.kind),
            }
            for c in node.broker.connectors
        ],
        "connectors_out": network_connectors(plan, node, passwords),
        "security": security_values(plan.settled, passwords),
        "tls": tls_values(plan, passwords, keys or {}),
        "sealed": sealed,
    }


def _options(connector: Connector, tls: Tls | None) -> Mapping[str, str]:
    """WebSockets are Jetty's, and take their TLS options behind another prefix (WSTransportServer)."""
    if tls is None or not tls.client_auth:
        return connector.options
    return {**connector.options, f"{'transport.' if connector.kind == 'ws' else ''}needClientAuth": "true"}


def _store_values(plan: Plan, group: SettledGroup, node: NodeSpec, passwords: Mapping[str, str]) -> dict[str, Any]:
    store, server, password = group.store, None, ""
    if (source := store.source) is not None:
        password = passwords[source.database.secret]
        if source.companion is not None:
            companion = plan.companion(source.companion)
            server = (companion.place.inside, companion.companion.port)
    around = stores.Surroundings(
        node=node.name,
        directory=node.replica or store_directory(group, node.place) or "",
        server=server,
        image=companion_image(plan.settled, group),
        password=password,
        bind=node.place.bind,
        host=node.place.inside,
        zookeeper=_zookeeper(plan, group),
        secrets=passwords,
        zk_session_timeout=known_caps(node.broker.version).zk_session_timeout,
    )
    values = stores.facts(store.kind).values(store, around)
    _check_properties(node.name, values.get("properties"))
    values = {**values, "io_handler": known_caps(node.broker.version).lease_handler}
    return {"kind": store.kind, **values}  # templates/stores/<kind>.xml.j2 reads these


def _zookeeper(plan: Plan, group: SettledGroup) -> str:
    replication = group.store.replication if isinstance(group.store, LevelDBStore) else None
    return ensemble_address(plan, replication.companion) if replication and replication.companion else ""


def _check_properties(node: str, properties: object) -> None:
    """A password from a file may have what no XML can say; the broker would only say that its file is broken."""
    for name, value in properties.items() if isinstance(properties, Mapping) else ():
        if wrong := _NOT_XML.search(value):
            what = f"the {name} of {node}'s database has a character that XML does not know: U+{ord(wrong[0]):04X}"
            raise CannotRun([Problem(what, "change it at the database and where it is kept")])


def _usage(limits: UsageLimits) -> dict[str, str] | None:
    """Each limit as the attribute it needs: a share or an amount (UsageCapacity, MemoryUsage, StoreUsage)."""

    def attribute(value: str | None, share: str) -> str:
        from markupsafe import Markup

        if value is None:
            return ""
        if value.endswith("%"):
            return Markup('{}="{}"').format(share, value[:-1])
        return Markup('limit="{}"').format(value)

    values = {
        "memory": attribute(limits.memory, "percentOfJvmHeap"),
        "store": attribute(limits.store, "percentLimit"),
        "temp": attribute(limits.temp, "percentLimit"),
    }
    return values if any(values.values()) else None


def _web_values(settled: Settled, caps: Caps) -> dict[str, Any]:
    # JAAS roles are the groups of groups.properties; the realm file has role names of its own
    user, admin = ("users", "admins") if caps.web.jaas else ("user", "admin")
    # the console acts as the bridges' user, who may do all: with rights, it is for those who may do so too
    users = f"{user},{admin}" if settled.authorization is None else admin
    web = caps.web
    return {
        "jaas": web.jaas, "user_roles": users, "admin_roles": admin, "sni": web.sni, "jetty": web.jetty,
        "patient": web.patient,
    }  # fmt: skip


def _groups(settled: Settled) -> str:
    members: dict[str, list[str]] = {}
    for user in settled.users:
        for group in user.groups:
            members.setdefault(group, []).append(user.name)
    return "".join(f"{group}={','.join(names)}\n" for group, names in members.items())


def _realm(settled: Settled, passwords: Mapping[str, str], written: Callable[[str], str]) -> str:
    lines = []
    for user in settled.users:
        roles = [role for group, role in (("users", "user"), ("admins", "admin")) if group in user.groups]
        if roles:  # the bridge user has no business at the console
            lines.append(f"{user.name}: {written(passwords[user.name])},{','.join(roles)}\n")
    return "".join(lines)


def _launch(node: NodeSpec, java: str) -> str:
    """What the node's process is started with, so that a change of it is seen as a changed file."""
    jvm = node.broker.jvm
    facts = {"activemq": node.broker.version, "heap": jvm.heap, "profile": jvm.profile, "args": list(jvm.args)}
    if java != "auto":
        facts["java"] = java
    if node.broker.image is not None:
        facts["image"] = node.broker.image
    if node.broker.own:
        facts["base"] = "its own"  # its own directory is ACTIVEMQ_BASE
    if node.jars:
        facts["jars"] = list(node.jars)
    if node.repairs:
        facts["repairs"] = [repair.name for repair in node.repairs]
    return json.dumps(facts, indent=2) + "\n"


def _text(value: object) -> Markup:
    """`value` for an attribute, as Spring leaves it alone: "#{" would start an expression, so it becomes one
    that yields it. Blanks of other kinds are written by number: as they are, XML makes them spaces."""
    from markupsafe import Markup, escape

    text = escape(str(value).replace("#{", "#{'#{'}"))
    for blank in "\t\n\r":
        text = text.replace(blank, Markup(f"&#{ord(blank)};"))
    return text


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    env = Environment(
        loader=FileSystemLoader(_directory()),
        undefined=StrictUndefined,
        autoescape=lambda name: bool(name) and ".xml" in str(name),
        keep_trailing_newline=True,
        trim_blocks=False,
    )
    env.filters["text"] = _text
    return env


def _template(name: str) -> Any:
    return _environment().get_template(name)


def _directory() -> Path:
    """In a wheel the templates lie inside the package, in a checkout beside it; nowhere else."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "templates"
    return inside if inside.is_dir() else package.parent / "templates"
