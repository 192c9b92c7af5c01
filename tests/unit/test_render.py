"""What is rendered, read back by parsers that know nothing of the templates."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePosixPath

import pytest
from lxml import etree

from amqctl.activemq.versions import caps
from amqctl.errors import BadTopology
from amqctl.plan.model import Files, Plan
from amqctl.plan.plan import make_plan
from amqctl.plan.render import render
from amqctl.topology.settled import XmlPatch
from tests.builders import SOURCE, settled
from tests.plans import a_broker, a_group, a_place, a_plan, two_pairs

NS = {"amq": "http://activemq.apache.org/schema/core", "b": "http://www.springframework.org/schema/beans"}
NASTY = [
    "a\"<&>'${x}", "x #{1+1} #{'y'}", "]]>", "<!-- -->", "&amp;", "{{ 7*7 }}{% x %}", "äöü€\U0001d11e", "%20+", "\\",
]  # fmt: skip


def passwords(plan: Plan, **changes: str) -> dict[str, str]:
    return {u.name: f"{u.name}-password" for u in plan.settled.users} | changes


def planned(text: str) -> Plan:
    return make_plan(settled(text), a_place, "{}")


def rendered(plan: Plan, **changes: str) -> Files:
    return render(plan, passwords(plan, **changes), caps)


def tree(files: Files, node: str, name: str = "activemq.xml") -> etree._Element:
    return etree.fromstring(files[node][name].encode())


def one(root: etree._Element, path: str) -> etree._Element:
    [found] = root.xpath(path, namespaces=NS)
    return found


def spring(text: str) -> str:
    """As Spring leaves a value: the only expression that is ever rendered yields `#{` itself."""
    rest = text.replace("#{'#{'}", "\0")
    assert "#{" not in rest, f"Spring would evaluate {text}"
    return rest.replace("\0", "#{")


@pytest.mark.parametrize("nasty", NASTY)
def test_a_password_survives_xml_and_spring(nasty: str) -> None:
    files = rendered(two_pairs(), bridge=nasty)
    for node in ("a-1", "a-2"):
        link = one(tree(files, node), "//amq:networkConnector")
        assert spring(link.get("password")) == nasty
        jetty = tree(files, node, "jetty.xml")
        value = one(jetty, "//b:property[@name='initParams[org.apache.activemq.password]']")
        assert spring(value.get("value")) == nasty


@pytest.mark.parametrize("nasty", NASTY)
def test_values_of_the_topology_survive(nasty: str) -> None:
    group = a_group("g", 1, attributes={"keepDurableSubsActive": nasty})
    group = replace(group, store=replace(group.store, path=f"/{nasty}", attributes={"journalDiskSyncStrategy": nasty}))
    root = tree(rendered(a_plan(group)), "g-1")
    assert spring(one(root, "amq:broker").get("keepDurableSubsActive")) == nasty
    kahadb = one(root, "//amq:kahaDB")
    assert spring(kahadb.get("journalDiskSyncStrategy")) == nasty
    assert spring(kahadb.get("directory")) == f"/{nasty}"


def test_connector_options_survive_as_a_query() -> None:
    plan = planned("groups: {g: {connectors: {openwire: {a.b: 'x&y=z \"<', n: 1}}, brokers: 1}}")
    uri = one(tree(rendered(plan), "g-1"), "//amq:transportConnector").get("uri")
    assert uri == "tcp://127.0.0.1:61616?a.b=x%26y%3Dz%20%22%3C&n=1"


def test_the_same_inputs_give_the_same_bytes() -> None:
    text = """
        groups: {a: {brokers: 2}, b: {brokers: 2}}
        network: [{name: l, from: a, to: b, duplex: true}]
    """
    first, second = rendered(planned(text)), rendered(planned(text))
    assert list(first) == list(second)
    assert {n: dict(f) for n, f in first.items()} == {n: dict(f) for n, f in second.items()}


def test_every_file_ends_with_one_line_end_and_has_no_template_left() -> None:
    for version in ("5.15.11", "6.1.7"):
        for files in rendered(a_plan(a_group("g", 2, version=version))).values():
            for name, text in files.items():
                assert text.endswith("\n"), name
                assert not re.search(r"{%|{#|\r", text), name


def test_brokers_share_their_store_and_never_a_data_directory() -> None:
    plan = planned("groups: {a: {brokers: 3}, b: {brokers: 2}}")
    files = rendered(plan)
    data: Mapping[str, str] = {n: one(tree(files, n), "amq:broker").get("dataDirectory") for n in files}
    stores: Mapping[str, str] = {n: one(tree(files, n), "//amq:kahaDB").get("directory") for n in files}
    assert len(set(data.values())) == 5
    assert {stores[n] for n in ("a-1", "a-2", "a-3")} == {"/stores/a/kahadb"}
    assert {stores[n] for n in ("b-1", "b-2")} == {"/stores/b/kahadb"}
    everything = [*data.values(), *set(stores.values())]
    for path in everything:
        assert not any(PurePosixPath(other).is_relative_to(path) for other in everything if other != path)
    assert [n.shared for n in plan.nodes] == [(stores[n.name],) for n in plan.nodes]


def test_all_members_have_the_groups_name_and_their_own_ports() -> None:
    plan = planned("groups: {a: {brokers: 2}}")
    files = rendered(plan)
    assert {one(tree(files, n), "amq:broker").get("brokerName") for n in files} == {"a"}
    uris = [c.get("uri") for n in files for c in tree(files, n).iter(f"{{{NS['amq']}}}transportConnector")]
    assert len(uris) == len(set(uris)) == 4
    assert all("://127.0.0.1:" in uri for uri in uris)
    consoles = [one(tree(files, n, "jetty.xml"), "//b:bean[@id='Connector']/b:property[@name='port']") for n in files]
    assert [c.get("value") for c in consoles] == ["8161", "8162"]


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("brokers: 2", None),
        ("broker: {schedulerSupport: true}, brokers: 2", "/stores/a/scheduler"),
        ("broker: {schedulerSupport: false}, brokers: 2", None),
        ("broker: {schedulerSupport: true}, store: {kahadb: {path: /mnt/a}}, brokers: 2", "/mnt/a/scheduler"),
    ],
)
def test_the_scheduler_s_store_is_shared_where_there_is_one(keys: str, expected: str | None) -> None:
    plan = planned(f"groups: {{a: {{{keys}}}}}")
    files = rendered(plan)
    assert {one(tree(files, n), "amq:broker").get("schedulerDirectoryFile") for n in files} == {expected}
    assert all((expected in node.shared) == (expected is not None) for node in plan.nodes)


def test_one_member_with_a_scheduler_is_enough_to_share_it() -> None:
    plan = planned("groups: {a: {brokers: {x: {broker: {schedulerSupport: true}}, y: {}}}}")
    assert all("/stores/a/scheduler" in node.shared for node in plan.nodes)


@pytest.mark.parametrize(
    ("usage", "memory", "store", "temp"),
    [
        ("memory: 70%, store: 1gb, temp: 512mb", ("percentOfJvmHeap", "70"), ("limit", "1gb"), ("limit", "512mb")),
        ("memory: 64mb, store: 50%, temp: 5%", ("limit", "64mb"), ("percentLimit", "50"), ("percentLimit", "5")),
    ],
)
def test_a_limit_is_a_share_or_an_amount(usage: str, memory: tuple, store: tuple, temp: tuple) -> None:
    root = tree(rendered(planned(f"groups: {{a: {{usage: {{{usage}}}, brokers: 1}}}}")), "a-1")
    for kind, expected in (("memoryUsage", memory), ("storeUsage", store), ("tempUsage", temp)):
        assert one(root, f"//amq:{kind}/amq:{kind}").items() == [expected]


def test_stock_leaves_the_limits_to_activemq() -> None:
    root = tree(rendered(planned("profile: stock\ngroups: {a: {brokers: 1}}")), "a-1")
    assert root.xpath("//amq:systemUsage", namespaces=NS) == []


def test_a_link_is_rendered_at_its_declarers_only() -> None:
    text = """
        groups: {a: {brokers: 2}, b: {brokers: 2}}
        network: [{name: l, from: a, to: b, duplex: false}]
    """
    files = rendered(planned(text))
    links = {n: tree(files, n).xpath("//amq:networkConnector/@name", namespaces=NS) for n in files}
    assert links == {"a-1": ["l"], "a-2": ["l"], "b-1": [], "b-2": []}
    connector = one(tree(files, "a-1"), "//amq:networkConnector")
    assert connector.get("duplex") == "false"
    assert connector.get("uri").startswith("masterslave:(tcp://127.0.0.1:61618?connectionTimeout=500,")
    one_broker = rendered(planned(text.replace("from: a,", "from: a-2,")))
    assert [n for n in one_broker if "networkConnector " in one_broker[n]["activemq.xml"]] == ["a-2"]


@pytest.mark.parametrize(("version", "default"), [("5.17.6", "false"), ("5.18.3", "true"), ("6.1.7", "true")])
def test_what_decides_the_routing_is_always_written(version: str, default: str) -> None:
    text = f"""
        activemq: {version}
        groups: {{a: {{brokers: 2}}, b: {{brokers: 2}}}}
        network: [{{name: l, from: a, to: b}}]
    """
    connector = one(tree(rendered(planned(text)), "a-1"), "//amq:networkConnector")
    assert connector.get("decreaseNetworkConsumerPriority") == default


def test_a_change_of_version_or_jvm_changes_a_file() -> None:
    """Else a second `up` would not see it."""
    before = rendered(a_plan(a_group("g", 1)))["g-1"]
    heap = replace(a_broker("x", "g", 0, first=True).jvm, heap="1g")
    for change in ({"version": "5.18.4"}, {"jvm": heap}, {"image": "mine:1"}):
        assert rendered(a_plan(a_group("g", 1, **change)))["g-1"]["launch.json"] != before["launch.json"]


PATCHED = """
groups:
  a:
    brokers: 2
    patch:
      - {at: "amq:broker/amq:plugins", append: '<statisticsBrokerPlugin xmlns="http://activemq.apache.org/schema/core"/>'}
      - {at: "amq:broker", set: {useJmx: false, populateJMSXUserID: "a<b"}}
      - {at: "//amq:systemUsage", remove: true}
