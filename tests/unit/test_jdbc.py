"""Stores in a database: what is filled in, what cannot be meant, what is rendered, how long a takeover may take."""

from __future__ import annotations

import re

import pytest
from lxml import etree

from amqctl.activemq import engines, stores
from amqctl.activemq.stores.jdbc import RECOVERY
from amqctl.activemq.versions import caps
from amqctl.drills import history as h
from amqctl.plan.model import Files, Plan
from amqctl.plan.plan import make_plan
from amqctl.plan.render import render
from amqctl.topology.load import load
from amqctl.topology.settle import settle
from amqctl.topology.settled import Credential, PasswordSource, Settled
from amqctl.topology.settledstores import Database, JdbcStore
from amqctl.topology.yamltext import NO_MARKS
from tests.builders import HEAD, PAIR, row, settled
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
