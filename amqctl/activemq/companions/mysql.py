"""MySQL: the official image, or a server that is installed on this machine. No Maven repository has one."""

from __future__ import annotations

from amqctl.activemq.companions import mysqld
from amqctl.activemq.companions.model import Artifact, Container, OnHost, Process, Programs, Settings, Setup, Site
from amqctl.activemq.distribution import Coordinate

TITLE = "MySQL"
PORT = mysqld.PORT
IMAGE: str | None = "mysql:8.4"
ADMIN = mysqld.ADMIN
FIXED = mysqld.FIXED
PREFIX = ""
STORAGE = ""
JARS: tuple[Coordinate, ...] = ()
ON_HOST: OnHost | None = OnHost(
    server=("mysqld",),
    setup=("mysqld",),
    places=("/usr/sbin", "/usr/libexec", "/usr/local/mysql/bin", "/opt/homebrew/opt/mysql*/bin"),
    version=r"Ver (\d+\.\d+\.\d+)(?!.*MariaDB)",  # Debian's mysqld is MariaDB's
    oldest=(5, 7),  # --initialize-insecure, ALTER USER
)


def container(settings: Settings, admin_password: str, image: str | None = None, port: int = PORT) -> Container:
    return mysqld.container(image or IMAGE or "", "MYSQL_ROOT_PASSWORD_FILE", settings, admin_password, port)


def artifact(system: str, machine: str) -> Artifact | None:
    return None


def setup(programs: Programs, scratch: str, admin_password: str) -> Setup:
    """root has no password until the first start's init file, which runs before anybody is let in."""
    data = f"{scratch}/data"
    command = (
        programs.setup,
        "--no-defaults",
        "--initialize-insecure",
        f"--basedir={programs.home}",
        f"--datadir={data}",
    )
    return Setup(data, (), (command,))


def process(programs: Programs, site: Site, settings: Settings, admin_password: str) -> Process:
    # the X protocol would listen on every address of the machine; 5.7 does not know it
    further = ("--loose-mysqlx=off",)
    return mysqld.process(programs, site, settings, mysqld.administrator(admin_password), further)
