"""A broker's own configuration as it is to run: every byte as its author wrote it, but for what amqctl must own.

Ports and addresses, the console's too, where the store or its database is, and the way to brokers of the same
topology. Each change is an edit at an exact place, with its because; nothing is written anew. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from amqctl.activemq import ownconf, stores
from amqctl.activemq.brokerxml import read
from amqctl.activemq.brokerxml.facts import BrokerFacts, placeholder
from amqctl.activemq.brokerxml.sheet import Edit, Sheet, applied, masked
from amqctl.activemq.brokerxml.tree import Element
from amqctl.activemq.ownconf import MAIN, OwnFiles
from amqctl.errors import BadTopology, Problem
from amqctl.plan.model import Files, NodeFiles, NodeSpec, Plan
from amqctl.plan.plan import companion_image, scheduler_directory, store_directory
from amqctl.topology.settledstores import JdbcStore

MASK = "(a password)"
_ADDRESS = re.compile(r"((?:\w+\+?)+://)(\[[^\]]*\]|[^/?#&,():\s\"']+):(\d+)")
_LOOPBACK = ("localhost", "127.0.0.1", "0.0.0.0")  # noqa: S104  as people write them in uris


@dataclass(frozen=True, slots=True)
class Changed:
    """A file of a node's own with the edits that make it fit. name: of the file."""

    node: str
    name: str
    path: str
    text: str
    edits: tuple[Edit, ...]

    def result(self) -> str:
        return applied(self.text, self.edits)

    def diff(self) -> list[str]:
        """Unified, with no line of context: other lines may hold passwords, and those that change are masked."""
        from difflib import unified_diff

        old = masked(self.text, self.edits, MASK).splitlines()
        new = applied(self.text, self.edits, mask=MASK + " of this topology").splitlines()
        why = [f"# {self.name}:{edit.line}: {edit.because}" for edit in sorted(self.edits, key=lambda e: e.start)]
        return [*why, *unified_diff(old, new, self.path, f"{self.node}/{self.name}", lineterm="", n=0)]


def own_files(
    plan: Plan, node: NodeSpec, own: OwnFiles, passwords: Mapping[str, str], rendered: NodeFiles
) -> NodeFiles:
    """All that the node is configured with. rendered: what amqctl would give it, of which is taken what the
    command line refers to and the directory has not."""
    files = {name: text for name, text in rendered.items() if name in _ALSO}
    files |= own.texts
    return files | {changed.name: changed.result() for changed in changes(plan, node, own, passwords)}


def verbatim(plan: Plan, files: Files, passwords: Mapping[str, str], own: Mapping[str, OwnFiles]) -> Files:
    """`files` with those of brokers that run from a directory of their own; without those it is not given of."""
    found: dict[str, NodeFiles] = {}
    for name, texts in files.items():
        conf = plan.node(name).broker.own
        if conf is None:
            found[name] = texts
        elif conf.directory in own:
            found[name] = own_files(plan, plan.node(name), own[conf.directory], passwords, texts)
    return found


_ALSO = ("login.config", "jolokia-access.xml", "log4j.properties", "log4j2.properties", "launch.json")


def changes(plan: Plan, node: NodeSpec, own: OwnFiles, passwords: Mapping[str, str]) -> tuple[Changed, ...]:
    """Every file of the directory that is not run exactly as it is. Raises BadTopology for what has no place."""
    return _Editor(plan, node, own, passwords).run()


