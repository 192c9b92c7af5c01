"""`amqctl import`: stores, data sources and key stores mean the same in the topology, or are in the table."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from amqctl.activemq import engines
from amqctl.activemq.brokerxml.tree import Element
from amqctl.activemq.versions import caps
from amqctl.cli import run
from amqctl.cli.linting import nowhere
from amqctl.plan.importing import Imported
from amqctl.plan.importing.text import yaml_text
from amqctl.plan.plan import make_plan
from amqctl.plan.render import render_broker_xml
from amqctl.provision import certificates as c
from amqctl.topology.check import settled
from tests.authority import HERE, NOW, authority
from tests.unit.test_import import AMQ, broker, facts_of, left, settle, taken

DS = """<bean xmlns="http://www.springframework.org/schema/beans" id="ds"
  class="org.apache.commons.dbcp2.BasicDataSource"><property name="url" value="{url}"/>
  <property name="username" value="amq"/><property name="password" value="hidden"/></bean>"""
URL = "jdbc:postgresql://db.example:5432/amq"


def kept(element: Element | None) -> Element:
    assert element is not None
    return element


def stored(inside: str, place: Path, url: str = URL, ds: str = DS) -> Imported:
    inside = f"<persistenceAdapter>{inside}</persistenceAdapter>"
    return taken(broker(place / "in", inside, "orders", ds.format(url=url)), version="6.1.7")


# ---- KahaDB

MULTI = """<mKahaDB directory="/var/amq/kahadb" lockKeepAlivePeriod="2000" journalMaxFileLength="8mb">
  <locker><shared-file-locker lockAcquireSleepInterval="3000" failIfLocked="true"/></locker>
  <filteredPersistenceAdapters>
    <filteredKahaDB queue="invoices.&gt;"><persistenceAdapter><kahaDB journalMaxFileLength="16mb"
      lockKeepAlivePeriod="9"/></persistenceAdapter></filteredKahaDB>
    <filteredKahaDB topic="&gt;"><persistenceAdapter><kahaDB/></persistenceAdapter></filteredKahaDB>
    {rest}
  </filteredPersistenceAdapters>
