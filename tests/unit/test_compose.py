"""The compose file that `amqctl export compose` writes: what plain docker-compose is told. Pure."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest
import yaml

from amqctl.activemq import engines
from amqctl.activemq.containers import REPOSITORY
from amqctl.activemq.versions import caps
from amqctl.cli import run
from amqctl.cli.linting import nowhere
from amqctl.plan.plan import make_plan
from amqctl.provision.image import Image
from amqctl.runtimes.compose import compose
from amqctl.topology.check import settled

PAIR = "apiVersion: amqctl/v1\nname: handed\nactivemq: 6.1.7\n%sgroups: {orders: {brokers: 2}}\n"


def services(extra: str = "", jars: dict[str, list[str]] | None = None, ref: str = f"{REPOSITORY}:6.1.7-x"):
    plan = make_plan(settled(PAIR % extra, None, caps=caps, engines=engines), nowhere, "")
    one = PurePosixPath("/opt/apache-activemq/lib/a.jar")
    image = Image(ref, "sha256:0", "6.1.7", PurePosixPath("/opt/apache-activemq"), (one,), "java", 10001, 10001, None)
    text = compose(plan, {node.name: image for node in plan.nodes}, jars or {}, validated=True)
    return yaml.safe_load(text)["services"]


def test_a_broker_gets_its_jars_where_its_class_path_has_them() -> None:
    found = services(jars={"orders-1": ["driver.jar", "own.jar"]})
    assert "./lib/orders-1:/amqctl/lib:ro" in found["orders-1"]["volumes"]
    line = found["orders-1"]["command"]
    path = line[line.index("-cp") + 1].split(":")
    assert path[-2:] == ["/amqctl/lib/driver.jar", "/amqctl/lib/own.jar"]
    assert not [volume for volume in found["orders-2"]["volumes"] if "/lib" in volume]
    assert "driver.jar" not in str(found["orders-2"])


def test_the_key_of_encrypted_passwords_is_asked_of_whoever_runs_it() -> None:
    for service in services("security: {encryption: {}}\n").values():
        (value,) = service["environment"].values()
        assert value.startswith("${ACTIVEMQ_ENCRYPTION_PASSWORD:?")
    assert "environment" not in services()["orders-1"]


def test_the_first_has_a_head_start_and_an_image_of_others_runs_as_root() -> None:
    ours, theirs = services(), services(ref="apache/activemq-classic:6.1.7")
    assert ours["orders-2"]["depends_on"] == ["orders-1"]
    assert (ours["orders-1"]["user"], theirs["orders-1"]["user"]) == ("10001:10001", "0:0")


@pytest.mark.parametrize("companion", ["db: mariadb", "zk: {zookeeper: {nodes: 3}}"])
def test_companions_are_refused_with_what_to_do(companion: str, tmp_path, capsys) -> None:
    file = tmp_path / "t.yaml"
    file.write_text(PAIR % f"companions: {{{companion}}}\n")
    assert run(["export", "compose", str(file), "-d", str(tmp_path / "out")]) == 2
    said = capsys.readouterr().err
    assert "a compose file with companions" in said and "jdbc: {url:" in said
    assert not (tmp_path / "out").exists()