"""


def test_patches_have_the_last_word() -> None:
    files = rendered(planned(PATCHED))
    for node in ("a-1", "a-2"):
        root = tree(files, node)
        assert one(root, "//amq:plugins/amq:statisticsBrokerPlugin") is not None
        assert one(root, "amq:broker").get("useJmx") == "false"
        assert one(root, "amq:broker").get("populateJMSXUserID") == "a<b"
        assert root.xpath("//amq:systemUsage", namespaces=NS) == []
        assert one(root, "amq:broker").get("brokerName") == "a"


def test_patched_files_are_the_same_bytes_twice() -> None:
    assert rendered(planned(PATCHED)) == rendered(planned(PATCHED))


@pytest.mark.parametrize(
    ("patch", "what"),
    [
        ("{at: 'amq:broker[', remove: true}", "not an XPath"),
        ("{at: 'nope:broker', remove: true}", "not an XPath"),
        ("{at: 'amq:brokr', remove: true}", "finds no element"),
        ("{at: 'amq:broker/@brokerName', remove: true}", "finds no element"),
        ("{at: 'count(amq:broker)', remove: true}", "finds no element"),
        ("{at: 'amq:broker', append: '<a>'}", "Premature end"),
        ("{at: 'amq:broker', append: 'text'}", "Start tag expected"),
        ("{at: 'amq:broker', append: '<x:a/>'}", "Namespace prefix x"),
        ("{at: 'amq:broker', append: '<a/><b/>'}", "Extra content"),
        ("{at: '/beans:beans', remove: true}", "cannot be removed"),
    ],
)
def test_a_patch_that_cannot_be_applied_is_named_with_its_line(patch: str, what: str) -> None:
    text = f"groups:\n  a:\n    brokers: 1\n    patch:\n      - {patch}\n"
    with pytest.raises(BadTopology) as caught:
        rendered(planned(text))
    [problem] = caught.value.problems
    assert (problem.file, problem.line) == (SOURCE, 7)
    assert what in problem.what
    assert problem.fix


def test_all_bad_patches_are_named_at_once() -> None:
    text = "groups: {a: {brokers: 2, patch: [{at: 'amq:x', remove: true}, {at: '((', remove: true}]}}"
    with pytest.raises(BadTopology) as caught:
        rendered(planned(text))
    problems = caught.value.problems
    assert len(problems) == 2  # one a patch, with the nodes at which it fails alike
    assert all(p.what.startswith("a-1, a-2: patch at ") for p in problems)


def test_a_patch_reads_no_other_file_and_expands_nothing() -> None:
    bomb = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a xmlns="urn:x">&x;</a>'
    plan = a_plan(a_group("a", 1, patches=(XmlPatch("amq:broker", append=bomb),)))
    assert "root:" not in rendered(plan)["a-1"]["activemq.xml"]


def seconds(count: int) -> float:
    plan = planned_big(count)
    begin = time.process_time()
    files = rendered(plan)
    took = time.process_time() - begin
    assert len(files) == count
    return took


def planned_big(count: int) -> Plan:
    """Like tests.builders.big, without the seconds that reading a thousand brokers takes."""
    groups = tuple(a_group(f"g{i}", 2, 2 * i) for i in range(count // 2))
    link = two_pairs().settled.links[0]
    links = tuple(
        replace(
            link, name=f"l{i}", from_=a.name, to=b.name, from_group=a.name, to_group=b.name,
            declared_by=tuple(m.name for m in a.brokers), targets=tuple(m.name for m in b.brokers),
        )
        for i, (a, b) in enumerate(zip(groups, groups[1:], strict=False))
    )  # fmt: skip
    return a_plan(*groups, links=links)


def test_a_thousand_brokers_take_ten_times_as_long_as_a_hundred() -> None:
    seconds(10)  # the templates are compiled once
    small, large = seconds(100), seconds(1000)
    assert large < 25 * small, f"100 brokers {small:.2f} s, 1,000 brokers {large:.2f} s"