</mKahaDB>"""
REST = (
    '<filteredKahaDB perDestination="true"><persistenceAdapter><kahaDB indexCacheSize="10"/></persistenceAdapter>'
    "</filteredKahaDB>"
)


def test_an_mkahadb_means_the_same_when_it_is_rendered(tmp_path: Path) -> None:
    made = stored(MULTI.format(rest=REST), tmp_path)
    now = facts_of(made, tmp_path)["in"].store
    assert now is not None
    assert (now.kind, now.attributes["lockKeepAlivePeriod"]) == ("mKahaDB", "2000")
    assert kept(now.locker).attributes["lockAcquireSleepInterval"] == "3000"
    entries = now.element.all("filteredPersistenceAdapters", "filteredKahaDB")
    inner = [kept(one.first("persistenceAdapter", "kahaDB")).attributes for one in entries]
    assert [one.attributes for one in entries] == [{"queue": "invoices.>"}, {"topic": ">"}, {"perDestination": "true"}]
    assert inner == [{"journalMaxFileLength": "16mb"}, {}, {"indexCacheSize": "10"}]
    said = " ".join(left(made))
    for lost in ("mKahaDB journalMaxFileLength=8mb", "failIfLocked=true", "mKahaDB directory /var/amq/kahadb"):
        assert lost in said


def test_an_mkahadb_that_refuses_messages_is_told_and_gets_a_store_for_the_rest(tmp_path: Path) -> None:
    made = stored(MULTI.format(rest=""), tmp_path)
    assert any("without one for the rest" in one for one in left(made))
    now = facts_of(made, tmp_path)["in"].store
    assert now is not None
    assert now.element.all("filteredPersistenceAdapters", "filteredKahaDB")[-1].attributes == {}


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ('<filteredKahaDB queue="a" perDestination="true"/>', "queue and perDestination"),
        ('<filteredKahaDB queue="invoices.&gt;"/>', "a second filteredKahaDB for queue invoices.>"),
        ('<filteredKahaDB tempQueue="&gt;"/>', "filteredKahaDB tempQueue=>"),
        ('<filteredKahaDB queue="u"><usage><storeUsage limit="1g"/></usage></filteredKahaDB>', "usage of filtered"),
        (
            '<filteredKahaDB queue="u"><persistenceAdapter><levelDB/></persistenceAdapter></filteredKahaDB>',
            "levelDB of a filteredKahaDB",
        ),
    ],
)
def test_what_an_entry_of_an_mkahadb_has_beyond_a_topology_is_listed(tmp_path: Path, entry: str, said: str) -> None:
    made = stored(MULTI.format(rest=REST + entry), tmp_path)
    assert any(said in one for one in left(made)), left(made)
    assert settle(made, tmp_path).groups[0].store.multi


def test_a_lease_on_a_kahadb_is_carried_over_with_its_database(tmp_path: Path) -> None:
    made = stored(
        """<kahaDB directory="/var/amq" lockKeepAlivePeriod="2000"><locker><lease-database-locker dataSource="#ds"
        lockAcquireSleepInterval="6000" leaseHolderId="me" maxAllowableDiffFromDBTime="500"><statements><statements
        lockTableName="X_activemq_lock"/></statements></lease-database-locker></locker></kahaDB>""",
        tmp_path,
    )
    now = facts_of(made, tmp_path)["in"]
    assert now.store is not None and now.store.locker is not None
    assert now.store.locker.name == "lease-database-locker"
    assert now.store.locker.attributes["lockAcquireSleepInterval"] == "6000"
    table = kept(now.store.locker.first("statements", "statements")).attributes["lockTableName"]
    assert table.lower() == "x_activemq_lock"
    assert {b.properties.get("url") for b in now.beans} >= {URL}
    assert any("maxAllowableDiffFromDBTime=500" in one for one in left(made))
    assert made.secrets["secrets/db-orders"] == "hidden"


def test_a_locker_that_is_not_known_is_listed(tmp_path: Path) -> None:
    made = stored("<kahaDB><locker><database-locker/></locker></kahaDB>", tmp_path)
    assert any(one.startswith("database-locker: ") for one in left(made))


# ---- JDBC


def test_tables_with_a_prefix_and_what_has_no_key(tmp_path: Path) -> None:
    made = stored(
        """<jdbcPersistenceAdapter dataSource="#ds" lockKeepAlivePeriod="1000"><statements><statements tablePrefix="A_"
        binaryDataType="BYTEA"/></statements><locker><lease-database-locker lockAcquireSleepInterval="5000"
        maxAllowableDiffFromDBTime="9"/></locker></jdbcPersistenceAdapter>""",
        tmp_path,
    )
    assert made.topology["groups"]["orders"]["store"]["jdbc"]["tablePrefix"] == "A_"
    now = facts_of(made, tmp_path)["in"].store
    assert now is not None
    names = kept(now.element.first("statements", "statements")).attributes
    assert names["messageTableName"] == "A_ACTIVEMQ_MSGS"
    said = " ".join(left(made))
    assert "binaryDataType=BYTEA" in said and "maxAllowableDiffFromDBTime=9" in said


def test_tables_with_names_of_their_own_are_listed(tmp_path: Path) -> None:
    statements = '<statements><statements messageTableName="MINE"/></statements>'
    made = stored(f'<jdbcPersistenceAdapter dataSource="#ds">{statements}</jdbcPersistenceAdapter>', tmp_path)
    assert any("tables MINE" in one for one in left(made))


@pytest.mark.parametrize(
    ("url", "plain"),
    [
        ("jdbc:mysql://h/amq?relaxAutoCommit=true&amp;user=root&amp;password=in-the-url", "jdbc:mysql://h/amq?relaxAutoCommit=true"),
        ("jdbc:mysql://h/amq?user=root&amp;password=in-the-url&amp;x=1", "jdbc:mysql://h/amq?x=1"),
        ("jdbc:mysql://root:in-the-url@h/amq", "jdbc:mysql://h/amq"),
        ("jdbc:derby://h/amq;user=root;password=in-the-url;create=true", "jdbc:derby://h/amq;create=true"),
        ("jdbc:oracle:thin:root/in-the-url@h:1521/amq", "jdbc:oracle:thin:@h:1521/amq"),
    ],
)  # fmt: skip
def test_a_password_in_a_url_goes_to_its_file(tmp_path: Path, url: str, plain: str) -> None:
    bean = "".join(line for line in DS.splitlines() if "username" not in line) + "</bean>"
    made = stored('<jdbcPersistenceAdapter dataSource="#ds"/>', tmp_path, url, bean)
    assert made.topology["groups"]["orders"]["store"]["jdbc"] | {} == {
        "url": plain, "user": "root", "password": {"file": "secrets/db-orders"},
    }  # fmt: skip
    assert made.secrets["secrets/db-orders"] == "in-the-url"
    assert "in-the-url" not in yaml_text(made, "x") + json.dumps(left(made))
    assert settle(made, tmp_path)


def test_an_exception_handler_is_carried_over_once(tmp_path: Path) -> None:
    handler = "<ioExceptionHandler><defaultIOExceptionHandler ignoreNoSpaceErrors='false'/></ioExceptionHandler>"
    plain = taken(broker(tmp_path / "in", handler))
    assert kept(facts_of(plain, tmp_path)["in"].io_handler).attributes == {"ignoreNoSpaceErrors": "false"}
    lease = '<locker><lease-database-locker lockAcquireSleepInterval="5000"/></locker>'
    store = (
        f'<persistenceAdapter><jdbcPersistenceAdapter dataSource="#ds" lockKeepAlivePeriod="1000">{lease}'
        "</jdbcPersistenceAdapter></persistenceAdapter>"
    )
    made = taken(broker(tmp_path / "on", store + handler, beans=DS.format(url=URL)))
    facts = facts_of(made, tmp_path)["on"]
    assert [e.children[0].name for e in facts.element.all("ioExceptionHandler")] == ["leaseLockerIOExceptionHandler"]
    assert any("ioExceptionHandler defaultIOExceptionHandler" in one for one in left(made))


# ---- TLS


def secured(place: Path, name: str, connectors: str, context: str = "", inside: str = "") -> Path:
    """An activemq.xml with key stores beside it, each with a key of its own; one authority."""
    place.mkdir(parents=True, exist_ok=True)
    port = 61616 + sum(map(ord, place.name)) % 97
    said = context or (
        'keyStore="file:${activemq.conf}/broker.ks" keyStorePassword="k-e-y" '
        'trustStore="${activemq.base}/conf/trust.ts" trustStorePassword="t-r-u-s-t"'
    )
    transports = connectors.format(port=port, other=port - 10000)
    (place / "activemq.xml").write_text(
        f'<beans><broker {AMQ} brokerName="{name}"><sslContext><sslContext {said}/></sslContext>{inside}'
        f"<transportConnectors>{transports}</transportConnectors></broker></beans>"
    )
    (place / "broker.ks").write_bytes(c.key_store(c.issue(CA, name, HERE, NOW), CA.certificate, "k-e-y"))
    # of one authority, and each time it is written with other bytes
    (place / "trust.ts").write_bytes(c.trust_store([CA.certificate], "t-r-u-s-t"))
    return place / "activemq.xml"


CA = authority("own")
BOTH = (
    '<transportConnector name="plain" uri="tcp://0.0.0.0:{port}"/>'
    '<transportConnector name="ssl" uri="nio+ssl://0.0.0.0:{other}?transport.enabledProtocols=TLSv1.2"/>'
)
ASKING = (
    '<transportConnector name="ssl" uri="ssl://0.0.0.0:{port}?needClientAuth=true"/>'
    '<transportConnector name="s" uri="stomp+nio+ssl://0.0.0.0:{other}?needClientAuth=true"/>'
)
TRUSTS = 'trustStore="trust.ts" trustStorePassword="t"'
ONE = '<transportConnector name="ssl" uri="ssl://0.0.0.0:{port}"/>'


def rendered(made: Imported, place: Path) -> Mapping[str, str]:
    plan = make_plan(settle(made, place), nowhere, "")
    read = {secret.name: "-" for secret in plan.settled.secrets}
    for name, source in (("tls:key store", "secrets/keystore"), ("tls:trust store", "secrets/truststore")):
        read[name] = made.secrets[source]
    return {name: files["activemq.xml"] for name, files in render_broker_xml(plan, read).items()}


def test_tls_is_carried_over_with_its_key_stores(tmp_path: Path) -> None:
    made = taken(secured(tmp_path / "amq1", "a", BOTH), secured(tmp_path / "amq2", "b", BOTH))
    assert made.topology["tls"] == {
        "keyStore": {"file": "keys/{node}.keystore", "password": {"file": "secrets/keystore"}},
        "trustStore": {"file": "keys/truststore", "password": {"file": "secrets/truststore"}},
    }
    assert made.files["keys/amq1.keystore"] == (tmp_path / "amq1" / "broker.ks").read_bytes()
    assert made.files["keys/amq2.keystore"] == (tmp_path / "amq2" / "broker.ks").read_bytes()
    assert made.files["keys/truststore"] == (tmp_path / "amq1" / "trust.ts").read_bytes()
    assert "k-e-y" not in yaml_text(made, "x") + json.dumps(left(made))
    for facts in facts_of(made, tmp_path).values():
        (transport,) = facts.transports
        assert transport.uri.scheme == "ssl"
        assert transport.uri.options == {"transport.enabledProtocols": "TLSv1.2"}
        assert facts.ssl is not None
    for text in rendered(made, tmp_path).values():
        assert 'keyStorePassword="k-e-y"' in text and 'trustStorePassword="t-r-u-s-t"' in text
    assert any("transportConnector plain: it is a second one of its kind" in one for one in left(made))


def test_clients_that_are_asked_for_certificates_are_asked_for_them(tmp_path: Path) -> None:
    made = taken(secured(tmp_path / "amq1", "a", ASKING))
    assert made.topology["tls"]["clientAuth"] is True
    assert made.topology["tls"]["keyStore"]["file"] == "keys/keystore"
    for facts in facts_of(made, tmp_path).values():
        found = {(t.uri.scheme, t.uri.options.get("needClientAuth")) for t in facts.transports}
        assert found == {("ssl", "true"), ("stomp+ssl", "true")}
    assert not [one for one in left(made) if "ssl" in one and "nio" not in one]


@pytest.mark.parametrize(
    ("context", "connectors", "why"),
    [
        ('keyStore="/nowhere/k" keyStorePassword="x" ' + TRUSTS, ONE, "/nowhere/k is not"),
        ('keyStore="broker.ks" keyStorePassword="${k.p}" ' + TRUSTS, ONE, "cannot be told"),
        ('keyStore="broker.ks" keyStorePassword="x"', ONE, "it has no trustStore"),
        ('', ONE.replace("ssl://", "tcp://"), "no transport connector uses it"),
    ],
)  # fmt: skip
def test_tls_that_cannot_be_carried_over_is_listed(tmp_path: Path, context: str, connectors: str, why: str) -> None:
    made = taken(secured(tmp_path / "amq1", "a", connectors, context))
    assert "tls" not in made.topology and not made.files
    assert any(one.startswith("sslContext: ") and why in one for one in left(made)), left(made)
    assert settle(made, tmp_path)


def test_brokers_that_trust_others_are_listed(tmp_path: Path) -> None:
    files = [secured(tmp_path / "amq1", "a", ONE), secured(tmp_path / "amq2", "b", ONE)]
    other = authority("somebody")
    (tmp_path / "amq2" / "trust.ts").write_bytes(c.trust_store([other.certificate], "t-r-u-s-t"))
    made = taken(*files)
    assert "tls" not in made.topology
    assert any("different trust stores" in one for one in left(made))


def test_brokers_with_and_without_tls_are_listed(tmp_path: Path) -> None:
    plain = broker(tmp_path / "amq2", "", "b")
    made = taken(secured(tmp_path / "amq1", "a", ONE), plain)
    assert "tls" not in made.topology
    assert any("not every broker has one" in one for one in left(made))


def test_key_stores_of_a_compose_file_are_found_where_they_are_mounted(tmp_path: Path) -> None:
    secured(tmp_path / "conf", "a", ONE.replace("{port}", "61617"), 'keyStore="${activemq.conf}/broker.ks" '
            'keyStorePassword="k-e-y" trustStore="file:///certs/trust.ts" trustStorePassword="t-r-u-s-t"')  # fmt: skip
    (tmp_path / "certs").mkdir()
    (tmp_path / "conf" / "trust.ts").rename(tmp_path / "certs" / "trust.ts")
    (tmp_path / "compose.yml").write_text("""services:
  amq1: {image: "apache/activemq-classic:5.18.3", ports: ["61617:61617"],
         volumes: ["./conf:/opt/apache-activemq/conf", "./certs:/certs:ro"]}
""")
    made = taken(tmp_path)
    assert set(made.files) == {"keys/keystore", "keys/truststore"}
    assert made.topology["groups"]["a"]["brokers"]["amq1"]["ports"] == {"openwire": 61617}


def test_key_stores_are_written_for_the_user_alone_and_the_topology_validates(tmp_path: Path, capsys) -> None:
    file, out = secured(tmp_path / "amq1", "a", ONE), tmp_path / "out"
    assert run(["import", str(file), "-d", str(out), "--name", "mine", "--activemq", "6.1.7", "-o", "json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert set(said["secrets"]) == {
        str(out / one) for one in ("secrets/keystore", "secrets/truststore", "keys/keystore", "keys/truststore")
    }
    for name in ("keystore", "truststore"):
        assert (out / "keys" / name).stat().st_mode & 0o777 == 0o600
    assert (out / "keys").stat().st_mode & 0o777 == 0o700
    text = (out / "mine.yaml").read_text()
    assert settled(text, str(out / "mine.yaml"), caps=caps, engines=engines).tls
