"""Stores in a database: what is filled in, what cannot be meant, what is rendered, how long a takeover may take."""

from __future__ import annotations

import re

import pytest
from lxml import etree

from amqctl.activemq import engines, stores
from amqctl.activemq.stores.jdbc import CONNECTIONS, RECOVERY
from amqctl.activemq.versions import caps
from amqctl.drills import history as h
from amqctl.errors import CannotRun
from amqctl.plan.model import Files, Plan
from amqctl.plan.plan import make_plan
from amqctl.plan.render import render
from amqctl.topology.load import load
from amqctl.topology.settle import settle
from amqctl.topology.settled import Credential, PasswordSource, Settled
from amqctl.topology.settledstores import Database, JdbcStore
from amqctl.topology.yamltext import NO_MARKS
from tests.builders import HEAD, PAIR, problem, problems, row, settled
from tests.plans import a_place

NS = {"amq": "http://activemq.apache.org/schema/core", "b": "http://www.springframework.org/schema/beans"}
GENERATED = PasswordSource("generated")
EXISTING = "url: 'jdbc:postgresql://h/amq', user: u, password: {env: DB_PW}"


def group(jdbc: str, *, name: str = "a", brokers: int = 2) -> str:
    return f"{name}: {{store: {{jdbc: {{{jdbc}}}}}, brokers: {brokers}}}"


def of(jdbc: str, kind: str = "mysql", *, head: str = "", brokers: int = 2) -> Settled:
    return settled(f"{head}companions: {{db: {kind}}}\ngroups: {{{group(jdbc, brokers=brokers)}}}")


def the_store(made: Settled) -> JdbcStore:
    store = made.groups[0].store
    assert isinstance(store, JdbcStore)
    return store


def rendered(text: str, password: str = "secret") -> tuple[Plan, Files]:
    made = settled(text)
    plan = make_plan(made, a_place, "{}")
    return plan, render(plan, {s.name: password for s in made.secrets}, caps)


def tree(files: Files, node: str) -> etree._Element:
    return etree.fromstring(files[node]["activemq.xml"].encode())


def one(root: etree._Element, path: str) -> etree._Element:
    [found] = root.xpath(path, namespaces=NS)
    return found


def properties(root: etree._Element) -> dict[str, str]:
    bean = one(root, "/b:beans/b:bean[@destroy-method='close']")
    return {p.get("name"): p.get("value").replace("#{'#{'}", "#{") for p in bean}


# ---- what is filled in


def test_a_companion_and_a_server_are_enough() -> None:
    made = of("server: db")
    assert the_store(made) == JdbcStore(
        kind="jdbc", companion="db", engine="mysql", url=None,
        database=Database("a", "a", GENERATED, "db.db.a"), driver=None, locker="database",
        lock_acquire_sleep_interval=100, lock_keep_alive_period=1000, pool="dbcp2", table_prefix=None,
        params={"relaxAutoCommit": True, "useSSL": False, "allowPublicKeyRetrieval": True},
        attributes={"createTablesOnStartup": "true"},
    )  # fmt: skip
    [server] = made.companions
    assert (server.name, server.kind, server.image, server.port, server.secret) == ("db", "mysql", None, 3306, "db.db")
    assert server.databases == (the_store(made).database,)
    assert the_store(made).path is None


def test_every_password_is_known_once() -> None:
    made = settled(f"companions: {{db: mysql}}\ngroups: {{{group('server: db')}, {group(EXISTING, name='b')}}}\n")
    others = {"admin", "app", "bridge"}
    assert [s for s in made.secrets if s.name not in others] == [
        Credential("db.db", GENERATED),
        Credential("db.db.a", GENERATED),
        Credential("db.b.u", PasswordSource("env", "DB_PW")),
    ]


@pytest.mark.parametrize(
    ("name", "safe"), [("Orders", "orders"), ("ms-broker-a", "ms_broker_a"), ("1st.x", "amq_1st_x")]
)
def test_a_database_has_the_group_s_name_made_safe(name: str, safe: str) -> None:
    text = f"companions: {{db: mysql}}\ngroups: {{{name}: {{store: {{jdbc: {{server: db}}}}, brokers: {{x: }}}}}}"
    database = the_store(settled(text)).database
    assert (database.name, database.user) == (safe, safe)


