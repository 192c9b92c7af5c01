"""Rights and TLS, from the file to what brokers are given."""

from __future__ import annotations

import pytest
from lxml import etree

from amqctl.activemq.versions import caps
from amqctl.errors import BadTopology, CannotRun
from amqctl.plan.model import Files, Plan, content, digest
from amqctl.plan.plan import make_plan
from amqctl.plan.render import render
from tests.builders import settled
from tests.plans import a_place

NS = {"amq": "http://activemq.apache.org/schema/core", "b": "http://www.springframework.org/schema/beans"}
PAIRS = "groups: {a: {brokers: 2}, b: {brokers: 1}}\nnetwork: [{name: l, from: a, to: b}]\n"
TWO = "security: {users: {shop: {groups: [sellers]}, ledger: {groups: [accounts]}}, authorization: %s}\n"


def planned(text: str) -> Plan:
    return make_plan(settled(PAIRS + text), a_place, "{}")


def rendered(text: str, **passwords: str) -> Files:
    plan = planned(text)
    return render(plan, {s.name: f"{s.name} pw" for s in plan.settled.secrets} | passwords, caps)


def tree(files: Files, name: str = "activemq.xml", node: str = "a-1") -> etree._Element:
    return etree.fromstring(files[node][name].encode())


def entries(text: str) -> dict[tuple[str, str], dict[str, set[str]]]:
    found = {}
    for one in tree(rendered(text)).iterfind(".//amq:authorizationEntry", NS):
        kind = "queue" if "queue" in one.attrib else "topic"
        acls = {what: set(one.get(what, "").split(",")) - {""} for what in ("read", "write", "admin")}
        found[kind, one.attrib[kind]] = acls
    return found


# ---- authorization


def test_without_a_word_on_it_there_is_no_authorization() -> None:
    assert tree(rendered("")).find(".//amq:authorizationPlugin", NS) is None


def test_administrators_and_bridges_may_do_all_and_everyone_what_clients_need() -> None:
    text = TWO % '[{queue: "orders.>", read: [accounts], write: [sellers]}]'
    found = entries(text)
    for kind in ("queue", "topic"):
        assert found[kind, ">"] == dict.fromkeys(("read", "write", "admin"), {"admins", "bridges"})
    everyone = {"admins", "bridges", "sellers", "accounts"}
    assert found["topic", "ActiveMQ.Advisory.>"] == dict.fromkeys(("read", "write", "admin"), everyone)
    temporary = tree(rendered(text)).find(".//amq:tempDestinationAuthorizationEntry[@read]", NS)
    assert temporary is not None
    assert {what: set(temporary.attrib[what].split(",")) for what in temporary.attrib} == dict.fromkeys(
        ("read", "write", "admin"), everyone
    )


def test_who_may_use_a_destination_makes_it_unless_told_otherwise() -> None:
    found = entries(TWO % "[{queue: q, read: [accounts], write: [sellers]}, {queue: r, read: [accounts], admin: []}]")
    assert found["queue", "q"] == {"read": {"accounts"}, "write": {"sellers"}, "admin": {"accounts", "sellers"}}
    assert found["queue", "r"] == {"read": {"accounts"}, "write": set(), "admin": set()}


def test_rights_for_one_pattern_become_one_entry() -> None:
    found = entries(TWO % '[{queue: ">", read: [sellers]}, {queue: ">", write: [accounts], admin: []}]')
    always = {"admins", "bridges"}
    assert found["queue", ">"] == {
        "read": always | {"sellers"}, "write": always | {"accounts"}, "admin": always | {"sellers"},
    }  # fmt: skip


@pytest.mark.parametrize("nothing", ["[]", ""])
def test_an_empty_list_lets_the_group_users_use_everything(nothing: str) -> None:
    found = entries(f"security: {{authorization: {nothing}}}\n")
    for kind in ("queue", "topic"):
        assert found[kind, ">"]["write"] == {"admins", "bridges", "users"}


def test_a_group_that_nobody_is_in_is_a_mistake() -> None:
    with pytest.raises(BadTopology, match="no user is in group seller") as caught:
        planned(TWO % "[{queue: q, read: [accounts, seller]}]")
    [problem] = caught.value.problems
    assert "did you mean sellers?" in problem.fix
    assert problem.line is not None


@pytest.mark.parametrize(("version", "role"), [("5.18.3", "admin"), ("6.1.7", "admins")])
def test_with_rights_the_console_is_for_administrators(version: str, role: str) -> None:
    """It acts as the bridges' user, who may do all."""
    files = rendered(f"activemq: {version}\nsecurity: {{authorization: []}}\n")
    roles = tree(files, "jetty.xml").xpath(
        "//b:bean[contains(@class, 'Constraint')]/b:property[@name='roles']/@value", namespaces=NS
    )
    assert set(roles) == {role}


