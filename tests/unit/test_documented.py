"""What is documented is what there is: verbs, options, variables, keys, the CI example."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click
import pytest

from amqctl.cli import VERBS, cli
from tests.unit.commandline import REPOSITORY

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


@pytest.mark.parametrize(
    ("file", "which"),
    [("github-actions-smoke", "failover"), ("github-actions-databases", "companions"),
     ("github-actions-databases", "oracle")],
)  # fmt: skip
def test_the_ci_examples_use_only_what_there_is(home: Path, file: str, which: str) -> None:
    import yaml

    workflow = yaml.safe_load((REPOSITORY / "examples" / f"{file}.yml").read_text())
    job = workflow["jobs"][which]
    for name in job.get("strategy", {}).get("matrix", {}).get("topology", ()):
        assert (REPOSITORY / "topologies" / f"{name}.yaml").is_file()
    lines = [line for step in job["steps"] for line in step.get("run", "").splitlines() if line.startswith("amqctl ")]
    assert {line.split()[1] for line in lines} >= {"up", "failover-test", "down"}
    for line in lines:
        _, verb, *rest = line.replace('"$TOPOLOGY"', "pair").split()
        command_of(verb).make_context(verb, rest)  # raises for an option or argument that does not exist
