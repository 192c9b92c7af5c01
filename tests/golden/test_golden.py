"""Every topology that comes with amqctl, rendered for the local runtime: a change of a template is seen
as what it changes. The same files against each version's own schema, as the broker reads them at its start."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from amqctl.activemq.versions import caps
from amqctl.activemq.xmlschema import violations
from amqctl.cluster.intent import Intent, plan_of, settled_of
from amqctl.errors import BadTopology
from amqctl.events import silent
from amqctl.plan.model import Files, Plan
from amqctl.plan.reconcile import reconcile
from amqctl.plan.render import render
from amqctl.plan.state import State
from amqctl.provision import schema
from amqctl.provision.sources import Sources, from_env
from amqctl.topology.connector import RESERVED
from tests.golden.conftest import Check
from tests.plans import a_place

TOPOLOGIES = Path(__file__).resolve().parents[2] / "topologies"
NOTHING = State(intent=None, nodes={})
# The bridge's goes into XML, properties and Spring, all of which give some of these characters a meaning;
# a database user's, which is no user of the brokers, into XML and Spring.
NASTY = "a\"<&>'${x} #{1+1}"
PASSWORDS = {"admin": "admin-password", "app": "app-password"}

MAIN = "ms-plus-cluster"
# Both web families, log4j 1 and 2, and the oldest of each line that is worth a look.
VERSIONS = [
    "5.9.1",
    "5.11.1",
    "5.13.4",
    "5.14.0",
    "5.14.5",
    "5.15.11",
    "5.16.6",
    "5.18.3",
    "6.0.1",
    "6.1.7",
    "6.2.0",
    "6.3.1",
]
NODE = "amq1"
S1 = {"5.9.1": "dbcp1", "5.14.0": "dbcp2", "6.0.1": "dbcp2"}  # what the documents run, and the pool it comes with
JDBC = ["jdbc-derby", "jdbc-mariadb", "jdbc-mysql", "jdbc-oracle", "jdbc-postgres", "jdbc-prefixes", "kahadb-lease"]


def usable() -> list[str]:
    """The topologies that settle today; the others use what is not built yet and are refused by name."""
    names = []
    for path in sorted(TOPOLOGIES.glob("*.yaml")):
        try:
            settled_of(Intent(path.read_text(), None))
        except BadTopology as exc:
            assert any("not yet" in p.what for p in exc.problems), exc
        else:
            names.append(path.stem)
    return names


def rendered(topology: str, version: str | None = None) -> tuple[Plan, Files]:
    text = (TOPOLOGIES / f"{topology}.yaml").read_text()
    if version is not None:
        assert text.count("\nactivemq: 6.1.7") == 1
        text = text.replace("\nactivemq: 6.1.7", f"\nactivemq: {version}")
    plan = plan_of(Intent(text, None), a_place)
    return plan, render(plan, {secret.name: NASTY for secret in plan.settled.secrets} | PASSWORDS, caps)


@pytest.mark.parametrize("topology", usable())
def test_plan_and_files(topology: str, check_golden: Check) -> None:
    plan, files = rendered(topology)
    steps = "".join(f"{step}\n" for step in reconcile(plan, files, NOTHING, {}))
    texts = {f"{node}/{name}": text for node, names in files.items() for name, text in names.items()}
    check_golden(f"{topology}/local", {"plan.txt": steps} | texts)


@pytest.mark.parametrize("version", [v for v in VERSIONS if v != "6.1.7"])
def test_files_of_other_versions(version: str, check_golden: Check) -> None:
    files = rendered(MAIN, version)[1][NODE]
    names = {"files.txt": "".join(f"{name}\n" for name in sorted(files))}
    check_golden(f"{MAIN}/local-{version}", names | {n: files[n] for n in ("activemq.xml", "jetty.xml")})


@pytest.mark.parametrize("version", S1)
def test_two_jdbc_pairs_of_the_versions_that_the_documents_have(version: str, check_golden: Check) -> None:
    files = s1(version)[1]["mq-m"]
    check_golden(f"two-jdbc-pairs/local-{version}", {n: files[n] for n in ("activemq.xml", "jetty.xml")})


def s1(version: str) -> tuple[Plan, Files]:
    text = (TOPOLOGIES / "two-jdbc-pairs.yaml").read_text()
    assert text.count("5.14.5") == 1
    text = text.replace("activemq: 5.14.5", f"activemq: {version}").replace("pool: dbcp2", f"pool: {S1[version]}")
    plan = plan_of(Intent(text, None), a_place)
    return plan, render(plan, {secret.name: NASTY for secret in plan.settled.secrets} | PASSWORDS, caps)


def test_the_main_topology_is_among_them() -> None:
    assert {MAIN, "pair", "single", "trio", "two-jdbc-pairs", *JDBC} <= set(usable())


@pytest.fixture(scope="session")
def sources(amqctl_home: Path) -> Sources:
    return from_env({**os.environ, "AMQCTL_CACHE": str(amqctl_home / "cache")})


def xsd_of(version: str, sources: Sources) -> Path:
    found = schema.obtain(version, sources, silent)
    assert found is not None, f"the schema of {version} is not to be had"
    return found


@pytest.mark.real
@pytest.mark.parametrize("version", VERSIONS)
def test_the_main_topology_is_valid_against_the_versions_own_schema(version: str, sources: Sources) -> None:
    xsd = xsd_of(version, sources)
    for node, files in rendered(MAIN, version)[1].items():
        assert violations(files["activemq.xml"], xsd, node, version) == []


@pytest.mark.real
@pytest.mark.parametrize("version", S1)
def test_two_jdbc_pairs_are_valid_against_the_documents_versions_own_schemas(version: str, sources: Sources) -> None:
    for node, files in s1(version)[1].items():
        if "activemq.xml" in files:
            assert violations(files["activemq.xml"], xsd_of(version, sources), node, version) == []


@pytest.mark.real
@pytest.mark.parametrize("topology", JDBC)
@pytest.mark.parametrize("version", VERSIONS)
def test_jdbc_stores_are_valid_against_every_versions_schema(version: str, topology: str, sources: Sources) -> None:
    xsd = xsd_of(version, sources)
    plan, files = rendered(topology, version)
    for node in plan.nodes:
        assert violations(files[node.name]["activemq.xml"], xsd, node.name, version) == []


@pytest.mark.real
@pytest.mark.parametrize("version", VERSIONS)
def test_several_stores_in_one_are_valid_against_every_versions_schema(version: str, sources: Sources) -> None:
    """Without what 5.18.5 and 6.1.3 brought."""
    text = (TOPOLOGIES / "mkahadb.yaml").read_text()
    text = text.replace("{perDestination: true}", "{}").replace("\nactivemq: 6.1.7", f"\nactivemq: {version}")
    plan = plan_of(Intent(text, None), a_place)
    files = render(plan, {secret.name: NASTY for secret in plan.settled.secrets}, caps)
    for node in plan.nodes:
        assert violations(files[node.name]["activemq.xml"], xsd_of(version, sources), node.name, version) == []


@pytest.mark.real
@pytest.mark.parametrize("topology", [t for t in usable() if t != MAIN])
def test_each_topology_is_valid_against_its_schema(topology: str, sources: Sources) -> None:
    plan, files = rendered(topology)
    for node in plan.nodes:
        version = node.broker.version
        assert violations(files[node.name]["activemq.xml"], xsd_of(version, sources), node.name, version) == []


NETWORKS = """\
apiVersion: amqctl/v1
name: networks
activemq: {version}
groups: {{a: {{brokers: 1}}, b: {{brokers: 1}}, c: {{brokers: 1}}}}
network:
  - name: all
    from: a
    to: b
    destinations:
      included: [{{queue: "o.>"}}, {{topic: "p.*"}}]
      excluded: [{{queue: "o.local"}}]
      static: [{{topic: all}}]
    set: {attributes}
  - {{name: ring, shape: ring}}
  - {{name: found, multicast: {{}}}}
  - {{name: out, from: c, uri: "static:(tcp://dc2:61616?wireFormat.maxInactivityDuration=5000)?maxReconnectDelay=9"}}
