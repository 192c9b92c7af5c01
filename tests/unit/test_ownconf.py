"""`conf: DIR`: files are run byte for byte but for what amqctl must own, and what may not be said beside them."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from pathlib import Path

import pytest

from amqctl.activemq import engines
from amqctl.activemq.brokerxml import read
from amqctl.activemq.brokerxml.sheet import Sheet, applied
from amqctl.activemq.ownconf import OwnFiles
from amqctl.activemq.versions import caps
from amqctl.cluster.intent import Intent, plan_of, settled_of
from amqctl.cluster.observation import Seen, role
from amqctl.errors import BadTopology
from amqctl.plan.model import Place, Plan, content
from amqctl.plan.ownfiles import MASK, changes
from amqctl.plan.plan import make_plan
from amqctl.plan.render import render
from amqctl.provision.ownconf import Confs, files, own_files
from amqctl.topology.check import settled as settle_text
from amqctl.topology.own import OwnConf

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = sorted((ROOT / "tests" / "lint" / "shipped").glob("*/*.xml"))
HEAD = "apiVersion: amqctl/v1\nname: t\nactivemq: 5.18.3\n"
XML = """<?xml version="1.0"?>\r
<!-- kept: as it is -->
<beans xmlns="http://www.springframework.org/schema/beans">
  <broker xmlns="http://activemq.apache.org/schema/core" brokerName="a" dataDirectory="${activemq.data}">
    {networks}
    <persistenceAdapter>{store}</persistenceAdapter>
    <transportConnectors>
      <transportConnector name='openwire'   uri='tcp://0.0.0.0:61616?a=1&amp;b=2' /><!-- grüße -->
      <transportConnector uri="stomp+nio://localhost:61613" name="s"/>
      <transportConnector name="second" uri="tcp://${host}:${port}"/>
    </transportConnectors>
  </broker>{beans}
</beans>
"""
KAHADB = '<kahaDB directory="${activemq.data}/kahadb"/>'
JDBC = '<jdbcPersistenceAdapter dataSource="#ds"/>'
DS = """<bean id="ds" class="org.apache.commons.dbcp2.BasicDataSource">
    <property name="url" value="jdbc:mysql://old/db"/><property name="username" value="me"/>
    <property name="password" value="their-secret"/></bean>"""


def conf(tmp_path: Path, *, store: str = KAHADB, networks: str = "", beans: str = "", name: str = "a") -> Path:
    place = tmp_path / name
    place.mkdir()
    text = XML.replace("{store}", store).replace("{networks}", networks).replace("{beans}", beans)
    (place / "activemq.xml").write_bytes(text.replace('brokerName="a"', f'brokerName="{name}"').encode())
    return place


def plan(tmp_path: Path, text: str) -> Plan:
    found = settle_text(HEAD + text, str(tmp_path / "t.yaml"), caps=caps, engines=engines, confs=Confs())

    def place(node: str, _: object) -> Place:
        return Place("127.0.0.1", node, "127.0.0.1", f"/nodes/{node}/data", "/stores")

    return make_plan(found, place, "")


def rendered(made: Plan) -> dict[str, dict[str, str]]:
    passwords = {one.name: "new-secret" for one in made.settled.secrets}
    return {n: dict(f) for n, f in render(made, passwords, caps, own=own_files(made.settled)).items()}


def problems(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(BadTopology) as caught:
        plan(tmp_path, text)
    return [str(p) for p in caught.value.problems]


# ---- what is changed


def test_only_what_amqctl_must_own_is_changed_and_every_other_byte_stays(tmp_path: Path) -> None:
    original = (conf(tmp_path) / "activemq.xml").read_bytes()
    made = plan(tmp_path, "groups: {a: {conf: a, brokers: 2}}")
    out = content("activemq.xml", rendered(made)["a-2"]["activemq.xml"])
    expected = original
    for old, new in (
        (b"0.0.0.0:61616", b"127.0.0.1:61617"),
        (b"localhost:61613", b"127.0.0.1:62614"),
        (b"${host}:${port}", b"127.0.0.1:64617"),
        (b"${activemq.data}/kahadb", b"/stores/a/kahadb"),
    ):
        assert original.count(old) == 1
        expected = expected.replace(old, new)
    assert out == expected


@pytest.mark.parametrize("file", SHIPPED, ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_a_shipped_file_keeps_its_meaning(file: Path, tmp_path: Path) -> None:
    """Facts before and after are the same but for transports' addresses, directories, and addresses of links."""
    text = file.read_text()
    text = re.sub(r"<import [^>]*>", "", text)
    text = re.sub(r"\$\{activemq\.conf\}", "/c", text)
    before = read(text).facts
    place = tmp_path / "c"
    place.mkdir()
    (place / "activemq.xml").write_text(text)
    needs = "store: {jdbc: {url: 'jdbc:mysql://h/d', user: u, password: {env: P}}}, "
    try:
        made = plan(tmp_path, f"groups: {{{before.name}: {{conf: c, brokers: 1}}}}")
    except BadTopology as exc:
        if "no transport connector that amqctl can ask" in str(exc):
            return
        assert "in a database" in str(exc)
        made = plan(tmp_path, f"groups: {{{before.name}: {{{needs}conf: c, brokers: 1}}}}")
    try:
        out = rendered(made)[f"{before.name}-1"]["activemq.xml"]
    except BadTopology as exc:
        assert "finds no place" in str(exc)  # embedded Derby, or no data source at all
        return
    assert len(out.splitlines()) == len(text.splitlines())
    after = read(out).facts
    assert [(t.name, t.uri.scheme, t.uri.options) for t in after.transports] == [
        (t.name, t.uri.scheme, t.uri.options) for t in before.transports
    ]
    assert all(t.uri.host == "127.0.0.1" for t in after.transports if t.uri.scheme != "vm")
    assert after.policies == before.policies
    assert after.plugins == before.plugins
    assert (after.store.kind if after.store else "kahaDB") == (before.store.kind if before.store else "kahaDB")
    assert after.attributes == before.attributes


