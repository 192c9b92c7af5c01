"""Roles, links and readiness are folds over what the nodes answered."""

from __future__ import annotations

from pathlib import Path

import pytest

from amqctl.activemq import locklines
from amqctl.cluster import views
from amqctl.cluster.cluster import Cluster
from amqctl.cluster.model import Login
from amqctl.cluster.observation import Observation, Seen, link_up, missing, role, to_blame
from amqctl.cluster.targets import resolve
from amqctl.errors import AmqctlError, BadUsage, CannotRun, Problem
from amqctl.events import silent
from amqctl.plan.model import Plan
from amqctl.plan.state import NodeState, State
from amqctl.runtimes import logfile
from amqctl.runtimes.seam import LogLine
from tests.plans import a_pair, files_of, running, two_pairs

NEAR = ("a-to-b", "b", False)
FAR = ("", "a", True)


def observed(plan: Plan, masters: dict[str, str], **seen: Seen) -> Observation:
    everyone = {n.name: seen.get(n.name, Seen(alive=True, slave=True)) for n in plan.nodes}
    return Observation(
        state=running(plan, files_of(plan)),
        seen=everyone,
        roles={n.name: role(everyone[n.name], n.group in masters) for n in plan.nodes},
        masters=masters,
        links={k.name: link_up(k, everyone, masters) for k in plan.settled.links},
    )


@pytest.mark.parametrize(
    ("seen", "led", "expected"),
    [
        (Seen(alive=False), True, "down"),
        (Seen(alive=True, serving=True), True, "master"),
        (Seen(alive=True, slave=True), True, "waiting"),
        (Seen(alive=True, slave=True, store=True), True, "starting"),  # it has a lock: a second master to be
        (Seen(alive=True, slave=True), False, "starting"),  # Slave is true of every broker that starts
        (Seen(alive=True, slave=None), True, "starting"),  # its Jolokia does not answer yet
    ],
)
def test_a_role_is_observed(seen: Seen, led: bool, expected: str) -> None:
    assert role(seen, led) == expected


@pytest.mark.parametrize(
    ("near", "far", "expected"),
    [
        ((NEAR,), (FAR,), True),
        ((NEAR,), (), False),  # the reverse leg comes up later than the first
        ((), (FAR,), False),
        ((("other", "b", False),), (FAR,), False),
    ],
)
def test_a_duplex_link_is_up_when_both_ends_say_so(near: tuple, far: tuple, expected: bool) -> None:
    plan = two_pairs()
    link = plan.settled.links[0]
    seen = {
        "a-1": Seen(alive=True, serving=True, slave=False, bridges=near),
        "b-1": Seen(alive=True, serving=True, slave=False, bridges=far),
    }
    assert link_up(link, seen, {"a": "a-1", "b": "b-1"}) is expected


def test_a_one_way_link_is_proven_by_its_client_at_the_peer() -> None:
    link = two_pairs(duplex=False).settled.links[0]
    masters = {"a": "a-1", "b": "b-1"}
    near = Seen(alive=True, serving=True, slave=False, bridges=(NEAR,))
    far = Seen(alive=True, serving=True, slave=False, clients=("a-to-b_a_outbound",))
    assert link_up(link, {"a-1": near, "b-1": far}, masters) is True
    assert link_up(link, {"a-1": near, "b-1": Seen(alive=True, serving=True, slave=False)}, masters) is False


def test_a_link_is_unknown_where_jolokia_does_not_answer_and_down_without_masters() -> None:
    link = two_pairs().settled.links[0]
    blind = Seen(alive=True, serving=True)
    assert link_up(link, {"a-1": blind, "b-1": blind}, {"a": "a-1", "b": "b-1"}) is None
    assert link_up(link, {"a-1": blind}, {"a": "a-1"}) is False


def test_ready_needs_a_master_the_rest_waiting_and_every_link() -> None:
    plan = two_pairs()
    masters = {"a": "a-1", "b": "b-1"}
    a = Seen(alive=True, serving=True, slave=False, bridges=(NEAR,))
    b = Seen(alive=True, serving=True, slave=False, bridges=(FAR,))
    whole = observed(plan, masters, **{"a-1": a, "b-1": b})
    assert missing(plan, whole) == []
    assert missing(plan, observed(plan, {}, **{"a-1": Seen(alive=True)})) == [
        "a has no master",
        "b has no master",
        "link a-to-b is not up",
    ]
    gone = observed(plan, masters, **{"a-1": a, "b-1": b, "b-2": Seen(alive=False)})
    assert missing(plan, gone) == ["b-2 is down"]


