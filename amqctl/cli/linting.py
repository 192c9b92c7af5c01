"""Linting what amqctl renders, for the verbs that render: plan and files in, findings out."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from amqctl.activemq.brokerxml import read
from amqctl.activemq.lint import lint
from amqctl.activemq.lint.model import Finding, HostFacts, Node, Result
from amqctl.errors import BadTopology, Problem
from amqctl.events import Event, Tell
from amqctl.plan.model import Files, NodeSpec, Place, Plan
from amqctl.plan.plan import make_plan
from amqctl.provision.ownconf import own_files
from amqctl.topology.settled import Settled
from amqctl.topology.settledstores import KahaDBStore

if TYPE_CHECKING:
    from amqctl.runtimes.seam import Runtime

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def nowhere(node: str, settled: Settled) -> Place:
    """A place on no runtime: each node reached by its name, stores where no disk is. Asks nobody."""
    return Place(bind="0.0.0.0", inside=node, dial="127.0.0.1", data=f"/nodes/{node}/data", stores="/stores")


def lint_topology(settled: Settled) -> Result:
    """What is wrong with it wherever it runs. Raises BadTopology for patches that cannot be applied."""
    from amqctl.plan.render import render_broker_xml

    plan = make_plan(settled, nowhere, "")
    passwords = {secret.name: "-" for secret in settled.secrets}
    return _linted(plan, render_broker_xml(plan, passwords, own_files(settled)), {})


def lint_findings(plan: Plan, files: Files, runtime: Runtime) -> tuple[Finding, ...]:
    """What is wrong with the files as they will run there, with what is known of that place.

    Raises BadTopology where a patch left something that is no activemq.xml.
    """
    return _linted(plan, files, {node.name: _host_facts(plan, node, runtime) for node in plan.nodes}).findings


def heed(plan: Plan, files: Files, runtime: Runtime, tell: Tell) -> None:
    """Tells warnings. Raises BadTopology with every error: what lint is sure of is not started."""
    findings = lint_findings(plan, files, runtime)
    if problems := problems_of(findings):
        hint = "amqctl lint says more; `lint: {ignore: [{id, reason}]}` where one is meant"
        raise BadTopology(problems, hint=hint)
    for finding in findings:
        if finding.severity == "warning":
            tell(Event(finding.node or plan.cluster, "warn", f"{finding.message} [{finding.rule}]"))


def problems_of(findings: Iterable[Finding]) -> list[Problem]:
    """The errors among them, as `up` and `validate` refuse a topology for."""
    found = (f for f in findings if f.severity == "error")
    return [Problem(said(f), f.fix, f.file, f.line, f.column) for f in found]


def said(finding: Finding) -> str:
    node = f"{finding.node}: " if finding.node and finding.place else ""
    return f"{node}{finding.message} [{finding.rule}]"


def _linted(plan: Plan, files: Files, hosts: dict[str, HostFacts]) -> Result:
    nodes = [_node(plan, node, files[node.name]["activemq.xml"], hosts.get(node.name)) for node in plan.nodes]
    return lint(nodes, plan.settled.lint_ignore, plan.settled.source)


def _node(plan: Plan, node: NodeSpec, xml: str, host: HostFacts | None) -> Node:
    own = node.broker.own
    # what is changed of files that are not amqctl's leaves their lines as they are
    file = f"{own.directory}/activemq.xml" if own else plan.settled.source
    found = read(xml, file if own else f"{node.name}/activemq.xml")
    names = {node.name.lower(), node.place.inside.lower()} - set(_LOOPBACK)
    return Node(
        name=node.name,
        facts=found.facts,
        file=file,
        line=None if own else _line(plan.settled, node.name),
        rendered=own is None,
        version=node.broker.version,
        hosts=frozenset(names),
        group=node.group,
        host=host or HostFacts(),
        comments=found.comments,
        clients=frozenset({node.place.dial.lower()}) if host is not None else None,
    )


def _line(settled: Settled, node: str) -> int | None:
    """Where the node's group begins in the topology: a rendered file's own lines are in no file of the user's."""
    return next((r.origin.line for r in settled.rows.get(node, ()) if r.key == "broker.brokerName"), None)


def _host_facts(plan: Plan, node: NodeSpec, runtime: Runtime) -> HostFacts:
    here = runtime.name == "local"  # only there the broker's paths are this machine's
    return HostFacts(
        file_system=_file_system(plan, node, runtime) if node.shared else None,
        store_free=_free(node.shared[0]) if here and node.shared else None,
        temp_free=_free(node.place.data) if here else None,
    )


def _file_system(plan: Plan, node: NodeSpec, runtime: Runtime) -> str | None:
    """A volume's is in its options, also before it exists; `type: nfs` there is NFSv4 unless they say 3."""
    if runtime.name == "local":
        kind = runtime.store_file_system(node)
        return None if kind == "unknown" else kind
    store = plan.settled.group(node.group).store
    options = store.volume_options if isinstance(store, KahaDBStore) else {}
    if options.get("type") == "nfs":
        return "nfs" if re.search(r"\b(nfs)?vers=3\b", options.get("o", "")) else "nfs4"
    return options.get("type")


def _free(path: str) -> int | None:
    """Bytes left on the disk that `path` is or will be on."""
    import shutil
    from pathlib import Path

    there = next((p for p in (Path(path), *Path(path).parents) if p.exists()), None)
    return shutil.disk_usage(there).free if there is not None else None
