"""Lint as a whole: who is whom among several files, what is silenced, and files that it must judge rightly."""

from __future__ import annotations

import tarfile
from collections import Counter
from pathlib import Path
from typing import Any, cast

import pytest

from amqctl.activemq.brokerxml import read
from amqctl.activemq.brokerxml.uri import parse
from amqctl.activemq.lint import compose, lint
from amqctl.activemq.lint.changes import has
from amqctl.activemq.lint.cluster import Cluster
from amqctl.activemq.lint.model import Finding, Node
from amqctl.activemq.versions import caps
from amqctl.cli.linting import heed, lint_topology
from amqctl.errors import BadTopology
from amqctl.events import Event
from amqctl.plan.model import NodeSpec
from amqctl.plan.plan import make_plan
from amqctl.plan.render import render
from amqctl.provision.fetch import Repository
from amqctl.provision.sources import Sources
from amqctl.runtimes.seam import Runtime
from tests.builders import settled
from tests.golden.test_golden import PASSWORDS, VERSIONS, rendered, usable
from tests.lint.builders import MYSQL, broker, chain, jdbc, kahadb, mesh, net, openwire, pair, to
from tests.plans import a_place

LINT = Path(__file__).resolve().parents[1] / "lint"
SHIPPED = sorted((LINT / "shipped").rglob("*.xml"))
S5F = Counter(
    {"bridge-to-own-group": 4, "network-connector-unnamed": 4, "static-to-group": 2, "network-without-replay": 4}
)
# worth knowing of a release, whatever is written; told once
OF_THE_RELEASE = Counter({"bridge-dies-in-handshake": 1, "failed-send-hangs": 1})
NAMES = ("amq1", "amq2", "amq3", "amq4")


def counted(*findings: Finding) -> Counter[str]:
    return Counter(f.rule for f in findings)


def s5f_text(name: str) -> bytes:
    return (LINT / "s5f" / name / "conf" / "activemq.xml").read_bytes()


def s5f_composed() -> list[Node]:
    import yaml

    services = compose.services(yaml.safe_load((LINT / "s5f" / "docker-compose.yaml").read_text()))
    return [compose.node(s, read(s5f_text(s.name), s.config, s.properties), s.config) for s in services]


# --- S5f, ActiveMQ's own files, ours


def test_s5f_s_own_files_give_exactly_what_is_wrong_with_them() -> None:
    nodes = s5f_composed()
    assert [(n.facts.name, n.store) for n in nodes] == [
        ("ms-broker-a", "data1/kahadb"),
        ("ms-broker-a", "data1/kahadb"),
        ("ms-broker-b", "data2/kahadb"),
        ("ms-broker-b", "data2/kahadb"),
    ]
    result = lint(nodes)
    assert counted(*result.findings) == S5F
    assert [f.node for f in result.findings if f.rule == "static-to-group"] == ["amq1", "amq2"]


@pytest.mark.parametrize("version", [None, "5.18.3", "6.0.1", "6.1.7"])
def test_s5f_s_files_without_their_compose_file_give_the_same(version: str | None) -> None:
    files = {name: read(s5f_text(name)) for name in NAMES}
    nodes = [Node(n, f.facts, hosts=frozenset({n}), version=version) for n, f in files.items()]
    assert counted(*lint(nodes).findings) - OF_THE_RELEASE == S5F


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: f"{p.parent.name}-{p.name}")
def test_what_activemq_ships_has_no_error(path: Path) -> None:
    for version in (None, path.parent.name):
        found = lint([Node("a", read(path.read_bytes()).facts, hosts=frozenset({"a"}), version=version)]).findings
        assert [f for f in found if f.severity == "error"] == []


