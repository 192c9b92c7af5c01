"""What the Docker runtime reads of the file: the image of all, the address of published ports, the network."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address

from amqctl.topology.merge import EMPTY, Traced
from amqctl.topology.model import Topology
from amqctl.topology.model.runtime import DockerNetwork, DockerSection
from amqctl.topology.notes import Notes
from amqctl.topology.settled import DockerSettings, Origin, Row
from amqctl.topology.yamltext import Path

AUTO = "auto"  # amqctl sees to it; stands where a name could
_SECTION: Path = ("runtime", "docker")


def docker_image(topology: Topology) -> Traced:
    """The runtime's image as the lowest of the broker keys: anything nearer to a broker wins over it."""
    image = topology.runtime.docker.image
    return EMPTY if image == AUTO else Traced({"image": Traced(image, (*_SECTION, "image"))}, ())


def settle_docker(section: DockerSection, notes: Notes) -> tuple[DockerSettings, tuple[Row, ...]]:
    publish = _address(section.publish, notes)
    network = None if section.network.name == AUTO else section.network.name
    if section.network.external and network is None:
        what, fix = "an external network needs its name", "write `name:` with the name that `docker network ls` shows"
        notes.problem(what, fix, (*_SECTION, "network", "external"), of_absence=True)
    where = (*_SECTION, "network")
    rows = (
        Row("runtime.docker.publish", publish, _origin((*_SECTION, "publish"), notes)),
        Row("runtime.docker.network", _said(section.network), _origin((*where, "name"), notes)),
    )
    return DockerSettings(publish, network, section.network.external), rows


def _address(text: str, notes: Notes) -> str:
    """In its usual spelling, so that nobody later has to compare `::1` with `0:0:0:0:0:0:0:1`."""
    try:
        address = ip_address(text)
    except ValueError:
        address = None
    # an address with a zone (fe80::1%eth0) means something on one machine only, and the engine may be on another
    if address is None or (isinstance(address, IPv6Address) and address.scope_id):
        what = f'"{text}" is not an IP address'
        fix = "write 127.0.0.1, 0.0.0.0 for all of the engine's addresses, or one of them"
        notes.problem(what, fix, (*_SECTION, "publish"), value=True)
        return text
    return str(address)


def _said(network: DockerNetwork) -> str:
    return f"{network.name} (external)" if network.external else network.name


def _origin(path: Path, notes: Notes) -> Origin:
    return notes.origin(path) if path in notes.marks else Origin("default")
