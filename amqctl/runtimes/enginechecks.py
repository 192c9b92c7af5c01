"""What on an engine is in a cluster's way: names that others have, ports that would be out of reach."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amqctl.errors import Problem
from amqctl.plan.model import Plan
from amqctl.provision.engine import LOOPBACK, Engine
from amqctl.runtimes import containers as c
from amqctl.runtimes.belongings import Belongings

if TYPE_CHECKING:
    from docker import APIClient


def problems(plan: Plan, engine: Engine) -> list[Problem]:
    api = engine.client.api
    return [*_unreachable(plan, engine.host), *_foreign(plan, api), *_other_volumes(plan, api)]


def _unreachable(plan: Plan, host: str | None) -> list[Problem]:
    on = plan.settled.docker.publish
    if host is None or on not in LOOPBACK:
        return []
    fix = f"write runtime: {{docker: {{publish: ADDRESS}}}} with an address of {host} that you can reach"
    return [Problem(f"the engine is on {host}, and ports published on {on} there cannot be reached from here", fix)]


def _foreign(plan: Plan, api: APIClient) -> list[Problem]:
    """Names that we need and that others have."""
    own = Belongings(api, plan.cluster)
    problems = []
    for node in plan.all:
        name = c.container(plan.cluster, node.name)
        facts = own.inspect(name)
        if facts and (facts["Config"]["Labels"] or {}).get(c.CLUSTER) != plan.cluster:
            fix = f"docker rm {name}, or another name with --name"
            problems.append(Problem(f"a container {name} exists that amqctl did not make", fix))
    others = {
        v["Name"]
        for v in api.volumes()["Volumes"] or []
        if ((v["Labels"] or {}).get(c.CLUSTER), (v["Labels"] or {}).get(c.KIND)) != (plan.cluster, "store")
    }
    names = [c.volume(plan.cluster, g.name) for g in plan.settled.groups]
    names += [c.data_volume(plan.cluster, owner) for owner in c.with_own_data(plan)]
    for name in names:
        if name in others:
            fix = f"docker volume rm {name}, or another name with --name"
            problems.append(Problem(f"a volume {name} exists that amqctl did not make", fix))
    wanted = c.network_of(plan.cluster, plan.settled)
    named = [n for n in api.networks(names=[wanted]) if n["Name"] == wanted]
    if plan.settled.docker.external and not named:
        problems.append(Problem(f"there is no network {wanted}", f"docker network create {wanted}"))
    if not plan.settled.docker.external and named and (named[0]["Labels"] or {}).get(c.CLUSTER) != plan.cluster:
        fix = "write external: true behind its name to use it as it is, or another name"
        problems.append(Problem(f"a network {wanted} exists that amqctl did not make", fix))
    return problems


def _other_volumes(plan: Plan, api: APIClient) -> list[Problem]:
    """A volume's options are fixed when it is made: what the topology says now would be passed over in silence."""
    kept = {v["Name"]: v for v in Belongings(api, plan.cluster).volumes("store")}
    problems = []
    for group in plan.settled.groups:
        volume = kept.get(c.volume(plan.cluster, group.name))
        if volume is None or group.store.path is not None or not plan.members(group.name)[0].shared:
            continue
        driver, options = c.volume_settings(group)
        if (volume["Driver"], volume.get("Options") or {}) != (driver, options):
            what = f"the volume of {group.name} was made with other volume_options, and cannot be given new ones"
            fix = f"write them as they were, or amqctl down {plan.cluster} --volumes, which deletes its messages"
            problems.append(Problem(what, fix))
    return problems