def test_the_longest_names_fit_every_server() -> None:
    text = (
        f"companions: {{db: postgres}}\ngroups: {{1{'b' * 60}: {{store: {{jdbc: {{server: db}}}}, brokers: {{x: }}}}}}"
    )
    database = the_store(settled(text)).database
    assert (len(database.name), len(database.user)) == (63, 16)


def test_the_profiles_differ_in_times_and_in_mysql_s_patience() -> None:
    lab, stock = of("server: db"), of("server: db", head="profile: stock\n")
    assert lab.companions[0].settings == {"innodb_lock_wait_timeout": 2}
    assert str(row(lab, "db", "settings.innodb_lock_wait_timeout").origin) == "profile lab"
    assert stock.companions[0].settings == {}
    store = the_store(stock)
    assert (store.lock_acquire_sleep_interval, store.lock_keep_alive_period) == (10_000, 30_000)


@pytest.mark.parametrize("key", ["innodb_lock_wait_timeout", "innodb-lock-wait-timeout"])
def test_a_written_setting_wins_over_the_profile_s(key: str) -> None:
    made = settled(f"companions: {{db: {{mysql: {{settings: {{{key}: 7}}}}}}}}\n{PAIR}")
    assert made.companions[0].settings == {key: 7}
    assert str(row(made, "db", f"settings.{key}").origin) == "line 3"


@pytest.mark.parametrize(
    ("head", "written", "times"),
    [
        ("", "", (1500, 500)),
        ("profile: stock\n", "", (10_000, 3333)),
        ("", ", lockAcquireSleepInterval: 3000", (3000, 1000)),
        ("", ", lockKeepAlivePeriod: 750", (1500, 750)),
    ],
)
def test_a_lease_is_renewed_well_within_its_length(head: str, written: str, times: tuple[int, int]) -> None:
    store = the_store(of(f"server: db, locker: lease{written}", head=head))
    assert (store.lock_acquire_sleep_interval, store.lock_keep_alive_period) == times


@pytest.mark.parametrize(
    ("kind", "locker"), [("mysql", "database"), ("mariadb", "database"), ("postgres", "database"), ("derby", "lease")]
)
def test_the_row_lock_where_the_engine_holds_it(kind: str, locker: str) -> None:
    store = the_store(of("server: db", kind))
    assert (store.engine, store.locker) == (kind, locker)


@pytest.mark.parametrize(
    ("url", "engine"),
    [
        ("jdbc:mysql://h/a", "mysql"),
        ("jdbc:mariadb://h/a", "mariadb"),
        ("jdbc:postgresql://h/a", "postgres"),
        ("jdbc:derby://h/a", "derby"),
        ("jdbc:oracle:thin:@h:1521:AMQDB", "oracle"),
        ("jdbc:h2:tcp://h/a", "other"),
    ],
)
def test_an_existing_database_is_known_by_its_url(url: str, engine: str) -> None:
    driver = ", driver: 'com.h2database:h2:2.2.224'" if engine == "other" else ""
    made = settled(f"groups: {{{group(f'url: {url!r}, user: u, password: {{file: pw}}' + driver)}}}")
    store = the_store(made)
    assert (store.engine, store.url, store.companion, store.params) == (engine, url, None, {})
    assert store.database == Database("", "u", PasswordSource("file", "/topo/pw"), "db.a.u")
    assert made.companions == ()


def test_ports_of_companions_are_handed_out_with_the_others() -> None:
    text = f"companions: {{x: mysql, y: mariadb, z: {{mysql: {{port: 4000}}}}, p: postgres}}\n{PAIR}"
    assert [c.port for c in settled(text).companions] == [3306, 3307, 4000, 5432]
    assert [c.port for c in settled(text, port_offset=10).companions] == [3316, 3317, 4010, 5442]


def test_two_groups_have_a_database_each_on_one_server() -> None:
    made = settled(f"companions: {{db: mysql}}\ngroups: {{{group('server: db')}, {group('server: db', name='b')}}}")
    assert [(d.name, d.user, d.secret) for d in made.companions[0].databases] == [
        ("a", "a", "db.db.a"), ("b", "b", "db.db.b"),
    ]  # fmt: skip


def test_two_groups_share_a_database_by_prefixes() -> None:
    of_both = "server: db, database: amq, user: amq, tablePrefix"
    made = settled(
        f"companions: {{db: mysql}}\ngroups: {{{group(of_both + ': a_')}, {group(of_both + ': b_', name='b')}}}"
    )
    assert [d.name for d in made.companions[0].databases] == ["amq"]