def test_nodes_that_are_stopped_on_purpose_are_not_awaited() -> None:
    plan = two_pairs()
    a = Seen(alive=True, serving=True, slave=False, bridges=(NEAR,))
    seen = observed(plan, {"a": "a-1"}, **{"a-1": a, **dict.fromkeys(("a-2", "b-1", "b-2"), Seen(alive=False))})
    assert missing(plan, seen, without=frozenset({"a-2", "b-1", "b-2"})) == [], "nor a link to a group that is down"
    assert missing(plan, seen, without=frozenset({"a-2", "b-2"})) == ["b has no master", "link a-to-b is not up"]
    leaderless = observed(plan, {}, **{"a-2": Seen(alive=False)})
    assert "a has no master" in missing(plan, leaderless, without=frozenset({"a-2"}))


def test_two_masters_are_named() -> None:
    plan = a_pair()
    both = Observation(
        running(plan, files_of(plan)), {}, {"orders-1": "master", "orders-2": "master"}, {"orders": "orders-1"}, {},
        {"orders": ("orders-1", "orders-2")},
    )  # fmt: skip
    assert missing(plan, both) == ["orders has 2 masters"]


def test_status_has_the_documented_keys() -> None:
    plan = two_pairs()
    seen = observed(plan, {"a": "a-1"}, **{"a-1": Seen(alive=True, serving=True, slave=False, version="5.18.3")})
    data = views.status(plan, "local", seen)
    assert list(data) == ["cluster", "runtime", "profile", "ready", "lacking", "groups", "links", "companions"]
    assert list(data["groups"][0]) == ["name", "store", "master", "brokers"]
    assert data["groups"][0]["brokers"][0] == {
        "name": "a-1",
        "brokerName": "a",
        "role": "master",
        "assumed": False,
        "version": "5.18.3",
        "openwire": "127.0.0.1:61616",
        "stomp": "127.0.0.1:62613",
        "console": "http://127.0.0.1:8161/admin/",
        "refused": None,
        "lock": None,
    }
    ends = {"name": "a-to-b", "from": "a", "to": "b", "duplex": True}
    assert data["links"] == [ends | {"up": False, "outside": False, "partOf": None, "ends": []}]
    assert data["ready"] is False


def test_status_quotes_what_a_broker_last_said_of_its_lock() -> None:
    plan = two_pairs()
    seen = observed(plan, {"a": "a-1"}, **{"a-1": Seen(alive=True, serving=True, slave=False, version="5.18.3")})
    line = LogLine("a-2", 1.5, "INFO | Failed to acquire lock.  Sleeping for 100 milli(s) before trying again...")
    first, second = views.status(plan, "local", seen, {"a-2": line})["groups"][0]["brokers"]
    assert first["lock"] is None
    assert second["lock"] == {"says": "waiting", "at": "1970-01-01T00:00:01.500+00:00", "line": line.text}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Attempting to acquire the exclusive lock to become the Master broker", "attempting"),
        ("amq2 attempting to acquire exclusive lease to become the master", "attempting"),
        ("Failed to acquire lock.  Sleeping for 100 milli(s) before trying again...", "waiting"),
        ("Database /store/lock is locked by another server. This broker is now in slave mode waiting", "waiting"),
        ("Database /store/lock is locked... waiting 10 seconds for the database to be unlocked.", "waiting"),
        ("Becoming the master on dataSource: org.apache.commons.dbcp2.BasicDataSource@1", "master"),
        ("amq2, becoming master with lease expiry Mon on dataSource: x", "master"),
        ("KahaDB is version 7", "master"),
        ("Failed to update database lock: java.sql.SQLException", "failing"),
        ("orders, no longer able to keep the exclusive lock so giving up being a master", "lost"),
        ("Connector openwire started", None),
    ],
)
def test_lines_about_the_lock_are_known(text: str, says: str | None) -> None:
    assert locklines.word(text) == says


