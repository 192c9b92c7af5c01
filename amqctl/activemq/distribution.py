"""What a version's copy of ActiveMQ consists of: its binary archive, or its modules put together.

Pure data and pure functions; `amqctl.provision.dist` acts on them. Where the archive is published it
is taken. Where only the modules are (as for 5.9.1, 5.14.0 and some 6.x releases), the same copy is
assembled from them as ActiveMQ's own assembly does; `amqctl.activemq.assemblies` has what goes in.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from amqctl.activemq.assemblies import JDT, Assembly, assembly

GROUP = "org.apache.activemq"

Kind = Literal["archive", "modules", "local"]


@dataclass(frozen=True, slots=True)
class Coordinate:
    """One file of a Maven repository. version may be empty: the parent POM's management has it."""

    group: str
    artifact: str
    version: str = ""
    classifier: str = ""
    packaging: str = "jar"

    @property
    def name(self) -> str:
        suffix = f"-{self.classifier}" if self.classifier else ""
        return f"{self.artifact}-{self.version}{suffix}.{self.packaging}"

    @property
    def path(self) -> str:
        """Where it lies, relative to the root of a repository."""
        return f"{self.group.replace('.', '/')}/{self.artifact}/{self.version}/{self.name}"

    def __str__(self) -> str:
        parts = [self.group, self.artifact, self.version, self.classifier]
        return ":".join(p for p in parts if p) + ("" if self.packaging == "jar" else f"@{self.packaging}")


@dataclass(frozen=True, slots=True)
class Repair:
    """A named departure from what was published, with its reason.

    lines: of an archive's, the lines it is for. out: globs over paths of the archive. puts: directory -> jar.
    """

    name: str
    reason: str
    lines: tuple[str, ...] = ()
    out: tuple[str, ...] = ()
    puts: Mapping[str, Coordinate] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Archive:
    """The binary archive. left_out: globs over paths below its top directory."""

    version: str
    file: Coordinate
    left_out: tuple[str, ...]
    repairs: tuple[Repair, ...] = ()
    kind: Literal["archive"] = "archive"


@dataclass(frozen=True, slots=True)
class Modules:
    """The modules. parent: the POM whose managed versions apply to `roots`.

    roots: their runtime closure goes to lib/, except for `left_out` (group:artifact). run goes to
    bin/activemq.jar, console is unpacked to webapps/admin except for `console_left_out`, and
    `texts` (path in the copy -> text) are written as they stand. alone: group:artifact that only come as roots.
    """

    version: str
    parent: Coordinate
    roots: tuple[Coordinate, ...]
    left_out: Mapping[str, str]
    run: Coordinate
    console: Coordinate
    console_left_out: tuple[str, ...]
    texts: Mapping[str, str]
    repairs: tuple[Repair, ...] = ()
    alone: tuple[str, ...] = ()
    kind: Literal["modules"] = "modules"


Recipe = Archive | Modules

# Nothing of it is needed to run a broker, and it is half of the archive's size. activemq-all must
# not be on the class path beside the modules whose classes it repeats.
ARCHIVE_LEFT_OUT = (
    "activemq-all-*.jar",
    "docs/*",
    "examples/*",
    "webapps-demo/*",
    "bin/linux-*",
    "bin/macosx/*",
    "bin/win*",
    "bin/wrapper.jar",
    "data/*",
)

COMPILER = Repair(
    name="newer-jsp-compiler",
    reason="Eclipse's Java compiler 3.1.1 of 2005 cannot read the classes of a Java 17, so every page of the console"
    " failed (ClassFormatException); that of 5.13 and 5.14 can",
    lines=("5.9", "5.10", "5.11", "5.12"),
    out=("lib/web/core-3.1.1.jar",),
    puts={"lib/web": Coordinate(*JDT.split(":"))},
)

# Order of ActiveMQ's own launcher (activemq-console, Main.java); each directory sorted by name.
CLASS_PATH = ("bin/activemq.jar", "lib", "lib/camel", "lib/optional", "lib/web", "lib/extra")

_VERSION = re.compile(r"\d+\.\d+\.\d+(?:[.-][A-Za-z0-9]+)*")


def is_version(text: str) -> bool:
    return _VERSION.fullmatch(text) is not None


def _coordinate(text: str) -> Coordinate:
    group, artifact, *version = text.split(":")
    return Coordinate(group, artifact, version[0] if version else "")


def recipes(version: str) -> tuple[Recipe, ...]:
    """How a copy of `version` can be made, best first. The second is for when the first is not published."""
    found: list[Recipe] = [_archive(version)]
    if (shape := assembly(version)) is not None:
        found.append(_modules(version, shape))
    return tuple(found)


def schema_jar(version: str) -> Coordinate:
    """The jar whose root holds activemq.xsd."""
    return Coordinate(GROUP, "activemq-spring", version)


SCHEMA = "activemq.xsd"


def _archive(version: str) -> Archive:
    file = Coordinate(GROUP, "apache-activemq", version, "bin", "tar.gz")
    repairs = tuple(r for r in (COMPILER,) if any(version.startswith(f"{line}.") for line in r.lines))
    return Archive(version, file, (*ARCHIVE_LEFT_OUT, *(glob for r in repairs for glob in r.out)), repairs)


def _modules(version: str, shape: Assembly) -> Modules:
    return Modules(
        version=version,
        parent=Coordinate(GROUP, "activemq-parent", version, packaging="pom"),
        roots=tuple(Coordinate(GROUP, m) for m in shape.modules) + tuple(map(_coordinate, shape.others)),
        left_out=shape.left_out,
        run=Coordinate(GROUP, "activemq-run", version),
        console=Coordinate(GROUP, "activemq-web-console", version, packaging="war"),
        console_left_out=("META-INF/*", "WEB-INF/lib/*", "WEB-INF/activemq.xml"),
        texts=shape.texts,
        alone=shape.alone,
        repairs=(
            Repair("assembled", f"no binary archive of this release is published; {shape.says}"),
            Repair("no-embedded-broker", "the war's WEB-INF/activemq.xml would start a second broker in the console"),
        ),
    )


def digest(recipe: Recipe | None, parts: Mapping[str, str]) -> str:
    """sha256 in hex over what a copy was made of: cache key of its archives and, later, image tag.

    parts: path or coordinate -> sha1 in hex. recipe: None for a local copy.
    """
    lines = [f"{name} {sha1}" for name, sha1 in parts.items()]
    if recipe is not None:
        lines += [f"repair {repair.name}" for repair in recipe.repairs]
        lines += [f"without {pattern}" for pattern in _without(recipe)]
        if isinstance(recipe, Modules):
            lines += [f"text {path} {_sha1(text)}" for path, text in recipe.texts.items()]
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


def _without(recipe: Recipe) -> Iterable[str]:
    if isinstance(recipe, Archive):
        return recipe.left_out
    return (*recipe.left_out, *recipe.console_left_out)


def _sha1(text: str) -> str:
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def class_path(files: Iterable[str]) -> tuple[str, ...]:
    """The jars of a copy in the order of ActiveMQ's launcher; paths relative to the copy, with slashes."""
    jars = sorted(f for f in files if f.endswith(".jar"))
    ordered: list[str] = []
    for place in CLASS_PATH:
        ordered += [j for j in jars if j == place or j.rpartition("/")[0] == place]
    return tuple(ordered)
