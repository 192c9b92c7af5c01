"""--attach: clusters that amqctl did not start, through the same views; and every way in which they do not answer."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from amqctl.cli import VERBS
from amqctl.cli.attaching import attached
from amqctl.cluster.tls import context
from amqctl.errors import BadTopology
from amqctl.provision.certificates import issue, pem
from amqctl.topology.attach import read_attach
from tests.authority import HERE, NOW, authority
from tests.fake_broker import LOGIN, FakeBroker, a_broker, served
from tests.unit.test_tls import greet, server, server_side

Amq = Callable[..., object]


def two_pairs(**changes: FakeBroker) -> dict[str, FakeBroker]:
    """Pairs whose brokerNames are not the groups' names in the file."""
    brokers = {
        "a1": a_broker("east", connectors=("a-to-b",), bridges={"a-to-b": "west"}),
        "a2": a_broker("east", slave=True, connectors=("a-to-b",)),
        "b1": a_broker("west", depth=12, passive=("east",), clients=("a-to-b_east_outbound",)),
        "b2": a_broker("west", slave=True),
    }
    return brokers | changes


def file_of(brokers: dict[str, FakeBroker], folder: Path, extra: str = "", password: str = LOGIN[1]) -> str:
    lines = ["name: prod", f"user: {LOGIN[0]}", f"password: {password}", "groups:"]
    for group in ("a", "b"):
        lines += [f"  {group}:", "    brokers:"]
        lines += [
            f'      {name}: {{console: "http://127.0.0.1:{b.console}", stomp: "tcp://127.0.0.1:{b.stomp}"}}'
            for name, b in brokers.items()
            if name.startswith(group)
        ]
    path = folder / "attach.yaml"
    path.write_text("\n".join(lines) + "\n" + extra)
    path.chmod(0o600)
    return str(path)


def test_what_is_there_is_found(amq: Amq, tmp_path: Path) -> None:  # noqa: F811
    brokers = two_pairs()
    with served(*brokers.values()):
        file = file_of(brokers, tmp_path)
        data = amq("status", "--attach", file, "-o", "json").json
        queues = amq("queues", "--attach", file, "--interval", "0", "-o", "json").json
        picture = amq("graph", "--attach", file).out
        drawn = amq("graph", "--attach", file, "-o", "json").json
        metrics = amq("metrics", "--attach", file).out
        top = amq("top", "--attach", file, "--once", "--interval", "0.2").out
        lint = amq("lint", "--attach", file)
    assert (data["cluster"], data["runtime"], data["profile"], data["ready"]) == ("prod", "attached", None, True)
    assert (drawn["title"], drawn["ready"], drawn["lacking"]) == ("prod", True, [])
    assert set(drawn["lines"][0]) == {"name", "source", "target", "duplex", "up", "sent", "back", "why"}
    roles = {b["name"]: (b["role"], b["brokerName"]) for g in data["groups"] for b in g["brokers"]}
    assert roles == {"a1": ("master", "east"), "a2": ("waiting", "east"), "b1": ("master", "west"),
                     "b2": ("waiting", "west")}  # fmt: skip
    (link,) = data["links"]
    assert (link["name"], link["from"], link["to"], link["duplex"], link["up"]) == ("a-to-b", "a", "b", True, True)
    assert [(e["node"], e["dequeued"], e["received"]) for e in link["ends"]] == [("a1", 4, 1), ("b1", 1, 4)]
    assert {(q["group"], q["queue"]): q["depth"] for q in queues["queues"]} == {("a", "orders"): 0, ("b", "orders"): 12}
    assert "b1: MASTER" in picture
    assert 'amqctl_broker_role{cluster="prod",group="b",broker="b2",role="waiting"} 1' in metrics
    assert "restarts" not in metrics, "nobody here knows"
    assert "orders" in top
    assert lint.code == 0
    assert all(not b.written for b in brokers.values()), "it only reads"


def test_what_does_not_answer_is_told_for_each_broker(amq: Amq, tmp_path: Path) -> None:  # noqa: F811
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    brokers = two_pairs()
    with served(*brokers.values()):
        brokers["a2"].status, brokers["b2"].status = 403, 404
        brokers["b1"].console = port
        done = amq("status", "--attach", file_of(brokers, tmp_path))
    assert done.code == 3
    assert "b1          master" in done.out.replace("b      b1    master", "b1          master"), "its STOMP answers"
    assert f"refuses user {LOGIN[0]} (HTTP 403)" in done.err
    assert "has no Jolokia (HTTP 404)" in done.err
    assert f"nobody listens at 127.0.0.1:{port}" in done.out


