"""The command line without a broker or a network: exit codes, where words go, what is left behind."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import pytest

from amqctl.cli import VERBS, cli, run
from amqctl.cluster.intent import Intent

REPOSITORY = Path(__file__).resolve().parents[2]
PAIR = (REPOSITORY / "topologies" / "pair.yaml").read_text()
MAIN = (REPOSITORY / "topologies" / "ms-plus-cluster.yaml").read_text()
BAD = "apiVersion: amqctl/v1\nname: bad\ngroups:\n  a:\n    brokers: 0\n    stor: kahadb\n"


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh machine's state; the directory itself is not there yet."""
    for name in ("AMQCTL_CACHE", "AMQCTL_OFFLINE", "AMQCTL_MAVEN_MIRROR", "AMQCTL_CA_BUNDLE", "AMQCTL_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AMQCTL_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home"


@pytest.fixture(autouse=True)
def no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """What an engine of this machine has is nobody's business here."""
    monkeypatch.setenv("AMQCTL_RUNTIME", "local")


@pytest.fixture
def amq(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture):
    """Run one command line in this process. stdin: text, or anything with read()."""

    def amq_(*args: str, stdin: Any = "") -> Done:
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin) if isinstance(stdin, str) else stdin)
        code = run(args)
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err + captured.out
        return Done(code, captured.out, captured.err)

    return amq_


@pytest.fixture
def recorded(home: Path) -> Path:
    """A cluster that was brought up once and of which no process is left."""
    root = home / "state" / "clusters" / "ms-plus-cluster"
    root.mkdir(parents=True)
    (root / "intent.json").write_text(Intent(MAIN, None).dump())
    keep_passwords(home, "ms-plus-cluster")
    return root


def keep_passwords(home: Path, cluster: str) -> None:
    """As `up` does."""
    path = home / "state" / "secrets" / f"{cluster}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({name: f"a-long-password-of-{name}" for name in ("admin", "app", "bridge")}))


def files_below(path: Path) -> list[str]:
    return sorted(p.relative_to(path).as_posix() for p in path.rglob("*"))


# --- help, words that do not exist ---------------------------------------------------------------------------------


def test_help_names_every_verb(amq) -> None:
    done = amq("--help")
    assert done.code == 0
    for verb in VERBS:
        assert re.search(rf"^  {verb} ", done.out, re.MULTILINE), verb
    assert "Exit codes" in done.out


def test_help_and_version_load_no_library() -> None:
    """`amqctl --help` in 0.15 s: what a verb needs is imported by that verb."""
    heavy = ("pydantic", "psutil", "jinja2", "lxml", "requests", "rich", "yaml", "stomp", "docker", "jgo")
    code = (
        "import sys; from amqctl.cli import run; code = run(sys.argv[1:]);"
        f"print('loaded', [m for m in {heavy!r} if m in sys.modules], code, file=sys.stderr)"
    )
    ran = subprocess.run([sys.executable, "-c", code, "--help"], capture_output=True, text=True, check=True)
    assert ran.stderr == "loaded [] 0\n"


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help(verb: str, amq) -> None:
    done = amq(verb, "--help")
    assert done.code == 0
    assert done.out.startswith(f"Usage: amqctl {verb} ")


def test_version(amq) -> None:
    assert amq("--version").out.startswith("amqctl, version ")


@pytest.mark.parametrize(
    ("word", "meant"), [("statsu", "status"), ("explian", "explain"), ("fail-over", "failover-test"), ("xyzzy", None)]
)
def test_an_unknown_verb(word: str, meant: str | None, amq) -> None:
    done = amq(word)
    assert done.code == 2
    assert f"no verb {word}" in done.err
    assert ("did you mean" in done.err) is (meant is not None)
    assert meant is None or f"did you mean {meant}?" in done.err
    assert done.out == ""


@pytest.mark.parametrize(
    "args",
    [
        ("up",), ("up", "pair", "--nope"), ("up", "pair", "--port-offset", "-1"), ("up", "pair", "--runtime", "podman"),
        ("render", "pair"), ("validate",), ("kill",), ("completion", "tcsh"), ("status", "-o", "yaml"),
        ("failover-test", "--drill", "nope"), ("down", "nope"), ("down",), ("explain", "nope", "pair"),
        ("up", "pair", "--name", "no good"), ("up", "pair", "--port-offset", "9000", "--dry-run", "--timeout", "0"),
    ],
)  # fmt: skip
def test_bad_usage_is_exit_code_2_with_a_word_about_it(args: tuple[str, ...], amq, home: Path) -> None:
    done = amq(*args)
    assert done.code == 2, done
    assert done.err
    assert done.out == ""
    assert not home.exists()