@pytest.mark.real
@pytest.mark.parametrize("version", ["5.14.5", "5.15.11", "5.16.6", "5.18.3"])
def test_what_is_in_a_published_archive_has_no_error(version: str, amqctl_home: Path) -> None:
    """Its examples too, which a copy that brokers run from does not have."""
    path = f"org/apache/activemq/apache-activemq/{version}/apache-activemq-{version}-bin.tar.gz"
    cache = amqctl_home / "cache"
    archive = Repository(Sources(cache=cache), cache / "maven").get(path)
    with tarfile.open(archive) as opened:
        names = [m for m in opened.getnames() if "/conf/activemq" in m and m.endswith(".xml")]
        texts = {m: opened.extractfile(m).read() for m in names}  # type: ignore[union-attr]
    assert len(texts) > 10
    for member, text in texts.items():
        found = lint([Node("a", read(text, member).facts, version=version)]).findings
        assert [f for f in found if f.severity == "error"] == []


OF_LEVELDB = ("leveldb-unsupported", "leveldb-short-session")


@pytest.mark.parametrize("topology", usable())
def test_what_we_render_has_no_warning(topology: str) -> None:
    plan, files = rendered(topology)
    assert plan.settled.profile == "lab"
    nodes = [
        Node(n.name, read(files[n.name]["activemq.xml"]).facts, group=n.group, version=n.broker.version, rendered=True)
        for n in plan.nodes
    ]
    # LevelDB is what nobody mends any more, and its session as short as ActiveMQ's own
    found = [f for f in lint(nodes).findings if f.rule not in OF_LEVELDB]
    assert [f for f in found if f.severity != "info"] == []
    # it is for drills on one machine, and says so
    told = dict.fromkeys(("quick-lock-polling", "lease-clock-unchecked", "database-loss-ends-broker"), len(nodes))
    if topology == "two-jdbc-pairs":  # S1 has no policy
        told["network-without-replay"] = len(nodes)
    assert counted(*found) - OF_THE_RELEASE <= Counter(told)


@pytest.mark.parametrize("topology", usable())
def test_of_our_topologies_only_row_locks_are_warned_of_in_profile_stock(topology: str) -> None:
    """A look every 30 s is ActiveMQ's own, so stock has it, and it is wrong."""
    text = (LINT.parents[1] / "topologies" / f"{topology}.yaml").read_text()
    lines = [line for line in text.splitlines() if not line.startswith("profile:")]
    found = lint_topology(settled("\n".join([*lines, "profile: stock"]), head="")).findings
    assert {f.rule for f in found if f.severity != "info"} <= {"row-lock-looked-after-late", *OF_LEVELDB}


@pytest.mark.parametrize("version", VERSIONS)
def test_our_main_topology_has_no_warning_in_either_profile(version: str) -> None:
    text = (LINT.parents[1] / "topologies" / "ms-plus-cluster.yaml").read_text().replace("6.1.7  ", f"{version}  ", 1)
    assert f"activemq: {version}" in text
    # of a fault of the version itself, which no topology can mend, it warns all the same
    own = {"kahadb-keepalive-weak"} if version in ("5.9.1", "5.11.1") else set()
    lab = lint_topology(settled(text, head="")).findings
    assert {f.severity for f in lab if f.rule not in own} == {"info"}
    stock = lint_topology(settled(text.replace("profile: lab ", "profile: stock "), head="")).findings
    assert {f.rule for f in stock} <= own | set(OF_THE_RELEASE)
    assert PASSWORDS  # the golden ones, with characters that a reader could trip over, are in the test above


# --- who is whom


def test_one_store_makes_a_group_and_so_does_a_masterslave_list() -> None:
    a, b = broker("a", kahadb(directory="/s") + openwire(1)), broker("b", kahadb(directory="/s/") + openwire(2))
    cluster = Cluster([a, b])
    assert cluster.mates(a) == (b,)
    listed = Cluster([net("x", to("c", "d", via="masterslave")), broker("c"), broker("d"), broker("e")])
    assert [n.name for n in listed.mates(listed.nodes[1])] == ["d"]
    assert listed.mates(listed.nodes[3]) == ()


def test_equal_paths_on_two_machines_are_two_directories() -> None:
    a, b = broker("a", kahadb() + openwire()), broker("b", kahadb() + openwire())
    assert not Cluster([a, b]).mates(a), "both listen on one port, so they are on two machines"


