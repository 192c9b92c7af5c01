"""A running cluster takes over what its topology says of ports and network, which stands in none of its files."""

from __future__ import annotations

import json
import socket

import docker
import pytest

from tests.e2e.machine import Machine, topology

pytestmark = [pytest.mark.real, pytest.mark.docker]

TEXT = """
apiVersion: amqctl/v1
name: moved
activemq: 6.1.7
runtime: {{docker: {{publish: {publish}, network: {network}}}}}
companions: {{db: derby}}
groups:
  orders:
    store: {{jdbc: {{server: db, database: activemq, locker: lease}}}}
    brokers: 2
"""
AUTO = "{name: auto}"
OTHER = "{name: amqctl-test-moved-elsewhere}"


def test_a_changed_address_and_a_changed_network_are_applied(docker_machine: Machine) -> None:
    """Stored messages stay; nobody is left where the ports were, and nobody on the network that was."""
    machine = docker_machine
    at = ("--port-offset", str(machine.offset(2240)))

    def up(publish: str, network: str, *more: str) -> dict:
        file = topology("moved", TEXT.format(publish=publish, network=network), machine.home)
        return json.loads(machine.amq("up", file, *at, "-o", "json", *more).out)

    up("127.0.0.3", AUTO)
    machine.amq("send", "kept", "--to", "orders", "-n", "5")
    assert machine.side.listening() == {"127.0.0.3"}
    wanted = up("127.0.0.1", AUTO, "--dry-run")["steps"]
    assert [(s["do"], s["because"]) for s in wanted] == [("replace", "runtime.docker.publish changed")] * 3
    assert up("127.0.0.1", AUTO)["ready"]
    assert machine.side.listening() == {"127.0.0.1"}
    status = up("127.0.0.2", OTHER)
    assert status["ready"] and machine.side.listening() == {"127.0.0.2"}
    assert up("127.0.0.2", OTHER, "--dry-run")["steps"] == []
    host, _, port = next(b["openwire"] for b in status["groups"][0]["brokers"] if b["role"] == "master").rpartition(":")
    socket.create_connection((host, int(port)), timeout=10).close()
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", int(port)), timeout=10).close()
    assert networks() == {"amqctl-test-moved-elsewhere"}
    machine.amq("recv", "kept", "--from", "orders", "-n", "5", "--timeout", "10")
    machine.amq("down", "--volumes")
    machine.gone(stores=True)


def networks() -> set[str]:
    """What the cluster's containers are on."""
    client = docker.from_env()
    found = client.containers.list(filters={"label": "amqctl.cluster=moved"})
    on = {name for one in found for name in one.attrs["NetworkSettings"]["Networks"]}
    client.close()
    return on
