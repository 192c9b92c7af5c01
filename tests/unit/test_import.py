"""`amqctl import`: somebody's files become a topology that validates, means the same, and says what it left out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from amqctl.activemq import engines
from amqctl.activemq.brokerxml import read
from amqctl.activemq.brokerxml.facts import BrokerFacts
from amqctl.activemq.versions import caps
from amqctl.cli import run
from amqctl.cli.linting import nowhere
from amqctl.plan.importing import Imported, imported
from amqctl.plan.importing.text import yaml_text
from amqctl.plan.plan import make_plan
from amqctl.plan.render import render_broker_xml
from amqctl.provision.foreign import gather
from amqctl.topology.check import settled
from amqctl.topology.settled import Settled

ROOT = Path(__file__).resolve().parents[2]
S5F = ROOT / "tests" / "lint" / "s5f"
SHIPPED = sorted((ROOT / "tests" / "lint" / "shipped").glob("*/*.xml"))
AMQ = 'xmlns="http://activemq.apache.org/schema/core"'


def taken(*paths: Path, version: str | None = "5.18.3") -> Imported:
    found = gather([str(p) for p in paths], version)
    return imported("t", found.founds, found.servers, found.source)


def settle(made: Imported, place: Path) -> Settled:
    for name, text in made.secrets.items():
        (place / name).parent.mkdir(exist_ok=True)
        (place / name).write_text(text)
    return settled(yaml_text(made, "x"), str(place / "t.yaml"), caps=caps, engines=engines)


def facts_of(made: Imported, place: Path) -> Mapping[str, BrokerFacts]:
    plan = make_plan(settle(made, place), nowhere, "")
    files = render_broker_xml(plan, {secret.name: "-" for secret in plan.settled.secrets})
    return {node.name: read(files[node.name]["activemq.xml"]).facts for node in plan.nodes}


def broker(place: Path, inside: str, name: str = "a", beans: str = "") -> Path:
    place.mkdir(parents=True, exist_ok=True)
    port = 61616 + sum(map(ord, name)) % 97
    transports = f"<transportConnectors><transportConnector name='o' uri='tcp://0.0.0.0:{port}'/></transportConnectors>"
    text = f'<beans><broker {AMQ} brokerName="{name}">{inside}{transports}</broker>{beans}</beans>'
    (place / "activemq.xml").write_text(text)
    return place / "activemq.xml"


def left(made: Imported) -> list[str]:
    return [f"{one.element}: {one.why}" for one in made.left]


# ---- the whole of it


def test_s5f_becomes_two_pairs_and_a_link_and_the_bridges_to_nowhere_are_listed(tmp_path: Path) -> None:
    made = taken(S5F)
    groups = made.topology["groups"]
    assert {name: list(body["brokers"]) for name, body in groups.items()} == {
        "ms-broker-a": ["amq1", "amq2"],
        "ms-broker-b": ["amq3", "amq4"],
    }
    assert groups["ms-broker-a"]["brokers"]["amq2"]["ports"] == {"openwire": 61617, "console": 8162}
    assert made.topology["network"] == [
        {"name": "ms-broker-b", "from": "ms-broker-a", "to": "ms-broker-b", "via": "static", "duplex": True}
    ]
    assert [(Path(o.file).parts[-3], o.line) for o in made.left if "to itself" in o.why] == [("amq1", 76), ("amq3", 76)]
    assert settle(made, tmp_path).links[0].duplex


def test_s5f_means_the_same_when_it_is_rendered(tmp_path: Path) -> None:
    """Everything but what is in the table: the self bridges, the console, the store's place, no authentication."""
    found = gather([str(S5F)], "5.18.3")
    after = facts_of(taken(S5F), tmp_path)
    for one in found.founds:
        before, now = one.node.facts, after[one.node.name]
        assert now.name == before.name
        assert sorted((t.uri.scheme, sorted(t.uri.options.items())) for t in now.transports) == sorted(
            (t.uri.scheme, sorted(t.uri.options.items())) for t in before.transports
        )
        assert now.policies == before.policies
        assert {k: v.attributes for k, v in now.limits.items()} == {
            k: {n: x.replace(" ", "") for n, x in v.attributes.items()} for k, v in before.limits.items()
        }
        assert now.store is not None
        assert now.store.kind == "kahaDB"
        wanted = [n for n in before.networks if n.name]
        assert [(n.name, n.duplex, n.uri.scheme, len(n.uri.leaves)) for n in now.networks if n.uri] == [
            (n.name, n.duplex, n.uri.scheme, len(n.uri.leaves)) for n in wanted if n.uri
        ]