# --- bad files -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "args",
    [
        ("validate", "bad.yaml"),
        ("up", "bad.yaml"),
        ("up", "bad.yaml", "--dry-run"),
        ("render", "bad.yaml", "-d", "out"),
        ("explain", "a-1", "bad.yaml"),
        ("failover-test", "bad.yaml"),
    ],
)
def test_a_bad_topology_is_exit_code_2_with_every_problem_and_its_place(args: tuple[str, ...], amq, tmp_path) -> None:
    (tmp_path / "bad.yaml").write_text(BAD)
    done = amq(*args)
    assert done.code == 2
    assert re.search(r"bad\.yaml:5:14: .*broker", done.err), done.err
    assert re.search(r"bad\.yaml:6:5: .*stor", done.err), done.err
    assert "did you mean store?" in done.err
    assert done.out == ""
    assert files_below(tmp_path) == ["bad.yaml"]


@pytest.mark.parametrize("verb", ["up", "validate", "render", "failover-test"])
def test_a_file_that_is_not_there(verb: str, amq) -> None:
    done = amq(verb, "nope.yaml", *(["-d", "out"] if verb == "render" else []))
    assert done.code == 2
    assert re.search(r"nope\.yaml: no such file", done.err, re.IGNORECASE)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"{", b"- a", b"a: &a [*a]", b"\x00", b"!!python/object:x {}"])
