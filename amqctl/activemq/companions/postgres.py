"""PostgreSQL: the official image, a server installed on this machine, or the binaries that Zonky publishes."""

from __future__ import annotations

from collections.abc import Mapping

from amqctl.activemq.companions.model import (
    CONF,
    MARK,
    PLAIN_ENVIRONMENT,
    Artifact,
    Container,
    File,
    OnHost,
    Process,
    Programs,
    Settings,
    Setup,
    Site,
    on_off,
)
from amqctl.activemq.distribution import Coordinate

TITLE = "PostgreSQL"
PORT = 5432
IMAGE: str | None = "postgres:16"
ADMIN = "postgres"
FIXED = frozenset({"port", "listen_addresses", "data_directory", "hba_file", "config_file", "unix_socket_directories"})
PREFIX = ""
STORAGE = "PG_VERSION"  # a server reads the data of its own major version only
JARS: tuple[Coordinate, ...] = ()
ON_HOST: OnHost | None = OnHost(
    server=("postgres",),
    setup=("initdb",),
    places=("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin"),
    version=r"\(PostgreSQL\) (\d+\.\d+)",
    oldest=(12,),
)

_GROUP = "io.zonky.test.postgres"
_VERSION = "16.4.0"
_PLATFORMS: Mapping[tuple[str, str], str] = {
    ("Linux", "x86_64"): "linux-amd64",
    ("Linux", "aarch64"): "linux-arm64v8",
    ("Darwin", "x86_64"): "darwin-amd64",
    ("Darwin", "arm64"): "darwin-arm64v8",
}

_MOUNT = "/var/lib/postgresql/data"


def container(settings: Settings, admin_password: str, image: str | None = None, port: int = PORT) -> Container:
    secret = f"{CONF}/postgres-password"
    return Container(
        image=image or IMAGE,
        port=port,
        data=_MOUNT,
        command=("postgres", "-p", str(port), *_options(settings)),
        # Below the mount: a new volume may hold lost+found. Named: from 18 on the image has another default.
        environment={"POSTGRES_PASSWORD_FILE": secret, "PGDATA": f"{_MOUNT}/pgdata"},
        files=(File(secret, admin_password, owner="root"),),
        stop_signal="SIGINT",  # "fast": SIGTERM would wait until every broker has gone
    )


def artifact(system: str, machine: str) -> Artifact | None:
    platform = _PLATFORMS.get((system, machine))
    if platform is None:
        return None
    return Artifact(
        file=Coordinate(_GROUP, f"embedded-postgres-binaries-{platform}", _VERSION),
        packed="*.txz",
        top="",
        left_out=("lib/*.a", "lib/pkgconfig/*", "lib/postgresql/pgxs/*", "include/*"),
        server="bin/postgres",
        setup="bin/initdb",
    )


def setup(programs: Programs, scratch: str, admin_password: str) -> Setup:
    data, secret = f"{scratch}/data", f"{scratch}/password"
    command = (
        programs.setup,
        f"--pgdata={data}",
        f"--username={ADMIN}",
        f"--pwfile={secret}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",  # whatever the host has; sorts by bytes, which is what ActiveMQ's names are
    )
    return Setup(data, (File(secret, f"{admin_password}\n"),), (command,))


def process(programs: Programs, site: Site, settings: Settings, admin_password: str) -> Process:
    command = (
        programs.server,
        "-D",
        site.data,
        "-h",
        site.host,
        "-p",
        str(site.port),
        "-c",
        "unix_socket_directories=",  # none: its path would be too long, and everybody comes by TCP
        "-c",
        f"{MARK}={site.node}",  # a parameter with a dot in its name is the user's own; it means nothing
        *_options(settings),
    )
    return Process(command, PLAIN_ENVIRONMENT, (), "SIGINT")


def _options(settings: Settings) -> tuple[str, ...]:
    return tuple(word for name, value in settings.items() for word in ("-c", f"{name}={on_off(value)}"))
