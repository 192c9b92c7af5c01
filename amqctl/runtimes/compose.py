"""The cluster as a compose file, for those who must hand one over: plain `docker-compose up` runs it.

DIRECTORY/docker-compose.yml
DIRECTORY/conf/NODE/…             rendered files, mounted read-only; they hold passwords
DIRECTORY/lib/NODE/…              jars that are no part of ActiveMQ: drivers, and those of one's own files
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from amqctl.activemq import uris
from amqctl.activemq.companions.model import LIB
from amqctl.activemq.containers import CONF, DATA, REPOSITORY, STORES, TMP
from amqctl.activemq.jasypt import VARIABLE
from amqctl.plan.model import NodeSpec, Plan
from amqctl.provision.image import Image
from amqctl.runtimes import containers as c

HEAD = """\
# {cluster}: made by `amqctl export compose`. docker-compose up -d runs it, on one machine.
# The passwords are in conf/: whoever may read this directory may use the brokers.
# Images: {images}
# On a machine that has them not: docker save IMAGE… | ssh THERE docker load
"""


def compose(plan: Plan, images: Mapping[str, Image], jars: Mapping[str, Sequence[str]], *, validated: bool) -> str:
    """The text of docker-compose.yml (Compose specification; docker-compose 1.27 and later read it). jars: names of
    files by node."""
    import yaml

    settled = plan.settled
    network = settled.docker.network or "brokers"
    document = {
        "services": {
            node.name: _service(plan, node, images[node.name], network, jars.get(node.name, ()), validated)
            for node in plan.nodes
        },
        "networks": {network: {"external": True} if settled.docker.external else {}},
        "volumes": {
            _volume(group.name): _options(group.store.volume_options)
            for group in settled.groups
            if group.store.path is None and plan.members(group.name)[0].shared
        },
    }
    refs = ", ".join(sorted({image.ref for image in images.values()}))
    return HEAD.format(cluster=plan.cluster, images=refs) + yaml.safe_dump(document, sort_keys=False, width=120)


def _service(
    plan: Plan, node: NodeSpec, image: Image, network: str, jars: Sequence[str], validated: bool
) -> dict[str, Any]:
    extra = tuple(f"{LIB}/{name}" for name in jars)
    line = [word.replace("$", "$$") for word in c.command_line(plan.cluster, node, image, extra, validated=validated)]
    lib = (f"./lib/{node.name}:{LIB}:ro",) if jars else ()
    host = uris.bracketed(plan.settled.docker.publish)
    service: dict[str, Any] = {
        "image": image.ref,
        "hostname": node.name,
        "user": f"{image.uid}:{image.gid}",
        "working_dir": TMP,
        "entrypoint": line[:1],
        "command": line[1:],
        "restart": c.POLICY,
        "stop_grace_period": "30s",
        "ports": [f"{host}:{port}:{port}" for port in sorted(set(node.ports.values()))],
        "networks": {network: {"aliases": [node.name]}},
        "volumes": [f"./conf/{node.name}:{CONF}:ro", *lib, *_store(plan.cluster, node, image)],
    }
    if plan.settled.encryption is not None:
        # from the shell or a file .env; compose says so where it is not set
        service["environment"] = {VARIABLE: f"${{{VARIABLE}:?the key of the passwords in conf/}}"}
    if not _ours(image):
        # it has no directories of ours, and what Docker makes for a mount belongs to root
        service["user"] = "0:0"
        service["tmpfs"] = [DATA, TMP]
    before = plan.members(node.group)[0]
    if before.name != node.name:
        service["depends_on"] = [before.name]  # the head start of the one that is preferred
    return service


def _store(cluster: str, node: NodeSpec, image: Image) -> tuple[str, ...]:
    store = c.store(cluster, node)
    if store is None:
        return ()
    if store.kind == "bind":
        return (f"{store.source}:{store.target}",)
    # one level up: that directory is in the image with its user as owner, and a new volume takes that over
    return (f"{_volume(node.group)}:{STORES if _ours(image) else store.target}",)


def _ours(image: Image) -> bool:
    return image.ref.startswith(f"{REPOSITORY}:")


def _volume(group: str) -> str:
    return f"store.{group}"


def _options(options: Mapping[str, str]) -> dict[str, Any]:
    rest = {k: v for k, v in options.items() if k != "driver"}
    return ({"driver": options["driver"]} if "driver" in options else {}) | ({"driver_opts": rest} if rest else {})