def test_a_wrong_password(amq: Amq, tmp_path: Path) -> None:  # noqa: F811
    brokers = two_pairs()
    with served(*brokers.values()):
        file = file_of(brokers, tmp_path, password="not-the-one")
        done = amq("status", "--attach", file)
        queues = amq("queues", "--attach", file, "--interval", "0", "-o", "json")
        trace = amq("trace", "orders", "--attach", file, "--interval", "0.1")
    assert (done.code, queues.code, trace.code) == (3, 3, 3)
    assert done.err.count(f"refuses user {LOGIN[0]}") == 4
    assert queues.json["unknown"] == ["a", "b"]
    assert "not-the-one" not in done.err + done.out


def test_a_bridge_that_is_gone_is_seen_to_be_dead(amq: Amq, tmp_path: Path) -> None:  # noqa: F811
    brokers = two_pairs(a1=a_broker("east", connectors=("a-to-b",)))
    with served(*brokers.values()):
        declared = "links: [{name: a-to-b, from: a, to: b, duplex: true}]\n"
        told = amq("status", "--attach", file_of(brokers, tmp_path, declared), "-o", "json").json
        found = amq("status", "--attach", file_of(brokers, tmp_path), "-o", "json").json
    assert [(k["from"], k["to"], k["up"]) for k in told["links"]] == [("a", "b", False)]
    assert told["ready"] is False
    assert [(k["from"], k["to"], k["up"], k["outside"]) for k in found["links"]] == [("a", "?", False, True)]


def test_a_bridge_that_died_while_somebody_looked_stays_in_the_picture(tmp_path: Path) -> None:
    from amqctl.cli.attaching import attached

    brokers = two_pairs()
    with served(*brokers.values()):
        watched = attached(file_of(brokers, tmp_path))
        assert watched.look().observation.links == {"a-to-b": True}
        gone = [n for n in brokers["a1"].mbeans if "networkBridge" in n]
        for name in gone:
            del brokers["a1"].mbeans[name]
        assert watched.look().observation.links == {"a-to-b": False}
        assert [k.to for k in watched.look().plan.settled.links] == ["b"]


def test_lint_of_what_brokers_say(amq: Amq, tmp_path: Path) -> None:  # noqa: F811
    """Both ends declare a duplex link: known from MBeans alone. A file that is named is judged whole."""
    brokers = two_pairs(
        b1=a_broker("west", connectors=("b-to-a",), bridges={"b-to-a": "east"}, passive=("east",)),
    )
    with served(*brokers.values()):
        path = Path(file_of(brokers, tmp_path))
        done = amq("lint", "--attach", str(path), "-o", "json")
        (tmp_path / "a1.xml").write_text(
            '<broker xmlns="http://activemq.apache.org/schema/core" brokerName="east"><transportConnectors>'
            '<transportConnector name="x" uri="tcp://0.0.0.0:1"/><transportConnector name="x" uri="tcp://0.0.0.0:2"/>'
            "</transportConnectors></broker>"
        )
        path.write_text(path.read_text().replace("a1: {", "a1: {config: a1.xml, "))
        named = amq("lint", "--attach", str(path), "-o", "json")
    assert {f["rule"] for f in done.json["findings"]} == {"duplex-and-back"}
    assert done.code == 0
    assert "transport-name-taken" in {f["rule"] for f in named.json["findings"]}
    assert named.code == 1


@pytest.mark.parametrize("which", ["file", "passwordFile"])
def test_passwords_that_anyone_can_read_are_refused(which: str, amq: Amq, tmp_path: Path) -> None:  # noqa: F811
    brokers = two_pairs()
    path = Path(file_of(brokers, tmp_path))
    if which == "passwordFile":
        path.write_text(path.read_text().replace(f"password: {LOGIN[1]}", "passwordFile: secret"))
        path = tmp_path / "secret"
        path.write_text(LOGIN[1])
    path.chmod(0o644)
    done = amq("status", "--attach", str(tmp_path / "attach.yaml"))
    assert done.code == 3
    assert "anyone can read it" in done.err
    assert f"chmod 600 {path}" in done.err


