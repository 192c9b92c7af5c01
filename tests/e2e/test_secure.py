"""TLS and rights on real brokers: who is let in, what drills say of it, and what a person reads when it is wrong."""

from __future__ import annotations

import json
import ssl
from pathlib import Path

import pytest

from amqctl.provision import certificates as c
from amqctl.wait import NotYet, until
from tests.authority import HERE, LONG_AGO, NOW, authority
from tests.e2e.knocks import KINDS, PATIENCE, Creds, admitted
from tests.e2e.machine import REPOSITORY, Machine, topology

PORTS = {"openwire": 61616, "stomp": 62613, "ws": 63614, "amqp": 5672, "mqtt": 1883, "console": 8161, "jolokia": 8161}
EVERY = "{openwire: {}, stomp: {}, ws: {}, amqp: {}, mqtt: {}}"
PAIR = "apiVersion: amqctl/v1\nname: %s\nactivemq: %s\ndefaults: {connectors: %s}\ngroups: {a: {brokers: 2}}\n%s"
VERSIONS = ["6.1.7", "5.18.3", "5.16.6", "5.15.11", "5.14.5", "5.11.1", "5.9.1"]


def pair(machine: Machine, name: str, version: str, extra: str = "tls: {}\n") -> str:
    return topology(name, PAIR % (name, version, EVERY, extra), machine.home)


def secrets(machine: Machine, name: str) -> dict[str, str]:
    return json.loads((machine.home / "state" / "secrets" / f"{name}.json").read_text())


def trusting(machine: Machine, name: str) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=machine.home / "state" / "secrets" / f"{name}.tls" / "ca.pem")


def let_in(
    offset: int, creds: Creds, context: ssl.SSLContext | None, node: int = 0, patience: float = PATIENCE
) -> set[str]:
    return {kind for kind in KINDS if admitted(kind, PORTS[kind] + offset + node, creds, context, patience)}


def await_console(offset: int, creds: Creds, context: ssl.SSLContext | None) -> None:
    """Its pages come some seconds after the master."""

    def probe() -> None:
        if not admitted("console", PORTS["console"] + offset, creds, context):
            raise NotYet("no page")

    until(probe, what="the console", within=120, every=0.5)


@pytest.mark.real
@pytest.mark.parametrize("tls", [True, False], ids=["tls", "plain"])
@pytest.mark.parametrize("version", VERSIONS)
def test_nothing_answers_without_the_right_password(any_machine: Machine, version: str, tls: bool) -> None:
    """Every port of the master, and of the slave what it has open: its console."""
    machine, at = any_machine, any_machine.offset(310)
    machine.amq("up", pair(machine, "knocked", version, "tls: {}\n" if tls else ""), "--port-offset", str(at))
    kept = secrets(machine, "knocked")
    context = trusting(machine, "knocked") if tls else None
    right = ("admin", kept["admin"])
    await_console(at, right, context)
    assert let_in(at, right, context) == set(KINDS)
    for creds in (None, ("admin", "wrong"), ("admin", ""), ("nobody", kept["admin"]), ("app", kept["admin"])):
        assert let_in(at, creds, context) == set(), creds
        assert let_in(at, creds, context, node=1) == set(), creds
    assert let_in(at, right, context, node=1) == {"jolokia"}
    if tls:
        assert let_in(at, right, None, patience=2.0) == set()
        assert let_in(at, right, None, node=1, patience=2.0) == set()
        assert kept["tls:key store"] not in "".join(machine.side.readable())
    assert set(machine.side.modes().values()) == {0o600}
    machine.amq("down", "--volumes")
    machine.gone(stores=True)


