"""What a recipe of a companion consists of. Plain data; `amqctl.provision` and the runtimes act on it.

No password is ever in a command line, an environment or a label: each is in a `File`, mode 0600.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

from amqctl.activemq.distribution import Coordinate

Settings = Mapping[str, str | bool | int | float]
StopSignal = Literal["SIGTERM", "SIGINT"]

MARK = "amqctl.node"  # what follows "amqctl.node=" or "amqctl-node=" on a command line is the node's directory


@dataclass(frozen=True, slots=True)
class File:
    """A file that a server is handed, mode 0600. owner: who may read it, `root` or the server's own user."""

    path: str
    text: str = field(repr=False)
    owner: Literal["root", "server"] = "server"


@dataclass(frozen=True, slots=True)
class Container:
    """A server in a container, by the conventions of the engine's official image.

    image: None for the one that amqctl builds for brokers: the server is then a JVM, `command` goes behind
    that image's Java instead of its entry point, and `jars` are put into LIB.
    data: where the volume is mounted. port: the one it listens on inside.
    """

    image: str | None
    port: int
    data: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    files: tuple[File, ...]
    stop_signal: StopSignal
    jars: tuple[Coordinate, ...] = ()


@dataclass(frozen=True, slots=True)
class Programs:
    """Where an engine's programs lie; absolute paths.

    server: what runs. setup: what makes a data directory, empty where there is no such thing. home: the
    directory they were unpacked to or installed below. messages: a directory with error messages that the
    server does not find by itself. jars: of a server that is a JVM.
    """

    server: str
    setup: str
    home: str
    version: str
    messages: str = ""
    jars: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Site:
    """Where one server process lives: absolute paths, and the address it binds to.

    node: the node's directory, by which its processes are found.
    """

    node: str
    data: str
    conf: str
    tmp: str
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Setup:
    """What makes a data directory, once: `files` are there while `commands` run one after the other.

    All of it lies below a scratch directory. `data` is renamed into place when every command has ended with 0,
    so that what is interrupted leaves nothing that looks like a data directory.
    """

    data: str
    files: tuple[File, ...]
    commands: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Process:
    """A server as a process of this machine. It is never started as root, and its working directory is /."""

    command: tuple[str, ...]
    environment: Mapping[str, str]
    files: tuple[File, ...]
    stop_signal: StopSignal


@dataclass(frozen=True, slots=True)
class Artifact:
    """Programs in a Maven repository. packed: the archive inside the jar, empty where the jar itself is it.

    top: what the paths of its entries begin with. left_out: globs below that. server, setup, messages: below it.
    """

    file: Coordinate
    packed: str
    top: str
    left_out: tuple[str, ...]
    server: str
    setup: str
    messages: str = ""
    executable: tuple[str, ...] = ()

    def of(self, version: str) -> Artifact:
        """The same of another version; nobody says that it was published."""
        return replace(
            self,
            file=replace(self.file, version=version),
            top=self.top.replace(self.file.version, version),
        )


@dataclass(frozen=True, slots=True)
class OnHost:
    """How an installed server is found: names on the PATH and in `places` (globs), and what it says of itself.

    version: a pattern over the answer to --version, with the number as its first group; an answer that
    does not match is some other program. oldest: what is older is passed over.
    """

    server: tuple[str, ...]
    setup: tuple[str, ...]
    places: tuple[str, ...]
    version: str
    oldest: tuple[int, ...]


class Engine(Protocol):
    """TITLE: for people. PORT: its default. IMAGE: the default one, None: see Container. ADMIN: who may do all.

    FIXED: settings that are the recipe's own. PREFIX: what each setting begins with. STORAGE: a file in a
    data directory that holds the version it was made by, empty where later versions read older data.
    """

    TITLE: str
    PORT: int
    IMAGE: str | None
    ADMIN: str
    FIXED: frozenset[str]
    PREFIX: str
    STORAGE: str
    JAVA_MIN: int  # of a server that is a JVM
    ON_HOST: OnHost | None
    JARS: tuple[Coordinate, ...]  # of a server that is a JVM; the first is the server itself
    LINES: tuple[str, ...]  # beginnings of other versions of such a server, which run with the same other jars

    def container(
        self, settings: Settings, admin_password: str, image: str | None = None, port: int = ...
    ) -> Container: ...
    def artifact(self, system: str, machine: str) -> Artifact | None: ...  # as platform.system() and machine() say
    def setup(self, programs: Programs, scratch: str, admin_password: str) -> Setup: ...
    def process(self, programs: Programs, site: Site, settings: Settings, admin_password: str) -> Process: ...


CONF = "/amqctl/conf"  # of a container
LIB = "/amqctl/lib"
# A server's messages are read by amqctl and by people elsewhere: one language. No PATH of the user's.
PLAIN_ENVIRONMENT = {"LC_ALL": "C", "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}


def on_off(value: str | bool | int | float) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value)
