"""Apache Derby's network server: a JVM, in a container of the image that amqctl builds for brokers.

Its one account is a JVM property, and is handed over in an argument file of the `java` launcher, which
command lines and listings of processes do not show. Databases' own users are properties of each database
(`cluster.databases` sets them); Derby keeps of those a hash only.
"""

from __future__ import annotations

from amqctl.activemq.companions.model import (
    CONF,
    LIB,
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
)
from amqctl.activemq.distribution import Coordinate
from amqctl.topology.notes import text

TITLE = "Derby"
PORT = 1527
IMAGE: str | None = None
ADMIN = "amqctl"
FIXED = frozenset(
    {"derby.system.home", "derby.drda.host", "derby.drda.portNumber", "derby.connection.requireAuthentication",
     "derby.authentication.provider", "derby.stream.error.field", f"derby.user.{ADMIN}"}
)  # fmt: skip
PREFIX = "derby."
STORAGE = ""
ON_HOST: OnHost | None = None

_GROUP = "org.apache.derby"
_VERSION = "10.16.1.1"  # needs Java 17
JAVA_MIN = 17
LINES: tuple[str, ...] = ()
SERVER = "org.apache.derby.drda.NetworkServerControl"
IJ = "org.apache.derby.tools.ij"

CLIENT_JARS = tuple(Coordinate(_GROUP, name, _VERSION) for name in ("derbyclient", "derbyshared", "derbytools"))
JARS = tuple(Coordinate(_GROUP, name, _VERSION) for name in ("derby", "derbynet", "derbyshared", "derbytools"))

# It serves a handful of brokers: quick to start, small.
_JVM = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx256m")
_DATA = "/amqctl/data"


def container(settings: Settings, admin_password: str, image: str | None = None, port: int = PORT) -> Container:
    arguments = f"{CONF}/derby.args"
    return Container(
        image=image,
        port=port,
        data=_DATA,
        command=_command(arguments, (), [f"{LIB}/{jar.name}" for jar in JARS], "0.0.0.0", port),
        environment={},
        files=(File(arguments, _arguments(_DATA, settings, admin_password)),),
        stop_signal="SIGTERM",
        jars=JARS,
    )


def artifact(system: str, machine: str) -> Artifact | None:
    return None


def setup(programs: Programs, scratch: str, admin_password: str) -> Setup:
    """An empty directory: the server makes each database when it is first asked for."""
    return Setup(f"{scratch}/data", (), ())


def process(programs: Programs, site: Site, settings: Settings, admin_password: str) -> Process:
    arguments = f"{site.conf}/derby.args"
    own = (f"-D{MARK}={site.node}", f"-Djava.io.tmpdir={site.tmp}")
    return Process(
        (programs.server, *_command(arguments, own, programs.jars, site.host, site.port)),
        PLAIN_ENVIRONMENT,
        (File(arguments, _arguments(site.data, settings, admin_password)),),
        "SIGTERM",
    )


def ij_command(java: str, jars: tuple[str, ...]) -> tuple[str, ...]:
    """Derby's own SQL shell, which reads its script from standard input. jars: those of CLIENT_JARS."""
    return (java, *_JVM[:2], "-Xshare:auto", "-Dderby.ui.codeset=UTF-8", "-cp", ":".join(jars), IJ)


def _command(
    arguments: str, own: tuple[str, ...], jars: list[str] | tuple[str, ...], host: str, port: int
) -> tuple[str, ...]:
    server = (SERVER, "start", "-h", host, "-p", str(port), "-noSecurityManager")
    return (*_JVM, f"@{arguments}", *own, "-cp", ":".join(jars), *server)


def _arguments(data: str, settings: Settings, admin_password: str) -> str:
    properties = {
        **{name: text(value) for name, value in settings.items()},
        "derby.system.home": data,
        "derby.stream.error.field": "java.lang.System.err",  # else a file in the data directory
        "derby.connection.requireAuthentication": "true",
        "derby.authentication.provider": "BUILTIN",
        f"derby.user.{ADMIN}": admin_password,
    }
    return "".join(f"{_word(f'-D{name}={value}')}\n" for name, value in properties.items())


def _word(text: str) -> str:
    """One word of an argument file (java, "@argfiles"): in double quotes a backslash takes the next literally."""
    escapes = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    return '"' + "".join(escapes.get(char, char) for char in text) + '"'