@pytest.mark.parametrize("file", SHIPPED, ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_every_shipped_file_becomes_a_topology_that_validates(file: Path, tmp_path: Path) -> None:
    made = taken(file)
    before = gather([str(file)], None).founds[0].node.facts
    (now,) = facts_of(made, tmp_path).values()
    assert now.policies == before.policies or any("policyEntry" in one for one in left(made))
    kept = {k: v for k, v in before.attributes.items() if k in now.attributes and "irectory" not in k}
    assert {k: now.attributes[k] for k in kept} == kept
    said = " ".join(one.element for one in made.left)
    for plugin in before.plugins:
        meant = {"simpleAuthenticationPlugin": "users", "authorizationPlugin": "authorization"}.get(plugin.name)
        assert plugin in now.plugins or plugin.name in said or meant in made.topology["security"]
    for network in before.networks:
        assert (network.name or "(no name)") in said or now.networks


def test_the_file_says_where_things_came_from_and_what_was_left() -> None:
    text = yaml_text(taken(S5F), "s5f")
    assert text.startswith("# imported from s5f by `amqctl import`\n#\n# Not carried over")
    assert "amq1/conf/activemq.xml:76: networkConnector (no name)" in text
    assert "amq3/conf/activemq.xml, " in text


# ---- parts


def test_passwords_go_to_files_and_never_into_the_topology(tmp_path: Path) -> None:
    plugin = """<plugins><simpleAuthenticationPlugin anonymousAccessAllowed="true"><users>
      <authenticationUser username="admin" password="open-sesame" groups="admins,users"/>
      <authenticationUser username="gone" password="${its.password}" groups="users"/>
      </users></simpleAuthenticationPlugin><statisticsBrokerPlugin/></plugins>"""
    made = taken(broker(tmp_path / "in", plugin))
    assert made.secrets == {"secrets/admin": "open-sesame"}
    assert "open-sesame" not in yaml_text(made, "x") + json.dumps(left(made))
    users = {u.name: u for u in settle(made, tmp_path).users}
    assert users["admin"].password.kind == "file"
    assert users["admin"].groups == ("admins", "users")
    assert users["gone"].password.kind == "generated"
    assert any("anonymousAccessAllowed" in one for one in left(made))
    assert [p.name for p in facts_of(made, tmp_path)["in"].plugins if "statistics" in p.name] == [
        "statisticsBrokerPlugin"
    ]


def test_users_of_a_jaas_login_come_from_the_files_beside_it(tmp_path: Path) -> None:
    file = broker(tmp_path / "in", '<plugins><jaasAuthenticationPlugin configuration="activemq"/></plugins>')
    (file.parent / "users.properties").write_text("# them\nsystem=manager\n")
    (file.parent / "groups.properties").write_text("admins=system\n")
    made = taken(file)
    assert made.topology["security"] == {
        "users": {"system": {"password": {"file": "secrets/system"}, "groups": ["admins"]}}
    }


def test_users_and_placeholders_are_read_as_java_reads_them(tmp_path: Path) -> None:
    """Escapes, colons, lines that go on, and bytes that are ISO-8859-1 whoever wrote them."""
    plugin = """<plugins><jaasAuthenticationPlugin configuration="activemq"/></plugins>
      <transportConnectors><transportConnector name="openwire" uri="tcp://0.0.0.0:${port}"/></transportConnectors>
      <!-- of credentials.properties -->"""
    file = broker(tmp_path / "in", plugin)
    (file.parent / "credentials.properties").write_text("port : 61716")
    (file.parent / "users.properties").write_bytes("admin=p\\=w\\:1\\!\nuser : x\nother=ü\n".encode("iso-8859-1"))
    (file.parent / "groups.properties").write_text("admins=admin,\\\n  user \n")
    made = taken(file)
    assert made.secrets == {"secrets/admin": "p=w:1!", "secrets/user": "x", "secrets/other": "ü"}
    assert [made.topology["security"]["users"][name]["groups"] for name in ("admin", "user")] == [["admins"]] * 2
    assert "61716" in yaml_text(made, "x")


RIGHTS = """
<plugins>
  <simpleAuthenticationPlugin><users>
    <authenticationUser username="shop" password="s3cret" groups="sellers"/>
    <authenticationUser username="clerk" password="s4cret" groups="accounts"/>
  </users></simpleAuthenticationPlugin>
  <authorizationPlugin><map><authorizationMap>
    <authorizationEntries>
      <authorizationEntry queue="orders.&gt;" read="accounts" write="sellers,nobody" admin="admins"/>
      <authorizationEntry topic="ActiveMQ.Advisory.&gt;" read="sellers" write="sellers" admin="sellers"/>
    </authorizationEntries>
    <tempDestinationAuthorizationEntry>
      <tempDestinationAuthorizationEntry read="sellers"/>
    </tempDestinationAuthorizationEntry>
  </authorizationMap></map></authorizationPlugin>
</plugins>
"""


def test_rights_are_carried_over_and_what_amqctl_gives_anyway_is_told(tmp_path: Path) -> None:
    made = taken(broker(tmp_path / "a", RIGHTS, "a"), broker(tmp_path / "b", RIGHTS, "b"))
    right = {"queue": "orders.>", "read": ["accounts"], "write": ["sellers"], "admin": ["admins"]}
    assert made.topology["security"]["authorization"] == [right]
    assert any("nobody" in one for one in left(made))
    settled = settle(made, tmp_path)
    assert settled.authorization is not None
    (orders,) = [r for r in settled.authorization.rights if r.pattern == "orders.>"]
    assert (orders.read, orders.write, orders.admin) == (("accounts",), ("sellers",), ("admins",))


def test_rights_that_differ_by_broker_are_left(tmp_path: Path) -> None:
    other = RIGHTS.replace('read="accounts"', 'read="sellers"')
    made = taken(broker(tmp_path / "a", RIGHTS, "a"), broker(tmp_path / "b", other, "b"))
    assert "authorization" not in made.topology["security"]
    assert any("authorizationPlugin" in one for one in left(made))


@pytest.mark.parametrize(
    ("uri", "link"),
    [
        (
            "masterslave:(tcp://b1:61616,tcp://b2:61616)?initialReconnectDelay=5",
            {"to": "b", "options": {"initialReconnectDelay": 5}},
        ),
        ("static:(failover:(tcp://b1:61616,tcp://b2:61616)?randomize=false&amp;maxReconnectAttempts=0)", {"to": "b"}),
        ("static:(tcp://b1:61616)", {"to": "b1"}),
        ("static:(tcp://b1:61616,tcp://b2:61616)", {"to": "b", "via": "static"}),
    ],
)  # fmt: skip
def test_ways_to_name_the_other_group(tmp_path: Path, uri: str, link: dict[str, object]) -> None:
    network = f'<networkConnectors><networkConnector name="l" uri="{uri}" networkTTL="2"/></networkConnectors>'
    kahadb = '<persistenceAdapter><kahaDB directory="/srv/b"/></persistenceAdapter>'
    files = [
        broker(tmp_path / "a1", network, "a"),
        broker(tmp_path / "b1", kahadb, "b"),
        broker(tmp_path / "b2", kahadb, "b"),
    ]
    for file, port in zip(files[1:], (61001, 61002), strict=True):
        file.write_text(file.read_text().replace("61616", str(port)).replace("61617", str(port)))
    made = taken(*files)
    if not any(len(body["brokers"]) == 2 for body in made.topology["groups"].values()):
        pytest.fail(yaml_text(made, "x"))
    assert made.topology["network"] == [{"name": "l", "from": "a", **link, "set": {"networkTTL": 2}}]
    assert settle(made, tmp_path).links


def connector(uri: str, more: str = "") -> str:
    return f'<networkConnectors><networkConnector name="l" uri="{uri}" {more}/></networkConnectors>'


def test_a_link_to_others_is_carried_over_and_said_aloud(tmp_path: Path) -> None:
    """Both members of a pair declare it: one link from the group, with its user's password in a file."""
    kahadb = '<persistenceAdapter><kahaDB directory="/srv/a"/></persistenceAdapter>'
    out = "static:(tcp://elsewhere:61700?connectionTimeout=500)?maxReconnectDelay=9"
    more = (
        'networkTTL="2" duplex="true" remoteUserName="there" remotePassword="hidden" userName="here" password="other"'
    )
    first = broker(tmp_path / "a1", kahadb + connector(out, more), "a")
    second = broker(tmp_path / "a2", kahadb + connector(out, more), "a")
    second.write_text(second.read_text().replace("61616", "61999"))
    made = taken(first, second)
    (link,) = made.topology["network"]
    assert link == {
        "name": "l", "from": "a", "uri": out, "user": "there", "password": {"file": "secrets/l-there"},
        "duplex": True, "set": {"networkTTL": 2},
    }  # fmt: skip
    assert made.secrets["secrets/l-there"] == "hidden" and "hidden" not in yaml_text(made, "x")
    assert any(
        "elsewhere:61700, which is none of these brokers: this cluster will connect there" in t for t in left(made)
    )
    (network,) = next(iter(facts_of(made, tmp_path).values())).networks
    assert network.uri == read(first.read_text()).facts.networks[0].uri
    assert network.attributes["remoteUserName"] == "there" and network.duplex


@pytest.mark.parametrize(
    ("uri", "because"),
    [
        ("static:(tcp://${dc2}:61616)", "what stands for it cannot be told"),
        ("zeroconf:_activemq.example.", "zeroconf: is not carried over"),
        ("multicast://default", "none of these brokers announces itself there"),
        ("multicast://${group}", "cannot be told"),
    ],
)
def test_links_that_cannot_be_carried_over_are_listed(uri: str, because: str, tmp_path: Path) -> None:
    made = taken(broker(tmp_path / "in", connector(uri)))
    assert "network" not in made.topology
    assert any("networkConnector l" in one and because in one for one in left(made)), left(made)


@pytest.mark.parametrize(
    ("version", "more", "because"),
    [
        ("5.15.11", 'userName="u" password="p"', "logs in at both ends of a bridge as one user"),
        ("5.18.3", 'userName="u" password="ENC(x)"', "its password there is encrypted"),
        ("5.18.3", 'userName="u" password="${p}"', "cannot be told"),
    ],
)
def test_a_login_there_that_cannot_be_carried_over(version: str, more: str, because: str, tmp_path: Path) -> None:
    made = taken(broker(tmp_path / "in", connector("static:(tcp://elsewhere:61616)", more)), version=version)
    assert made.topology["network"] == [{"name": "l", "from": "a", "uri": "static:(tcp://elsewhere:61616)"}]
    assert any(because in one for one in left(made)), left(made)


def meeting(place: Path, name: str, finds: str = "", found: str = "", more: str = "", store: str = "") -> Path:
    """A broker that looks for others at `finds` and is found at `found`."""
    inside = (f'<persistenceAdapter><kahaDB directory="{store}"/></persistenceAdapter>' if store else "") + (
        connector(finds, more) if finds else ""
    )
    file = broker(place, inside, name)
    if found:
        file.write_text(
            file.read_text().replace("<transportConnector ", f"<transportConnector discoveryUri='{found}' ")
        )
    return file


def test_who_finds_each_other_by_multicast(tmp_path: Path) -> None:
    """One link for all who are found; the cluster's own multicast group, and no network card's name."""
    uri = "multicast://239.1.2.3:6200?group=prod&amp;networkInterface=eth0&amp;initialReconnectDelay=7"
    found = "multicast://239.1.2.3:6200?group=prod"
    names = ("a", "b", "c")
    files = [meeting(tmp_path / n, n, f"{uri}&amp;discovered.soTimeout=9", found, 'networkTTL="2"') for n in names]
    made = taken(*files)
    assert made.topology["network"] == [
        {
            "name": "l", "multicast": {"address": "239.1.2.3:6200", "initialReconnectDelay": 7},
            "transport": {"soTimeout": 9}, "set": {"networkTTL": 2},
        }
    ]  # fmt: skip
    said = "\n".join(left(made))
    assert "group=prod: it is the cluster's name" in said and "networkInterface=eth0" in said
    assert "discoveryUri" not in said
    assert len(settle(made, tmp_path).links) == 6
    for facts in facts_of(made, tmp_path).values():
        (network,) = facts.networks
        assert network.uri is not None and network.uri.host == "239.1.2.3" and network.uri.options["group"] == "t"
        (transport,) = [t for t in facts.transports if "discoveryUri" in t.attributes]
        assert transport.attributes["discoveryUri"].startswith("multicast://239.1.2.3:6200?group=t")


def test_one_that_looks_and_others_that_are_found(tmp_path: Path) -> None:
    """Two multicast groups: in the first a pair looks for b; in the second b and c find each other, in both ways."""
    far, near = "multicast://default?group=far", "multicast://default?group=near"
    files = [
        meeting(tmp_path / "a1", "a", far, "", 'duplex="true"', "/srv/a"),
        meeting(tmp_path / "a2", "a", far, "", 'duplex="true"', "/srv/a"),
        meeting(tmp_path / "b", "b", "", far),
        meeting(tmp_path / "c", "c", near, near, 'duplex="true"'),
        meeting(tmp_path / "d", "d", near, near, 'duplex="false"'),
    ]
    files[1].write_text(files[1].read_text().replace("61616", "61999"))
    made = taken(*files)
    assert made.topology["network"] == [
        {"name": "l", "from": "a", "multicast": {"group": "far"}, "groups": ["b"], "duplex": True},
        {"name": "l-2", "multicast": {"group": "near"}, "groups": ["c", "d"]},
    ]
    said = "\n".join(left(made))
    assert "every bridge would be there twice" in said
    assert "duplex are not as at" in said
    assert {(k.from_group, k.to_group) for k in settle(made, tmp_path).links} == {("a", "b"), ("c", "d"), ("d", "c")}


def test_some_that_look_and_others_that_are_found_make_no_link(tmp_path: Path) -> None:
    uri = "multicast://default"
    files = [meeting(tmp_path / n, n, uri if n != "c" else "", uri if n == "c" else "") for n in ("a", "b", "c")]
    made = taken(*files)
    assert "network" not in made.topology
    said = "\n".join(left(made))
    assert "a, b look for others there, and c are found" in said
    assert "discoveryUri: it announces itself by multicast" in said


def test_destinations_of_a_connector_have_keys_and_children_of_policies_become_patches(tmp_path: Path) -> None:
    box = '<dynamicallyIncludedDestinations><queue physicalName="x.>"/></dynamicallyIncludedDestinations>'
    network = f'<networkConnectors><networkConnector name="l" uri="static:(tcp://b1:61616)">{box}</networkConnector></networkConnectors>'
    policy = """<destinationPolicy><policyMap><policyEntries><policyEntry queue="q.>" memoryLimit="1mb">
      <deadLetterStrategy><individualDeadLetterStrategy queuePrefix="D."/></deadLetterStrategy></policyEntry>
      <policyEntry queue="r.>"><networkBridgeFilterFactory>
      <conditionalNetworkBridgeFilterFactory replayWhenNoConsumers="true"/></networkBridgeFilterFactory></policyEntry>
      </policyEntries></policyMap></destinationPolicy>"""
    first = broker(tmp_path / "a1", policy + network, "a")
    made = taken(first, broker(tmp_path / "b1", "", "b"))
    (node,) = made.topology["groups"]["a"]["brokers"]
    after = facts_of(made, tmp_path)[node]
    before = read(first.read_text()).facts
    assert made.topology["network"][0]["destinations"] == {"included": [{"queue": "x.>"}]}
    assert after.networks[0].included == before.networks[0].included
    assert after.policies[0] == before.policies[0]
    assert after.policies[1].element.children == before.policies[1].element.children


def test_a_compose_files_database_becomes_a_companion(tmp_path: Path) -> None:
    store = '<persistenceAdapter><jdbcPersistenceAdapter dataSource="#ds"/></persistenceAdapter>'
    bean = """<bean xmlns="http://www.springframework.org/schema/beans" id="ds"
      class="org.apache.commons.dbcp2.BasicDataSource"><property name="url"
      value="jdbc:mysql://db:3306/amq?relaxAutoCommit=true&amp;useUnicode=true"/><property name="username" value="amq"/>
      <property name="password" value="hidden"/></bean>"""
    broker(tmp_path / "m1", store, "orders", bean)
    broker(tmp_path / "m2", store, "orders", bean)
    (tmp_path / "compose.yml").write_text("""services:
  db: {image: "mysql:8.0", environment: {MYSQL_ROOT_PASSWORD: hidden}}
  m1: {image: "apache/activemq-classic:5.18.3", volumes: ["./m1:/opt/apache-activemq/conf"]}
  m2: {image: "apache/activemq-classic:5.18.3", volumes: ["./m2:/opt/apache-activemq/conf"],
       environment: {ACTIVEMQ_OPTS_MEMORY: "-Xms64M -Xmx1G"}}
""")
    made = taken(tmp_path, version=None)
    group = made.topology["groups"]["orders"]
    assert made.topology["companions"] == {"db": {"mysql": {"image": "mysql:8.0"}}}
    assert group["store"]["jdbc"] == {"server": "db", "database": "amq", "user": "amq", "params": {"useUnicode": True}}
    assert made.topology["activemq"] == "5.18.3"
    assert group["brokers"]["m2"]["jvm"] == {"heap": "1g"}
    assert "hidden" not in yaml_text(made, "x")
    assert settle(made, tmp_path).groups[0].store.kind == "jdbc"


# ---- the verb


def test_the_verb_writes_a_topology_and_its_secrets_for_the_user_alone(tmp_path: Path, capsys) -> None:
    plugin = """<plugins><simpleAuthenticationPlugin><users><authenticationUser username="u" password="p-w-d"
      groups="users"/></users></simpleAuthenticationPlugin></plugins>"""
    file, out = broker(tmp_path / "in", plugin), tmp_path / "out"
    assert run(["import", str(file), "-d", str(out), "--name", "mine", "-o", "json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["topology"] == str(out / "mine.yaml")
    assert {"file", "line", "element", "why", "do"} == set(said["left"][0])
    assert (out / "secrets" / "u").read_text() == "p-w-d\n"
    assert (out / "secrets" / "u").stat().st_mode & 0o777 == 0o600
    assert (out / "secrets").stat().st_mode & 0o777 == 0o700
    assert run(["import", str(file), "-d", str(out), "--name", "mine"]) == 2, "it does not write over a topology"
    assert run(["validate", str(out / "mine.yaml")]) == 0


@pytest.mark.parametrize("verb", [["lint"], ["import", "-d", "o"]])
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<beans/>" + " " * 5_000_000, "5000008 bytes are too many for a broker's configuration"),
        ("services: {}\n" + " " * 5_000_000, "5000013 bytes are too many for a compose file"),
        ("services: [\n", "x:2:1: not YAML"),
    ],
)
def test_what_is_nothing_to_read_is_so_to_lint_and_import_alike(verb, text, words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("x").write_text(text)
    assert run([*verb, "x"]) == 2
    assert words in capsys.readouterr().err


def test_what_cannot_be_read_is_named(tmp_path: Path, capsys) -> None:
    assert run(["import", str(tmp_path), "-d", str(tmp_path / "o")]) == 2
    assert "no activemq.xml and no compose file" in capsys.readouterr().err
