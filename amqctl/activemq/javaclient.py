"""ActiveMQ's own Java client: which jars of a distribution it is, how our program over it is compiled and run. Pure.

The program's source is in amqctl/java. It says `javax.jms`; where a distribution's client is written for
Jakarta (6.0 on), that word is replaced before it is compiled, and nothing else differs.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PureWindowsPath

from amqctl.activemq.distribution import Coordinate

MAIN = "amqctl.Main"
JAVA_MIN = 17  # of the compiler and of what it makes; 17 runs every client that amqctl supports
# The Eclipse compiler: unlike javac it is one jar, and runs on a JRE.
COMPILER = Coordinate("org.eclipse.jdt", "ecj", "3.33.0")
_COMPILER_MAIN = "org.eclipse.jdt.internal.compiler.batch.Main"

# Beginnings of jar names. The client's own POM names them (activemq-client, compile scope, 5.13 to 6.2).
_CLIENT = ("activemq-client-", "slf4j-api-", "hawtbuf-1", "geronimo-j2ee-management_")
_API = ("geronimo-jms_", "jakarta.jms-api-", "javax.jms-api-")
SPELLINGS = {"javax/jms/Connection.class": "javax.jms", "jakarta/jms/Connection.class": "jakarta.jms"}

_QUICK = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto")
HEAP = "256m"


def client_jars(class_path: Sequence[Path]) -> tuple[Path, ...]:
    """Of a distribution's class path, what a client needs of it, the JMS API first."""
    return (*api_jars(class_path), *(jar for jar in class_path if jar.name.startswith(_CLIENT)))


def api_jars(class_path: Sequence[Path]) -> tuple[Path, ...]:
    return tuple(jar for jar in class_path if jar.name.startswith(_API))


def spelled(source: str, package: str) -> str:
    """package: javax.jms or jakarta.jms."""
    return source.replace("javax.jms", package)


def compile_command(java: Path, compiler: Path, jars: Sequence[Path], source: Path, classes: Path) -> tuple[str, ...]:
    release = str(JAVA_MIN)
    options = ("-source", release, "-target", release, "-encoding", "UTF-8", "-proc:none", "-nowarn")
    paths = ("-cp", _joined(jars), "-d", str(classes), str(source))
    return (str(java), *_QUICK, "-cp", str(compiler), _COMPILER_MAIN, *options, *paths)


def run_command(java: Path, program: Path, jars: Sequence[Path]) -> tuple[str, ...]:
    """No secret is in it: what the program is to know comes on its standard input."""
    return (str(java), f"-Xmx{HEAP}", *_QUICK, "-cp", _joined((program, *jars)), MAIN)


def _joined(jars: Sequence[Path]) -> str:
    return (";" if isinstance(jars[0], PureWindowsPath) else ":").join(map(str, jars))
