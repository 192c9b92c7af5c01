"""The command line of a broker's JVM. Pure; no secret is in it.

It does what the shipped bin/activemq script does, but for three things. The class path is written out,
jar by jar, instead of being found by ActiveMQ's own class loader: only classes of the JVM's own loaders
can be kept in a class-data archive. No directory is on it, conf neither: an archive refuses a class path
with a directory that is not empty. And the JVM is started at once, not by way of a shell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath, PureWindowsPath
from typing import Protocol

from amqctl.activemq.repairs import StartRepair, kept, options
from amqctl.activemq.versions import Caps
from amqctl.topology.settled import JvmSettings

MAIN = "org.apache.activemq.console.Main"
MARKER = "amqctl.node"  # system property by which a node's JVM is known among the processes


class Copy(Protocol):
    """What is read of a distribution, on this machine or inside an image."""

    @property
    def home(self) -> PurePath: ...
    @property
    def class_path(self) -> Sequence[PurePath]: ...


@dataclass(frozen=True, slots=True)
class NodeDirs:
    """Absolute paths of one node. marker: text that no other node on this machine has. port: one that it
    listens on, so no other process on this host can have it too."""

    conf: str
    data: str
    tmp: str
    marker: str
    port: int
    base: str | None = None  # ACTIVEMQ_BASE, where conf and data lie; None: ActiveMQ itself


# As in bin/activemq from 5.16 to 6.2 for Java 9 and later; older scripts know no such Java, and those
# versions need the same. Its two exports of jdk.xml.dom and jdk.naming.rmi are not here: no broker
# class uses them, and a JRE without those modules warns of them at each start.
_MODULES = (
    "--add-reads=java.xml=java.logging",
    "--add-opens=java.base/java.security=ALL-UNNAMED",
    "--add-opens=java.base/java.net=ALL-UNNAMED",
    "--add-opens=java.base/java.lang=ALL-UNNAMED",
    "--add-opens=java.base/java.util=ALL-UNNAMED",
    "--add-opens=java.naming/javax.naming.spi=ALL-UNNAMED",
    "--add-opens=java.rmi/sun.rmi.transport.tcp=ALL-UNNAMED",
    "--add-opens=java.base/java.util.concurrent=ALL-UNNAMED",
    "--add-opens=java.base/java.util.concurrent.atomic=ALL-UNNAMED",
    "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
    "--add-exports=java.base/sun.net.www.protocol.http=ALL-UNNAMED",
    "--add-exports=java.base/sun.net.www.protocol.https=ALL-UNNAMED",
    "--add-exports=java.base/sun.net.www.protocol.jar=ALL-UNNAMED",
)


def jvm_flags(jvm: JvmSettings) -> tuple[str, ...]:
    """What of the settings a class-data archive depends on: collector, compiler, the user's own arguments.

    fast-start: the first compiler alone and the serial collector. Both cost throughput on long runs and
    gain a third of the start-up.
    """
    fast = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC") if jvm.profile == "fast-start" else ()
    return (*fast, *jvm.args)


def class_path(dist: Copy, extra: Sequence[str] = (), repairs: Sequence[StartRepair] = ()) -> str:
    """Byte for byte the same at each start: an archive of another class path is refused."""
    return _separator(dist).join([*(str(jar) for jar in kept(dist.class_path, repairs)), *extra])


def _separator(dist: Copy) -> str:
    return ";" if isinstance(dist.home, PureWindowsPath) else ":"


def command(
    jre: Path | str,
    dist: Copy,
    node: NodeDirs,
    jvm: JvmSettings,
    caps: Caps,
    archive: str | Path | None = None,
    *,
    validated: bool = False,
    extra: Sequence[str] = (),
    repairs: Sequence[StartRepair] = (),
) -> tuple[str, ...]:
    """jre: the java executable. archive: a class-data archive; one that does not fit is passed over by
    the JVM, with a warning in the node's log. extra: further jars, behind the distribution's, since an
    archive is taken for every class path that begins with the one it was made for. repairs: what the store needs
    otherwise, of which the archive must know; their jars are among `extra`. validated: activemq.xml
    was held against its schema already, so the broker need not spend its start on doing it again
    (XBeanBrokerFactory, `validate`).
    """
    shared = (f"-XX:SharedArchiveFile={archive}", "-Xshare:auto") if archive is not None else ()
    line = _line(jre, dist, node, jvm, caps, shared, extra, repairs)
    return (*line[:-1], line[-1] + "?validate=false") if validated else line


def training_command(
    jre: Path | str, dist: Copy, node: NodeDirs, jvm: JvmSettings, caps: Caps, classes: str | Path
) -> tuple[str, ...]:
    """The same start, which writes the names of the classes it loads to `classes`."""
    return _line(jre, dist, node, jvm, caps, (f"-XX:DumpLoadedClassList={classes}", "-Xshare:off"))


def dump_command(
    jre: Path | str, dist: Copy, jvm: JvmSettings, classes: str | Path, archive: str | Path
) -> tuple[str, ...]:
    """Lay out `classes` in `archive`. Without the collector of `jvm`: only G1 can write the heap's part."""
    share = (f"-XX:SharedClassListFile={classes}", f"-XX:SharedArchiveFile={archive}", "-Xlog:cds=error")
    return (str(jre), "-Xshare:dump", *share, *_MODULES, *jvm.args, "-cp", class_path(dist))


