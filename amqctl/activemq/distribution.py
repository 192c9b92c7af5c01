"""What a version's copy of ActiveMQ consists of: its binary archive, or its modules put together.

Pure data and pure functions; `amqctl.provision.dist` acts on them. Where the archive is published it
is taken. Where only the modules are (as for some 6.x releases), the same copy is assembled from them
as ActiveMQ's own assembly does (assembly/pom.xml and assembly/src/main/descriptors/common-bin.xml of
the 6.x tags): versions come from the release's own parent POM, so nothing here has to know them.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

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
    """A named departure from what was published, with its reason."""

    name: str
    reason: str


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
    `texts` (path in the copy -> text) are written as they stand.
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

# Order of ActiveMQ's own launcher (activemq-console, Main.java); each directory sorted by name.
CLASS_PATH = ("bin/activemq.jar", "lib", "lib/camel", "lib/optional", "lib/web", "lib/extra")

_MODULES = (
    "activemq-client",
    "activemq-broker",
    "activemq-openwire-legacy",
    "activemq-kahadb-store",
    "activemq-jdbc-store",
    "activemq-stomp",
    "activemq-amqp",
    "activemq-mqtt",
    "activemq-http",
    "activemq-console",
    "activemq-spring",
    "activemq-jaas",
    "activemq-web",
    "activemq-pool",
    "activemq-jms-pool",
    "activemq-log4j-appender",
    "activemq-runtime-config",
)

_MANAGED = (
    "org.slf4j:slf4j-api",
    "org.slf4j:jcl-over-slf4j",
    "org.apache.logging.log4j:log4j-api",
    "org.apache.logging.log4j:log4j-core",
    "org.apache.logging.log4j:log4j-slf4j2-impl",
    "org.apache.commons:commons-dbcp2",
    "org.apache.commons:commons-pool2",
    "org.apache.xbean:xbean-spring",
    "org.springframework:spring-web",
    "org.springframework:spring-webmvc",
    "org.glassfish.jaxb:jaxb-runtime",
    "jakarta.annotation:jakarta.annotation-api",
    "org.ow2.asm:asm",
)

# ${…} are properties of activemq-parent. JSTL 3 answers to the URIs jakarta.tags.* that the console's
# pages use; with JSTL 2 they fail with "Unable to find taglib [c]".
_PINNED = (
    "org.eclipse.jetty:jetty-annotations:${jetty-version}",
    "org.eclipse.jetty:jetty-jaas:${jetty-version}",
    "org.eclipse.jetty:jetty-jndi:${jetty-version}",
    "org.eclipse.jetty:jetty-plus:${jetty-version}",
    "org.eclipse.jetty:jetty-rewrite:${jetty-version}",
    "org.eclipse.jetty:jetty-server:${jetty-version}",
    "org.eclipse.jetty:jetty-servlet:${jetty-version}",
    "org.eclipse.jetty:jetty-webapp:${jetty-version}",
    "org.eclipse.jetty:apache-jsp:${jetty-version}",
    "jakarta.servlet.jsp.jstl:jakarta.servlet.jsp.jstl-api:3.0.0",
    "org.glassfish.web:jakarta.servlet.jsp.jstl:3.0.1",
    "org.jolokia:jolokia-server-core:${jolokia-version}",
    "org.jolokia:jolokia-service-jmx:${jolokia-version}",
    "org.jolokia:jolokia-service-serializer:${jolokia-version}",
)

# group:artifact -> why it must not be beside the rest. None of them is in ActiveMQ's own assembly.
_LEFT_OUT = {
    "org.apache.activemq:activemq-all": "repeats the classes of the modules",
    "jakarta.servlet:jakarta.servlet-api": "repeats jetty-jakarta-servlet-api",
    "jakarta.el:jakarta.el-api": "repeats the newer API inside org.mortbay.jasper:apache-el",
    "commons-logging:commons-logging": "jcl-over-slf4j takes its place",
    "org.springframework:spring-jcl": "jcl-over-slf4j takes its place",
    "commons-daemon:commons-daemon": "for the Windows service wrapper only",
}

_API_WEB_XML = """\
<?xml version="1.0" encoding="UTF-8"?>
<web-app xmlns="https://jakarta.ee/xml/ns/jakartaee" version="5.0">
    <display-name>Apache ActiveMQ REST API</display-name>
    <servlet>
        <servlet-name>MessageServlet</servlet-name>
        <servlet-class>org.apache.activemq.web.MessageServlet</servlet-class>
        <load-on-startup>1</load-on-startup>
        <async-supported>true</async-supported>
    </servlet>
    <servlet>
        <servlet-name>jolokia-agent</servlet-name>
        <servlet-class>org.jolokia.server.core.http.AgentServlet</servlet-class>
        <init-param>
            <param-name>policyLocation</param-name>
            <param-value>${prop:jolokia.conf}</param-value>
        </init-param>
        <init-param>
            <param-name>allowErrorDetails</param-name>
            <param-value>false</param-value>
        </init-param>
        <load-on-startup>1</load-on-startup>
    </servlet>
    <servlet-mapping>
        <servlet-name>MessageServlet</servlet-name>
        <url-pattern>/message/*</url-pattern>
    </servlet-mapping>
    <servlet-mapping>
        <servlet-name>jolokia-agent</servlet-name>
        <url-pattern>/jolokia/*</url-pattern>
    </servlet-mapping>
    <session-config>
        <cookie-config>
            <http-only>true</http-only>
        </cookie-config>
    </session-config>
</web-app>
"""

_INDEX_HTML = """\
<!DOCTYPE html>
<html>
<head><meta charset="utf-8"><title>Apache ActiveMQ</title></head>
<body><h1>Apache ActiveMQ</h1><p><a href="/admin/">Manage ActiveMQ broker</a></p></body>
</html>
"""

_VERSION = re.compile(r"\d+\.\d+\.\d+(?:[.-][A-Za-z0-9]+)*")


def is_version(text: str) -> bool:
    return _VERSION.fullmatch(text) is not None


def _coordinate(text: str) -> Coordinate:
    group, artifact, *version = text.split(":")
    return Coordinate(group, artifact, version[0] if version else "")


def recipes(version: str) -> tuple[Recipe, ...]:
    """How a copy of `version` can be made, best first. The second is for when the first is not published."""
    found: list[Recipe] = [_archive(version)]
    if _assembled(version):
        found.append(_modules(version))
    return tuple(found)


def schema_jar(version: str) -> Coordinate:
    """The jar whose root holds activemq.xsd."""
    return Coordinate(GROUP, "activemq-spring", version)


SCHEMA = "activemq.xsd"


def _archive(version: str) -> Archive:
    file = Coordinate(GROUP, "apache-activemq", version, "bin", "tar.gz")
    return Archive(version, file, ARCHIVE_LEFT_OUT)


def _assembled(version: str) -> bool:
    """6.0 to 6.2: one shape (Jetty 11, Jakarta, Jolokia 2). Older lines are published as archives."""
    return re.match(r"6\.[012]\.", version) is not None


def _modules(version: str) -> Modules:
    return Modules(
        version=version,
        parent=Coordinate(GROUP, "activemq-parent", version, packaging="pom"),
        roots=tuple(Coordinate(GROUP, name) for name in _MODULES) + tuple(map(_coordinate, _MANAGED + _PINNED)),
        left_out=_LEFT_OUT,
        run=Coordinate(GROUP, "activemq-run", version),
        console=Coordinate(GROUP, "activemq-web-console", version, packaging="war"),
        console_left_out=("META-INF/*", "WEB-INF/lib/*", "WEB-INF/activemq.xml"),
        texts={"webapps/api/WEB-INF/web.xml": _API_WEB_XML, "webapps/index.html": _INDEX_HTML},
        repairs=(
            Repair("assembled", "no binary archive of this release is published; put together as its assembly does"),
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
