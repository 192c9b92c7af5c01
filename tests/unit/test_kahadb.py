"""KahaDB in all its forms: what is filled in, what cannot be meant, what is rendered, how long a takeover may take."""

from __future__ import annotations

import pytest
from lxml import etree

from amqctl.activemq import stores
from amqctl.activemq.stores.kahadb import RECOVERY
from amqctl.activemq.versions import caps
from amqctl.plan.model import Plan
from amqctl.plan.plan import make_plan
from amqctl.plan.render import render
from amqctl.topology.settled import Credential, PasswordSource
from amqctl.topology.settledstores import Database, DataSource, FilteredKahaDB, KahaDBStore
from tests.builders import problem, row, settled
from tests.plans import a_place

NS = {"amq": "http://activemq.apache.org/schema/core", "b": "http://www.springframework.org/schema/beans"}
GENERATED = PasswordSource("generated")
LEASE = "locker: {lease: {server: db}}"


def text(kahadb: str, *, version: str = "6.1.7", kind: str = "postgres") -> str:
    head = f"activemq: {version}\ncompanions: {{db: {kind}}}\n"
    return f"{head}groups: {{a: {{store: {{kahadb: {{{kahadb}}}}}, brokers: 2}}}}"


def of(kahadb: str, **more: str) -> KahaDBStore:
    store = settled(text(kahadb, **more)).groups[0].store
    assert isinstance(store, KahaDBStore)
    return store


def planned(kahadb: str, **more: str) -> tuple[Plan, dict[str, etree._Element]]:
    made = settled(text(kahadb, **more))
    plan = make_plan(made, a_place, "{}")
    files = render(plan, {s.name: f"pw of {s.name}" for s in made.secrets}, caps)
    return plan, {n.name: etree.fromstring(files[n.name]["activemq.xml"].encode()) for n in plan.nodes}


def one(root: etree._Element, path: str) -> etree._Element:
    [found] = root.xpath(path, namespaces=NS)
    return found


# ---- several stores in one


def test_what_no_pattern_matches_has_a_store_too() -> None:
    store = of('multi: [{queue: "x.>", set: {journalMaxFileLength: 16mb}}]')
    assert store.multi == (
        FilteredKahaDB("queue", "x.>", False, {"journalMaxFileLength": "16mb"}),
        FilteredKahaDB(None, None, False, {}),
    )
    assert row(settled(text('multi: [{queue: "x.>"}]')), "a-1", "store.kahadb.multi.1").value == "the rest"


@pytest.mark.parametrize("rest", ["{}", "{perDestination: true}"])
def test_a_written_rest_is_the_rest(rest: str) -> None:
    assert [m.pattern for m in of(f"multi: [{{queue: x}}, {rest}]").multi] == ["x", None]


def test_all_queues_and_all_topics_leave_no_rest() -> None:
    assert [m.kind for m in of('multi: [{queue: ">"}, {topic: ">"}]').multi] == ["queue", "topic"]
    assert len(of("multi: []").multi) == 1


@pytest.mark.parametrize(
    ("kahadb", "what"),
    {
        "twice": ("multi: [{queue: x}, {queue: x}]", "a second store for queue x (line 5)"),
        "two rests": ("multi: [{}, {perDestination: true}]", "a second store for each of the rest (line 5)"),
        "a queue and a topic": ("multi: [{queue: x, topic: y}]", "a store for a queue and a topic"),
        "one each of a pattern": ("multi: [{queue: x, perDestination: true}]", "perDestination is for the rest"),
        "a lock in one": ("multi: [{set: {useLock: false}}]", "useLock cannot be set here"),
        "seeded by itself": ("path: /x, seed: /x/", "the seed is the store's own directory"),
        "a lease for ever": (f"{LEASE}, lockKeepAlivePeriod: 0", "never renews the lease"),
        "a lease too short": (f"{LEASE}, lockAcquireSleepInterval: 100, lockKeepAlivePeriod: 60", "well within"),
        "no such server": ("locker: {lease: {server: x}}", "there is no companion x"),
        "no server": ("locker: {lease: {}}", "it needs `server`"),
    }.values(),
)  # fmt: skip
def test_what_cannot_be_meant(kahadb: str, what: str) -> None:
    assert what in problem(text(kahadb)).what


