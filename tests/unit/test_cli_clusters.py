"""Verbs on clusters that were recorded and of which no process is left: what they say, and what they keep."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from amqctl.cli import logs
from amqctl.cluster.intent import Intent
from amqctl.errors import NoEngine, Problem
from amqctl.runtimes.seam import LogLine
from tests.fake_runtime import FakeRuntime
from tests.unit.commandline import PAIR, files_below, keep_passwords

# --- clusters ------------------------------------------------------------------------------------------------------


def test_ls_where_there_is_nothing(amq, home: Path) -> None:
    done = amq("ls")
    assert (done.code, done.out) == (0, "")
    assert "amqctl up" in done.err
    assert amq("ls", "-o", "json").json == {"clusters": []}
    assert not home.exists()


@pytest.mark.parametrize(
    "args",
    [
        ("status",), ("urls",), ("queues",), ("trace", "q"), ("top",), ("metrics",), ("graph",),
        ("logs",), ("send", "q"), ("recv", "q"), ("kill", "amq1"),
        ("start", "amq1"), ("stop", "amq1"), ("restart", "amq1"), ("explain", "amq1"),
    ],
)  # fmt: skip
def test_without_a_cluster_every_verb_says_how_to_get_one(args: tuple[str, ...], amq, home: Path) -> None:
    done = amq(*args)
    assert done.code == 2
    assert "no cluster is up" in done.err
    assert "amqctl up FILE" in done.err
    assert not home.exists()


def test_a_name_that_is_no_cluster(amq, recorded: Path) -> None:
    done = amq("status", "-c", "nope")
    assert done.code == 2
    assert "no cluster nope" in done.err
    assert "ms-plus-cluster" in done.err


def test_several_clusters_must_be_named(amq, recorded: Path) -> None:
    other = recorded.with_name("pair")
    other.mkdir()
    (other / "intent.json").write_text(Intent(PAIR, None).dump())
    keep_passwords(recorded.parents[2], "pair")
    done = amq("status")
    assert done.code == 2
    assert "-c NAME" in done.err
    assert amq("status", "-c", "pair", "-o", "json").json["cluster"] == "pair"


def test_the_contract_of_status(amq, recorded: Path) -> None:
    data = amq("status", "-o", "json").json
    assert list(data) == ["cluster", "runtime", "profile", "ready", "lacking", "groups", "links", "companions"]
    assert (data["cluster"], data["runtime"], data["profile"], data["ready"]) == (
        "ms-plus-cluster", "local", "lab", False,
    )  # fmt: skip
    group = data["groups"][0]
    assert list(group) == ["name", "store", "master", "brokers"]
    assert (group["name"], group["store"], group["master"]) == ("ms-broker-a", "kahadb", None)
    assert group["brokers"][0] == {
        "name": "amq1", "brokerName": "ms-broker-a", "role": "down", "assumed": False, "version": "6.1.7",
        "openwire": "127.0.0.1:61616", "stomp": "127.0.0.1:62613", "console": "http://127.0.0.1:8161/admin/",
        "refused": None, "lock": None,
    }  # fmt: skip
    assert [list(link) for link in data["links"]] == [
        ["name", "from", "to", "duplex", "up", "outside", "partOf", "ends"]
    ]
    assert data["companions"] == []
    assert "not ready" in amq("status").out


def test_the_contract_of_urls(amq, recorded: Path) -> None:
    data = amq("urls", "-o", "json").json
    assert list(data) == ["username", "cluster", "groups"]
    assert list(data["cluster"]) == ["jms", "stomp", "amqp", "console"]
    assert list(data["groups"]) == ["ms-broker-a", "ms-broker-b"]
    assert data["groups"]["ms-broker-b"]["stomp"] == ["127.0.0.1:62615", "127.0.0.1:62616"]
    with_password = amq("urls", "-o", "json", "--show-password").json
    assert list(with_password) == ["username", "password", "cluster", "groups"]
    password = with_password["password"]
    assert len(password) > 20
    assert password not in amq("urls").out
    assert password in amq("urls", "--show-password").out


def test_what_needs_a_master_says_that_there_is_none(amq, recorded: Path) -> None:
    for args in (("send", "q"), ("recv", "q"), ("kill", "master@ms-broker-a")):
        done = amq(*args)
        assert done.code == 3, done
        assert "ms-broker-a has no master now" in done.err
    assert amq("queues", "-o", "json", "--interval", "0").json["unknown"] == ["ms-broker-a", "ms-broker-b"]


@pytest.mark.parametrize("value", ["nan", "inf", "-1", "1e+300", "soon"])
@pytest.mark.parametrize(
    "args",
    [
        ("queues", "--interval"), ("recv", "q", "--timeout"), ("send", "q", "--wait"), ("start", "amq1", "--timeout"),
        ("restart", "amq1", "--timeout"), ("failover-test", "--timeout"),
    ],
    ids=lambda a: a[0],
)  # fmt: skip
def test_seconds_that_nobody_can_wait_for(args: tuple[str, ...], value: str, amq) -> None:
    done = amq(*args, value)
    assert done.code == 2
    assert "bug" not in done.err and value in done.err


def test_what_cannot_be_sent_is_refused_before_a_broker_is_asked(amq, tmp_path: Path) -> None:
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n\0")
    binary = amq("send", "q", "--file", "picture.png")
    assert binary.code == 2 and "picture.png is not UTF-8 text (byte 1)" in binary.err
    (tmp_path / "text").write_text("x")
    assert "both say" in amq("send", "q", "--file", "text", "--body", "x").err
    assert amq("send", "q", "--body", "half \udce4").code == 2


@pytest.mark.parametrize("command", ["", "no-such-program-here", "sh -c 'open"])
def test_a_command_for_the_engine_that_cannot_be_run(command: str, amq, recorded: Path) -> None:
    done = amq("failover-test", "--engine-restart-command", command)
    assert done.code == 2 and "restart the engine" in done.err


def test_transactions_are_for_the_java_client(amq, recorded: Path) -> None:
    done = amq("failover-test", "--transacted", "10")
    assert done.code == 2 and "add --client jms" in done.err
    assert amq("failover-test", "--client", "amqp").code == 2


@pytest.mark.parametrize("content", [b"\xff\xfe\0", b"[1, 2]\n", b'{"verdict": "valid"}\n', b"", None])
def test_recheck_of_what_is_no_history(content: bytes | None, amq, tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    path.mkdir() if content is None else path.write_bytes(content)
    done = amq("recheck", "history.jsonl")
    assert done.code == 2
    assert done.err.startswith("error: history.jsonl") and "bug" not in done.err


def test_recheck_of_a_drill_that_was_interrupted_is_exit_code_3(amq, tmp_path: Path) -> None:
    """A message that was acknowledged and not read yet is not lost."""
    setup = {"drill": "kill-master", "label": "a", "cluster": "c", "profile": "lab", "ends": True}
    ops = [
        {"at": 0, "who": "runner", "what": "setup", "phase": "info", "value": setup},
        {"at": 1, "who": "producer-1", "what": "send", "phase": "invoke", "value": "m1", "node": "a1"},
        {"at": 1.5, "who": "producer-1", "what": "send", "phase": "ok", "value": "m1", "node": "a1"},
    ]
    (tmp_path / "history.jsonl").write_text("".join(json.dumps(op) + "\n" for op in ops))
    done = amq("recheck", "history.jsonl", "-o", "json")
    assert done.code == 3
    (drill,) = json.loads(done.out)["drills"]
    assert (drill["verdict"], drill["messages"]["lost"]) == ("unknown", 0)
    assert "cut short after 1.5 s" in drill["because"]
    said = amq("recheck", "history.jsonl")
    assert said.code == 3 and "UNKNOWN: 1 unknown" in said.out


def test_a_target_that_names_nothing(amq, recorded: Path) -> None:
    done = amq("kill", "amq7")
    assert done.code == 2
    assert "amq1" in done.err


def test_down_of_what_runs_no_more_and_ls_of_what_it_leaves(amq, recorded: Path, home: Path) -> None:
    stores = recorded / "stores" / "ms-broker-a"
    stores.mkdir(parents=True)
    assert amq("ls", "-o", "json").json["clusters"][0]["state"] == "stopped"
    done = amq("down")
    assert done.code == 0
    assert "--volumes deletes it" in done.err
    assert stores.is_dir()
    kept = {"cluster": "ms-plus-cluster", "runtime": "local", "state": "data kept", "running": 0, "nodes": 0}
    assert amq("ls", "-o", "json").json == {"clusters": [kept]}
    assert amq("down", "ms-plus-cluster", "--volumes").code == 0
    assert amq("ls", "-o", "json").json == {"clusters": []}
    assert not recorded.exists()
    assert files_below(home / "state" / "secrets") == []


def test_lost_passwords_are_said_and_not_made_anew(amq, home: Path, recorded: Path) -> None:
    """Brokers know the old ones. What needs no login works all the same."""
    path = home / "state" / "secrets" / "ms-plus-cluster.json"
    path.unlink()
    done = amq("status")
    assert done.code == 3
    assert "the passwords of user admin, user app, user bridge are lost" in done.err
    assert "amqctl up FILE" in done.err
    assert amq("logs").code == 0
    assert amq("explain", "amq1").code == 0
    assert not path.exists()
    assert amq("down", "--volumes").code == 0
    assert not recorded.exists()


def test_an_intent_that_cannot_be_read_does_not_keep_anyone_from_cleaning_up(amq, recorded: Path) -> None:
    (recorded / "intent.json").write_text("{")
    done = amq("status")
    assert done.code == 3
    assert "what ms-plus-cluster was asked to be cannot be read" in done.err
    assert "amqctl down" in done.err
    assert amq("ls").code == 0
    assert amq("down", "--volumes").code == 0
    assert not recorded.exists()


def test_logs_that_are_followed_end_with_the_last_of_them(amq, recorded: Path) -> None:
    """The cluster went down meanwhile."""
    done: list[int] = []
    following = threading.Thread(target=lambda: done.append(amq("logs", "-f").code), daemon=True)
    following.start()
    following.join(10)
    assert done == [0]


def test_a_log_that_cannot_be_followed_any_more_says_why() -> None:
    class Breaks(FakeRuntime):
        def logs(self, node: str, **_: object) -> Iterator[LogLine]:
            yield LogLine(node, 1.0, "a line")
            if node == "a":
                raise NoEngine([Problem("the Docker engine does not answer", "")])

    with pytest.raises(NoEngine):
        list(logs.following(Breaks("t", {}), ("a", "b"), None))
