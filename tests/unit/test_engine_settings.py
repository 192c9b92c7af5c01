"""What an engine was told when it made something, and what the topology says now: ports, network, volumes."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from amqctl.events import silent
from amqctl.plan.model import Plan
from amqctl.plan.plan import make_plan
from amqctl.plan.reconcile import reconcile
from amqctl.plan.state import State
from amqctl.provision.engine import Engine
from amqctl.provision.sources import Sources
from amqctl.runtimes import containers, enginechecks
from amqctl.runtimes.docker import DockerRuntime
from tests.builders import settled
from tests.plans import files_of

PAIR = "groups: {orders: {brokers: 2}}\n"


class FakeApi:
    """An engine that has what it was given, and takes note of what it is to make."""

    def __init__(self, networks: list[str] = [], volumes: list[dict[str, Any]] = []) -> None:  # noqa: B006
        self._labels = {containers.CLUSTER: "t", containers.KIND: "network"}
        self.nets = [{"Name": name, "Labels": self._labels} for name in networks]
        self.vols = volumes
        self.made: list[str] = []

    def networks(self, names: list[str] | None = None, filters: Any = None) -> list[dict[str, Any]]:
        return [n for n in self.nets if names is None or n["Name"] in names]

    def volumes(self, filters: Any = None) -> dict[str, Any]:
        return {"Volumes": self.vols}

    def create_network(self, name: str, **_: Any) -> None:
        self.made.append(name)

    def create_volume(self, name: str, **_: Any) -> None:
        self.vols.append({"Name": name, "Labels": {containers.CLUSTER: "t", containers.KIND: "other"}})

    def inspect_container(self, name: str) -> Any:
        import docker.errors

        raise docker.errors.NotFound(name)


def runtime(api: FakeApi) -> DockerRuntime:
    engine = Engine(SimpleNamespace(api=api), "unix:///x", None, "29.0")  # type: ignore[arg-type]
    return DockerRuntime("t", engine=engine, base="b:1", sources=Sources(cache=None), tell=silent)  # type: ignore[arg-type]


def planned(section: str = "", groups: str = PAIR) -> Plan:
    text = groups + (f"runtime: {{docker: {{{section}}}}}\n" if section else "")
    return make_plan(settled(text), runtime(FakeApi()).place, "{}")


def inspected(node: str, on: str, networks: list[str], plan: Plan) -> dict[str, Any]:
    """As the engine says of a container that runs."""
    ports = {f"{port}/tcp": [{"HostIp": on, "HostPort": str(port)}] for port in plan.node(node).ports.values()}
    digests = containers.digests(files_of(plan)[node])
    return {
        "State": {"Status": "running", "Pid": 7, "ExitCode": 0, "StartedAt": "2026-01-31T12:00:00.5Z"},
        "Config": {"Labels": {containers.NODE: node, containers.FILES: digests}},
        "RestartCount": 0,
        "HostConfig": {"RestartPolicy": {"Name": containers.POLICY}, "PortBindings": ports},
        "NetworkSettings": {"Networks": {name: {} for name in networks}},
    }


def steps(plan: Plan, on: str, *networks: str) -> list[str]:
    """What `up` does where both nodes run, published on `on`, in `networks`, with the files that are wanted."""
    nodes = {n.name: containers.state(inspected(n.name, on, [*networks], plan)) for n in plan.nodes}
    return [str(s) for s in reconcile(plan, files_of(plan), State("{}", nodes), {"orders": "orders-1"})]


def test_ports_that_are_published_elsewhere_than_wanted_are_a_reason_to_replace() -> None:
    assert steps(planned(), "127.0.0.1", "amqctl.t") == []
    assert steps(planned(), "0.0.0.0", "amqctl.t") == [  # noqa: S104
        "replace orders-2: runtime.docker.publish changed",
        "replace orders-1: runtime.docker.publish changed",
    ]
    assert steps(planned("publish: 0.0.0.0"), "", "amqctl.t") == []  # so Podman writes it


def test_who_is_on_another_network_is_made_anew_with_all_others() -> None:
    assert steps(planned("network: {name: mine}"), "127.0.0.1", "amqctl.t") == [
        "remove orders-1: runtime.docker.network changed",
        "remove orders-2: runtime.docker.network changed",
        "create orders-1: runtime.docker.network changed",
        "create orders-2: runtime.docker.network changed",
        "start orders-1: it is new there",
        "start orders-2: it is new there",
    ]
    assert steps(planned("network: {name: mine}"), "127.0.0.1", "amqctl.t", "mine") == []  # in a second one besides


def test_a_network_of_another_name_is_not_the_one_that_is_wanted() -> None:
    for section, there, made in [
        ("", [], ["amqctl.t"]),
        ("", ["amqctl.t"], []),
        ("network: {name: mine}", ["amqctl.t"], ["mine"]),
        ("network: {name: mine, external: true}", ["amqctl.t"], []),
    ]:
        plan, api = planned(section), FakeApi(there)
        one = runtime(api)
        one._plan = plan  # provided
        one.prepare(plan)
        assert api.made == made, section


@pytest.mark.parametrize(
    ("made", "wanted", "refused"),
    [
        ({}, "{}", False),
        ({"type": "nfs", "device": ":/a"}, '{type: nfs, device: ":/a"}', False),
        ({"type": "nfs", "device": ":/a"}, '{type: nfs, device: ":/b"}', True),
        ({"type": "nfs", "device": ":/a"}, "{}", True),
        (None, "{driver: local}", False),
        (None, "{driver: other}", True),
    ],
)
def test_a_volume_cannot_be_given_other_options(made: dict[str, str] | None, wanted: str, refused: bool) -> None:
    """They are fixed when it is made: it is said, not passed over."""
    labels = {containers.CLUSTER: "t", containers.KIND: "store"}
    api = FakeApi(volumes=[{"Name": "amqctl.t.orders", "Driver": "local", "Options": made, "Labels": labels}])
    plan = planned(groups=f"groups: {{orders: {{brokers: 2, store: {{kahadb: {{volume_options: {wanted}}}}}}}}}\n")
    found = enginechecks.problems(plan, Engine(SimpleNamespace(api=api), "unix:///x", None, "29.0"))  # type: ignore[arg-type]
    assert bool(found) == refused
    for problem in found:
        assert "volume of orders was made with other volume_options" in problem.what
        assert "amqctl down t --volumes" in problem.fix