def test_without_a_text_origins_have_no_lines() -> None:
    topology = load(HEAD + f"companions: {{db: mysql}}\ngroups: {{{group('server: db, user: u')}}}", None).topology
    made = settle(topology, NO_MARKS, caps=caps, engines=engines, source=None)
    assert str(row(made, "a-1", "store.jdbc.user").origin) == "file"
    assert str(row(made, "a-1", "store.jdbc.database").origin) == "amqctl default"


# ---- what cannot be meant

DB = "companions: {db: mysql}\ngroups:\n  "
URL = "groups:\n  "
MISTAKES = {
    "no such companion": (DB + group("server: dbb"), 5, "there is no companion dbb", "did you mean db?"),
    "an administrator": (DB + group("server: db, user: root"), 5, "root is the administrator of db", "another user"),
    "an odd user": (DB + group("server: db, user: a b"), 5, '"a b" is no user that amqctl makes on MySQL', "letters"),
    "a database and a url": (URL + group(EXISTING + ", database: x"), 4, "the URL says which", "remove"),
    "no user": (URL + group("url: 'jdbc:mysql://h/a'"), 4, "needs its user and password", "{env: NAME}"),
    "a generated password": (
        URL + group("url: 'jdbc:mysql://h/a', user: u, password: generated"),
        4,
        "has its password already",
        "{env: NAME}",
    ),
    "no JDBC URL": (
        URL + group("url: 'mysql://h/a', user: u, password: {env: X}, driver: x.jar"),
        4,
        "mysql://h/a is no JDBC URL",
        "",
    ),
    "no known driver": (
        URL + group("url: 'jdbc:h2:tcp://h/a', user: u, password: {env: X}"),
        4,
        "knows no driver",
        "Maven coordinate",
    ),
    "Derby with a row lock": (
        "companions: {db: derby}\ngroups:\n  " + group("server: db, locker: database"),
        5,
        "a second broker becomes master beside a healthy one",
        "locker: lease",
    ),
    "an embedded Derby for two": (
        URL + group("url: 'jdbc:derby:/d;create=true', user: u, password: {env: X}"),
        4,
        "for one broker only",
        "derby",
    ),
    "a lease that ends": (
        DB + group("server: db, locker: lease, lockKeepAlivePeriod: 800"),
        5,
        "a renewal every 800 ms",
        "at most 750",
    ),
    "a lease that is never renewed": (
        DB + group("server: db, locker: lease, lockKeepAlivePeriod: 0"),
        5,
        "never renews the lease",
        "leave it out",
    ),
    "an attribute that is said elsewhere": (
        DB + group("server: db, set: {useLock: false}"),
        5,
        "useLock cannot be set here: without the lock",
        "remove useLock",
    ),
    "a password as a parameter": (
        DB + group("server: db, params: {password: x}"),
        5,
        "password is no parameter",
        "write `password`",
    ),
    "a setting of amqctl's own": (
        f"companions: {{db: {{mysql: {{settings: {{port: 1}}}}}}}}\n{PAIR}",
        3,
        "set by amqctl",
        "",
    ),
    "a port of a broker's": (
        "companions: {db: {mysql: {port: 61616}}}\n" + PAIR,
        4,
        "port 61616 is claimed twice: db mysql (line 3)",
        "",
    ),
    "a group's name": ("companions: {A: mysql}\n" + PAIR, 3, "companion A has the name of group a (line 4)", "rename"),
    "a broker's name": (
        "companions: {A-1: mysql}\n" + PAIR,
        4,
        "broker a-1 has the name of companion A-1 (line 3)",
        "",
    ),
    "a prefix that needs quotes": (DB + group("server: db, tablePrefix: a-b"), 5, '"a-b" is not', "letters"),
}


@pytest.mark.parametrize(("text", "line", "what", "fix"), MISTAKES.values(), ids=MISTAKES)
def test_what_cannot_be_meant(text: str, line: int, what: str, fix: str) -> None:
    found = problem(text)
    assert what in found.what
    assert fix in found.fix
    assert found.line == line, str(found)