def test_whose_log_may_say_why_it_is_not_ready() -> None:
    """Who is stuck; else the master that declares the link which is not up, and nobody who was stopped on purpose."""
    plan = two_pairs()
    leading = Seen(alive=True, serving=True, slave=False)
    waiting, starting, down = Seen(alive=True, slave=True), Seen(alive=True), Seen(alive=False)
    masters = {"a": "a-1", "b": "b-1"}
    stuck = observed(plan, masters, **{"a-1": leading, "a-2": starting, "b-1": leading, "b-2": waiting})
    assert to_blame(plan, stuck) == ["a-2"]
    torn = observed(plan, masters, **{"a-1": leading, "a-2": waiting, "b-1": leading, "b-2": down})
    assert to_blame(plan, torn) == ["b-2"]
    assert to_blame(plan, torn, frozenset({"b-2"})) == [torn.masters[plan.settled.links[0].from_group]]


@pytest.mark.parametrize(
    ("started_at", "found"), [(None, "KahaDB is version 7"), (1.0, "KahaDB is version 7"), (2.0, None)]
)
def test_the_last_line_about_the_lock_is_found_behind_others(started_at: float | None, found: str | None) -> None:
    """Of one that runs: none from the life before."""

    class Logs:
        def last_lines(self, node: str) -> list[LogLine]:
            said = ["Attempting to acquire the exclusive lock to become the Master broker", "KahaDB is version 7", "x"]
            return [LogLine(node, n, text) for n, text in enumerate(said)] if node == "orders-1" else []

    state = State(None, {"orders-1": NodeState("orders-1", "running", started_at=started_at)})
    cluster = Cluster(a_pair(), Logs(), Login("admin", "x"), silent)  # type: ignore[arg-type]
    seen = Observation(state, {}, {}, {}, {})
    lines = {node: line.text for node, line in cluster.lock_lines(seen).items()}
    assert lines == ({"orders-1": found} if found else {})


def test_the_last_words_of_a_node_are_read_at_the_end_and_are_none_where_there_is_no_log() -> None:
    """What a whole log costs is not paid for twelve lines; that it cannot be read is not what is to be said."""

    class Logs:
        def last_lines(self, node: str) -> list[LogLine]:
            if node == "orders-2":
                raise CannotRun([Problem("reading the log of orders-2: the driver has none", "")])
            return [LogLine(node, n, f"line {n}") for n in range(20)]

    cluster = Cluster(a_pair(), Logs(), Login("admin", "x"), silent)  # type: ignore[arg-type]
    assert cluster.tail("orders-1") == [f"line {n}" for n in range(8, 20)]
    assert len(cluster.tail("orders-1", 400)) == 20
    assert cluster.tail("orders-2") == []


def test_the_end_of_a_long_log_is_read_without_its_beginning(tmp_path: Path) -> None:
    path = tmp_path / "broker.log"
    path.write_text("".join(f"2026-01-31T12:00:00.{n % 1000:03}+0000 | INFO | line {n}\n" for n in range(20_000)))
    lines = logfile.tail("a-1", path)
    assert lines[-1].text == "INFO | line 19999" and lines[0].text.startswith("INFO | line ")
    assert len(lines) < 5000 and all(line.at > 0 for line in lines)
    assert logfile.tail("a-1", tmp_path / "none.log") == []


def test_targets_name_nodes_by_name_group_and_role() -> None:
    plan = a_pair()
    roles = {"orders-1": "waiting", "orders-2": "master"}
    assert resolve("orders-1", plan, roles) == ("orders-1",)
    assert resolve("orders", plan, roles) == ("orders-1", "orders-2")
    assert resolve("master@orders", plan, roles) == ("orders-2",)
    assert resolve("slave@orders", plan, roles) == ("orders-1",)
    with pytest.raises(BadUsage, match="no node, group or role order-1") as wrong:
        resolve("order-1", plan, roles)
    assert "did you mean orders-1?" in wrong.value.hint
    with pytest.raises(AmqctlError, match="orders has no slave now"):
        resolve("slave@orders", plan, {"orders-1": "down", "orders-2": "master"})