def test_the_simple_plugin_has_the_users_in_activemq_xml() -> None:
    users = tree(rendered("security: {plugin: simple}\n")).findall(".//amq:authenticationUser", NS)
    assert {(u.get("username"), u.get("password"), u.get("groups")) for u in users} == {
        ("admin", "admin pw", "admins"), ("app", "app pw", "users"), ("bridge", "bridge pw", "bridges"),
    }  # fmt: skip


@pytest.mark.parametrize("password", ["#bean", "a\0b"])
def test_a_password_that_activemq_xml_cannot_hold_is_refused_without_being_told(password: str) -> None:
    with pytest.raises(CannotRun, match="the password of user app") as caught:
        rendered("security: {plugin: simple}\n", app=password)
    assert password not in str(caught.value)


# ---- TLS


ALL = "defaults: {connectors: {openwire: {}, stomp: {}, ws: {}, amqp: {}, mqtt: {}}}\n"


def uris(files: Files, what: str = "transportConnector") -> list[str]:
    return [one.attrib["uri"] for one in tree(files).iterfind(f".//amq:{what}", NS)]


def test_with_tls_nothing_speaks_plain_text() -> None:
    files = rendered(f"tls:\n{ALL}")
    assert [uri.partition("://")[0] for uri in uris(files)] == ["ssl", "stomp+ssl", "wss", "amqp+ssl", "mqtt+ssl"]
    assert uris(files, "networkConnector")[0].startswith("static:(ssl://127.0.0.1:")
    for name in files["a-1"]:
        assert "tcp://" not in files["a-1"][name], name


def test_client_certificates_are_asked_for_by_every_connector() -> None:
    for uri in uris(rendered(f"tls: {{clientAuth: true}}\n{ALL}")):
        wanted = "transport.needClientAuth=true" if uri.startswith("wss") else "needClientAuth=true"
        assert wanted in uri.partition("?")[2].split("&")


@pytest.mark.parametrize(
    ("version", "factory"),
    [("5.14.5", "SslContextFactory"), ("5.18.3", "SslContextFactory$Server"), ("6.1.7", "SslContextFactory$Server")],
)
def test_the_console_has_the_node_s_key(version: str, factory: str) -> None:
    root = tree(rendered(f"activemq: {version}\ntls: {{}}\n"), "jetty.xml")
    [found] = root.xpath(f"//b:bean[@class='org.eclipse.jetty.util.ssl.{factory}']", namespaces=NS)
    values = {p.get("name"): p.get("value") for p in found}
    assert values["keyStorePassword"] == "tls:key store pw"
    assert values["keyStorePath"] == "#{systemProperties['activemq.conf']}/keystore.p12"
    assert bool(root.xpath("//b:property[@name='sniHostCheck']", namespaces=NS)) == (version != "5.14.5")


def test_key_stores_are_among_the_files_and_their_kind_is_told() -> None:
    plan = planned("tls: {}\n")
    passwords = {s.name: s.name for s in plan.settled.secrets}
    keys = {n.name: {"keystore.jks": "/u3+7Q==", "truststore.p12": "MII="} for n in plan.nodes}
    files = render(plan, passwords, caps, keys)
    context = tree(files).find(".//amq:sslContext[@keyStore]", NS)
    assert context is not None
    assert (context.get("keyStoreType"), context.get("trustStoreType")) == ("JKS", "PKCS12")
    assert context.get("keyStore", "").endswith("/keystore.jks")
    assert content("keystore.jks", files["a-1"]["keystore.jks"]) == b"\xfe\xed\xfe\xed"


def test_a_binary_file_is_known_by_its_bytes() -> None:
    assert digest(content("keystore.p12", "AAEC")) == digest(b"\0\1\2")
    assert digest(content("activemq.xml", "ä")) == digest("ä")


def test_passwords_of_own_key_stores_are_never_generated_and_never_written() -> None:
    store = "{file: /k/{node}.p12, password: {env: KEYS}}"
    made = settled(
        f"{PAIRS}tls: {{keyStore: {store.replace('{node}', 'x')}, trustStore: {store.replace('{node}', 'x')}}}\n"
    )
    kinds = {s.name: s.password.kind for s in made.secrets}
    assert (kinds["tls:key store"], kinds["tls:trust store"]) == ("env", "env")
    with pytest.raises(BadTopology):
        settled(f"{PAIRS}tls: {{keyStore: {{file: x, password: secret}}, trustStore: {{file: x, password: secret}}}}\n")
