"""The container recipes on a real engine, with images laid out as the official ones."""

from __future__ import annotations

import io
import json
import tarfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker
import pytest

from amqctl.activemq.companions import derby, engine
from amqctl.activemq.companions.model import LIB, Container
from amqctl.cluster import databases
from amqctl.cluster.databases import LoginRefused, Target, Wanted
from amqctl.cluster.model import Address, Login
from amqctl.events import silent
from amqctl.provision import companions, jre
from amqctl.provision.sources import Sources
from amqctl.wait import NotYet, until
from tests.lab import databases as lab

pytestmark = [pytest.mark.docker, pytest.mark.real]

ADMIN = 'it\'s "an" \\admin $PATH'
USER = Login("broker", 'bro\'ker\\ "pw"')
WANTED = Wanted("amq", USER.user, USER.password)


class Running:
    """One container by its recipe; its volume goes with it."""

    def __init__(self, kind: str, base: str, sources: Sources, settings: dict[str, Any]) -> None:
        self.kind = kind
        self.client = docker.from_env()
        self.recipe = engine(kind).container(settings, ADMIN, image=lab.IMAGES.get(kind))
        self.volume = self.client.volumes.create(f"amqctl-test-{uuid.uuid4().hex[:12]}")
        jvm = self.recipe.image is None
        self.container = self.client.containers.create(
            self.recipe.image or base,
            command=list(self.recipe.command) if not jvm else None,
            entrypoint=["java", *self.recipe.command] if jvm else None,
            environment=dict(self.recipe.environment),
            volumes={self.volume.name: {"bind": self.recipe.data, "mode": "rw"}},
            ports={f"{self.recipe.port}/tcp": ("127.0.0.1", None)},
            stop_signal=self.recipe.stop_signal,
        )
        jars = companions.obtain_jars(self.recipe.jars, sources, silent)
        self.container.put_archive("/", packed(self.recipe, jars))
        self.ij: tuple[str, ...] = ()
        if kind == "derby":
            own = companions.obtain_jars(derby.CLIENT_JARS, sources, silent)
            self.ij = derby.ij_command(str(jre.find(17, "auto", silent).java), tuple(map(str, own)))

    def start(self) -> Target:
        self.container.start()
        self.container.reload()
        (published,) = self.container.attrs["NetworkSettings"]["Ports"][f"{self.recipe.port}/tcp"]
        target = Target(self.kind, Address("127.0.0.1", int(published["HostPort"])), self.ij)

        def ready() -> None:
            self.container.reload()
            assert self.container.status == "running", self.container.logs().decode()
            seen = databases.greeting(self.kind, target.address, 2)
            if not seen.ready:
                raise NotYet(seen.seen)

        until(ready, what=f"{self.kind} is ready", within=90)
        return target

    def remove(self) -> None:
        self.container.remove(force=True, v=True)
        self.volume.remove(force=True)


def packed(recipe: Container, jars: list[Path]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for file in recipe.files:
            entry = tarfile.TarInfo(file.path.lstrip("/"))
            entry.size, entry.mode = len(file.text.encode()), 0o600
            tar.addfile(entry, io.BytesIO(file.text.encode()))
        for jar in jars:
            tar.add(jar, f"{LIB}/{jar.name}".lstrip("/"))
    return out.getvalue()


SETTINGS: dict[str, dict[str, Any]] = {
    "mysql": {"innodb_lock_wait_timeout": 2},
    "mariadb": {"innodb_lock_wait_timeout": 2},
    "postgres": {"lock_timeout": "2s"},
    "derby": {"derby.locks.waitTimeout": 2},
}
ASKED = {
    "mysql": "SELECT @@innodb_lock_wait_timeout",
    "mariadb": "SELECT @@innodb_lock_wait_timeout",
    "postgres": "SHOW lock_timeout",
}


@pytest.fixture(params=SETTINGS)
def running(request: pytest.FixtureRequest, base_image: str, amqctl_home: Path) -> Iterator[Running]:
    if request.param in lab.IMAGES:
        lab.ensure(request.param)
    found = Running(request.param, base_image, Sources(cache=amqctl_home / "cache"), SETTINGS[request.param])
    yield found
    found.remove()


def test_a_container_by_the_recipe(running: Running) -> None:
    target = running.start()
    databases.ensure(target, ADMIN, [WANTED])
    databases.ensure(target, ADMIN, [WANTED])
    databases.rows(target, USER, "amq", "CREATE TABLE ACTIVEMQ_MSGS (ID INTEGER)")
    if running.kind in ASKED:
        assert databases.rows(target, USER, "amq", ASKED[running.kind])[0][0] in ("2", "2s")
    for login in (Login(USER.user, "wrong"), Login(engine(running.kind).ADMIN, "wrong"), Login("root", "")):
        with pytest.raises(LoginRefused):
            databases.tables(target, login, "amq")
    # looked at very often: nobody is locked out for it (MySQL's max_connect_errors is 100)
    assert all(databases.greeting(running.kind, target.address, 2).ready for _ in range(150))
    assert databases.tables(target, USER, "amq") == ["activemq_msgs"]
    running.container.stop(timeout=20)
    running.container.reload()
    assert running.container.attrs["State"]["ExitCode"] in (0, 143)
    assert databases.tables(running.start(), USER, "amq") == ["activemq_msgs"]
    running.container.kill()
    assert databases.tables(running.start(), USER, "amq") == ["activemq_msgs"]
    for secret in (ADMIN, USER.password):
        assert json.dumps(secret)[1:-1] not in json.dumps(running.client.api.inspect_container(running.container.id))
        assert secret not in running.container.logs().decode("utf-8", "replace")