@pytest.mark.real
@pytest.mark.slow
@pytest.mark.parametrize("version", VERSIONS)
def test_the_secure_cluster_passes_all_drills(any_machine: Machine, version: str) -> None:
    machine, at = any_machine, any_machine.offset(300)
    text = (REPOSITORY / "topologies" / "ms-plus-secure.yaml").read_text()
    file = topology("ms-plus-secure", text.replace("activemq: 6.1.7", f"activemq: {version}"), machine.home)
    machine.amq("up", file, "--port-offset", str(at))
    assert machine.amq("send", "orders", "-n", "5").code == 0
    assert machine.amq("recv", "orders", "-n", "5", "-q").code == 0
    assert {q["queue"] for q in machine.amq("queues", "-o", "json").json["queues"]} >= {"orders"}
    told = machine.amq("urls", "-o", "json").json
    assert told["cluster"]["jms"].startswith("failover:(ssl://")
    assert Path(told["tls"]["ca"]).read_text().startswith("-----BEGIN CERTIFICATE-----")
    report = machine.amq("failover-test", "ms-plus-secure", "--yes", "-o", "json").json
    assert [(d["name"], d["because"]) for d in report["drills"] if d["verdict"] != "valid"] == []
    machine.amq("down", "--volumes")


@pytest.mark.real
@pytest.mark.parametrize("version", VERSIONS)
def test_brokers_that_ask_for_certificates_let_nobody_in_without(machine: Machine, version: str) -> None:
    at = machine.offset(350)
    machine.amq("up", pair(machine, "asking", version, "tls: {clientAuth: true}\n"), "--port-offset", str(at))
    right = ("admin", secrets(machine, "asking")["admin"])
    context = trusting(machine, "asking")
    await_console(at, right, context)
    assert let_in(at, right, context) == {"console", "jolokia"}
    context.load_cert_chain(machine.home / "state" / "secrets" / "asking.tls" / "client.pem")
    assert let_in(at, right, context) == set(KINDS)
    assert machine.amq("send", "q", "-n", "2").code == 0


@pytest.mark.real
def test_a_foreign_authority_is_told_at_once_and_up_mends_it(machine: Machine) -> None:
    at = ("--port-offset", str(machine.offset(370)))
    file = pair(machine, "foreign", "6.1.7")
    machine.amq("up", file, *at)
    ca = machine.home / "state" / "secrets" / "foreign.tls" / "ca.pem"
    ca.write_bytes(c.pem([authority("foreign").certificate]))
    told = machine.amq("status").out
    assert f"is signed by nobody that {ca} trusts" in told
    for verb in (("send", "q"), ("recv", "q")):
        done = machine.amq(*verb, expect=3)
        assert f"is signed by nobody that {ca} trusts" in done.err
        assert "amqctl up FILE mends it" in done.err
    machine.amq("up", file, *at)
    assert machine.amq("send", "q").code == 0


@pytest.mark.real
def test_a_changed_password_is_told_at_once_and_up_mends_it(machine: Machine) -> None:
    at = ("--port-offset", str(machine.offset(380)))
    file = pair(machine, "changed", "6.1.7", "security: {users: {admin: {password: {env: ADMIN}}}}\ntls: {}\n")
    machine.amq("up", file, *at, env={"ADMIN": "first"})
    new = {"ADMIN": "other-one"}
    done = machine.amq("send", "q", expect=3, env=new)
    assert "refuses user admin" in done.err
    assert "amqctl up FILE" in done.err
    assert "other-one" not in done.err
    machine.amq("up", file, *at, env=new)
    assert machine.amq("send", "q", env=new).code == 0