def test_a_placeholder_is_no_path_and_a_database_is_one_wherever_it_is_named() -> None:
    a, b = (broker(n, kahadb(directory="${activemq.data}/kahadb") + openwire(i)) for i, n in enumerate("ab", 1))
    assert not Cluster([a, b]).mates(a)
    c, d = (broker(n, jdbc() + openwire(), outside=MYSQL) for n in "cd")
    assert Cluster([c, d]).mates(c) == (d,)


def test_known_groups_are_not_joined_by_a_list_over_several() -> None:
    nodes = [net("x", to("a", "b", via="masterslave"), group="x"), broker("a", group="a"), broker("b", group="b")]
    assert len({Cluster(nodes).group(n) for n in nodes}) == 3


def test_loopback_is_the_broker_s_own_machine() -> None:
    a = broker("a", openwire(1))
    b = broker("b", openwire(2))
    here = parse("tcp://localhost:2")
    assert Cluster([a, b]).at(a, here) is b
    assert Cluster([a, b]).at(b, here) is b
    far = Node("b", b.facts, machine="elsewhere")
    assert Cluster([a, far]).at(a, here) is None


def test_a_host_with_several_brokers_is_told_by_port() -> None:
    a, b = (broker(n, openwire(i), hosts=frozenset({"h"})) for i, n in enumerate("ab", 1))
    cluster = Cluster([a, b])
    assert cluster.at(a, parse("tcp://h:2")) is b
    assert cluster.at(a, parse("tcp://h:3")) is None


def test_hops_are_counted_in_the_direction_of_messages() -> None:
    cluster = Cluster(chain())
    assert cluster.distances["a"] == {"a": 0, "b": 1, "c": 2}
    assert cluster.distances["c"] == {"c": 0}
    assert not cluster.circular
    assert Cluster(mesh()).circular
    assert Cluster(mesh()).longest == 1


def test_a_ttl_that_is_too_short_says_whose_messages_end_where() -> None:
    found = {f.rule: f for f in lint(chain()).findings}
    assert found["message-ttl-too-short"].node == "b"
    assert "messages from a are at hop 2 on their way to c, messageTTL is 1" in found["message-ttl-too-short"].message
    assert found["consumer-ttl-too-short"].node == "a"
    assert "consumers at c are 2 hops from a" in found["consumer-ttl-too-short"].message


def test_many_brokers_are_linted_in_a_moment() -> None:
    import time

    nodes = [net(f"n{i}", to(f"n{(i + 1) % 200}", extra='duplex="true"')) for i in range(200)]
    start = time.perf_counter()
    assert lint(nodes).findings
    assert time.perf_counter() - start < 5


# --- versions


@pytest.mark.parametrize(
    ("version", "known"),
    [("5.17.6", False), ("5.17.7", True), ("5.18.3", False), ("5.18.4", True), ("5.19.0", True), ("6.0.1", False),
     ("6.1.0", True), ("6.3.1", True), ("5.9.1", False), ("latest", None), (None, None), ("6.1.0-SNAPSHOT", True)],
)  # fmt: skip
def test_a_change_is_in_the_branches_that_it_went_to(version: str | None, known: bool | None) -> None:
    assert has(version, "mysql-connector-8-known") is known


# --- silencing


def test_an_ignore_in_a_file_is_for_that_file_only() -> None:
    comment = "<!-- amqctl-lint: ignore network-connector-unnamed the vendor's, not ours to name -->"
    unnamed = '<networkConnectors><networkConnector uri="static:(tcp://b:1)"/></networkConnectors>'
    nodes = [broker("a", comment + unnamed), broker("c", unnamed)]
    result = lint(nodes)
    assert [(f.node, f.rule) for f in result.findings] == [("c", "network-connector-unnamed")]
    assert result.silenced == {"network-connector-unnamed": 1}


def test_findings_are_in_the_order_of_files_and_lines() -> None:
    nodes = pair(kahadb() + openwire(1), attrs='deleteAllMessagesOnStartup="true" persistent="false"')
    found = lint(nodes).findings
    assert [f.node for f in found] == sorted(f.node or "" for f in found)
    assert [(f.line or 0) for f in found if f.node == "a1"] == sorted((f.line or 0) for f in found if f.node == "a1")


