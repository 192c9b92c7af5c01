"""The models are the file format: what they publish, and the verbs that show it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from pydantic import BaseModel, ValidationError

from amqctl.cli import cli
from amqctl.errors import AmqctlError, BadTopology
from amqctl.topology import model
from amqctl.topology.complaints import keys_at
from amqctl.topology.load import load
from amqctl.topology.model.broker import Policy
from amqctl.topology.model.scalars import Shape
from amqctl.topology.schema import schema, schema_text
from tests.builders import HEAD, PAIR

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ROOT / "topologies" / "amqctl-v1.schema.json"


def models() -> Iterator[type[BaseModel]]:
    """Every model of the file: all that inherit from Shape, and Policy, which accepts any attribute."""

    def below(kind: type[BaseModel]) -> Iterator[type[BaseModel]]:
        for one in kind.__subclasses__():
            yield one
            yield from below(one)

    assert issubclass(model.Topology, Shape)
    yield from below(Shape)
    yield Policy


def test_the_shipped_schema_is_current() -> None:
    assert SHIPPED.read_text() == schema_text(), "run: amqctl schema > topologies/amqctl-v1.schema.json"


def test_every_reference_in_the_schema_leads_somewhere() -> None:
    made = schema()

    def references(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            yield from [value["$ref"]] if isinstance(value.get("$ref"), str) else []
            for inner in value.values():
                yield from references(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from references(inner)

    for reference in references(made):
        assert reference.removeprefix("#/$defs/") in made["$defs"]


def test_the_schema_has_no_pattern_that_an_editor_cannot_read() -> None:
    assert "(?i)" not in schema_text()
    assert made_for_people(schema())


def made_for_people(made: dict[str, Any]) -> bool:
    return bool(made["title"] and made["description"] and made["examples"])


def test_the_schema_s_example_is_a_topology() -> None:
    for example in schema()["examples"]:
        assert load(json.dumps(example), None).topology.name == example["name"]


def test_models_are_frozen_and_all_but_policies_refuse_unknown_keys() -> None:
    for one in models():
        assert one.model_config["frozen"]
        assert one.model_config["extra"] == ("allow" if one is Policy else "forbid")
    topology = load(HEAD + PAIR, None).topology
    with pytest.raises(ValidationError):
        topology.name = "other"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("path", "keys"),
    [
        (("ports",), ["offset"]),
        (("groups", "x", "brokers", "y", "ports"), ["openwire", "stomp", "ws", "amqp", "mqtt", "console"]),
        (("groups", "x", "store"), ["kahadb", "jdbc", "leveldb"]),
        (("security", "users", "x"), ["password", "groups"]),
        (("runtime", "docker"), ["image", "publish", "network"]),
        (("runtime", "docker", "network"), ["name", "external"]),
        (("companions", "db"), ["mysql", "mariadb", "postgres", "derby", "zookeeper"]),
    ],
)
def test_the_keys_of_a_place(path: tuple[str, ...], keys: list[str]) -> None:
    assert keys_at(path) == keys
    assert "from" in keys_at(("network", 0))


def test_every_key_of_the_file_is_documented() -> None:
    text = (ROOT / "docs" / "topology.md").read_text()
    for one in models():
        for name, field in one.model_fields.items():
            assert f"`{field.alias or name}`" in text or f"`{field.alias or name}:" in text, f"{one.__name__}.{name}"


# ---- the verbs


def run(*args: str) -> Any:
    return CliRunner().invoke(cli, list(args))


def test_validate_says_ok(tmp_path: Path) -> None:
    result = run("validate", str(ROOT / "topologies" / "ms-plus-cluster.yaml"))
    assert result.exception is None, result.exception
    assert "ok: 4 brokers in 2 groups, 1 link, ActiveMQ 6.1.7, profile lab" in result.stdout


def test_validate_reports_the_problems_of_all_files(tmp_path: Path) -> None:
    one, two, three = (tmp_path / name for name in ("one.yaml", "two.yaml", "three.yaml"))
    one.write_text(HEAD + PAIR + "\nprofil: lab\n")
    two.write_text(HEAD + PAIR + "\n")
    result = run("validate", str(one), str(two), str(three))
    assert isinstance(result.exception, BadTopology)
    assert result.exception.exit_code == 2
    text = str(result.exception)
    assert f"{one}:4:1: the topology has no key profil" in text
    assert f"{three}: No such file" in text
    assert f"{two}: ok" in result.stdout


def test_validate_as_json(tmp_path: Path) -> None:
    file = tmp_path / "t.yaml"
    file.write_text(HEAD + PAIR + "\nprofil: lab\n")
    result = run("validate", "-o", "json", str(file))
    (told,) = json.loads(result.stdout)
    assert result.exit_code == 2
    assert (told["file"], told["ok"]) == (str(file), False)
    assert told["problems"][0] | {"fix": ""} == {
        "line": 4, "column": 1, "what": "the topology has no key profil", "fix": "",
    }  # fmt: skip


def test_schema_prints_the_schema() -> None:
    assert json.loads(run("schema").stdout) == json.loads(SHIPPED.read_text())


def test_explain_shows_where_values_come_from() -> None:
    file = str(ROOT / "topologies" / "ms-plus-cluster.yaml")
    text = run("explain", "amq3", file, "--port-offset", "1000").stdout
    lines = {line.split()[0]: " ".join(line.split()[1:]) for line in text.splitlines()}
    assert lines["ports.openwire"] == "62618 line 29, --port-offset 1000"
    assert lines["jvm.profile"] == "fast-start profile lab"
    assert lines["jvm.heap"] == "512m line 12"
    rows = json.loads(run("explain", "amq1", file, "-o", "json").stdout)
    assert {"key": "activemq", "value": "6.1.7", "origin": "line 4", "line": 4} in rows


def test_explain_of_an_unknown_node() -> None:
    result = run("explain", "amq9", str(ROOT / "topologies" / "ms-plus-cluster.yaml"))
    assert isinstance(result.exception, AmqctlError)
    assert result.exception.exit_code == 2
    assert "did you mean amq" in result.exception.hint


def test_help_does_not_load_the_models() -> None:
    code = "import sys; from amqctl.cli import cli; cli.main(['--help'], standalone_mode=False); " + (
        "assert not {'pydantic', 'yaml', 'lxml', 'jinja2', 'requests', 'docker'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