def test_what_is_no_topology_at_all(content: bytes, amq, tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_bytes(content)
    for args in (("validate", "x.yaml"), ("up", "x.yaml", "--dry-run")):
        done = amq(*args)
        assert done.code == 2, done
        assert "x.yaml" in done.err


def test_a_directory_is_no_topology(amq, tmp_path: Path) -> None:
    assert amq("up", str(tmp_path)).code == 2
    assert amq("validate", str(tmp_path)).code == 2


def test_what_is_not_built_yet_is_refused_by_name(amq, tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text(
        PAIR.replace("  orders:", "  orders:\n    brokers: {x: {host: h1}}").replace("    brokers: 2", "")
    )
    done = amq("up", "x.yaml")
    assert done.code == 2
    assert "host: not yet" in done.err


# --- verbs that only decide ----------------------------------------------------------------------------------------


def test_validate_says_what_is_good_and_what_is_not(amq, tmp_path: Path) -> None:
    (tmp_path / "good.yaml").write_text(PAIR)
    (tmp_path / "bad.yaml").write_text(BAD)
    assert amq("validate", "good.yaml").out == (
        "good.yaml: ok: 2 brokers in 1 group, 0 links, ActiveMQ 6.1.7, profile lab\n"
    )
    done = amq("validate", "-o", "json", "good.yaml", "bad.yaml")
    assert done.code == 2
    good, bad = done.json
    assert good == {"file": "good.yaml", "ok": True, "problems": [], "findings": [], "links": []}
    assert (bad["ok"], bad["problems"][0]["line"], bad["problems"][0]["column"]) == (False, 5, 14)
    assert set(bad["problems"][0]) == {"line", "column", "what", "fix"}


def test_the_links_of_a_shape_are_shown_one_by_one(amq) -> None:
    """By validate and by a dry run, each with the shape that it is of; one that is written by itself is not."""
    done = amq("up", "ring", "--dry-run")
    assert done.out.splitlines()[:4] == [
        f"link ring-{one}-{two}: {one} <-> {two}, static, messageTTL 2 (of ring ring)"
        for one, two in (("a", "b"), ("b", "c"), ("c", "d"), ("d", "a"))
    ]
    found = amq("up", "ring", "--dry-run", "-o", "json").json["links"]
    assert [(link["name"], link["partOf"]) for link in found][0] == ("ring-a-b", "ring ring")
    assert found[0]["declaredBy"] == ["amq1"]
    topologies = Path(__file__).resolve().parents[2] / "topologies"
    out = amq("validate", str(topologies / "multicast.yaml")).out
    assert "link found-b-a: b -> a, multicast (of multicast found)" in out
    assert "link " not in amq("validate", str(topologies / "static-2.yaml")).out.split("\n", 1)[1]


def test_a_dry_run_on_a_fresh_machine_prints_the_plan_and_leaves_nothing(amq, home: Path, tmp_path: Path) -> None:
    done = amq("up", "pair", "--dry-run")
    assert done.code == 0
    assert done.out.splitlines() == [
        "create orders-1: it does not exist",
        "create orders-2: it does not exist",
        "start orders-1: it is new",
        "start orders-2: it is new",
    ]
    assert files_below(tmp_path) == []


def test_a_topology_may_come_through_standard_input(amq) -> None:
    assert len(amq("up", "-", "--dry-run", stdin=PAIR).out.splitlines()) == 4
    done = amq("up", "-", stdin=BAD)
    assert done.code == 2
    assert "5:14" in done.err


def test_render_offline_writes_every_file_for_its_owner_only(amq, tmp_path: Path) -> None:
    done = amq("render", "pair", "-d", "out", "--offline")
    assert done.code == 0
    assert "its schema is not at hand" in done.err
    assert {p.name for p in (tmp_path / "out").iterdir()} == {"orders-1", "orders-2"}
    for node in ("orders-1", "orders-2"):
        names = {p.name for p in (tmp_path / "out" / node).iterdir()}
        assert {"activemq.xml", "jetty.xml", "users.properties", "groups.properties", "login.config"} <= names
        assert {p.stat().st_mode & 0o777 for p in (tmp_path / "out" / node).iterdir()} == {0o600}
    first = (tmp_path / "out" / "orders-1" / "users.properties").read_text()
    assert amq("render", "pair", "-d", "out", "--offline").code == 0
    assert (tmp_path / "out" / "orders-1" / "users.properties").read_text() == first  # passwords are made once


def test_render_over_a_readable_file_makes_it_its_owners_only(amq, tmp_path: Path) -> None:
    """The files hold passwords; one that was there before must not keep its mode."""
    old = tmp_path / "out" / "orders-1" / "users.properties"
    old.parent.mkdir(parents=True)
    old.write_text("old")
    old.chmod(0o644)
    assert amq("render", "pair", "-d", "out", "--offline").code == 0
    assert old.stat().st_mode & 0o777 == 0o600


def test_explain_says_where_values_come_from(amq, tmp_path: Path) -> None:
    (tmp_path / "t.yaml").write_text(PAIR)
    done = amq("explain", "orders-2", "t.yaml")
    assert done.code == 0
    assert re.search(r"^activemq +6\.1\.7 +line 3$", done.out, re.MULTILINE)
    rows = amq("explain", "orders-2", "t.yaml", "-o", "json").json
    assert {"key": "activemq", "value": "6.1.7", "origin": "line 3", "line": 3} in rows
    wrong = amq("explain", "order-2", "t.yaml")
    assert wrong.code == 2
    assert "orders-2" in wrong.err


def test_schema_prints_json(amq) -> None:
    assert amq("schema").json["title"]


@pytest.mark.parametrize(("shell", "word"), [("bash", "complete -o"), ("zsh", "#compdef amqctl"), ("fish", "function")])
def test_completion(shell: str, word: str, amq) -> None:
    done = amq("completion", shell)
    assert done.code == 0
    assert word in done.out
    assert "_AMQCTL_COMPLETE" in done.out


def test_completion_knows_verbs_and_options() -> None:
    from click.shell_completion import ShellComplete

    complete = ShellComplete(cli, {}, "amqctl", "_AMQCTL_COMPLETE")
    assert {c.value for c in complete.get_completions([], "st")} == {"status", "start", "stop"}
    assert "--dry-run" in {c.value for c in complete.get_completions(["up"], "--d")}


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
    assert list(data) == ["cluster", "runtime", "profile", "ready", "groups", "links", "companions"]
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


# --- the last net --------------------------------------------------------------------------------------------------


class Raises:
    """Standard input that ends the verb in its own way, as a person or a bug would."""

    def __init__(self, exc: BaseException) -> None:
        self._exc = exc

    def read(self) -> str:
        raise self._exc


def test_ctrl_c_is_130_and_says_what_to_do_next(amq) -> None:
    done = amq("up", "-", stdin=Raises(KeyboardInterrupt()))
    assert done.code == 130
    assert "interrupted" in done.err
    assert "amqctl down" in done.err


def test_a_bug_is_one_line_and_a_file(amq, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    done = amq("up", "-", stdin=Raises(RuntimeError("boom")))
    assert done.code == 3
    first, second = done.err.splitlines()
    assert first == "error: a bug in amqctl: RuntimeError: boom"
    story = Path(second.rpartition(" ")[2])
    assert story.parent == tmp_path
    assert "Traceback" in story.read_text()
    assert story.stat().st_mode & 0o077 == 0  # a traceback may quote what a variable held


def test_a_bug_is_told_at_once_when_asked_for(home: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.setenv("AMQCTL_DEBUG", "1")
    monkeypatch.setattr(sys, "stdin", Raises(RuntimeError("boom")))
    assert run(["up", "-"]) == 3
    assert "Traceback" in capsys.readouterr().err


def test_a_disk_that_refuses_is_one_line(amq, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("in the way")
    done = amq("render", "pair", "-d", "out/deeper", "--offline")
    assert done.code in (2, 3)
    assert "out" in done.err


def test_a_reader_that_goes_away_is_no_failure() -> None:
    """`amqctl schema | head -1`: exit code 1 would say that a claim failed."""
    writer = subprocess.Popen(
        [sys.executable, "-m", "amqctl", "schema"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert writer.stdout is not None
    assert writer.stderr is not None
    writer.stdout.close()
    assert writer.stderr.read() == b""
    assert writer.wait() == 0


def test_a_terminal_that_knows_ascii_only_is_no_failure(tmp_path: Path) -> None:
    env = {"AMQCTL_HOME": str(tmp_path), "PYTHONIOENCODING": "ascii", "AMQCTL_OFFLINE": "1"}
    line = [sys.executable, "-m", "amqctl", "validate", "ü.yaml", "-o", "text"]
    (tmp_path / "ü.yaml").write_text(PAIR)
    ran = subprocess.run(line, env=env, cwd=tmp_path, capture_output=True, text=True)
    assert (ran.returncode, ran.stdout.partition(":")[0]) == (0, "\\xfc.yaml"), ran.stderr


# --- docs/verbs.md -------------------------------------------------------------------------------------------------

DOCUMENT = (REPOSITORY / "docs" / "verbs.md").read_text()


def sections() -> dict[str, str]:
    """verb -> its part of docs/verbs.md; a heading may stand for several verbs."""
    found = {}
    for part in re.split(r"^## ", DOCUMENT, flags=re.MULTILINE)[1:]:
        heading, _, text = part.partition("\n")
        for verb in re.findall(r"`([a-z-]+)`", heading):
            found[verb] = text
    return found


def command_of(verb: str) -> click.Command:
    command = cli.get_command(click.Context(cli), verb)
    assert command is not None
    return command


def parameters_of(verb: str) -> list[click.Parameter]:
    """Those of its own verbs too, where it has some."""
    command = command_of(verb)
    below = list(command.commands.values()) if isinstance(command, click.Group) else []
    return [p for c in (command, *below) for p in c.params]


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_and_option_is_documented(verb: str) -> None:
    text = sections()[verb]
    for parameter in parameters_of(verb):
        names = [*parameter.opts, *parameter.secondary_opts]
        if isinstance(parameter, click.Option):
            for name in names:
                assert f"`{name}" in text or f"/{name}" in text or f", {name}" in text, f"{verb} {name}"
        else:
            word = (parameter.metavar or parameter.name or "").strip("[].").upper()
            assert word in text, f"{verb} {word}"


def test_no_option_is_documented_that_does_not_exist() -> None:
    for verb, text in sections().items():
        if verb in VERBS:
            known = {o for p in parameters_of(verb) for o in (*p.opts, *p.secondary_opts)} | {"--help"}
            for line in text.splitlines():
                if line.startswith("| `-"):
                    for name in re.findall(r"(?<![\w-])--?[a-z][a-z-]*", line.split("|")[1]):
                        assert name in known or verb in ("start", "stop", "kill", "restart"), f"{verb} {name}"


def test_every_environment_variable_is_documented() -> None:
    source = "\n".join(p.read_text() for p in (REPOSITORY / "amqctl").rglob("*.py"))
    for name in set(re.findall(r"\bAMQCTL_[A-Z_]+", source)):
        assert f"`{name}`" in DOCUMENT, name


@pytest.mark.parametrize("args", [("status",), ("urls", "--show-password"), ("ls",)])
def test_every_key_of_the_json_is_documented(args: tuple[str, ...], amq, recorded: Path) -> None:
    own = {"ms-broker-a", "ms-broker-b"}
    text = sections()[args[0]]
    for key in keys(amq(*args, "-o", "json").json) - own:
        assert f'"{key}"' in text, f"{args[0]} {key}"


def keys(data: Any) -> set[str]:
    if isinstance(data, dict):
        return set(data) | {k for v in data.values() for k in keys(v)}
    return {k for v in data for k in keys(v)} if isinstance(data, list) else set()


# --- examples ------------------------------------------------------------------------------------------------------


def test_the_ci_example_uses_only_what_there_is(home: Path) -> None:
    import yaml

    workflow = yaml.safe_load((REPOSITORY / "examples" / "github-actions-smoke.yml").read_text())
    [job] = workflow["jobs"].values()
    lines = [line for step in job["steps"] for line in step.get("run", "").splitlines() if line.startswith("amqctl ")]
    assert {line.split()[1] for line in lines} >= {"up", "failover-test", "down"}
    for line in lines:
        _, verb, *rest = line.replace('"$TOPOLOGY"', "pair").split()
        command_of(verb).make_context(verb, rest)  # raises for an option or argument that does not exist
