"""A store in a database as it is rendered."""

from __future__ import annotations

import pytest
from lxml import etree

from amqctl.activemq.stores.jdbc import CONNECTIONS
from amqctl.activemq.versions import caps
from amqctl.errors import CannotRun
from amqctl.plan.plan import make_plan
from amqctl.plan.render import render
from tests.builders import settled
from tests.plans import a_place
from tests.unit.test_jdbc import NS, group, one, properties, rendered, tree

# ---- what is rendered


def test_what_is_rendered_for_a_row_lock() -> None:
    plan, files = rendered(f"companions: {{db: mysql}}\ngroups: {{{group('server: db, tablePrefix: X_')}}}")
    root = tree(files, "a-1")
    adapter = one(root, "//amq:jdbcPersistenceAdapter")
    assert dict(adapter.attrib) == {
        "dataSource": "#mysql-ds", "lockKeepAlivePeriod": "1000", "createTablesOnStartup": "true",
    }  # fmt: skip
    assert [etree.QName(e).localname for e in adapter] == ["adapter", "statements", "locker"]
    assert one(adapter, "amq:adapter/*").tag == f"{{{NS['amq']}}}mysql-jdbc-adapter"
    assert one(adapter, "amq:statements/amq:statements").get("tablePrefix") == "X_"
    assert dict(one(adapter, "amq:locker/amq:database-locker").attrib) == {"lockAcquireSleepInterval": "100"}
    assert root.xpath("//amq:ioExceptionHandler", namespaces=NS) == []
    assert properties(root) == {
        "driverClassName": "com.mysql.cj.jdbc.Driver",
        "url": "jdbc:mysql://127.0.0.1:3306/a?relaxAutoCommit=true&useSSL=false&allowPublicKeyRetrieval=true",
        "username": "a", "password": "secret", "maxTotal": str(CONNECTIONS), "poolPreparedStatements": "true",
    }  # fmt: skip
    assert plan.nodes[0].jars == ("com.mysql:mysql-connector-j:8.0.33",)
    assert '"com.mysql:mysql-connector-j:8.0.33"' in files["a-1"]["launch.json"]


def test_where_constraints_have_unique_names_tables_are_named_whole() -> None:
    of_both = "server: db, database: amq, tablePrefix"
    groups = f"{group(of_both + ': A_')}, {group(of_both + ': B_', name='b')}"
    _, files = rendered(f"companions: {{db: postgres}}\ngroups: {{{groups}}}")
    statements = [dict(one(tree(files, n), "//amq:statements/amq:statements").attrib) for n in ("a-1", "b-1")]
    assert statements[0] == {
        "messageTableName": "A_ACTIVEMQ_MSGS",
        "durableSubAcksTableName": "A_ACTIVEMQ_ACKS",
        "lockTableName": "A_ACTIVEMQ_LOCK",
    }
    assert not set(statements[0].values()) & set(statements[1].values())


def test_each_broker_holds_the_lease_under_its_own_name() -> None:
    plan, files = rendered(f"companions: {{db: derby}}\ngroups: {{{group('server: db')}}}")
    roots = {node.name: tree(files, node.name) for node in plan.nodes}
    lockers = [one(root, "//amq:lease-database-locker") for root in roots.values()]
    assert [e.get("leaseHolderId") for e in lockers] == ["a-1", "a-2"]
    assert {e.get("lockAcquireSleepInterval") for e in lockers} == {"1500"}
    assert {one(root, "amq:broker").get("brokerName") for root in roots.values()} == {"a"}
    for root in roots.values():
        assert one(root, "amq:broker/amq:ioExceptionHandler/amq:leaseLockerIOExceptionHandler") is not None


def test_brokers_are_told_where_their_runtime_has_the_server() -> None:
    made = settled(f"companions: {{db: postgres}}\ngroups: {{{group('server: db')}}}", port_offset=5)
    plan = make_plan(made, lambda node, s: a_place(node, s).__class__("0.0.0.0", node, "127.0.0.1", "/d", "/s"), "{}")
    files = render(plan, {s.name: "x" for s in made.secrets}, caps)
    assert properties(tree(files, "a-1"))["url"] == "jdbc:postgresql://db:5437/a"
    [spec] = plan.companions
    assert (spec.name, spec.place.inside, dict(spec.ports)) == ("db", "db", {"postgres": 5437})


