"""Brokers as containers on one Docker engine. What is called what stands in `containers`.

Nothing of the client is mounted: configuration is copied into a container before it starts, so the
engine may be on another machine. A container is made beside the one that it replaces and renamed when
it is whole; what bears a node's name therefore has all the files that its label tells of.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from amqctl.activemq.companions import engine
from amqctl.activemq.containers import DATA, STORES
from amqctl.errors import AmqctlError, Problem
from amqctl.events import Tell
from amqctl.plan.model import NodeFiles, NodeSpec, Place, Plan, Spec
from amqctl.plan.state import State
from amqctl.provision.engine import LOOPBACK, Engine, refusals
from amqctl.provision.image import Image, images
from amqctl.provision.schema import checked
from amqctl.provision.sources import Sources
from amqctl.runtimes import boxes, containerlog, enginechecks, enginejars, engineports, engineseed, storeowner
from amqctl.runtimes import containers as c
from amqctl.runtimes.belongings import Belongings
from amqctl.runtimes.boxes import Box
from amqctl.runtimes.seam import LogLine
from amqctl.topology.settled import Settled, SettledGroup
from amqctl.wait import NotYet, until

if TYPE_CHECKING:
    from docker import APIClient

EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  what to dial for what is published on
GONE = 15.0  # seconds for an engine to notice that a process it killed has ended


class DockerRuntime:
    """One cluster on one engine. Satisfies `seam.Runtime`. base: the image that amqctl builds its own on."""

    name = "docker"

    def __init__(self, cluster: str, *, engine: Engine, base: str, sources: Sources, tell: Tell) -> None:
        self.cluster = cluster
        self._engine = engine
        self._base = base
        self._sources = sources
        self._tell = tell
        self._images: Mapping[str, Image] = {}
        self._jars: Mapping[str, Sequence[Path]] = {}
        self._plan: Plan | None = None

    @property
    def _api(self) -> APIClient:
        return self._engine.client.api

    @property
    def _own(self) -> Belongings:
        return Belongings(self._api, self.cluster)

    def place(self, node: str, settled: Settled) -> Place:
        on = settled.docker.publish
        anywhere = on in EVERYWHERE or on in LOOPBACK
        dial = (self._engine.host or EVERYWHERE.get(on, on)) if anywhere else on
        return Place(
            bind="0.0.0.0",  # noqa: S104
            inside=node,
            dial=dial,
            data=DATA,
            stores=STORES,
            published=on,
            network=c.network_of(self.cluster, settled),
        )

    def check(self, plan: Plan) -> list[Problem]:
        with refusals("looking at the engine"):
            found = enginechecks.problems(plan, self._engine)
            kept = {v["Name"] for v in self._own.volumes("store")}
            return [*found, *engineports.taken(plan, self._engine), *engineseed.problems(plan, self._engine, kept)]

    def observe(self) -> State:
        nodes = {}
        with refusals(f"looking for {self.cluster}"):
            for found in self._own.containers():
                facts = self._own.inspect(found["Id"])
                if facts and not facts["Name"].endswith(c.FRESH):
                    seen = c.state(facts)
                    nodes[seen.name] = seen
            intent = self._own.intent()
        return State(intent=intent, nodes=dict(sorted(nodes.items())))

    def provide(self, plan: Plan) -> None:
        if self._plan != plan:
            self._images = images(plan, self._engine, self._base, self._sources, self._tell)
            self._jars = enginejars.obtain(plan, self._engine, self._sources, self._tell)
            self._plan = plan

    def prepare(self, plan: Plan) -> None:
        self.provide(plan)
        with refusals(f"preparing {self.cluster}"):
            wanted = c.network_of(self.cluster, plan.settled)
            # by name: what is there may be of another name that the topology had before
            if not plan.settled.docker.external and wanted not in {n["Name"] for n in self._own.networks()}:
                self._api.create_network(wanted, driver="bridge", labels=c.labels(self.cluster, "network"))
            kept = {v["Name"] for v in self._own.volumes("store")}
            for group in plan.settled.groups:
                if plan.members(group.name)[0].shared and c.volume(self.cluster, group.name) not in kept:
                    self._volume(group)
            for owner in c.with_own_data(plan):
                self._api.create_volume(c.data_volume(self.cluster, owner), labels=c.labels(self.cluster, "store"))
            self._own.record(plan.intent)

    def create(self, node: Spec, files: NodeFiles) -> None:
        if self._plan is None:
            raise AmqctlError(f"{node.name} is created before prepare()")
        name = c.container(self.cluster, node.name)
        box = self._box(node, files)
        with refusals(f"creating {node.name}"):
            self._own.discard(name + c.FRESH)
            spec = self._spec(box, self._plan, c.digests(files))
            made = self._api.create_container(name=name + c.FRESH, **spec)["Id"]
            given = storeowner.given(self._api, made, box)
            self._api.put_archive(made, "/", c.archive([*given, *box.entries]))
            if isinstance(node, NodeSpec):
                engineseed.plant(self._api, made, box, node, self._plan, self._tell)
            self._own.discard(name)
            self._api.rename(made, name)

    def _box(self, node: Spec, files: NodeFiles) -> Box:
        if isinstance(node, NodeSpec):
            known = checked(node.broker.version, self._sources)
            return boxes.of_broker(
                self.cluster, node, files, self._images[node.name], self._jars[node.name], validated=known
            )
        ours = None if node.companion.image or engine(node.companion.kind).IMAGE else next(iter(self._images.values()))
        return boxes.of_companion(self.cluster, node, files, ours, self._jars[node.name])

    def start(self, node: str) -> None:
        if self._facts(node) is None:
            raise AmqctlError(f"{node} does not exist on {self.cluster}", hint="amqctl up creates it")
        with refusals(f"starting {node}"):
            self._api.start(c.container(self.cluster, node))

    def stop(self, node: str, *, grace: float) -> None:
        with refusals(f"stopping {node}"):
            if self._unpaused(node):
                self._api.stop(c.container(self.cluster, node), timeout=max(1, round(grace)))
                self._gone(node)

    def kill(self, node: str) -> None:
        import docker.errors

        with refusals(f"killing {node}"):
            if not self._alive(node):
                return
            with suppress(docker.errors.NotFound):
                try:
                    self._api.kill(c.container(self.cluster, node), "SIGKILL")
                except docker.errors.APIError as exc:
                    if exc.status_code != 409:  # it ended just before; with the policy, it may be on its way back
                        raise
                    self._api.stop(c.container(self.cluster, node), timeout=0)
            self._gone(node)

    def pause(self, node: str) -> None:
        with refusals(f"pausing {node}"):
            self._api.pause(c.container(self.cluster, node))

    def resume(self, node: str) -> None:
        with refusals(f"resuming {node}"):
            self._unpaused(node)

    def remove(self, node: str) -> None:
        with refusals(f"removing {node}"):
            self._own.discard(c.container(self.cluster, node))

    def destroy(self, *, volumes: bool) -> None:
        with refusals(f"removing {self.cluster}"):
            for found in self._own.containers():
                self._own.discard(found["Id"])
            for network in self._own.networks():
                self._api.remove_network(network["Id"])
            for volume in self._own.volumes("intent") + (self._own.volumes("store") if volumes else []):
                self._api.remove_volume(volume["Name"])

    def logs(self, node: str, *, since: float | None = None, follow: bool = False) -> Iterator[LogLine]:
        return containerlog.read(self._api, c.container(self.cluster, node), node, since=since, follow=follow)

    def last_lines(self, node: str) -> list[LogLine]:
        return containerlog.tail(self._api, c.container(self.cluster, node), node)

    def store_file_system(self, node: NodeSpec) -> str:
        store = c.store(self.cluster, node)
        with refusals(f"looking at the store of {node.group}"):
            for volume in self._own.volumes("store"):
                if store and volume["Name"] == store.source:
                    options = volume.get("Options") or {}
                    return f"{options.get('type') or volume['Driver']} volume"
        return "unknown"

    def _spec(self, box: Box, plan: Plan, digests: str) -> dict[str, Any]:
        from docker.types import LogConfig, Mount

        network = c.network_of(self.cluster, plan.settled)
        host = self._api.create_host_config(
            mounts=[Mount(box.store.target, box.store.source, type=box.store.kind)] if box.store else [],
            port_bindings={port: (plan.settled.docker.publish, port) for port in box.ports},
            restart_policy={"Name": c.POLICY},
            log_config=LogConfig(type="json-file", config={"max-size": "20m", "max-file": "3"}),
            network_mode=network,
        )
        endpoint = {network: self._api.create_endpoint_config(aliases=[box.name])}
        marks = {c.NODE: box.name, "amqctl.group": box.group, c.FILES: digests}
        return {
            "image": box.image,
            "entrypoint": list(box.entrypoint) or None,
            "command": list(box.command) or None,
            "environment": dict(box.environment),
            "hostname": box.name,
            "user": box.user,
            "working_dir": box.working_dir,
            "stop_signal": box.stop_signal,
            "ports": list(box.ports),
            "host_config": host,
            "networking_config": {"EndpointsConfig": endpoint},
            "labels": c.labels(self.cluster, "node", **marks),
        }

    def _volume(self, group: SettledGroup) -> None:
        if group.store.path is not None:
            return
        driver, options = c.volume_settings(group)
        marks = c.labels(self.cluster, "store", **{"amqctl.group": group.name})
        self._api.create_volume(c.volume(self.cluster, group.name), driver=driver, driver_opts=options, labels=marks)

    def _facts(self, node: str) -> dict[str, Any] | None:
        with refusals(f"looking at {node}"):
            return self._own.inspect(c.container(self.cluster, node))

    def _alive(self, node: str) -> dict[str, Any] | None:
        """Its facts if it lives, also where it is between two lives: the policy would bring it back."""
        facts = self._facts(node)
        return facts if facts and (facts["State"]["Running"] or facts["State"]["Restarting"]) else None

    def _unpaused(self, node: str) -> bool:
        """Whether it lives; a paused one is woken, for it could not hear a signal."""
        facts = self._alive(node)
        if facts is None:
            return False
        if facts["State"]["Paused"]:
            self._api.unpause(c.container(self.cluster, node))
        return True

    def _gone(self, node: str) -> None:
        def probe() -> None:
            if self._alive(node):
                raise NotYet("the engine says that it runs")

        until(probe, what=f"{node} is gone", within=GONE, every=0.02)


def clusters(engine: Engine) -> set[str]:
    """Names of all that exist on it or have kept data."""
    with refusals("looking for clusters"):
        api = engine.client.api
        found = [*api.containers(all=True, filters={"label": c.CLUSTER})]
        found += api.volumes(filters={"label": c.CLUSTER})["Volumes"] or []
        return {f["Labels"][c.CLUSTER] for f in found}