def check_command(jre: Path | str, dist: Copy, jvm: JvmSettings, archive: str | Path) -> tuple[str, ...]:
    """A JVM that ends at once, with code 0 if it takes `archive`."""
    share = (f"-XX:SharedArchiveFile={archive}", "-Xshare:on")
    return (str(jre), *jvm_flags(jvm), *_MODULES, *share, "-cp", class_path(dist), "-version")


def _line(
    jre: Path | str,
    dist: Copy,
    node: NodeDirs,
    jvm: JvmSettings,
    caps: Caps,
    shared: tuple[str, ...],
    extra: Sequence[str] = (),
    repairs: Sequence[StartRepair] = (),
) -> tuple[str, ...]:
    conf = Path(node.conf)
    return (
        str(jre),
        f"-Xmx{jvm.heap}",
        *jvm_flags(jvm),
        *_MODULES,
        *options(repairs),
        *shared,
        f"-D{MARKER}={node.marker}",
        # What makes this process's ids unique on its host. Left to itself, IdGenerator's static part opens a
        # server socket for a number and sleeps 100 ms, which a new master does in the middle of a takeover.
        f"-Dactivemq.idgenerator.localport={node.port}",
        f"-Dactivemq.home={dist.home}",
        f"-Dactivemq.base={node.base or dist.home}",
        f"-Dactivemq.conf={node.conf}",
        f"-Dactivemq.data={node.data}",
        f"-Djava.io.tmpdir={node.tmp}",
        f"-Djava.security.auth.login.config={conf / 'login.config'}",
        f"-Djolokia.conf={(conf / 'jolokia-access.xml').as_uri()}",
        _logging(conf, caps),
        # The console of this JVM's own broker; the war's default would start a second one.
        "-Dwebconsole.type=invm",
        "-Djava.awt.headless=true",
        *_taglibs(dist),
        "-cp",
        class_path(dist, extra, repairs),
        MAIN,
        "start",
        _xbean(conf / "activemq.xml"),
    )


def _xbean(file: Path) -> str:
    """XBeanBrokerFactory decodes once, and the URL it makes of that is decoded again."""
    return "xbean:" + file.as_uri().replace("%25", "%2525")


_TAG_LIBRARIES = ("taglibs-standard-", "jsp-2.1-glassfish-")
_NEWER_JETTY = ("jetty-all-9.3.", "jetty-all-9.4.")


def _taglibs(dist: Copy) -> tuple[str, ...]:
    """The JSP engines of Jetty 7 to 9.2 (5.9 to 5.14) look for tag libraries in URLClassLoaders alone, which
    the JVM's own loader is no longer from Java 9 on. What this property names, ActiveMQ puts into one.
    """
    if not any(jar.name.startswith("jetty-all-") and not jar.name.startswith(_NEWER_JETTY) for jar in dist.class_path):
        return ()
    jars = [str(jar) for jar in dist.class_path if jar.name.startswith(_TAG_LIBRARIES)]
    return (f"-Dactivemq.classpath={_separator(dist).join(jars)}",)


def _logging(conf: Path, caps: Caps) -> str:
    if caps.logging == "log4j2":
        return f"-Dlog4j2.configurationFile={(conf / 'log4j2.properties').as_uri()}"
    return f"-Dlog4j.configuration={(conf / 'log4j.properties').as_uri()}"