@pytest.mark.real
def test_own_key_stores_are_looked_at_before_anything_starts_and_then_used(machine: Machine) -> None:
    at = ("--port-offset", str(machine.offset(390)))
    ca = authority("own")
    store = machine.home / "server.p12"
    (machine.home / "trust.p12").write_bytes(c.trust_store([ca.certificate], "secret-t"))
    extra = (
        "tls: {keyStore: {file: server.p12, password: {env: KEYS}}, "
        "trustStore: {file: trust.p12, password: {env: TRUST}}}\n"
    )
    file, env = pair(machine, "own", "6.1.7", extra), {"KEYS": "secret-k", "TRUST": "secret-t"}
    expired = c.issue(authority("own", LONG_AGO), "brokers", HERE, LONG_AGO)
    foreign = c.issue(authority("somebody"), "brokers", HERE, NOW)
    for signer, said in ((expired, "has expired ("), (foreign, "is signed by nobody whom")):
        store.write_bytes(c.key_store(signer, ca.certificate, "secret-k"))
        done = machine.amq("up", file, *at, env=env, expect=3)
        assert said in done.err
        assert str(store) in done.err
    store.write_bytes(c.key_store(c.issue(ca, "brokers", HERE, NOW), ca.certificate, "secret-k"))
    wrong = machine.amq("up", file, *at, env=env | {"KEYS": "secret-x"}, expect=3)
    assert f"{store} cannot be opened: the password is wrong" in wrong.err
    assert "secret-" not in wrong.err
    assert machine.side.left() == []
    machine.amq("up", file, *at, env=env)
    assert machine.amq("send", "q", env=env).code == 0


@pytest.mark.real
@pytest.mark.parametrize("version", VERSIONS)
def test_rights_hold_on_queues_and_the_console(machine: Machine, version: str) -> None:
    from amqctl.cluster import stomp
    from amqctl.cluster.model import Address, Login

    at = machine.offset(410)
    extra = (
        "security:\n  plugin: simple\n  users: {shop: {groups: [sellers]}, ledger: {groups: [users]}}\n"
        '  authorization: [{queue: "orders.>", read: [users], write: [sellers]}]\n'
    )
    machine.amq("up", pair(machine, "ruled", version, extra), "--port-offset", str(at))
    kept, address = secrets(machine, "ruled"), Address("127.0.0.1", PORTS["stomp"] + at)

    def tried(user: str, queue: str, *, send: bool) -> bool:
        try:
            with stomp.connect(address, Login(user, kept[user])) as client:
                if send:
                    client.send(f"/queue/{queue}", "x")
                    return True
                client.subscribe(f"/queue/{queue}")
                return client.receive(5.0) is not None
        except stomp.ClientError as exc:
            assert "not authorized" in str(exc)
            return False

    assert tried("shop", "orders.new", send=True)
    assert not tried("shop", "orders.new", send=False)
    assert not tried("shop", "other", send=True)
    assert not tried("ledger", "orders.new", send=True)
    assert not tried("ledger", ">", send=False)
    assert tried("ledger", "orders.new", send=False)
    assert tried("admin", "other", send=True)
    console = PORTS["console"] + at
    await_console(at, ("admin", kept["admin"]), None)
    assert [admitted("console", console, (u, kept[u]), None) for u in ("admin", "ledger", "bridge")] == [
        True, False, False,
    ]  # fmt: skip


@pytest.mark.real
@pytest.mark.parametrize("version", VERSIONS)
def test_files_and_command_lines_have_no_password_and_brokers_come_up_with_them(
    any_machine: Machine, version: str
) -> None:
    """With `encryption`, every secret of the cluster is looked for in all that its nodes have; then they fail over."""
    machine, at = any_machine, any_machine.offset(1390)
    extra = "tls: {}\nsecurity: {encryption: {}, authorization: []}\n"
    machine.amq("up", pair(machine, "sealed", version, extra), "--port-offset", str(at))
    texts, lines = machine.side.texts(), machine.side.lines()
    assert len(texts) > 10 and any("sealed" in line for line in lines)
    assert any(b"ENC(" in text for text in texts)
    for name, secret in secrets(machine, "sealed").items():
        assert not [text for text in texts if secret.encode() in text], name
        assert not [line for line in lines if secret in line], name
        # the key is what the brokers' environment is for
        assert name == "encryption:encryption key" or not [t for t in machine.side.readable() if secret in t], name
    report = machine.amq("failover-test", "sealed", "--drill", "kill-master", "--yes", "-o", "json").json
    assert [(d["name"], d["because"]) for d in report["drills"] if d["verdict"] != "valid"] == []
    machine.amq("down", "--volumes")