def test_a_store_that_is_not_written_is_put_where_all_members_have_it(tmp_path: Path) -> None:
    place = conf(tmp_path)
    text = (place / "activemq.xml").read_text()
    (place / "activemq.xml").write_text(re.sub(r"<persistenceAdapter>.*</persistenceAdapter>", "", text))
    out = rendered(plan(tmp_path, "groups: {a: {conf: a, brokers: 2}}"))["a-1"]["activemq.xml"]
    store = read(out).facts.store
    assert store is not None
    assert (store.kind, store.attributes["directory"]) == ("kahaDB", "/stores/a/kahadb")


def test_the_console_is_where_the_topology_has_it_and_spring_expressions_stay(tmp_path: Path) -> None:
    place = conf(tmp_path, beans='<import resource="jetty.xml"/>')
    (place / "jetty.xml").write_text(
        """<beans><bean class="org.apache.activemq.web.WebConsolePort">
        <property name="host" value="0.0.0.0"/><property name="port" value="8161"/></bean>
        <bean class="org.eclipse.jetty.server.ServerConnector">
        <property name="host" value="#{systemProperties['jetty.host']}"/></bean></beans>"""
    )
    made = plan(tmp_path, "groups: {a: {conf: a, brokers: {x: {ports: {console: 9000}}}}}")
    jetty = rendered(made)["x"]["jetty.xml"]
    assert '"host" value="127.0.0.1"' in jetty
    assert '"port" value="9000"' in jetty
    assert "#{systemProperties['jetty.host']}" in jetty


