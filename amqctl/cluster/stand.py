"""A running cluster as an upgrade sees it: `upgrade.Stand` over a runtime, its recorded intent and real messages."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace

from amqctl.cluster import stomp
from amqctl.cluster.cluster import GRACE, Cluster
from amqctl.cluster.intent import Intent, plan_of
from amqctl.cluster.messaging import stomp_address
from amqctl.errors import AmqctlError
from amqctl.plan.model import Files, Plan
from amqctl.plan.reconcile import changes
from amqctl.runtimes.seam import Runtime

QUEUE = "amqctl.upgrade"  # and the group behind it: links carry what has a consumer elsewhere, and these have none
ANSWER = 10.0  # seconds for a receipt, or a message, from a broker that has just become master


class LiveStand:
    """cluster_of: a plan -> the same cluster by that plan. files_of: a plan -> its files. within: seconds of each
    wait."""

    def __init__(
        self,
        runtime: Runtime,
        intent: Intent,
        cluster_of: Callable[[Plan], Cluster],
        files_of: Callable[[Plan], Files],
        within: float,
    ) -> None:
        self._runtime = runtime
        self._intent = intent
        self._cluster_of = cluster_of
        self._files_of = files_of
        self._within = within
        self._rendered: dict[tuple[tuple[str, str], ...], tuple[Plan, Files]] = {}
        self.cluster = cluster_of(self._of(intent.versions)[0])

    @property
    def plan(self) -> Plan:
        return self.cluster.plan

    @property
    def versions(self) -> Mapping[str, str]:
        return {b.name: b.version for b in self.plan.settled.brokers}

    @property
    def former(self) -> Mapping[str, str]:
        return self._intent.former

    def roles(self) -> Mapping[str, str]:
        return self.cluster.observe(links=False).roles

    def runs(self, node: str, version: str) -> bool:
        now = self._runtime.observe().nodes.get(node)
        if now is None or now.status != "running" or not now.supervised:
            return False
        _, files = self._of({**self.versions, node: version})
        return not changes(now, files[node])

    def record(self, versions: Mapping[str, str], former: Mapping[str, str]) -> None:
        self._intent = replace(self._intent, versions=dict(versions), former=dict(former))
        plan = plan_of(self._intent, self._runtime.place)  # with an intent of its own
        self._runtime.prepare(plan)
        self.cluster = self._cluster_of(plan)

    def replace(self, node: str) -> None:
        _, files = self._of(self.versions)
        self._runtime.stop(node, grace=GRACE)
        self._runtime.create(self.plan.node(node), files[node])
        self._runtime.start(node)

    def wait_ready(self) -> None:
        self.cluster.wait_ready(self._within)

    def speaks(self, group: str) -> bool:
        return all("stomp" in node.ports for node in self.plan.members(group))

    def store(self, group: str) -> str:
        token = uuid.uuid4().hex
        with self._master(group) as client:
            client.send(f"/queue/{QUEUE}.{group}", token, persistent=True, timeout=ANSWER)
        return token

    def fetch(self, group: str, token: str) -> None:
        """What an interrupted upgrade left there is taken along."""
        with self._master(group) as client:
            client.subscribe(f"/queue/{QUEUE}.{group}")
            while (message := client.receive(ANSWER)) is not None:
                client.ack(message, timeout=ANSWER)
                if message.body == token:
                    return
        raise AmqctlError(f"a message that {group} had acknowledged did not come out within {ANSWER:g} s")

    def _master(self, group: str) -> stomp.Client:
        _, address = stomp_address(self.cluster, f"master@{group}")
        return stomp.connect(address, self.cluster.login, ANSWER)

    def _of(self, versions: Mapping[str, str]) -> tuple[Plan, Files]:
        key = tuple(sorted(versions.items()))
        if key not in self._rendered:
            plan = plan_of(replace(self._intent, versions=dict(versions)), self._runtime.place)
            self._rendered[key] = (plan, self._files_of(plan))
        return self._rendered[key]
