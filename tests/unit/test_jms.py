"""The Java client as drills use it, its part played by a program that commits each sin."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from amqctl.cluster.javaprocess import Failed, JavaProcess
from amqctl.cluster.jms import JavaClients
from amqctl.cluster.model import Address, Login
from amqctl.cluster.outcomes import Indeterminate, NotConnected, NotSent, Refused
from amqctl.drills import history as h
from amqctl.drills import judge, runner, traffic
from amqctl.drills.actions import AwaitEach, Listen, Stream
from amqctl.drills.audience import Audience
from amqctl.drills.catalogue import CATALOGUE
from amqctl.drills.folder import RunFolder
from amqctl.drills.jmsload import failover, loading, streaming
from amqctl.drills.model import Op, Subject
from amqctl.drills.recorder import Recorder
from amqctl.drills.stage import Stage
from amqctl.drills.target import Facts, GroupView
from amqctl.errors import AmqctlError
from amqctl.topology.clients import DEFAULTS
from tests.fakes import FakeCluster
from tests.unit.test_drills import QUICK

FAKE = Path(__file__).resolve().parents[1] / "fake_java.py"
LOGIN = Login("admin", "the-password")
BROKER = Address("127.0.0.1", 61616)


def command(sin: str = "") -> Sequence[str]:
    return (sys.executable, "-S", str(FAKE), sin)


@pytest.fixture
def clients(request) -> Iterator[JavaClients]:
    """With the sin that the test is marked with."""
    found = request.node.get_closest_marker("parametrize")
    sin = request.getfixturevalue("sin") if found and "sin" in found.args[0] else ""
    made = JavaClients(command(sin))
    yield made
    made.close()


class OverJms(FakeCluster):
    def groups(self) -> Sequence[GroupView]:
        return [replace(g, client="jms", openwire=g.stomp) for g in super().groups()]


# ── connections ─────────────────────────────────────────────────────────────────────────────────────


def test_what_is_sent_is_received_and_what_is_not_acknowledged_comes_again(clients: JavaClients) -> None:
    client = clients.connect(BROKER, LOGIN, 5.0)
    for number in range(3):
        client.send("/queue/q", f"m{number} x", {"amqctl_run": "r"}, persistent=number != 1)
    client.subscribe("/queue/q", prefetch=1)
    first = client.receive(1.0)
    assert first is not None and first.body == "m0 x" and first.destination == "/queue/q"
    assert first.persistent and first.headers["amqctl_run"] == "r"
    client.ack(first)
    second = client.receive(1.0)
    assert second is not None and not second.persistent
    client.close()
    again = clients.connect(BROKER, LOGIN, 5.0)
    again.subscribe("/queue/q", prefetch=1000, ack="client")
    bodies = []
    while (message := again.receive(0.0)) is not None:
        bodies.append(message.body)
        last = message
    assert bodies == ["m1 x", "m2 x"]
    again.ack(last)
    again.close()
    third = clients.connect(BROKER, LOGIN, 5.0)
    third.subscribe("/queue/q")
    assert third.receive(0.0) is None, "a cumulative acknowledgement covers all up to it"


def test_browsing_ends_with_a_message_that_says_so(clients: JavaClients) -> None:
    client = clients.connect(BROKER, LOGIN, 5.0)
    client.send("/queue/q", "m0 x")
    client.browse("/queue/q")
    seen = [client.receive(1.0), client.receive(1.0)]
    assert [m.end_of_browse for m in seen if m] == [False, True]


@pytest.mark.parametrize(
    ("sin", "error", "said"),
    [
        ("refuses", Refused, "not authorized"),
        ("unsure", Indeterminate, "EOFException"),
        ("dies", Indeterminate, "ended with exit code 3"),
        ("garbage", Indeterminate, "said what is no answer: SLF4J"),
        ("mute", Indeterminate, "did not answer"),
    ],
)
def test_what_became_of_a_send(sin: str, error: type[Exception], said: str, clients: JavaClients) -> None:
    client = clients.connect(BROKER, LOGIN, 5.0)
    with pytest.raises(error, match=said):
        client.send("/queue/q", "m", timeout=-1.9 if sin == "mute" else 5.0)
    if sin in ("dies", "garbage"):
        with pytest.raises(NotSent):
            client.send("/queue/q", "never leaves")
        assert clients.connect(BROKER, LOGIN, 5.0), "the next one has a process of its own"


def test_a_client_that_cannot_be_started_is_no_connection() -> None:
    clients = JavaClients(("/nonexistent/java",))
    with pytest.raises(NotConnected, match="cannot be started"):
        clients.connect(BROKER, LOGIN, 1.0)


def test_a_login_that_it_cannot_use_ends_it() -> None:
    before = set(threading.enumerate())
    with pytest.raises(Failed, match="the key cannot be read"):
        JavaProcess(command("bad-login"), LOGIN)
    assert set(threading.enumerate()) <= before
    with pytest.raises(NotConnected, match="the key cannot be read"):
        JavaClients(command("bad-login")).connect(BROKER, LOGIN, 1.0)


def test_one_that_never_ends_is_killed() -> None:
    process = JavaProcess(command("deaf"), LOGIN, leave=0.05)
    began = time.monotonic()
    process.close()
    assert not process.alive and time.monotonic() - began < 3


def test_its_clock_is_held_against_ours() -> None:
    process = JavaProcess(command(), LOGIN)
    assert abs(process.offset + 1000.0) < 1, "the fake's is 1,000 s ahead"
    process.close()


# ── the load ────────────────────────────────────────────────────────────────────────────────────────


def stage_over(cluster: FakeCluster) -> Stage:
    facts = Facts(tuple(cluster.groups()), ())
    return Stage(cluster, facts, Subject("a", "a"), Recorder(), cluster.connect, QUICK, "run-1")


@pytest.mark.parametrize("sin", [""])
def test_the_load_is_in_the_ledger_with_who_answered(sin: str, clients: JavaClients) -> None:
    stage = stage_over(OverJms())
    load = loading(clients)(stage)
    load.start()
    load.stop()
    assert load.crashed is None
    sent = h.sends(stage.recorder.history())
    assert {i.rpartition("-")[2]: s.phase for i, s in sent.items()} == {
        "1": "ok", "2": "ok", "3": "ok", "4": "ok", "5": "fail",
    }  # fmt: skip
    four = sent["producer-0-4"]
    assert (four.node, four.served) == ("a1", "a2"), "in flight at one broker, answered by the next"
    assert sent["producer-0-5"].because == "SecurityException: no"
    assert all(0 <= s.invoked <= (s.ended or 0) <= stage.recorder.now() for s in sent.values()), "on our clock"
    assert stage.recorder.acknowledged == 4
    states = [op.value["state"] for op in stage.recorder.history() if op.what == "transport"]
    assert states == ["interrupted", "resumed"]


@pytest.mark.parametrize(("group", "counted"), [("a", 4), ("b", 0)])
def test_a_stream_is_producers_of_the_java_client(group: str, counted: int, clients: JavaClients) -> None:
    """Over failover:, with the same ledger; what goes to another group than the hurt one says nothing of that."""
    stage = stage_over(OverJms(("a", "b")))
    audience = Audience(stage, streaming(clients))
    assert audience.stream(Stream(group, "client", "storm")) == ("client-0",)
    assert audience.names("client") == ("client-0",)
    audience.leave("client")
    assert audience.crashed is None
    assert audience.acked["storm"] == {f"client-0-{number}" for number in (1, 2, 3, 4)}
    sent = h.sends(stage.recorder.history())
    assert (
        audience.streams["client-0"]
        == audience.sent["client-0-4"]
        == pytest.approx(sent["client-0-4"].invoked, abs=1e-5)
    )
    assert (sent["client-0-4"].node, sent["client-0-4"].served) == (f"{group}1", f"{group}2")
    assert stage.recorder.acknowledged == counted


def test_a_stream_to_those_who_listen_is_a_thread_of_ours(clients: JavaClients) -> None:
    """It stays near them, which it asks before each send."""
    audience = Audience(stage_over(OverJms()), streaming(clients))
    audience.listen(Listen("a", "consumer", "order"))
    assert audience.stream(Stream("a", "producer", "order")) == ("producer-1",)
    audience.stop()


@pytest.mark.parametrize("sin", ["dies"])
def test_a_stream_that_ends_by_itself_ends_what_awaits_it(sin: str, clients: JavaClients) -> None:
    stage = stage_over(OverJms())
    audience = Audience(stage, streaming(clients))
    audience.stream(Stream("a", "client"))
    with pytest.raises(AmqctlError, match="the load ended"):
        traffic.perform(AwaitEach("client"), stage, audience)
    audience.stop()


@pytest.mark.parametrize("sin", ["dies", "garbage"])
def test_a_load_that_ends_by_itself_is_said_and_leaves_its_sends_in_doubt(sin: str, clients: JavaClients) -> None:
    stage = stage_over(OverJms())
    load = loading(clients)(stage)
    load.start()
    deadline = time.monotonic() + 5
    while load.crashed is None and time.monotonic() < deadline:
        threading.Event().wait(0.005)
    load.stop()
    assert load.crashed is not None and "the load ended" in str(load.crashed)
    history = stage.recorder.history()
    assert h.sends(history)["producer-0-1"].phase == "info"
    assert any(op.what == "crash" for op in history)


@pytest.mark.parametrize("sin", ["stuck"])
def test_a_producer_that_is_stuck_in_a_send_never_sends_it_later(sin: str, clients: JavaClients) -> None:
    stage = stage_over(OverJms())
    load = loading(clients)(stage)
    load.start()
    process = clients.process(LOGIN)
    load.stop()
    process.close()
    assert not process.alive, "its process is ended"
    assert h.sends(stage.recorder.history())["producer-0-5"].phase == "info"


@pytest.mark.parametrize("sin", ["dies"])
def test_a_drill_whose_load_died_is_unknown_and_says_why(sin: str, clients: JavaClients, tmp_path: Path) -> None:
    cluster = OverJms()
    (result,) = runner.run(
        CATALOGUE["kill-master"], cluster, RunFolder(tmp_path), options=QUICK,
        connect=cluster.connect, load=loading(clients),
    )  # fmt: skip
    assert result.verdict == "unknown" and "the load ended" in result.because
    assert result.client == "jms"
    assert not cluster.nodes["a1"].generation, "nobody was hurt"


def test_a_group_without_openwire_is_skipped(tmp_path: Path) -> None:
    (result,) = runner.run(CATALOGUE["kill-master"], OverJms(stomp=False), RunFolder(tmp_path), options=QUICK)
    assert result.verdict == "skipped" and "no OpenWire connector" in result.because


def test_the_url_of_the_load_is_the_one_of_applications_but_stays_at_its_group() -> None:
    addresses = {"a1": Address("127.0.0.1", 1), "a2": Address("127.0.0.1", 2)}
    group = GroupView("a", ("a1", "a2"), 1.0, openwire=addresses, client="jms", failover=DEFAULTS)
    assert failover(group, LOGIN) == (
        "failover:(tcp://127.0.0.1:1,tcp://127.0.0.1:2)?randomize=false&maxReconnectDelay=1000&updateURIsSupported=false"
    )


# ── judging it ──────────────────────────────────────────────────────────────────────────────────────


def killed(*more: Op) -> tuple[Op, ...]:
    """a1 is killed at 1.0 while p's second send is under way; a2 answers that one at 1.5 and another at 1.6."""
    return tuple(
        sorted(
            (
                Op(0.0, "runner", "setup", "info", {"nodes": ["a1", "a2"]}),
                Op(0.5, "producer-0", "send", "invoke", "p-1", "a1"), Op(0.6, "producer-0", "send", "ok", "p-1", "a1"),
                Op(0.9, "producer-0", "send", "invoke", "p-2", "a1"),
                Op(1.0, "nemesis", "kill", "invoke", {"pid": 7}, "a1"), Op(1.01, "nemesis", "kill", "ok", None, "a1"),
                Op(1.5, "producer-0", "send", "ok", "p-2", "a2"),
                Op(1.51, "producer-0", "send", "invoke", "p-3", "a2"),
                Op(1.6, "producer-0", "send", "ok", "p-3", "a2"), *more,
            ),
            key=lambda op: op.at,
        )
    )  # fmt: skip


def test_a_send_that_began_at_the_old_master_and_ended_at_the_new_one_proves_neither_alive() -> None:
    took = h.takeover(killed())
    assert took is not None and took.node == "a2"
    assert took.began == 1.0 and took.seconds == pytest.approx(0.6), "to the first ok of a send begun after it"


def transport(at: float, who: str, state: str) -> Op:
    return Op(at, who, "transport", "info", {"state": state}, "a1")


def test_what_clients_saw_of_a_takeover_is_told() -> None:
    said = judge.reconnected(
        killed(
            transport(0.1, "p", "resumed"), transport(1.02, "p", "interrupted"), transport(1.4, "p", "resumed"),
            transport(1.03, "q", "interrupted"), transport(1.48, "q", "resumed"),
        )
    )  # fmt: skip
    assert (
        said[0].valid is True and said[0].because == "2 clients over failover: were connected again in 0.45 s at most"
    )


def test_a_client_that_never_came_back_is_not_passed_over() -> None:
    (said,) = judge.reconnected(killed(transport(1.02, "p", "interrupted")))
    assert said.valid is None and "1 of 1 clients never said" in said.because
    assert judge.reconnected(killed()) == (), "STOMP does not tell"
