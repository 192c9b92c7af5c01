"""`amqctl lint`, and lint inside `validate`: forms of the result, exit codes, what is written to scripts."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from amqctl.activemq.lint import RULES
from amqctl.cli import run
from amqctl.report.findings import rules_markdown
from tests.done import Done

ROOT = Path(__file__).resolve().parents[2]
S5F = ROOT / "tests" / "lint" / "s5f"
ERASES = '<beans><broker brokerName="a" deleteAllMessagesOnStartup="true"/></beans>'
LOCKLESS = """<beans><broker brokerName="a"><persistenceAdapter>
  <kahaDB directory="/s"><locker><lease-database-locker/></locker></kahaDB>
</persistenceAdapter></broker></beans>"""
TOPOLOGY = """apiVersion: amqctl/v1
name: t
groups:
  a:
    brokers: 2
    patch: [{at: "amq:broker", set: {deleteAllMessagesOnStartup: "true"}}]
"""


@pytest.fixture
def amq(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture):
    monkeypatch.chdir(tmp_path)

    def amq_(*args: str | Path, stdin: str = "") -> Done:
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        code = run([str(a) for a in args])
        captured = capsys.readouterr()
        assert "bug in amqctl" not in captured.err
        return Done(code, captured.out, captured.err)

    return amq_


def write(name: str, text: str) -> str:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(text)
    return name


# --- what is linted


def test_s5f_by_its_compose_file(amq) -> None:
    done = amq("lint", S5F / "docker-compose.yaml")
    assert done.code == 0, "ten warnings are no errors"
    assert done.err == "10 warnings, 4 notes\n"
    assert done.out.count("[bridge-to-own-group]") == 4
    assert done.out.count("[network-connector-unnamed]") == 4
    assert done.out.count("[static-to-group]") == 2
    assert "amq1/conf/activemq.xml:76:13: warning: " in done.out


def test_several_files_are_brokers_that_may_know_each_other(amq) -> None:
    files = [S5F / f"amq{n}" / "conf" / "activemq.xml" for n in (1, 2, 3, 4)]
    assert amq("lint", *files).err == "10 warnings, 4 notes\n"
    alone = amq("lint", files[0])
    assert alone.err == "2 warnings\n", "alone, nothing says that amq3 and amq4 are one group"


def test_a_topology_is_linted_as_it_is_rendered(amq) -> None:
    done = amq("lint", write("t.yaml", TOPOLOGY))
    assert done.code == 1
    assert "t.yaml:4:1: error: a-1 deleteAllMessagesOnStartup is on" in done.out
    assert "(a-1/activemq.xml:" in done.out


def test_standard_input(amq) -> None:
    assert amq("lint", "-", stdin=ERASES).out.startswith("-:1:8: warning: ")
    assert amq("lint", "-", stdin=TOPOLOGY).code == 1


def test_versions_and_file_systems_can_be_told(amq) -> None:
    file = write(
        "x.xml", "<beans><broker><persistenceAdapter><replicatedLevelDB/></persistenceAdapter></broker></beans>"
    )
    assert amq("lint", file).code == 0
    assert "[leveldb-removed]" in amq("lint", "--activemq", "5.18.3", file).out
    file = write("y.xml", "<beans><broker><persistenceAdapter><kahaDB/></persistenceAdapter></broker></beans>")
    assert amq("lint", file).out == ""
    assert "[kahadb-shared-on-nfs3]" in amq("lint", "--store-on", "nfs", file).out


# --- exit codes


@pytest.mark.parametrize(
    ("text", "severity", "code"),
    [
        (LOCKLESS, "error", 1),
        (ERASES, "error", 0),
        (ERASES, "warning", 1),
        (ERASES, "info", 1),
        ("<beans><broker/></beans>", "info", 0),
    ],
)
def test_the_threshold(text: str, severity: str, code: int, amq) -> None:
    assert amq("lint", "--severity", severity, write("x.xml", text)).code == code


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("x.xml", "<beans>\n<broker", "x.xml:2:1: not well-formed XML"),
        ("x.xml", "<beans/>", "x.xml:1:1: <beans> has no <broker>"),
        ("x.yaml", "apiVersion: amqctl/v1\n", "x.yaml"),
        ("x.yaml", "services: {a: {image: x}}\n", "no service mounts an activemq.xml"),
        ("x.yaml", "services: [\n", "not YAML"),
        ("x.yaml", "services: " + "[" * 1000 + "\n", "not YAML that can be read"),
        ("x.yaml", "services:\n  a: {volumes: ['./no.xml:/c/conf/activemq.xml']}\n", "No such file"),
    ],
)
def test_a_file_that_cannot_be_read_is_exit_2_with_its_place(name: str, text: str, words: str, amq) -> None:
    done = amq("lint", write(name, text))
    assert done.code == 2
    assert words in done.err


def test_a_topology_may_be_larger_than_an_activemq_xml(amq) -> None:
    file = write("t.yaml", "# a long comment\n" * 300_000 + TOPOLOGY)
    assert amq("lint", file).out.startswith("t.yaml:300004:1: error: a-1 deleteAllMessagesOnStartup is on")


def test_one_bad_file_does_not_hide_the_others(amq) -> None:
    done = amq("lint", write("bad.xml", "<"), write("good.xml", ERASES), "absent.xml")
    assert done.code == 2
    assert "[delete-all-messages]" in done.out
    assert "bad.xml:1:1" in done.err and "absent.xml: No such file" in done.err


def test_no_file_is_bad_usage(amq) -> None:
    assert amq("lint").code == 2


# --- JSON


def test_json_has_the_documented_keys(amq) -> None:
    done = amq("lint", "-o", "json", write("x.xml", ERASES), write("bad.xml", "<"))
    assert done.code == 2
    data = json.loads(done.out)
    assert set(data) == {"findings", "silenced", "problems"}
    [finding] = data["findings"]
    keys = {"rule", "severity", "message", "fix", "source", "node", "file", "line", "column", "place"}
    assert set(finding) == keys
    assert (finding["rule"], finding["file"], finding["line"], finding["column"]) == (
        "delete-all-messages",
        "x.xml",
        1,
        8,
    )
    assert set(data["problems"][0]) == {"what", "fix", "file", "line", "column"}
    documented = (ROOT / "docs" / "lint.md").read_text()
    for key in (*data, *keys):
        assert f'"{key}"' in documented


def test_rules_are_listed_as_text_and_as_json(amq) -> None:
    text = amq("lint", "--rules").out
    data = json.loads(amq("lint", "--rules", "-o", "json").out)
    assert [rule["id"] for rule in data] == [rule.id for rule in RULES]
    assert all(set(rule) == {"id", "severity", "family", "title", "reason", "source", "fix"} for rule in data)
    assert all(f"{rule.id}  {rule.severity}" in text for rule in RULES)


def test_the_document_has_the_table_of_rules() -> None:
    """Whoever adds a rule pastes what is printed here: python -c "from … import …; print(rules_markdown(RULES))"."""
    text = (ROOT / "docs" / "lint.md").read_text()
    table = text.partition("<!-- rules -->\n")[2].partition("<!-- /rules -->")[0]
    assert table.strip() == rules_markdown(RULES).strip()


# --- SARIF 2.1.0, by what its schema requires of the parts that are used


def sarif(data: Any) -> dict[str, Any]:
    """The only run of a log, after a look at everything in it."""
    assert data["version"] == "2.1.0" and data["$schema"].endswith("sarif-2.1.0.json")
    [run_] = data["runs"]
    assert set(run_) <= {"tool", "invocations", "columnKind", "results"}
    driver = run_["tool"]["driver"]
    assert driver["name"] and driver["version"]
    ids = [rule["id"] for rule in driver["rules"]]
    assert len(set(ids)) == len(ids)
    for rule in driver["rules"]:
        assert rule["defaultConfiguration"]["level"] in ("error", "warning", "note", "none")
        assert all(rule[key]["text"] for key in ("shortDescription", "fullDescription", "help"))
    assert run_["columnKind"] in ("utf16CodeUnits", "unicodeCodePoints")
    for invocation in run_["invocations"]:
        assert isinstance(invocation["executionSuccessful"], bool)
        for note in invocation.get("toolExecutionNotifications", ()):
            assert note["message"]["text"]
            locations(note)
    for result in run_["results"]:
        assert ids[result["ruleIndex"]] == result["ruleId"]
        assert result["level"] in ("error", "warning", "note", "none")
        assert result["message"]["text"]
        assert all(isinstance(v, str) for v in result["partialFingerprints"].values())
        locations(result)
    return run_


def locations(of: dict[str, Any]) -> None:
    for location in of.get("locations", ()):
        place = location["physicalLocation"]
        uri = place["artifactLocation"]["uri"]
        assert uri and " " not in uri and "\\" not in uri
        if "region" in place:
            assert place["region"]["startLine"] >= 1 and place["region"]["startColumn"] >= 1


def test_sarif(amq) -> None:
    name = write("a dir/x.xml", ERASES)
    run_ = sarif(json.loads(amq("lint", "-o", "sarif", name).out))
    [result] = run_["results"]
    assert (result["ruleId"], result["level"]) == ("delete-all-messages", "warning")
    place = result["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": "a%20dir/x.xml"}, "region": {"startLine": 1, "startColumn": 8}}
    assert run_["invocations"] == [{"executionSuccessful": True}]


def test_sarif_of_a_file_that_cannot_be_read_and_of_a_topology(amq) -> None:
    done = amq("lint", "-o", "sarif", write("bad.xml", "<"), write("t.yaml", TOPOLOGY))
    assert done.code == 2
    run_ = sarif(json.loads(done.out))
    assert run_["invocations"][0]["executionSuccessful"] is False
    assert {r["level"] for r in run_["results"]} == {"error", "note"}
    assert all(r["locations"][0]["physicalLocation"]["region"]["startLine"] == 4 for r in run_["results"])


def test_a_fingerprint_outlives_a_line_above(amq) -> None:
    prints = []
    for text in (ERASES, "\n\n" + ERASES):
        [result] = sarif(json.loads(amq("lint", "-o", "sarif", write("x.xml", text)).out))["results"]
        prints.append(result["partialFingerprints"])
    assert prints[0] == prints[1]


# --- validate


def test_validate_refuses_what_lint_calls_an_error(amq) -> None:
    file = write("t.yaml", TOPOLOGY)
    done = amq("validate", file)
    assert done.code == 2
    assert "t.yaml:4:1: a-1: deleteAllMessagesOnStartup is on" in done.err
    assert "[delete-all-messages-in-group]" in done.err
    [result] = json.loads(amq("validate", "-o", "json", file).out)
    assert result["ok"] is False
    assert {f["severity"] for f in result["findings"]} == {"error"}


def test_validate_tells_warnings_and_keeps_notes_for_lint(amq) -> None:
    done = amq("validate", write("t.yaml", TOPOLOGY.replace("deleteAllMessagesOnStartup", "startAsync")))
    assert done.code == 0
    assert "t.yaml: ok: " in done.out
    assert done.out.count(": warning: ") == 2
    assert ": info: " not in done.out


def test_validate_hears_an_ignore(amq) -> None:
    text = TOPOLOGY + "lint: {ignore: [{id: delete-all-messages-in-group, reason: a test of it}]}\n"
    assert amq("validate", write("t.yaml", text)).code == 0