@pytest.mark.parametrize(
    ("scheduler", "shared"), [("", ()), (", broker: {schedulerSupport: true}", ("/stores/a/scheduler",))]
)
def test_nothing_is_shared_on_disk_but_a_scheduler(scheduler: str, shared: tuple[str, ...]) -> None:
    store = "store: {jdbc: {server: db}}"
    plan, files = rendered(f"companions: {{db: mysql}}\ngroups: {{a: {{{store}, brokers: 2{scheduler}}}}}")
    assert [node.shared for node in plan.nodes] == [shared, shared]
    directory = one(tree(files, "a-1"), "amq:broker").get("schedulerDirectoryFile")
    assert directory == (shared[0] if shared else None)


def test_dbcp_1_where_it_is_asked_for() -> None:
    plan, files = rendered(f"companions: {{db: mysql}}\ngroups: {{{group('server: db, pool: dbcp1')}}}")
    bean = one(tree(files, "a-1"), "/b:beans/b:bean[@id='mysql-ds']")
    assert bean.get("class") == "org.apache.commons.dbcp.BasicDataSource"
    assert "maxActive" in properties(tree(files, "a-1"))
    assert "maxTotal" not in properties(tree(files, "a-1"))
    assert plan.nodes[0].jars[1:] == ("commons-dbcp:commons-dbcp:1.4", "commons-pool:commons-pool:1.6")


def test_an_old_server_s_image_gets_the_driver_of_its_time() -> None:
    text = f"companions: {{db: {{mysql: {{image: 'mysql:5.6'}}}}}}\ngroups: {{{group('server: db')}}}"
    plan, files = rendered(text)
    assert properties(tree(files, "a-1"))["driverClassName"] == "com.mysql.jdbc.Driver"
    assert plan.nodes[0].jars == ("mysql:mysql-connector-java:5.1.49",)


@pytest.mark.parametrize(
    ("driver", "jar"), [("./lib/x.jar", "/topo/lib/x.jar"), ("/l/x.jar", "/l/x.jar"), ("'a.b:c:1.0'", "a.b:c:1.0")]
)
def test_a_driver_of_one_s_own_is_found_by_the_url(driver: str, jar: str) -> None:
    plan, files = rendered(f"companions: {{db: mysql}}\ngroups: {{{group(f'server: db, driver: {driver}')}}}")
    assert plan.nodes[0].jars == (jar,)
    assert "driverClassName" not in properties(tree(files, "a-1"))


@pytest.mark.parametrize(
    ("url", "whole"),
    [
        ("jdbc:mysql://h/a", "jdbc:mysql://h/a?k=v%26w"),
        ("jdbc:mysql://h/a?x=1", "jdbc:mysql://h/a?x=1&k=v%26w"),
        ("jdbc:derby://h/a", "jdbc:derby://h/a;k=v&w"),
        ("jdbc:derby://h/a;x=1", "jdbc:derby://h/a;x=1;k=v&w"),
    ],
)
def test_parameters_are_joined_to_an_existing_url(url: str, whole: str) -> None:
    text = f"groups: {{{group(f'url: {url!r}, user: u, password: {{env: X}}, params: {{k: v&w}}')}}}"
    assert properties(tree(rendered(text)[1], "a-1"))["url"] == whole


@pytest.mark.parametrize(
    "nasty", ["a\"<&>'${x}", "x #{1+1} #{'y'}", "]]>", "&amp;", "{{ 7*7 }}", "äöü€\U0001d11e", "\\", " a ", "t\tn\nr\r"]
)
def test_a_password_survives_xml_and_spring(nasty: str) -> None:
    _, files = rendered(f"companions: {{db: mysql}}\ngroups: {{{group('server: db')}}}", nasty)
    root = tree(files, "a-1")
    [value] = root.xpath("//b:property[@name='password']/@value", namespaces=NS)
    assert "#{" not in value.replace("#{'#{'}", "")
    assert properties(root)["password"] == nasty


def test_a_password_that_no_xml_can_hold_is_told_and_not_shown() -> None:
    with pytest.raises(CannotRun) as caught:
        rendered(f"companions: {{db: mysql}}\ngroups: {{{group('server: db')}}}", "geheim\x01")
    assert "the password of a-1's database has a character that XML does not know: U+0001" in str(caught.value)
    assert "geheim" not in str(caught.value)


def test_no_password_is_in_what_is_explained_or_planned() -> None:
    plan, files = rendered(f"companions: {{db: mysql}}\ngroups: {{{group('server: db')}}}", "geheim")
    assert "geheim" not in repr(plan)
    assert [name for name, text in files["a-1"].items() if "geheim" in text and name.endswith(".json")] == []