# --- topologies


def test_a_patch_is_linted_and_the_finding_stands_at_the_group() -> None:
    text = """
        groups:
          a:
            brokers: 2
            patch: [{at: "amq:broker", set: {deleteAllMessagesOnStartup: "true"}}]
    """
    found = [f for f in lint_topology(settled(text)).findings if f.severity == "error"]
    assert [(f.rule, f.node, f.file, f.line) for f in found] == [
        ("delete-all-messages-in-group", "a-1", "/topo/t.yaml", 5),
        ("delete-all-messages-in-group", "a-2", "/topo/t.yaml", 5),
    ]
    assert found[0].place is not None and found[0].place.startswith("a-1/activemq.xml:")


def test_a_topology_silences_by_id_with_a_reason() -> None:
    text = """
        groups: {a: {brokers: 2}}
        lint: {ignore: [{id: quick-lock-polling, reason: a drill}, {id: nonsense, reason: x}]}
    """
    result = lint_topology(settled(text))
    assert [f.rule for f in result.findings] == ["ignore-unknown-rule"]
    assert result.findings[0].file == "/topo/t.yaml"
    assert result.silenced == {"quick-lock-polling": 2}


# --- as `up` hears it


class Somewhere:
    """A runtime, as far as lint asks one."""

    def __init__(self, name: str, file_system: str = "unknown") -> None:
        self.name = name
        self._file_system = file_system

    def store_file_system(self, node: NodeSpec) -> str:
        return self._file_system


def heard(text: str, runtime: Somewhere) -> list[Event]:
    plan = make_plan(settled(text), a_place, "{}")
    files = render(plan, {u.name: "x" for u in plan.settled.users}, caps)
    events: list[Event] = []
    heed(plan, files, cast(Runtime, runtime), events.append)
    return events


STOCK = "profile: stock\ngroups: {a: {brokers: 2}}"


def test_up_starts_nothing_on_a_store_that_nobody_could_take_over() -> None:
    with pytest.raises(BadTopology) as raised:
        heard(STOCK, Somewhere("local", "nfs"))
    assert {p.line for p in raised.value.problems} == {4}
    assert all("[kahadb-shared-on-nfs3]" in p.what for p in raised.value.problems)
    assert raised.value.exit_code == 2


def test_up_tells_warnings_and_goes_on() -> None:
    events = heard(STOCK, Somewhere("local", "nfs4"))
    assert {(e.subject, e.phase) for e in events} == {("a-1", "warn"), ("a-2", "warn")}
    assert "[kahadb-keepalive-off-on-network-fs]" in events[0].text
    assert heard(STOCK, Somewhere("local", "ext4")) == []


@pytest.mark.parametrize(("options", "refused"), [("vers=3", True), ("nfsvers=3,rw", True), ("rw", False)])
def test_a_volume_s_options_say_what_it_is_on(options: str, refused: bool) -> None:
    volume = f'{{type: nfs, o: "addr=h,{options}", device: ":/x"}}'
    text = f"profile: stock\ngroups: {{a: {{brokers: 2, store: {{kahadb: {{volume_options: {volume}}}}}}}}}"
    if refused:
        with pytest.raises(BadTopology):
            heard(text, Somewhere("docker"))
    else:
        assert [e.phase for e in heard(text, Somewhere("docker"))] == ["warn", "warn"]


# --- as whom a bridge logs in


def guarded(entries: str, extra: str = "") -> list[str]:
    """What is said of b, where user bridge of group bridges comes for advisories; entries: of its authorization."""
    users = '<simpleAuthenticationPlugin><users><authenticationUser username="bridge" groups="bridges"/></users>'
    rights = f"<authorizationMap><authorizationEntries>{entries}</authorizationEntries></authorizationMap>"
    plugins = f"{users}</simpleAuthenticationPlugin><authorizationPlugin><map>{rights}</map></authorizationPlugin>"
    nodes = [net("a", to("b", extra=f'userName="bridge" {extra}')), net("b", more=f"<plugins>{plugins}</plugins>")]
    return [f.message for f in lint(nodes).findings if f.rule == "bridge-without-advisory-rights"]