@pytest.mark.parametrize("prefix", ["", ", tablePrefix: x_"])
def test_two_groups_on_the_same_tables_are_told_with_both_lines(prefix: str) -> None:
    a, b = (group(f"server: db, database: amq{prefix}", name=name) for name in "ab")
    found = problem(f"{DB}{a}\n  {b}")
    assert found.what.startswith("b and a (line 5) keep their tables in one database, amq of db")
    assert found.line == 6
    assert "tablePrefix" in found.fix


def test_two_groups_on_one_url_are_told_unless_oracle_keeps_users_apart() -> None:
    oracle = "url: 'jdbc:oracle:thin:@h:1521:X', password: {env: P}, user: "
    assert not problems(f"groups: {{{group(oracle + 'u')}, {group(oracle + 'v', name='b')}}}")
    assert (
        "one database, jdbc:postgresql://h/amq"
        in problem(f"groups: {{{group(EXISTING)}, {group(EXISTING, name='b')}}}").what
    )


def test_one_user_has_one_password() -> None:
    a = group("server: db, user: u, password: {env: A}")
    found = problem(f"{DB}{a}\n  {group('server: db, user: u', name='b')}")
    assert (found.what, found.line) == ("user u of db has another password (line 5)", 6)


@pytest.mark.parametrize(
    "url",
    [
        "jdbc:mysql://u:hunter2@h/a",
        "jdbc:mysql://h/a?user=u&password=hunter2",
        "jdbc:oracle:thin:scott/hunter2@h:1:X",
        "jdbc:derby://h:1/a;user=u;password=hunter2",
        "jdbc:postgresql://h/a?sslpassword=1&PASSWORD=hunter2",
    ],
)
def test_a_password_in_a_url_is_refused_and_not_repeated(url: str) -> None:
    found = problem(f"groups: {{{group(f'url: {url!r}, user: u, password: {{env: X}}')}}}")
    assert found.what == "the URL has a password in it"
    assert "hunter2" not in str(found)


def test_an_embedded_derby_for_one_broker() -> None:
    embedded = "url: 'jdbc:derby:/d/amq;create=true', user: u, password: {env: X}"
    plan, files = rendered(f"groups: {{{group(embedded, brokers=1)}}}")
    assert plan.nodes[0].jars == tuple(
        f"org.apache.derby:{n}:10.16.1.1" for n in ("derby", "derbyshared", "derbytools")
    )
    assert "driverClassName" not in properties(tree(files, "a-1"))


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


# ---- what a drill says of it


def test_takeover_budgets() -> None:
    facts = stores.facts("jdbc")
    row_lock, lease = the_store(of("server: db")), the_store(of("server: db, locker: lease"))
    assert facts.takeover_budget(row_lock).seconds == pytest.approx(0.1 + RECOVERY)
    assert facts.takeover_budget(lease).seconds == pytest.approx(2 * 1.5 + RECOVERY)
    assert [facts.locker_name(s) for s in (row_lock, lease)] == ["database-locker", "lease-database-locker"]
    assert facts.medium(row_lock) == "MySQL"
    assert any("frozen or cut off" in said for said in facts.caveats(row_lock))
    assert any("clocks that differ" in said for said in facts.caveats(lease))
    assert stores.facts("kahadb").medium(settled(PAIR).groups[0].store) is None


@pytest.mark.parametrize(
    ("line", "proves"),
    [
        ("Becoming the master on dataSource: org.apache.commons.dbcp2.BasicDataSource@1", "lock"),
        ("a-1, becoming master with lease expiry Fri on dataSource: x", "lock"),
        ("Attempting to acquire the exclusive lock to become the Master broker", None),
        ("Failed to acquire lock.  Sleeping for 100 milli(s) before trying again...", None),
        ("a, no longer able to keep the exclusive lock so giving up being a master", "lock lost"),
        ("Lock keepAlive failed, no longer lock owner with: LeaseDatabaseLocker owner:a-1", "lock lost"),
    ],
)
def test_lines_that_prove_who_has_the_lock(line: str, proves: str | None) -> None:
    assert h.evidence(line) == proves


def test_what_the_rows_say_fits_what_is_used() -> None:
    made = of("server: db, lockAcquireSleepInterval: 700", "postgres")
    assert row(made, "a-1", "store.jdbc.lockAcquireSleepInterval").value == "700 ms"
    assert re.match("line 4", str(row(made, "a-1", "store.jdbc.lockAcquireSleepInterval").origin))
    assert row(made, "db", "databases.a").value == "for a, password generated"