class _Editor:
    def __init__(self, plan: Plan, node: NodeSpec, own: OwnFiles, passwords: Mapping[str, str]) -> None:
        self.plan, self.node, self.own, self.passwords = plan, node, own, passwords
        self.group = plan.settled.group(node.group)
        self.file = f"{own.directory}/{MAIN}"
        self.sheet = Sheet(ownconf.xml(own, MAIN))
        self.facts: BrokerFacts = read(self.sheet.text, self.file).facts

    def run(self) -> tuple[Changed, ...]:
        main = [*self.name(), *self.transports(), *self.store(), *self.scheduler(), *self.database(), *self.networks()]
        found = {MAIN: (self.sheet, main)}
        for name, bean in ownconf.consoles(self.own, self.facts):
            sheet, edits = found.setdefault(name, (Sheet(ownconf.xml(self.own, name)), []))
            edits += self.console(sheet, bean)
        return tuple(
            Changed(self.node.name, name, f"{self.own.directory}/{name}", sheet.text, real)
            for name, (sheet, edits) in found.items()
            if (real := tuple(edit for edit in edits if sheet.is_change(edit)))
        )

    def name(self) -> Iterator[Edit]:
        if placeholder(self.facts.name):
            because = f"nothing here says what {self.facts.name} is; it is the group's name"
            yield self.sheet.replaced(self.facts.element, "brokerName", self.node.group, because)

    def transports(self) -> Iterator[Edit]:
        own = self.node.broker.own
        assert own is not None  # whose files these are
        for transport, port in zip(ownconf.managed(self.facts), self.node.broker.own_ports, strict=True):
            holder, attribute = _holder(transport.element, "uri")
            span = self.sheet.value(holder, attribute)
            if span is None:
                raise self.placeless(transport.element, "the transport connector's uri")
            match = re.match(r"\s*[\w.+-]+:(?://)?([^/?#\s]*)", self.sheet.text[span[0] : span[1]])
            assert match is not None  # it has a scheme: ownconf.understood asks for that
            bind = self.node.place.bind
            because = f"{transport.name or transport.uri.scheme} listens on {bind}:{port}, as the topology has it"
            yield self.sheet.edit(span[0] + match.start(1), span[0] + match.end(1), f"{bind}:{port}", because)

    def console(self, sheet: Sheet, bean: Element) -> Iterator[Edit]:
        values = {"host": self.node.place.bind, "port": str(self.node.broker.console)}
        for key, value in values.items():
            holder, attribute = _holder(bean, key)
            written = holder.attributes.get(attribute)
            if written is None or "{" in written:  # another bean, or the distribution, says it
                continue
            yield sheet.replaced(holder, attribute, value, f"the console listens on {key} {value}")

    def store(self) -> Iterator[Edit]:
        own, directory = self.node.broker.own, store_directory(self.group, self.node.place)
        if own is None or own.store != "kahadb" or directory is None:
            return
        because = "the group's store, which all its members share"
        store = self.facts.store
        if store is None:
            xml = f'<persistenceAdapter><kahaDB directory="{directory}"/></persistenceAdapter>'
            yield self.sheet.inside(
                self.facts.element, xml, because + "; the default is in each broker's own directory"
            )
            return
        yield self.sheet.replaced(*_holder(store.element, "directory"), directory, because)
        for number, inner in enumerate(
            e for e in store.element.walk() if e.name == "kahaDB" and e is not store.element
        ):
            if "directory" in inner.attributes:  # one of several that an mKahaDB names itself
                yield self.sheet.replaced(inner, "directory", f"{directory}/{number + 1}", because)

    def scheduler(self) -> Iterator[Edit]:
        directory = scheduler_directory(self.group, self.node.place)
        if directory is None:
            return
        because = "delayed messages must be where another member finds them"
        element, attribute = self.facts.element, "schedulerDirectory"
        if self.facts.job_store is not None and self.facts.job_store.name == "jobSchedulerStore":
            element, attribute = self.facts.job_store, "directory"
        yield self.sheet.replaced(*_holder(element, attribute), directory, because)

    def database(self) -> Iterator[Edit]:
        store, facts = self.group.store, self.facts.store
        if not isinstance(store, JdbcStore) or facts is None:
            return
        bean = self.facts.bean(facts.source or "")
        if bean is None:
            raise self.placeless(facts.element, f"the data source {facts.source or ''}")
        server = None
        if store.companion is not None:
            companion = self.plan.companion(store.companion)
            server = (companion.place.inside, companion.companion.port)
        image = companion_image(self.plan.settled, self.group)
        around = stores.Surroundings(self.node.name, "", server, image, self.passwords[store.database.secret])
        values = stores.facts("jdbc").values(store, around)["properties"]
        assert isinstance(values, Mapping)
        wanted = {
            ("url", "jdbcUrl", "URL"): values["url"],
            ("username", "user"): values["username"],
            ("password",): values["password"],
        }
        if "driverClassName" in values:
            wanted |= {("driverClassName", "driverClass"): values["driverClassName"]}
        for names, value in wanted.items():
            yield from self.property(bean.element, names, str(value))

    def property(self, bean: Element, names: Sequence[str], value: str) -> Iterator[Edit]:
        found = next((h for n in names for h in (_property(bean, n),) if h is not None), None)
        if found is None:
            if names[0].startswith("driver"):
                return  # the pool asks DriverManager
            raise self.placeless(bean, f"{names[0]} of the data source")
        because = f"{names[0]} of the topology's database"
        secret = names[0] == "password" or bool(re.search("password|pwd", found.attributes["value"], re.IGNORECASE))
        # "#{" would start an expression of Spring's
        text = value.replace("#{", "#{'#{'}")
        yield self.sheet.replaced(found, "value", text, because, secret=secret)

    def networks(self) -> Iterator[Edit]:
        table = _addresses(self.plan, self.node)
        for network in self.facts.networks:
            holder, attribute = _holder(network.element, "uri")
            span = self.sheet.value(holder, attribute)
            if span is None:
                continue
            for match in _ADDRESS.finditer(self.sheet.text, *span):
                target = table.get((match[2].lower(), int(match[3])))
                if target is not None:
                    name, address = target
                    because = f"{network.called} leads to {name}, which is at {address} here"
                    yield self.sheet.edit(match.start(2), match.end(3), address, because)

    def placeless(self, element: Element, what: str) -> BadTopology:
        fix = "write it out in this file, as an attribute or a <property> with a value"
        problem = Problem(
            f"amqctl must set {what} and finds no place for it", fix, self.file, element.line, element.column
        )
        return BadTopology([problem])