def test_a_data_source_leads_to_the_topologys_database_and_no_password_is_shown(tmp_path: Path) -> None:
    conf(tmp_path, store=JDBC, beans=DS)
    text = "companions: {db: mysql}\ngroups: {a: {conf: a, store: {jdbc: {server: db}}, brokers: 2}}"
    made = plan(tmp_path, text)
    bean = read(rendered(made)["a-1"]["activemq.xml"]).facts.bean("ds")
    assert bean is not None
    assert bean.properties["url"].startswith("jdbc:mysql://db:3306/a")
    assert bean.properties["password"] == "new-secret"
    own = own_files(made.settled)
    found = changes(made, made.nodes[0], own[str(tmp_path / "a")], {s.name: "new-secret" for s in made.settled.secrets})
    diff = "\n".join(line for one in found for line in one.diff())
    assert MASK in diff
    assert "secret" not in diff


def test_bridges_to_brokers_of_the_topology_find_them_and_others_are_left(tmp_path: Path) -> None:
    networks = (
        '<networkConnectors><networkConnector name="l" uri="static:(tcp://b1:61616,tcp://localhost:61616,'
        'tcp://far:61616)?x=1"/></networkConnectors>'
    )
    conf(tmp_path, networks=networks)
    conf(tmp_path, name="b")
    text = """groups: {a: {conf: a, brokers: {a1: {}}}, b: {conf: b, brokers: {b1: {}}}}
network: [{name: l, from: a, to: b}]"""
    out = rendered(plan(tmp_path, text))["a1"]["activemq.xml"]
    uri = read(out).facts.networks[0].uri
    assert uri is not None
    assert uri.text == "static:(tcp://b1:61617,tcp://b1:61617,tcp://far:61616)?x=1"


def test_a_placeholder_for_the_name_becomes_the_groups_name(tmp_path: Path) -> None:
    conf(tmp_path, name="${ACTIVEMQ_BROKER_NAME}").rename(tmp_path / "b")
    out = rendered(plan(tmp_path, "groups: {b: {conf: b, brokers: 1}}"))["b-1"]["activemq.xml"]
    assert read(out).facts.name == "b"


def test_other_files_and_jars_come_along_and_bytes_that_are_no_text_survive(tmp_path: Path) -> None:
    place = conf(tmp_path)
    blob = bytes(range(256))
    for name in ("broker.ks", "key.p12"):
        (place / name).write_bytes(blob)
    (place / "lib").mkdir()
    (place / "lib" / "mine.jar").write_bytes(b"PK")
    made = plan(tmp_path, "groups: {a: {conf: a, brokers: 1}}")
    out = rendered(made)["a-1"]
    assert content("broker.ks", out["broker.ks"]) == blob
    assert content("key.p12", out["key.p12"]) == blob
    assert made.nodes[0].jars == (str(place / "lib" / "mine.jar"),)
    # what the command line refers to and the directory has not; nothing else
    assert {"login.config", "jolokia-access.xml", "log4j2.properties", "launch.json"} < set(out)
    assert not {"users.properties", "credentials.properties", "jetty.xml"} & set(out)


def test_edits_of_attributes_that_are_not_there_and_of_empty_elements() -> None:
    from amqctl.activemq.brokerxml.tree import parse

    sheet = Sheet("<a>\r\n <b x='1'/>\n</a>")
    root = parse(sheet.text).root
    b = root.children[0]
    edits = [sheet.replaced(b, "y", '<&"', "why"), sheet.inside(b, "<c/>", "why")]
    assert applied(sheet.text, edits) == "<a>\r\n <b y=\"&lt;&amp;&quot;\" x='1'><c/></b>\n</a>"
    assert (edits[0].line, edits[0].column) == (2, 4)