@pytest.mark.parametrize("version", ["5.18.3", "6.1.2"])
def test_versions_that_would_not_start_again_on_mixed_stores_are_refused(version: str) -> None:
    mixed = "multi: [{queue: x}, {perDestination: true}]"
    found = problem(text(mixed, version=version))
    assert f"ActiveMQ {version} does not start again" in found.what
    assert settled(text("multi: [{perDestination: true}]", version=version))
    assert settled(text("multi: [{queue: x}, {}]", version=version))
    assert settled(text(mixed, version="5.18.5"))
    assert settled(text(mixed, version="6.1.3"))


def test_several_stores_are_rendered_with_one_lock() -> None:
    multi = 'multi: [{queue: "x.>", set: {checkpointInterval: 9}}, {perDestination: true}], set: {indexCacheSize: 7}'
    root = planned(multi)[1]["a-1"]
    store = one(root, "//amq:mKahaDB")
    assert (store.get("directory"), store.get("lockKeepAlivePeriod")) == ("/stores/a/kahadb", "100")
    assert one(store, "amq:locker/amq:shared-file-locker").get("lockAcquireSleepInterval") == "100"
    filtered = store.xpath("amq:filteredPersistenceAdapters/amq:filteredKahaDB", namespaces=NS)
    assert [dict(f.attrib) for f in filtered] == [{"queue": "x.>"}, {"perDestination": "true"}]
    inner = [dict(one(f, "amq:persistenceAdapter/amq:kahaDB").attrib) for f in filtered]
    assert inner == [
        {"checkpointInterval": "9", "indexCacheSize": "7"},
        {"checkpointInterval": "200", "indexCacheSize": "7"},
    ]


# ---- a lease in place of the lock file


def test_a_lease_has_a_database_as_a_store_would() -> None:
    made = settled(text(LEASE))
    database = Database("a", "a", GENERATED, "db.db.a")
    store = made.groups[0].store
    assert store.source == DataSource("db", "postgres", None, database, None, "dbcp2", None, {})
    assert (store.lock_acquire_sleep_interval, store.lock_keep_alive_period) == (1500, 500)
    assert made.companions[0].databases == (database,)
    assert Credential("db.db.a", GENERATED) in made.secrets
    assert row(made, "a-1", "store.kahadb.locker.lease.database").value == "a"


def test_each_member_holds_the_lease_under_its_own_name() -> None:
    plan, roots = planned(f"{LEASE}, multi: []")
    for node, root in roots.items():
        locker = one(root, "//amq:mKahaDB/amq:locker/amq:lease-database-locker")
        assert dict(locker.attrib) == {
            "lockAcquireSleepInterval": "1500",
            "leaseHolderId": node,
            "dataSource": "#postgres-ds",
            "createTablesOnStartup": "true",
        }
        assert one(locker, "amq:statements/amq:statements").get("lockTableName") == "ACTIVEMQ_LOCK"
        source = one(root, "/b:beans/b:bean[@id='postgres-ds']")
        assert one(source, "b:property[@name='password']").get("value") == "pw of db.db.a"
        one(root, "//amq:ioExceptionHandler/amq:leaseLockerIOExceptionHandler")
    assert all("org.postgresql:postgresql:42.7.4" in n.jars and n.shared == ("/stores/a/kahadb",) for n in plan.nodes)


def test_a_prefix_is_in_front_of_the_lock_s_table() -> None:
    root = planned("locker: {lease: {server: db, tablePrefix: A_}}")[1]["a-1"]
    assert (
        one(root, "//amq:lease-database-locker//amq:statements/amq:statements").get("lockTableName")
        == "A_ACTIVEMQ_LOCK"
    )


def test_two_groups_do_not_share_a_lease() -> None:
    shared = "server: db, database: x, user: u"
    lease = f"{{store: {{kahadb: {{locker: {{lease: {{{shared}}}}}}}}}, brokers: 2}}"
    jdbc = f"{{store: {{jdbc: {{{shared}}}}}, brokers: 2}}"
    for other, tables in ((lease, "the tables of their locks"), (jdbc, "their tables")):
        found = problem(f"companions: {{db: postgres}}\ngroups:\n  a: {lease}\n  b: {other}")
        assert found.what == f"b and a (line 5) keep {tables} in one database, x of db"


def test_a_takeover_waits_for_the_lease() -> None:
    kahadb, store = stores.facts("kahadb"), of(LEASE)
    assert kahadb.takeover_budget(store).seconds == pytest.approx(3 + RECOVERY)
    assert kahadb.locker_name(store) == "lease-database-locker"
    assert any("the directory itself is not locked" in said for said in kahadb.caveats(store))
    assert not any("NFS" in said for said in kahadb.caveats(store))
    assert kahadb.medium(store) is None