def test_a_file_is_told_all_its_problems_with_their_places() -> None:
    text = """\
name: prod
user: me
password: x
passwordFile: y
groups:
  a:
    brokers:
      one: {console: "ftp://h:1", stomp: "h:99999", colour: red}
      two: {}
      three: {console: "http://h1:1/hawtio/jolokia", openwire: "tcp://h2:1"}
  b: {broker: {}}
links:
  - {name: l, from: a, to: c}
"""
    with pytest.raises(BadTopology) as caught:
        read_attach(text, "f.yaml")
    told = [(p.line, p.what) for p in caught.value.problems]
    assert (8, "console: ftp:// is not spoken there") in told
    assert (8, "stomp: no port 99999") in told
    assert (8, "no key colour here") in told
    assert (9, "two has no address") in told
    assert (10, "console: path /hawtio/jolokia") in told
    assert (10, "the addresses of three are on several hosts: h1, h2") in told
    assert (11, "no key broker here") in told
    assert (13, "no group c") in told
    assert any("both password and passwordFile" in what for _, what in told)


def test_tls_is_all_or_nothing_and_needs_trust() -> None:
    text = "user: u\npassword: p\ngroups: {a: {brokers: {x: {console: 'https://h'}}}}\n"
    with pytest.raises(BadTopology, match="no `trust`"):
        read_attach(text, "f")
    assert read_attach(text + "trust: ca.pem\n", "f").brokers[0].tls
    with pytest.raises(BadTopology, match="some addresses of x are TLS"):
        read_attach(text.replace("'https://h'", "'https://h', stomp: 'tcp://h'") + "trust: ca.pem\n", "f")


@pytest.mark.parametrize("kind", ["console", "stomp"])
def test_a_certificate_that_trust_does_not_know_is_told_as_such(kind: str, tmp_path: Path) -> None:
    """Of a slave the console alone answers, and says as much; no `amqctl up` helps with brokers of somebody else's."""
    from amqctl.cli.attaching import attached

    other = issue(authority("other"), "x", HERE, NOW)
    (tmp_path / "ca.pem").write_bytes(pem([authority().certificate]))
    scheme = {"console": "https", "stomp": "stomp+ssl"}[kind]
    with server(greet, server_side(tmp_path, other), 9) as address:
        path = tmp_path / "attach.yaml"
        path.write_text(
            f"user: u\npassword: p\ntrust: ca.pem\ngroups: {{a: {{brokers: {{x: {{{kind}: '{scheme}://{address}'}}}}}}}}\n"
        )
        path.chmod(0o600)
        look = attached(str(path)).look()
    why = look.observation.seen["x"].refused
    assert why is not None and look.observation.roles == {"x": "unknown"}
    assert f"the certificate of {address} is signed by nobody that {tmp_path / 'ca.pem'} trusts" in why.message
    assert "trust: is the PEM file" in (why.hint or "")


READS = {"status", "queues", "trace", "top", "lint", "graph", "metrics"}


@pytest.mark.parametrize("verb", VERBS)
def test_only_verbs_that_write_nothing_take_it(verb: str, amq: Amq) -> None:  # noqa: F811
    assert ("--attach" in amq(verb, "--help").out) is (verb in READS)


def test_two_clusters_at_once_are_refused(amq: Amq, tmp_path: Path) -> None:  # noqa: F811
    done = amq("status", "-c", "x", "--attach", file_of(two_pairs(), tmp_path))
    assert done.code == 2
    assert "name two clusters" in done.err


TLS = """user: u
passwordFile: secret
trust: ca.pem
groups: {a: {brokers: {x: {console: "https://127.0.0.1:1"}}}}
"""


def test_files_that_are_no_text_are_problems_and_no_bug_of_amqctl(amq: Amq, tmp_path: Path) -> None:
    (tmp_path / "attach.yaml").write_text(TLS)
    (tmp_path / "secret").write_bytes("pässword".encode("iso-8859-1"))
    (tmp_path / "secret").chmod(0o600)
    (tmp_path / "ca.pem").write_bytes(authority().certificate.public_bytes(Encoding.DER))
    done = amq("status", "--attach", str(tmp_path / "attach.yaml"))
    assert done.code == 3
    assert done.err.count("it is no text") == 2
    assert "-inform der" in done.err and "UTF-8" in done.err


def test_certificates_may_have_comments_in_any_language(tmp_path: Path) -> None:
    (tmp_path / "attach.yaml").write_text(TLS)
    (tmp_path / "secret").write_text("pässword", "utf-8")
    (tmp_path / "secret").chmod(0o600)
    (tmp_path / "ca.pem").write_bytes("# Zürich\n".encode() + pem([authority().certificate]))
    found = attached(str(tmp_path / "attach.yaml"))
    login = found.login("x")
    assert login.password == "pässword"
    assert login.tls is not None and context(login.tls)