# ---- what may not be said beside it


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("groups: {a: {conf: a, brokers: 2, usage: {memory: 64mb}}}", "4:35: usage is not read beside conf"),
        (
            "defaults: {policies: [{queue: '>'}]}\ngroups: {a: {conf: a, brokers: 2}}",
            "policies is not read beside conf",
        ),
        ("groups: {z: {conf: a, brokers: 2}}", "its activemq.xml has brokerName a, and this is the group z"),
        ("groups: {a: {brokers: {x: {conf: a}, y: {}}}}", "y has no conf, and other members have"),
        ("groups: {a: {conf: nowhere, brokers: 1}}", "nowhere: No such file or directory"),
        (
            "groups: {a: {conf: a, brokers: 1, store: {kahadb: {lockKeepAlivePeriod: 1}}}}",
            "lockKeepAlivePeriod is not read beside conf",
        ),
        (
            "groups: {a: {conf: a, brokers: 1}, b: {brokers: 1}}\nnetwork: [{name: l, from: a, to: b}]",
            "has no network connector l",
        ),
        ("tls: {}\ngroups: {a: {conf: a, brokers: 1}}", "files say whether it speaks TLS"),
    ],
)
def test_a_second_word_on_what_the_files_say_is_a_problem_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    conf(tmp_path)
    found = problems(tmp_path, text)
    assert any(said in one for one in found), found


def test_a_database_must_be_named_and_a_memory_store_is_for_one(tmp_path: Path) -> None:
    conf(tmp_path, store=JDBC, beans=DS)
    assert "keeps messages in a database" in problems(tmp_path, "groups: {a: {conf: a, brokers: 1}}")[0]
    conf(tmp_path, name="m", store="<memoryPersistenceAdapter/>")
    assert "keeps nothing" in problems(tmp_path, "groups: {m: {conf: m, brokers: 2}}")[0]


def test_what_the_files_refer_to_and_the_directory_lacks_is_named(tmp_path: Path) -> None:
    place = conf(tmp_path, beans='<import resource="jetty.xml"/>')
    found = problems(tmp_path, "groups: {a: {conf: a, brokers: 1}}")
    assert f"{place}/activemq.xml: activemq.xml needs jetty.xml" in found[0]


# ---- what is known of it later


def test_lock_times_are_the_files_own_whatever_the_profile(tmp_path: Path) -> None:
    conf(tmp_path, store='<kahaDB directory="x" lockKeepAlivePeriod="7"/>')
    store = plan(tmp_path, "groups: {a: {conf: a, brokers: 2}}").settled.groups[0].store
    assert (store.lock_acquire_sleep_interval, store.lock_keep_alive_period, store.attributes) == (10_000, 7, {})


def test_a_cluster_can_be_looked_at_when_its_directory_is_gone(tmp_path: Path) -> None:
    place = conf(tmp_path)
    intent = Intent(HEAD + "groups: {a: {conf: a, brokers: 2}}", str(tmp_path / "t.yaml"))
    before = settled_of(intent)
    recorded = intent.noting(before).dump()
    (place / "activemq.xml").unlink()
    again = plan_of(Intent.parse(recorded), lambda n, s: Place("b", "i", "d", "/d", "/s"))
    assert again.settled == before
    own = before.brokers[0].own
    assert own is not None
    assert OwnConf.parse(json.loads(json.dumps(asdict(own)))) == own


def test_amqctl_asks_as_the_user_whose_password_the_topology_names(tmp_path: Path) -> None:
    conf(tmp_path)
    text = "security: {users: {made: {}, system: {password: {env: P}}}}\ngroups: {a: {conf: a, brokers: 1}}"
    assert plan(tmp_path, text).settled.admin_user == "system"
    assert plan(tmp_path, "groups: {a: {conf: a, brokers: 1}}").settled.admin_user == "admin"


def test_whoever_lives_beside_a_master_and_cannot_be_asked_is_taken_for_waiting() -> None:
    silent = Seen(alive=True)
    assert role(silent, True, own=True) == "waiting"
    assert role(silent, False, own=True) == "starting"
    assert role(silent, True) == "starting"
    assert role(Seen(alive=True, slave=False), True, own=True) == "starting"


def test_utf16_is_refused_with_what_to_do(tmp_path: Path) -> None:
    place = tmp_path / "a"
    place.mkdir()
    (place / "activemq.xml").write_bytes("<beans><broker brokerName='a'/></beans>".encode("utf-16"))
    assert isinstance(files(str(place)), OwnFiles)
    assert "save it as UTF-8" in problems(tmp_path, "groups: {a: {conf: a, brokers: 1}}")[0]
