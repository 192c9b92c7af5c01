"""The command line without a broker or a network: exit codes, where words go, what is left behind."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from amqctl.cli import VERBS, cli
from tests.unit.commandline import PAIR, files_below

BAD = "apiVersion: amqctl/v1\nname: bad\ngroups:\n  a:\n    brokers: 0\n    stor: kahadb\n"


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