"""
# beans of their own, or what amqctl and the broker say of themselves
NO_SETTING = {"brokerService", "connectionFilter", "discoveryAgent", "objectName", "sslContext", "bridgeFactory", "id"}
KINDS = {"xs:boolean": "truth", "xs:integer": "number", "xs:long": "number", "xs:string": "text", "xs:ID": "text"}
SAMPLES = {"xs:boolean": True, "xs:integer": 2, "xs:long": 2, "xs:string": "2"}


@pytest.mark.real
@pytest.mark.parametrize("version", VERSIONS)
def test_every_attribute_of_a_network_connector_that_the_version_has_can_be_set(version: str, sources: Sources) -> None:
    """All that its own schema lists, none of it refused; destinations, shapes, multicast and addresses outside too."""
    from lxml import etree

    xsd = xsd_of(version, sources)
    names = {"x": "http://www.w3.org/2001/XMLSchema"}
    listed = etree.parse(str(xsd)).xpath("//x:element[@name='networkConnector']//x:attribute", namespaces=names)
    types = {one.get("name"): one.get("type") for one in listed}
    known = caps(version).attributes["networkConnector"]
    assert {name: KINDS[kind] for name, kind in types.items()} == dict(known)
    assert not set(types) & set(caps(version).absent["networkConnector"])
    attributes = {n: SAMPLES[t] for n, t in types.items() if n not in NO_SETTING | set(RESERVED)}
    assert len(attributes) >= 20
    text = NETWORKS.format(version=version, attributes=json.dumps(attributes))
    plan = plan_of(Intent(text, None), a_place)
    files = render(plan, {secret.name: NASTY for secret in plan.settled.secrets}, caps)
    for node in plan.nodes:
        assert violations(files[node.name]["activemq.xml"], xsd, node.name, version) == []
    for name in attributes:
        assert f' {name}="' in files["a-1"]["activemq.xml"]


@pytest.mark.real
@pytest.mark.parametrize("version", ["5.15.11", "5.18.3", "6.1.7"])
def test_an_attribute_that_the_version_does_not_know_is_refused_by_name(version: str, sources: Sources) -> None:
    xsd = xsd_of(version, sources)
    xml = rendered(MAIN, version)[1][NODE]["activemq.xml"]
    for element, attribute in (("<broker", "useJmxx"), ("<networkConnector ", "autoStart"), ("<kahaDB", "journal")):
        assert xml.count(element) == 1
        wrong = xml.replace(element, f'{element} {attribute}="true" ')
        [problem] = violations(wrong, xsd, NODE, version)
        assert problem.what.startswith(f"{NODE}: ActiveMQ {version} would refuse its activemq.xml: ")
        assert f"'{attribute}'" in problem.what
