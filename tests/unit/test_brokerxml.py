"""Reading any activemq.xml: what is found, where, and what is refused and how."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amqctl.activemq.brokerxml import read
from amqctl.activemq.brokerxml.facts import BrokerFacts, number, size, truth
from amqctl.activemq.brokerxml.uri import BadUri, Uri, parse
from amqctl.errors import BadTopology, Problem

ROOT = Path(__file__).resolve().parents[1]
SHIPPED = sorted((ROOT / "lint" / "shipped").rglob("*.xml"))
AMQ = 'xmlns="http://activemq.apache.org/schema/core"'
BEANS = 'xmlns="http://www.springframework.org/schema/beans"'

WHOLE = f"""<?xml version="1.0" encoding="UTF-8"?>
<beans {BEANS}>
  <bean id="ds" class="org.apache.commons.dbcp2.BasicDataSource" destroy-method="close">
    <property name="url" value="jdbc:mysql://db/activemq"/>
    <property name="username"><value>app</value></property>
  </bean>
  <!-- a word -->
  <broker {AMQ}
          brokerName="a"
          dataDirectory="${{activemq.data}}">
    <destinationPolicy><policyMap><policyEntries>
      <policyEntry topic="FOO.&gt;" memoryLimit="5mb"/>
    </policyEntries><defaultEntry><policyEntry enableAudit="false"/></defaultEntry></policyMap></destinationPolicy>
    <networkConnectors>
      <networkConnector name="to-b" uri="masterslave:(tcp://b1:1,tcp://b2:2)?x=1" duplex="true" userName="u"
                        networkTTL="3">
        <excludedDestinations><topic physicalName="T"/></excludedDestinations>
        <staticallyIncludedDestinations><queue physicalName="Q"/></staticallyIncludedDestinations>
      </networkConnector>
    </networkConnectors>
    <persistenceAdapter>
      <jdbcPersistenceAdapter dataSource="#ds" lockKeepAlivePeriod="500">
        <adapter><mysql-jdbc-adapter/></adapter>
        <locker><lease-database-locker lockAcquireSleepInterval="1500"/></locker>
      </jdbcPersistenceAdapter>
    </persistenceAdapter>
    <plugins><simpleAuthenticationPlugin/><statisticsBrokerPlugin/></plugins>
    <sslContext><sslContext keyStore="x"/></sslContext>
    <systemUsage><systemUsage><storeUsage><storeUsage limit="100 gb"/></storeUsage></systemUsage></systemUsage>
    <managementContext><managementContext createConnector="false"/></managementContext>
    <ioExceptionHandler><leaseLockerIOExceptionHandler/></ioExceptionHandler>
    <transportConnectors>
      <transportConnector name="openwire" uri="tcp://0.0.0.0:61616?maximumConnections=1000&amp;wireFormat.maxFrameSize=1"/>
    </transportConnectors>
  </broker>
  <import resource="jetty.xml"/>
