"""`version:` of a companion: the server that is started says itself which one it is, or nothing is started."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager

import docker
import pytest

from amqctl.cluster import databases
from amqctl.cluster.databases import Target
from amqctl.cluster.model import Address, Login
from tests.e2e.machine import Machine, topology
from tests.lab import databases as lab

pytestmark = pytest.mark.real

TEXT = """apiVersion: amqctl/v1
name: %(name)s
activemq: 6.1.7
companions: {db: {%(kind)s: {version: "%(version)s"}}}
groups: {orders: {store: {jdbc: {server: db}}, brokers: 2}}
"""
ASKED = {"postgres": "SHOW server_version", "mariadb": "SELECT version()", "mysql": "SELECT version()"}


def file_of(machine: Machine, kind: str, version: str) -> str:
    name = f"asked-{kind}"
    return topology(name, TEXT % {"name": name, "kind": kind, "version": version}, machine.home)


def said(machine: Machine, kind: str, port: int) -> str:
    """The server's own answer, to the user that amqctl made for the brokers."""
    kept = json.loads((machine.home / "state" / "secrets" / f"asked-{kind}.json").read_text())
    target = Target(kind, Address("127.0.0.1", port))
    return databases.rows(target, Login("orders", kept["db.db.orders"]), "orders", ASKED[kind])[0][0]


def started(machine: Machine, kind: str, version: str) -> str:
    at = ("--port-offset", str(machine.offset(1100)))
    machine.amq("up", file_of(machine, kind, version), *at)
    seen = machine.amq("status", "-o", "json").json
    assert {broker["role"] for broker in seen["groups"][0]["brokers"]} == {"master", "waiting"}
    (companion,) = seen["companions"]
    answer = said(machine, kind, int(companion["address"].rpartition(":")[2]))
    machine.amq("down", "--volumes")
    return answer


@pytest.mark.parametrize(
    ("kind", "version"), [("postgres", "16"), ("postgres", "15.8.0"), ("mariadb", "10.11")], ids="-".join
)
def test_a_process_is_of_the_version_that_was_asked_for(machine: Machine, kind: str, version: str) -> None:
    """Of this machine, or from Maven Central; the last number of what is published there is the packager's."""
    wanted = version if version.count(".") < 2 else version.rpartition(".")[0]
    assert re.match(rf"{re.escape(wanted)}\b", started(machine, kind, version))


@pytest.mark.docker
@pytest.mark.parametrize(("kind", "version"), [("mariadb", "10.11"), ("postgres", "16"), ("mysql", "5.6")])
def test_a_container_is_of_the_image_with_that_tag(docker_machine: Machine, kind: str, version: str) -> None:
    with tagged(kind, version):
        assert started(docker_machine, kind, version).startswith(f"{version}.")


@pytest.mark.parametrize(
    ("kind", "version", "what"),
    [("mysql", "8.4", "no MySQL 8.4 server for plain processes"), ("postgres", "9", "no PostgreSQL 9 server")],
)
def test_a_version_that_cannot_be_had_is_refused_and_nothing_is_left(
    machine: Machine, kind: str, version: str, what: str
) -> None:
    done = machine.amq("up", file_of(machine, kind, version), expect=3)
    assert what in done.err
    assert "looked at" in done.err
    assert machine.side.left() == []


@pytest.mark.docker
def test_a_tag_that_cannot_be_had_is_refused_and_nothing_is_left(docker_machine: Machine) -> None:
    """In the lab no registry can be reached; elsewhere there is no such tag."""
    done = docker_machine.amq("up", file_of(docker_machine, "mariadb", "1.2.3"), expect=3)
    assert "image mariadb:1.2.3 could not be pulled" in done.err
    assert docker_machine.side.left() == []


@contextmanager
def tagged(kind: str, version: str) -> Iterator[None]:
    """The lab's image under the official name, which amqctl takes where the engine has it."""
    lab.ensure(kind)
    engine, name = docker.from_env(), f"{kind}:{version}"
    assert not engine.images.list(name), f"{name} is somebody's"
    engine.images.get(lab.IMAGES[kind]).tag(kind, version)
    try:
        yield
    finally:
        engine.images.remove(name)
