"""Two texts of the archives that no module has: the REST API's web.xml, and the page that leads to the console.

After assembly/src/release/webapps/api/WEB-INF/web.xml of the tags.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

API, INDEX = "webapps/api/WEB-INF/web.xml", "webapps/index.html"


@dataclass(frozen=True, slots=True)
class Line:
    """What of web.xml differs by the line's web container. agent: Jolokia's servlet. asynchronous: whether its
    servlets may answer later. policy: Jolokia's access rules are named by a system property. cookies: scripts must
    not read them."""

    schema: str
    servlets: str
    agent: str
    asynchronous: bool = True
    policy: bool = False
    cookies: bool = False


_JAVAX, _JAKARTA = "http://java.sun.com/xml/ns/javaee", "https://jakarta.ee/xml/ns/jakartaee"
JETTY_7 = Line(_JAVAX, "2.5", "org.jolokia.http.AgentServlet", asynchronous=False)
JETTY_9 = Line(_JAVAX, "3.0", "org.jolokia.http.AgentServlet")
JETTY_11 = Line(_JAKARTA, "5.0", "org.jolokia.server.core.http.AgentServlet", policy=True, cookies=True)

_WEB_XML = """\
<?xml version="1.0" encoding="UTF-8"?>
<web-app xmlns="{schema}" version="{servlets}">
    <display-name>Apache ActiveMQ REST API</display-name>
    <servlet>
        <servlet-name>MessageServlet</servlet-name>
        <servlet-class>org.apache.activemq.web.MessageServlet</servlet-class>
        <load-on-startup>1</load-on-startup>
{asynchronous}    </servlet>
    <servlet>
        <servlet-name>jolokia-agent</servlet-name>
        <servlet-class>{agent}</servlet-class>
{policy}        <init-param>
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
{cookies}</web-app>
"""
_ASYNCHRONOUS = "        <async-supported>true</async-supported>\n"
_POLICY = """\
        <init-param>
            <param-name>policyLocation</param-name>
            <param-value>${prop:jolokia.conf}</param-value>
        </init-param>
"""
_COOKIES = """\
    <session-config>
        <cookie-config>
            <http-only>true</http-only>
        </cookie-config>
    </session-config>
"""
_INDEX = """\
<!DOCTYPE html>
<html>
<head><meta charset="utf-8"><title>Apache ActiveMQ</title></head>
<body><h1>Apache ActiveMQ</h1><p><a href="/admin/">Manage ActiveMQ broker</a></p></body>
</html>
"""


def texts(line: Line) -> Mapping[str, str]:
    """Path in the copy -> text."""
    api = _WEB_XML.format(
        schema=line.schema,
        servlets=line.servlets,
        agent=line.agent,
        asynchronous=_ASYNCHRONOUS if line.asynchronous else "",
        policy=_POLICY if line.policy else "",
        cookies=_COOKIES if line.cookies else "",
    )
    return {API: api, INDEX: _INDEX}