</beans>
"""  # fmt: skip


def facts(text: str | bytes) -> BrokerFacts:
    return read(text).facts


def refused(text: str | bytes) -> Problem:
    with pytest.raises(BadTopology) as raised:
        read(text, "x.xml")
    [problem] = raised.value.problems
    assert problem.file == "x.xml"
    return problem


def test_everything_that_lint_and_import_ask_for_is_found() -> None:
    found = facts(WHOLE)
    assert (found.name, found.attributes["dataDirectory"]) == ("a", "${activemq.data}")
    assert found.store is not None
    assert (found.store.kind, found.store.source, found.store.adapter) == (
        "jdbcPersistenceAdapter",
        "ds",
        "mysql-jdbc-adapter",
    )
    assert found.store.locker is not None
    assert found.store.locker.attributes == {"lockAcquireSleepInterval": "1500"}
    [network] = found.networks
    assert (network.name, network.duplex, network.has_user) == ("to-b", True, True)
    assert (network.ttl("messageTTL"), network.ttl("consumerTTL")) == (3, 3)
    assert [d.pattern for d in (*network.excluded, *network.static)] == ["T", "Q"]
    assert network.uri is not None and [leaf.address for leaf in network.uri.leaves] == ["b1:1", "b2:2"]
    assert {(p.destination, p.pattern) for p in found.policies} == {("topic", "FOO.>"), ("queue", ">")}
    assert [p.name for p in found.plugins] == ["simpleAuthenticationPlugin", "statisticsBrokerPlugin"]
    assert found.limits["store"].attributes == {"limit": "100 gb"}
    assert found.ssl is not None and found.management is not None
    assert found.io_handler is not None and found.io_handler.name == "leaseLockerIOExceptionHandler"
    assert found.listens[61616].uri.options == {"maximumConnections": "1000", "wireFormat.maxFrameSize": "1"}
    assert found.bean("ds") is not None
    assert found.beans[0].properties == {"url": "jdbc:mysql://db/activemq", "username": "app"}
    assert [i.resource for i in found.imports] == ["jetty.xml"]


def test_places_are_where_a_tag_begins_however_many_lines_it_has() -> None:
    found = read(WHOLE)
    lines = WHOLE.splitlines()
    for element in (found.facts.element, found.facts.networks[0].element, found.facts.imports[0].element):
        assert lines[element.line - 1][element.column - 1 :].startswith(f"<{element.name}")
    assert [(c.text, c.line) for c in found.comments] == [("a word", 7)]


def test_a_prefix_makes_no_difference_nor_do_places() -> None:
    prefixed = """
      <b:beans xmlns:b="http://www.springframework.org/schema/beans" xmlns:q="http://activemq.apache.org/schema/core">
        <q:broker brokerName="x"><q:persistenceAdapter><q:kahaDB directory="/d"/></q:persistenceAdapter></q:broker>
      </b:beans>""".strip()
    plain = f"""<beans {BEANS}>
        <broker {AMQ} brokerName="x">

          <persistenceAdapter><kahaDB directory="/d"/></persistenceAdapter></broker></beans>"""
    assert facts(prefixed) == facts(plain)
    assert facts(prefixed) != facts(plain.replace("/d", "/e"))


def test_a_forgotten_namespace_and_spring_s_own_property_are_read() -> None:
    found = facts('<beans><broker><property name="brokerName" value="x"/></broker></beans>')
    assert found.name == "x"
    assert facts(f"<beans {BEANS}><broker {AMQ}/></beans>").name == "localhost"


def test_placeholders_are_filled_where_they_are_known() -> None:
    text = f'<beans {BEANS}><broker {AMQ} brokerName="${{NAME}}" dataDirectory="${{activemq.data}}/x"/></beans>'
    found = read(text, properties={"NAME": "a"}).facts
    assert (found.name, found.attributes["dataDirectory"]) == ("a", "${activemq.data}/x")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1"])
def test_bytes_are_read_in_the_encoding_that_they_declare(encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?><beans><broker brokerName="é"/></beans>'
    assert facts(text.encode(encoding)).name == "é"
    assert facts(text).name == "é"  # a str is what it is, whatever it says of the file it came from


@pytest.mark.parametrize(
    ("text", "line", "column", "what"),
    [
        ("", 1, 1, "no element found"),
        ("<beans>\n  <broker></beans>", 2, 13, "mismatched tag"),
        ("<beans>\n <x:broker/></beans>", 2, 2, "unbound prefix"),
        ("<beans>&nbsp;</beans>", 1, 8, "undefined entity"),
        ("\x00", 1, 1, "not well-formed"),
        ("just words", 1, 1, "syntax error"),
        (b'<?xml version="1.0" encoding="klingon"?><a/>', 1, 1, "unknown encoding"),
        ("<beans/>", 1, 1, "<beans> has no <broker>"),
        ("<beans>\n<broker/>\n<broker/></beans>", 3, 1, "2 <broker> elements"),
        ('<a><broker xmlns="urn:x"/></a>', 1, 4, "of the namespace urn:x"),
    ],
)
def test_what_cannot_be_read_is_one_problem_with_its_place(
    text: str | bytes, line: int, column: int, what: str
) -> None:
    problem = refused(text)
    assert (problem.line, problem.column) == (line, column)
    assert what in problem.what


@pytest.mark.parametrize(
    "dtd",
    [
        '<!ENTITY a "x">',
        '<!ENTITY a SYSTEM "file:///etc/hostname">',
        '<!ENTITY % a SYSTEM "http://127.0.0.1:1/x.dtd"> %a;',
        '<!ENTITY a "x"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">',
    ],
)
def test_entities_are_refused_before_anything_is_resolved(dtd: str) -> None:
    assert "declares the entity a" in refused(f"<!DOCTYPE beans [{dtd}]><beans><broker/></beans>").what


def test_an_old_doctype_is_read_and_not_loaded() -> None:
    dtd = '<!DOCTYPE beans PUBLIC "-//SPRING//DTD BEAN//EN" "http://127.0.0.1:1/spring-beans.dtd">'
    assert facts(dtd + "<beans><broker brokerName='x'/></beans>").name == "x"
    assert "nbsp is not known" in refused(dtd + "<beans>&nbsp;<broker/></beans>").what


def test_depth_and_size_have_an_end() -> None:
    assert "nested more than" in refused("<a>" * 100_000).what
    assert "too many" in refused("<a>" + " " * 5_000_000 + "</a>").what


def test_a_uri_that_cannot_be_is_a_problem_at_its_connector() -> None:
    text = '<beans><broker><networkConnectors>\n<networkConnector uri="static:(tcp://a:1"/>\n</networkConnectors></broker></beans>'
    problem = refused(text)
    assert (problem.line, problem.column) == (2, 1)
    assert problem.what == "<networkConnector> has the uri static:(tcp://a:1: its parentheses do not match"


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: f"{p.parent.name}-{p.name}")
def test_what_activemq_ships_can_be_read(path: Path) -> None:
    assert facts(path.read_bytes()).element.name == "broker"


@given(st.text(alphabet="<>&;!-/=\"' abroke()\n\x00é", max_size=80))
def test_no_text_is_a_traceback(text: str) -> None:
    try:
        read(text)
    except BadTopology as exc:
        assert all(p.line and p.column for p in exc.problems)


# --- URIs


@pytest.mark.parametrize(
    ("text", "leaves", "own", "first"),
    [
        ("static:(tcp://a:1,tcp://b:2)?x=1", ["a:1", "b:2"], {"x": "1"}, {}),
        ("static://(tcp://a:1)", ["a:1"], {}, {}),
        ("static:tcp://a:1,tcp://b:2", ["a:1", "b:2"], {}, {}),
        ("masterslave:(tcp://a:1?k=v,tcp://b:2)", ["a:1", "b:2"], {}, {"k": "v"}),
        ("static:(failover:(tcp://a:1,tcp://b:2)?y=2)?x=1", ["a:1", "b:2"], {"x": "1"}, {"y": "2"}),
        # S1's: without parentheses of its own, static has no options
        ("static:failover://(tcp://a:1,tcp://b:2)?x=1", ["a:1", "b:2"], {}, {"x": "1"}),
        ("failover:tcp://a:1", ["a:1"], {}, {}),
        ("static:( tcp://a:1 ,\n tcp://b:2 )", ["a:1", "b:2"], {}, {}),
    ],
)  # fmt: skip
def test_a_composite_uri(text: str, leaves: list[str], own: dict[str, str], first: dict[str, str]) -> None:
    uri = parse(text)
    assert uri.composite
    assert [leaf.address for leaf in uri.leaves] == leaves
    assert uri.options == own
    assert uri.parts[0].options == first


@pytest.mark.parametrize(
    ("text", "scheme", "host", "port"),
    [
        ("tcp://0.0.0.0:61616?maximumConnections=1000", "tcp", "0.0.0.0", 61616),
        ("stomp+nio://Host:61613", "stomp+nio", "host", 61613),
        ("tcp://[::1]:61616", "tcp", "::1", 61616),
        ("multicast://default?group=g", "multicast", "default", None),
        ("tcp://${host:localhost}:${port}", "tcp", "${host:localhost}", None),
        ("ws://localhost:61614/", "ws", "localhost", 61614),
        ("vm:localhost", "vm", "", None),
        ("vm:(broker:(tcp://localhost:6000)?persistent=false)", "vm", "", None),
        ("tcp://a:99999999999", "tcp", "a", None),
        ("${everything}", "", "", None),
        ("", "", "", None),
    ],
)
def test_a_plain_uri(text: str, scheme: str, host: str, port: int | None) -> None:
    uri = parse(text)
    assert (uri.scheme, uri.host, uri.port) == (scheme, host, port)
    assert uri.leaves == (uri,)


@pytest.mark.parametrize("text", ["static:(a", "static:a)", "static:)(", "static:(" * 30 + ")" * 30])
def test_a_bad_uri(text: str) -> None:
    with pytest.raises(BadUri):
        parse(text)


@given(st.text(alphabet="static:failoverp(),/?&=;$ {}[]1@#%", max_size=60))
def test_no_uri_is_a_traceback(text: str) -> None:
    try:
        assert isinstance(parse(text), Uri)
    except BadUri as exc:
        assert str(exc)


# --- values


@pytest.mark.parametrize(
    ("text", "value"),
    [("100 gb", 100 << 30), ("64mb", 64 << 20), ("512k", 512 << 10), ("1g", 1 << 30), ("7", 7), ("7b", 7),
     ("${x}", None), ("1.5gb", None), (None, None)],
)  # fmt: skip
def test_a_size(text: str | None, value: int | None) -> None:
    assert size(text) == value


def test_a_number_and_a_boolean() -> None:
    assert [number(t) for t in ("5", " 5 ", "-1", "${x}", "", None, "5s")] == [5, 5, -1, None, None, None, None]
    assert [truth(t) for t in ("true", "TRUE", "false", "${x}", None)] == [True, True, False, None, None]
