"""amqctl lint"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import click

from amqctl.activemq.brokerxml import BrokerFile
from amqctl.activemq.brokerxml import read as read_xml
from amqctl.activemq.brokerxml.tree import Element, parse
from amqctl.activemq.lint import BY_ID, RULES, compose, lint, web
from amqctl.activemq.lint.model import SEVERITIES, Finding, HostFacts, Node
from amqctl.activemq.lint.rule import Rule
from amqctl.cli import console, session
from amqctl.cli.attaching import unknown
from amqctl.cli.linting import lint_topology
from amqctl.cluster.sight.model import Look
from amqctl.errors import BadTopology, BadUsage, Problem
from amqctl.provision.foreignfiles import broker_name, compose_yaml, content, enough, is_xml, own_hosts
from amqctl.report import findings as report


@click.command("lint")
@click.argument("files", nargs=-1, metavar="FILE...")
@click.option("-o", "--output", type=click.Choice(["text", "json", "sarif"]), default="text", show_default=True)
@click.option(
    "--severity", type=click.Choice(SEVERITIES), default="error", show_default=True,
    help="Exit code 1 from this one on.",
)  # fmt: skip
@click.option("--activemq", "version", metavar="VERSION", help="Which ActiveMQ the activemq.xml files are for.")
@click.option("--store-on", "file_system", metavar="TYPE", help="File system of their stores: ext4, nfs, nfs4, …")
@click.option("--rules", is_flag=True, help="List all rules.")
@session.attach_option
def command(
    files: tuple[str, ...], output: str, severity: str, version: str | None, file_system: str | None, rules: bool,
    attach: str | None,
) -> None:  # fmt: skip
    """Find what is valid for ActiveMQ and will hurt all the same.

    FILE is an activemq.xml of anybody's, a compose file that mounts some, or a topology. Several
    activemq.xml are looked at together, as brokers that may know each other. Nothing is started and
    nothing is fetched. Exit code 1 when there is an error. With --attach running brokers are judged by what
    they say of themselves, and by the files that the attach file names.
    """
    if rules:
        _list(output)
        return
    if not files and attach is None:
        raise BadUsage("no FILE", hint="amqctl lint FILE..., or amqctl lint --rules")
    asked = _Asked(version, HostFacts(file_system=file_system))
    for file in files:
        asked.add(file)
    look = asked.running(attach) if attach is not None else None
    asked.finish()
    _tell(asked, output)
    if asked.problems:
        if output == "text":
            raise BadTopology(asked.problems)
        raise click.exceptions.Exit(BadTopology.exit_code)
    if look is not None:
        unknown(look)
    # severities are listed worst first
    if any(SEVERITIES.index(f.severity) <= SEVERITIES.index(severity) for f in asked.findings):
        raise click.exceptions.Exit(1)


@dataclass(slots=True)
class _Asked:
    """The files of one command line. Topologies and compose files stand alone, activemq.xml files together."""

    version: str | None
    host: HostFacts
    nodes: list[Node] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    silenced: dict[str, int] = field(default_factory=dict)

    def add(self, file: str) -> None:
        try:
            self._add(file, _content(file))
        except BadTopology as exc:
            self.problems += exc.problems

    def running(self, attach: str) -> Look:
        """Brokers that run, each by its own file where the attach file names one, else by what it answers."""
        from amqctl.cli.attaching import attached, read
        from amqctl.cli.livelint import live_nodes
        from amqctl.cluster.sight.asking import sight

        cluster = attached(attach)
        seen = sight(cluster.look(), cluster.login, consumers=False)
        named = {b.name: str(Path(attach).parent / b.config) for b in read(attach).brokers if b.config}
        facts: dict[str, BrokerFile] = {}
        for name, file in named.items():
            try:
                facts[name] = read_xml(content(file), file)
            except BadTopology as exc:
                self.problems += exc.problems
        written, live = live_nodes(seen, facts, named, attach, self.host)
        self.nodes += written
        self._judge_live(live)
        return seen.look

    def _judge_live(self, live: Sequence[Node]) -> None:
        """Of what MBeans say only rules that need nothing else."""
        from amqctl.cli.livelint import RULES as LIVE

        self.findings += [f for f in lint(live, {}).findings if f.rule in LIVE]

    def finish(self) -> None:
        self._take(self.nodes, {})

    def _add(self, file: str, data: bytes) -> None:
        if is_xml(data):
            self.nodes.append(self._foreign(file, read_xml(data, file)))
        elif re.search(rb"^services\s*:", data, re.MULTILINE) and not re.search(
            rb"^apiVersion\s*:", data, re.MULTILINE
        ):
            self._take(self._composed(file, data), {})
        else:
            self._topology(file, data)

    def _foreign(self, file: str, found: BrokerFile) -> Node:
        name, unique = broker_name(file, [n.name for n in self.nodes])
        return Node(
            name=unique,
            facts=found.facts,
            file=file,
            version=self.version,
            hosts=own_hosts(name, found),
            host=self.host,
            comments=found.comments,
            beside=self._beside(file),
        )

    def _beside(self, file: str) -> dict[str, Element]:
        """What a broker of that file would have of the console; one that cannot be read is a problem of its own."""
        found = {}
        for name in web.BESIDE if file != "-" else ():
            path = Path(file).parent / name
            if path.is_file():
                try:
                    found[name] = parse(content(path), str(path)).root
                except BadTopology as exc:
                    self.problems += exc.problems
        return found

    def _composed(self, file: str, data: bytes) -> list[Node]:
        nodes = []
        services = compose.services(compose_yaml(data, file, "neither a compose file nor a topology"))
        if not services:
            what = "no service mounts an activemq.xml"
            raise BadTopology([Problem(what, "name the activemq.xml files themselves", file)])
        for service in services:
            path = str(Path(file).parent / service.config)
            try:
                node = compose.node(service, read_xml(content(path), path, service.properties), path)
            except BadTopology as exc:
                self.problems += exc.problems
                continue
            nodes.append(replace(node, version=self.version or node.version, host=self.host))
        return nodes

    def _topology(self, file: str, data: bytes) -> None:
        from amqctl.activemq import engines
        from amqctl.activemq.versions import caps
        from amqctl.provision.ownconf import Confs
        from amqctl.topology.check import settled

        result = lint_topology(settled(data, None if file == "-" else file, caps=caps, engines=engines, confs=Confs()))
        self.findings += result.findings
        self._silence(result.silenced)

    def _take(self, nodes: Sequence[Node], ignored: dict[str, str]) -> None:
        result = lint(nodes, ignored)
        self.findings += result.findings
        self._silence(result.silenced)

    def _silence(self, silenced: Any) -> None:
        for rule, count in silenced.items():
            self.silenced[rule] = self.silenced.get(rule, 0) + count


def _content(file: str) -> bytes:
    if file != "-":
        return content(file)
    return enough(sys.stdin.buffer) if hasattr(sys.stdin, "buffer") else sys.stdin.read().encode()


def _list(output: str) -> None:
    if output == "json":
        console.json(report.rules_json(RULES))
        return
    if output == "sarif":
        raise BadUsage("--rules is text or json", hint="-o sarif of any file lists the rules too")
    for rule in RULES:
        console.out(_told(rule))


def _told(rule: Rule) -> str:
    lines = (f"{rule.title}. {rule.reason}", rule.fix, rule.source)
    return "\n    ".join((f"{rule.id}  {rule.severity}  ({rule.family})", *lines))


def _tell(asked: _Asked, output: str) -> None:
    if output == "json":
        console.json(report.as_json(asked.findings, asked.silenced, asked.problems, BY_ID))
    elif output == "sarif":
        from importlib.metadata import version

        from amqctl.report.sarif import sarif

        console.json(sarif(asked.findings, asked.problems, RULES, version("amqctl")))
    else:
        for finding in asked.findings:
            console.out(report.line(finding))
        silent = sum(asked.silenced.values())
        if asked.problems and not asked.findings:
            return
        console.say(report.counted(asked.findings) + (f", {silent} ignored" if silent else ""))