def test_a_bridge_s_own_group_must_be_among_those_that_read_the_advisories_of_consumers() -> None:
    entry = '<authorizationEntry topic="{}" read="{}"/>'
    assert guarded(entry.format("ActiveMQ.Advisory.&gt;", "users, bridges")) == []
    assert guarded(entry.format("&gt;", "*")) == []
    may_not = ["bridge (bridges) may not read ActiveMQ.Advisory.Consumer.>"]
    assert guarded(entry.format("ActiveMQ.Advisory.&gt;", "users")) == may_not
    none = ["no <authorizationEntry> is for topic ActiveMQ.Advisory.Consumer.>"]
    assert guarded(entry.format("ActiveMQ.Advisory.Connection", "bridges")) == none
    # who is known to its own broker alone may be in any group there
    assert guarded(entry.format("ActiveMQ.Advisory.&gt;", "users"), 'remoteUserName="far"') == []


# --- what clients are told


TOLD = 'name="openwire" uri="tcp://{host}:61616" updateClusterClients="true"'


def published(policy: str, host: str = "0.0.0.0", **known: Any) -> list[str]:
    """What is said of a connector that has this <publishedAddressPolicy>; known: of its node."""
    inner = f"<publishedAddressPolicy>{policy}</publishedAddressPolicy>" if policy else ""
    one = f"<transportConnectors><transportConnector {TOLD.format(host=host)}>{inner}</transportConnector>"
    found = lint([broker("a", one + "</transportConnectors>", **known)]).findings
    return [f.message for f in found if f.rule == "cluster-clients-address"]


def strategy(word: str) -> str:
    return f'<publishedAddressPolicy publishedHostStrategy="{word}"/>'


MAPPING = (
    '<bean xmlns="http://www.springframework.org/schema/beans"'
    ' class="org.apache.activemq.broker.PublishedAddressPolicy">'
    '<property name="hostMapping"><map><entry key="a" value="10.0.0.1"/></map></property></bean>'
)
IN_A_CONTAINER: dict[str, Any] = {"clients": frozenset()}
REACHED: dict[str, Any] = {"clients": frozenset({"10.0.0.1"})}


def test_a_policy_that_tells_a_container_s_own_name_is_no_address_for_clients() -> None:
    own = ["connector openwire: updateClusterClients tells clients the container's own name"]
    for policy in ("", strategy("HOSTNAME"), strategy("FQDN"), strategy("ipaddress")):
        assert published(policy, **IN_A_CONTAINER) == own
        assert published(policy, **REACHED) == own
    assert published(strategy("HOSTNAME"))
    assert published(strategy("FQDN")) == [], "of a machine that is the name to tell"


def test_a_container_s_name_in_the_uri_is_none_either() -> None:
    assert published("", "a", **IN_A_CONTAINER) and published("", "a", **REACHED)
    assert published("", "a") == [], "a machine may be called so"
    assert published("", "10.0.0.1", **REACHED) == []


def test_a_mapping_to_what_clients_reach_is() -> None:
    assert published(MAPPING, **IN_A_CONTAINER) == [] == published(MAPPING, **REACHED)
    attribute = '<publishedAddressPolicy hostMapping="a=10.0.0.1"/>'
    inner = '<hostMapping><map><entry key="a" value="b"/></map></hostMapping>'
    element = f"<publishedAddressPolicy>{inner}</publishedAddressPolicy>"
    assert published(attribute, **REACHED) == []
    assert published(element, **REACHED) == ["connector openwire: updateClusterClients tells clients b"]


def test_a_topology_read_alone_may_come_to_run_where_clients_reach_it() -> None:
    text = "groups: {a: {brokers: 1}}\ndefaults: {connectors: {openwire: {updateClusterClients: true}}}\n"
    assert "cluster-clients-address" not in counted(*lint_topology(settled(text)).findings)
