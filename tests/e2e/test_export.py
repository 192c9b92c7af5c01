"""A compose file that was handed over brings up the same cluster, without amqctl."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import docker
import pytest
from stomp.exception import StompException

from amqctl.cluster.intent import Intent, plan_of
from amqctl.cluster.model import Login
from amqctl.cluster.observation import missing, observe
from amqctl.events import silent
from amqctl.plan.state import NodeState, State
from amqctl.provision.dirs import dirs
from amqctl.provision.sources import from_env
from amqctl.runtimes import World, open_runtime
from amqctl.wait import NotYet, until
from tests.e2e.machine import Machine, ms_plus
from tests.e2e.plain_stomp import Client

pytestmark = [pytest.mark.real, pytest.mark.docker]


@pytest.mark.parametrize("image", [None, "amqctl-lab/activemq-classic:6.1.7"], ids=["built", "official"])
def test_docker_compose_runs_what_was_exported(docker_machine: Machine, image: str | None) -> None:
    """Two masters, two waiting, the bridge up at both ends; a message in at one group and out at the other."""
    machine = docker_machine
    file = Path(ms_plus(machine.home, "handed", "6.1.7"))
    if image is not None:
        _official_is_there(image)
        file.write_text(file.read_text().replace("defaults:", f"defaults:\n  image: {image}"))
    offset = machine.offset(2400)
    out = machine.home / "handed-over"
    machine.amq("export", "compose", str(file), "-d", str(out), "--port-offset", str(offset))
    assert out.stat().st_mode & 0o777 == 0o700
    try:
        _compose(out, "up", "-d")
        password = _password(machine, "handed", "admin")
        plan = plan_of(Intent(file.read_text(), None, port_offset=offset), _runtime(machine).place)
        state = State(None, {n.name: NodeState(n.name, "running") for n in plan.nodes})

        def ready() -> None:
            if lacking := missing(plan, observe(plan, state, Login("admin", password))):
                raise NotYet("; ".join(lacking))

        until(ready, what="the handed-over cluster is ready", within=90, every=0.3)
        ports = _masters(plan, state, password)
        one, other = (Client(f"127.0.0.1:{port}", "admin", password) for port in ports)
        sent = one.send("/queue/handed.over", 10)
        assert sorted(other.take("/queue/handed.over", 10)) == sorted(sent)
        one.close()
        other.close()
    finally:
        _compose(out, "down", "-v", "-t", "1")


def test_an_exported_store_in_a_database_has_its_driver(docker_machine: Machine) -> None:
    """A database inside the broker: without the jars of `driver:` beside the compose file nothing starts."""
    machine, offset = docker_machine, docker_machine.offset(2380)
    file = machine.home / "handed-db.yaml"
    file.write_text("""apiVersion: amqctl/v1
name: handed-db
activemq: 6.1.7
groups:
  orders:
    brokers: 1
    store:
      jdbc: {url: "jdbc:derby:/amqctl/data/derby;create=true", user: amq, password: {env: DB}, locker: lease}
""")
    out = machine.home / "handed-db"
    machine.amq("export", "compose", str(file), "-d", str(out), "--port-offset", str(offset), env={"DB": "x"})
    assert [jar.name.split("-")[0] for jar in sorted((out / "lib" / "orders-1").iterdir())][0] == "derby"
    try:
        _compose(out, "up", "-d")

        def answers() -> None:
            try:
                Client(f"127.0.0.1:{62613 + offset}", "admin", _password(machine, "handed-db", "admin")).close()
            except (OSError, StompException) as exc:
                raise NotYet(str(exc)) from exc

        until(answers, what="the broker answers", within=90, every=0.5)
        client = Client(f"127.0.0.1:{62613 + offset}", "admin", _password(machine, "handed-db", "admin"))
        sent = client.send("/queue/handed.over", 10)
        assert sorted(client.take("/queue/handed.over", 10)) == sorted(sent)
        client.close()
    finally:
        _compose(out, "down", "-v", "-t", "1")


def _masters(plan, state, password: str) -> list[int]:
    """STOMP ports of the groups' masters."""
    masters = observe(plan, state, Login("admin", password)).masters
    return [plan.node(name).ports["stomp"] for name in masters.values()]


def _runtime(machine: Machine):
    env = {**machine.env}
    world = World(dirs=dirs(env), sources=from_env(env), env=env, tell=silent)
    return open_runtime("docker", "handed", world)


def _password(machine: Machine, cluster: str, user: str) -> str:
    return json.loads((machine.home / "state" / "secrets" / f"{cluster}.json").read_text())[user]


def _official_is_there(image: str) -> None:
    assert docker.from_env().images.get(image), "python -m tests.lab official makes it"


def _compose(directory: Path, *words: str) -> None:
    tool = shutil.which("docker-compose")
    line = [tool] if tool else ["docker", "compose"]
    done = subprocess.run(
        [*line, "-p", f"amqctl-{directory.name}", *words], cwd=directory, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
