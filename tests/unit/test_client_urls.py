"""What clients are told: the failover URL with its options, and lines to paste for each library."""

from __future__ import annotations

import ast
from collections.abc import Mapping

import pytest

from amqctl.activemq import uris
from amqctl.cluster import clients, jms, views
from amqctl.cluster.model import Address, Login
from amqctl.cluster.snippets import LIBRARIES, snippet
from amqctl.errors import BadUsage
from amqctl.plan.model import Place, Plan
from amqctl.plan.plan import make_plan
from amqctl.topology.clients import OPTIONS, fault
from tests.builders import TWO_PAIRS, problem, row, settled
from tests.unit.test_observation import observed

ALL_KINDS = "defaults: {connectors: {openwire: , stomp: , amqp: }}\n" + TWO_PAIRS


def plan(text: str) -> Plan:
    return make_plan(settled(text), lambda node, _: Place("127.0.0.1", node, "127.0.0.1", "/d", "/s"), "")


def url(text: str, options: Mapping[str, str] | None = None) -> str:
    return str(clients.urls(plan(text), options=options)["cluster"]["jms"])


def test_one_url_over_all_groups_and_one_for_each() -> None:
    said = clients.urls(plan(TWO_PAIRS))
    ports = [61616, 61617, 61618, 61619]
    listed = ",".join(f"tcp://127.0.0.1:{port}" for port in ports)
    assert said["cluster"]["jms"] == f"failover:({listed})?randomize=false&maxReconnectDelay=1000"
    assert said["groups"]["b"]["jms"].startswith("failover:(tcp://127.0.0.1:61618,tcp://127.0.0.1:61619)?")


def test_an_ipv6_address_is_in_brackets_wherever_a_port_is_behind_it() -> None:
    made = make_plan(settled(ALL_KINDS), lambda node, _: Place("0.0.0.0", node, "::1", "/d", "/s"), "")  # noqa: S104
    said = clients.urls(made)["groups"]["a"]
    assert said["jms"].startswith("failover:(tcp://[::1]:61616,tcp://[::1]:61617)?")
    assert said["stomp"] == ["[::1]:62613", "[::1]:62614"]
    assert said["amqp"][0] == "amqp://[::1]:5672"
    assert said["console"][0] == "http://[::1]:8161/admin/"
    (broker, _) = views.status(made, "docker", observed(made, {}))["groups"][0]["brokers"]
    assert (broker["openwire"], broker["stomp"]) == ("[::1]:61616", "[::1]:62613")
    address = Address("::1", 61616)
    assert jms.url(address, Login("app", "x"), 1.0) == "tcp://[::1]:61616?connectionTimeout=1000"
    assert uris.transport("stomp", "::", 62613, {}) == "stomp://[::]:62613"


def test_options_of_the_topology_win_over_ours_and_those_of_the_command_line_over_both() -> None:
    text = "clients: {failover: {randomize: true, timeout: 3000, priorityBackup: true}}\n" + TWO_PAIRS
    assert url(text).endswith("?randomize=true&maxReconnectDelay=1000&timeout=3000&priorityBackup=true")
    assert "timeout=5&" in url(text, {"timeout": "5"})
    made = settled(text)
    assert str(row(made, "a-1", "clients.failover.timeout").origin) == "line 3"
    assert str(row(made, "a-1", "clients.failover.maxReconnectDelay").origin) == "amqctl default"


@pytest.mark.parametrize(
    ("option", "what"),
    [
        ("randomise: true", "the failover URL has no option randomise"),
        ("randomize: 5", "randomize must be true or false"),
        ("timeout: soon", "timeout must be a whole number"),
    ],
)
def test_an_option_that_the_client_would_refuse_is_refused_here(option: str, what: str) -> None:
    found = problem(f"clients: {{failover: {{{option}}}}}\n{TWO_PAIRS}")
    assert what in found.what
    assert found.line == 3


def test_options_for_what_is_inside_go_on() -> None:
    assert fault("jms.prefetchPolicy.queuePrefetch", "1") is None
    assert fault("nested.wireFormat.maxInactivityDuration", "1000") is None
    assert {"initialReconnectDelay", "startupMaxReconnectAttempts", "priorityURIs"} <= set(OPTIONS)


TLS = {"ca": "/s/ca.pem", "truststore": "/s/trust.p12"}


@pytest.mark.parametrize("tls", [None, TLS])
@pytest.mark.parametrize("library", LIBRARIES)
def test_lines_to_paste_name_every_broker_and_never_a_password(library: str, tls: Mapping[str, str] | None) -> None:
    text = ("tls:\n" if tls else "") + ALL_KINDS
    said = clients.urls(plan(text), "s3cret", tls)
    made = snippet(library, said, ["6.1.7"])
    kind = LIBRARIES[library][0]
    base = {"jms": 61616, "stomp": 62613, "amqp": 5672}[kind]
    assert all(str(base + index) in made for index in range(4))
    assert "s3cret" not in made
    assert "AMQ_PASSWORD" in made
    assert (any(path in made for path in TLS.values())) == (tls is not None)
    if library in ("stomp.py", "proton"):
        ast.parse(made)


def test_java_says_javax_before_6_and_jakarta_from_it_on() -> None:
    said = clients.urls(plan(ALL_KINDS))
    assert "import jakarta.jms.Connection;" in snippet("java", said, ["6.1.7"])
    mixed = snippet("java", said, ["5.18.3", "5.9.1", "6.1.7"])
    assert "import javax.jms.Connection;" in mixed
    assert "activemq-client:5.18.3" in mixed, "6.1.7 has no javax.jms"


def test_proton_compares_certificates_with_names_alone() -> None:
    """It knows the DNS names of a certificate and no addresses (its openssl.c), so a check of those always fails."""
    said = clients.urls(plan("tls:\n" + ALL_KINDS), tls=TLS)
    assert "(SSLDomain.VERIFY_PEER)" in snippet("proton", said, ["6.1.7"])
    said["cluster"]["amqp"] = ["amqps://mq.example.org:5671"]
    assert "(SSLDomain.VERIFY_PEER_NAME)" in snippet("proton", said, ["6.1.7"])


def test_spring_names_what_its_lines_need() -> None:
    """Without pooled-jms, `pool.enabled` leaves an application without any ConnectionFactory."""
    made = snippet("spring", clients.urls(plan(ALL_KINDS)), ["6.1.7"])
    assert "org.messaginghub:pooled-jms" in made
    assert "trustStore" not in made
    assert "trustStorePassword" in snippet("spring", clients.urls(plan("tls:\n" + ALL_KINDS), tls=TLS), ["6.1.7"])


def test_for_one_group_and_for_nobody() -> None:
    said = clients.urls(plan(TWO_PAIRS))
    assert "61616" not in snippet("java", said, ["6.1.7"], "b")
    with pytest.raises(BadUsage, match="no broker has the connector that proton needs"):
        snippet("proton", said, ["6.1.7"])
