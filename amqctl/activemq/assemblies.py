"""What a copy is assembled from where a release has no archive: modules and the libraries beside them, by line.

From assembly/pom.xml and assembly/src/main/descriptors/common-bin.xml of the tags: versions come from the release's
own parent POM, so nothing here has to know them. ${…} are its properties.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from amqctl.activemq import webtexts


@dataclass(frozen=True, slots=True)
class Assembly:
    """modules: of ActiveMQ. others: group:artifact, managed by the parent POM, or group:artifact:version.
    left_out: group:artifact -> why it must not be beside the rest. alone: group:artifact of others, which nothing
    else brings along: a POM of it names its version in a way that only a build resolves. texts: path in the copy ->
    text. says: a clause
    about how it differs from the archive."""

    modules: tuple[str, ...]
    others: tuple[str, ...]
    left_out: Mapping[str, str]
    texts: Mapping[str, str]
    says: str
    alone: tuple[str, ...] = ()


# The compiler of the console's pages; the archives of 5.13 and 5.14 have it
JDT = "org.eclipse.jetty.orbit:org.eclipse.jdt.core:3.8.2.v20130121"

_FIVE_MODULES = (
    "activemq-client",
    "activemq-broker",
    "activemq-openwire-legacy",
    "activemq-kahadb-store",
    "activemq-jdbc-store",
    "activemq-leveldb-store",
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
    "activemq-partition",
    "activemq-log4j-appender",
    "activemq-runtime-config",
)
_FIVE_MANAGED = (
    "org.slf4j:slf4j-api",
    "org.slf4j:jcl-over-slf4j",
    "org.slf4j:slf4j-log4j12",
    "log4j:log4j",
    "org.apache.xbean:xbean-spring",
    "org.springframework:spring-web",
    "org.springframework:spring-webmvc",
    "org.springframework:spring-jms",
    "org.springframework:spring-oxm",
    "commons-net:commons-net",
    "commons-beanutils:commons-beanutils",
    "com.thoughtworks.xstream:xstream",
    "org.codehaus.jettison:jettison",
    "org.jasypt:jasypt",
    "javax.jmdns:jmdns",
    "rome:rome",
    "jdom:jdom",
    "org.fusesource.mqtt-client:mqtt-client",
    "org.apache.geronimo.specs:geronimo-j2ee-connector_1.5_spec",
    "org.apache.geronimo.specs:geronimo-annotation_1.0_spec",
    "org.linkedin:org.linkedin.zookeeper-impl:${linkedin-zookeeper-version}",
    "org.linkedin:org.linkedin.util-core:${linkedin-zookeeper-version}",
    "org.apache.zookeeper:zookeeper:${zookeeper-version}",
    "org.fusesource.hawtdispatch:hawtdispatch-transport:${hawtdispatch-version}",
    "org.jvnet.jaxb2_commons:jaxb2-basics-runtime:${jaxb-basics-version}",
    "org.jolokia:jolokia-core:${jolokia-version}",
    "com.googlecode.json-simple:json-simple:1.1.1",
    JDT,
)
_PROTON = ("org.apache.qpid:proton-api", "org.apache.qpid:proton-j-impl", "org.apache.qpid:proton-jms")
_JETTY_7 = (
    "org.eclipse.jetty.aggregate:jetty-all-server",
    "org.mortbay.jetty:jsp-2.1-glassfish",
    "org.eclipse.jetty:jetty-websocket:${jetty-version}",
    "commons-dbcp:commons-dbcp",
    "commons-pool:commons-pool",
    "org.jasypt:jasypt-spring3:${jasypt-version}",
    *(f"{name}:${{qpid-proton-version}}" for name in _PROTON),
    "org.apache.geronimo.specs:geronimo-servlet_2.5_spec",
)
_JETTY_9 = (
    "org.eclipse.jetty.aggregate:jetty-all",
    "org.eclipse.jetty:apache-jsp",
    "org.eclipse.jetty:apache-jstl",
    "org.apache.taglibs:taglibs-standard-spec",
    "org.apache.taglibs:taglibs-standard-impl",
    "org.apache.tomcat:tomcat-servlet-api",
    "org.apache.tomcat:tomcat-websocket-api",
    "org.apache.commons:commons-dbcp2",
    "org.apache.commons:commons-pool2",
    "org.apache.qpid:proton-j:${qpid-proton-version}",
    "org.jasypt:jasypt-spring31:${jasypt-version}",
    "org.ow2.asm:asm",
)
_FIVE_LEFT_OUT = {
    "org.apache.activemq:activemq-all": "repeats the classes of the modules",
    "commons-logging:commons-logging": "jcl-over-slf4j takes its place",
    "commons-daemon:commons-daemon": "for the Windows service wrapper only",
    "org.slf4j:jul-to-slf4j": "of another version than the rest of SLF4J; nobody calls it",
    "org.eclipse.jdt.core.compiler:ecj": "an older one of the compiler above",
    "xpp3:xpp3_min": "a part of xpp3",
    **dict.fromkeys(
        ("org.apache.hadoop:hadoop-core", "org.apache.ant:ant", "org.apache.ant:ant-launcher", "jline:jline",
         "org.hamcrest:hamcrest-core", "junit:junit", "org.linkedin:org.linkedin.util-groovy",
         "commons-configuration:commons-configuration", "commons-digester:commons-digester",
         "commons-beanutils:commons-beanutils-core", "com.google.code.findbugs:jsr305"),
        "comes with replicated LevelDB's tools, which do not run in a broker",
    ),
    **dict.fromkeys(
        ("javax.servlet:javax.servlet-api", "javax.servlet:servlet-api", "org.eclipse.jetty.orbit:javax.servlet",
         "org.mortbay.jetty:servlet-api", "org.mortbay.jetty:servlet-api-2.5"),
        "repeats the servlet API that is there",
    ),
    **dict.fromkeys(
        ("org.mortbay.jetty:jetty", "org.mortbay.jetty:jetty-util", "org.mortbay.jetty:jsp-2.1",
         "org.mortbay.jetty:jsp-api-2.1"),
        "Jetty 6, of Hadoop",
    ),
    **dict.fromkeys(
        (f"org.eclipse.jetty:jetty-{part}"
         for part in ("continuation", "http", "io", "security", "server", "servlet", "util", "schemas")),
        "repeats jetty-all",
    ),
    **dict.fromkeys(
        (f"org.eclipse.jetty.websocket:websocket-{part}" for part in ("api", "client", "common", "server", "servlet")),
        "repeats jetty-all",
    ),
}  # fmt: skip

_SIX_MODULES = (
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

_SIX_MANAGED = (
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
_SIX_PINNED = (
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
_SIX_LEFT_OUT = {
    "org.apache.activemq:activemq-all": "repeats the classes of the modules",
    "jakarta.servlet:jakarta.servlet-api": "repeats jetty-jakarta-servlet-api",
    "jakarta.el:jakarta.el-api": "repeats the newer API inside org.mortbay.jasper:apache-el",
    "commons-logging:commons-logging": "jcl-over-slf4j takes its place",
    "org.springframework:spring-jcl": "jcl-over-slf4j takes its place",
    "commons-daemon:commons-daemon": "for the Windows service wrapper only",
}


def _five(jetty: tuple[str, ...], web: webtexts.Line, alone: tuple[str, ...] = ()) -> Assembly:
    return Assembly(
        modules=_FIVE_MODULES,
        others=_FIVE_MANAGED + jetty,
        left_out=_FIVE_LEFT_OUT,
        texts=webtexts.texts(web),
        says="put together as its assembly does, without Camel and the file server",
        alone=alone,
    )


_SHAPES: tuple[tuple[str, Assembly], ...] = (
    (r"5\.9\.", _five(_JETTY_7, webtexts.JETTY_7, _PROTON)),
    (r"5\.1[34]\.", _five(_JETTY_9, webtexts.JETTY_9)),
    (
        r"6\.[012]\.",
        Assembly(
            modules=_SIX_MODULES,
            others=_SIX_MANAGED + _SIX_PINNED,
            left_out=_SIX_LEFT_OUT,
            texts=webtexts.texts(webtexts.JETTY_11),
            says="put together as its assembly does",
        ),
    ),
)  # fmt: skip


def assembly(version: str) -> Assembly | None:
    """None for a line of which only archives are known."""
    return next((shape for pattern, shape in _SHAPES if re.match(pattern, version)), None)