def _holder(element: Element, name: str) -> tuple[Element, str]:
    """Where `name` is said: an attribute of the element, or a nested <property name= value=>."""
    if name in element.attributes:
        return element, name
    inner = _property(element, name)
    return (inner, "value") if inner is not None else (element, name)


def _property(element: Element, name: str) -> Element | None:
    return next(
        (p for p in element.all("property") if p.attributes.get("name") == name and "value" in p.attributes), None
    )


def _addresses(plan: Plan, node: NodeSpec) -> Mapping[tuple[str, int], tuple[str, str]]:
    """What a uri of `node` may call brokers of this topology -> (name, host:port as they are reached here).

    By a broker's name, with its port there or here. By the loopback, with a port that one other group's
    broker alone has in its files.
    """
    found: dict[tuple[str, int], tuple[str, str]] = {}
    loose: dict[int, set[tuple[str, str]]] = {}
    for other in plan.nodes:
        for written, port in _ports(other):
            target = (other.name, f"{other.place.inside}:{port}")
            found[(other.name.lower(), written)] = target
            if other.group != node.group:
                loose.setdefault(written, set()).add(target)
    for written, targets in loose.items():
        if len(targets) == 1:
            found |= {(host, written): next(iter(targets)) for host in _LOOPBACK}
    return found


def _ports(node: NodeSpec) -> Iterable[tuple[int, int]]:
    own = node.broker.own
    if own is None:
        return [(c.port, c.port) for c in node.broker.connectors]
    return [(t.port, port) for t, port in zip(own.transports, node.broker.own_ports, strict=True) if t.port]
