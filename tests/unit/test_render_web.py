"""What is rendered for the web console and its API, by the version's web family."""

from __future__ import annotations

import pytest

from tests.plans import a_group, a_plan
from tests.unit.test_render import NS, one, rendered, tree


@pytest.mark.parametrize(
    ("version", "log", "realm"),
    [
        ("5.9.1", "log4j.properties", True),
        ("5.13.4", "log4j.properties", True),
        ("5.16.6", "log4j.properties", True),
        ("5.17.0", "log4j2.properties", True),
        ("5.18.3", "log4j2.properties", True),
        ("6.0.1", "log4j2.properties", False),
        ("6.2.0", "log4j2.properties", False),
        ("6.3.1", "log4j2.properties", False),
    ],
)
def test_each_web_family_has_its_own_files(version: str, log: str, realm: bool) -> None:
    [files] = rendered(a_plan(a_group("g", 1, version=version))).values()
    assert {n for n in files if n.startswith("log4j")} == {log}
    assert ("jetty-realm.properties" in files) is realm
    assert ("JAASLoginService" in files["jetty.xml"]) is not realm
    assert ("HashLoginService" in files["jetty.xml"]) is realm


@pytest.mark.parametrize(
    ("version", "connector", "web_app"),
    [
        ("5.9.1", "org.eclipse.jetty.server.nio.SelectChannelConnector", "org.eclipse.jetty.webapp.WebAppContext"),
        ("5.12.3", "org.eclipse.jetty.server.nio.SelectChannelConnector", "org.eclipse.jetty.webapp.WebAppContext"),
        ("5.13.0", "org.eclipse.jetty.server.ServerConnector", "org.eclipse.jetty.webapp.WebAppContext"),
        ("6.2.9", "org.eclipse.jetty.server.ServerConnector", "org.eclipse.jetty.webapp.WebAppContext"),
        ("6.3.1", "org.eclipse.jetty.server.ServerConnector", "org.eclipse.jetty.ee11.webapp.WebAppContext"),
    ],
)
def test_the_web_server_is_of_the_versions_own_jetty(version: str, connector: str, web_app: str) -> None:
    jetty = tree(rendered(a_plan(a_group("g", 1, version=version))), "g-1", "jetty.xml")
    assert one(jetty, "//b:bean[@id='Connector']").get("class") == connector
    assert one(jetty, "//b:bean[@id='console']").get("class") == web_app
    used = {ref for b in jetty.xpath("//b:bean[@depends-on]", namespaces=NS) for ref in b.get("depends-on").split(", ")}
    used |= {r.get("ref") or r.get("bean") for r in jetty.xpath("//b:*[@ref]|//b:ref", namespaces=NS)}
    named = {b.get("id") for b in jetty.xpath("//b:bean[@id]", namespaces=NS)}
    assert used - named == {"broker"}, "every bean that is named is there; the broker is activemq.xml's"
    waits = one(jetty, "//b:bean[@id='awaitMaster']").xpath(".//b:value[@type='long']", namespaces=NS)
    assert bool(waits) is (version != "5.9.1"), "5.9 knows no time-out, and waits for ever"


@pytest.mark.parametrize("version", ["5.9.1", "5.12.3", "5.18.3", "6.1.7"])
def test_the_api_is_for_administrators_only(version: str) -> None:
    jetty = tree(rendered(a_plan(a_group("g", 1, version=version))), "g-1", "jetty.xml")
    roles = {b.get("id"): one(b, "b:property[@name='roles']").get("value") for b in jetty.xpath(
        "//b:bean[@class='org.eclipse.jetty.util.security.Constraint']", namespaces=NS)}  # fmt: skip
    rules = {
        one(m, "b:property[@name='pathSpec']").get("value"): roles[one(m, "b:property[@name='constraint']").get("ref")]
        for m in jetty.xpath("//b:bean[@class='org.eclipse.jetty.security.ConstraintMapping']", namespaces=NS)
    }
    assert rules["/api/*"] == rules["*.action"]
    assert "user" not in rules["/api/*"]
    assert "/" in rules
    assert not any("," in path for path in rules)  # Jetty 11: "Servlet Spec 12.2 violation"


def test_the_bridge_user_may_not_enter_the_console() -> None:
    plan = a_plan(a_group("g", 1, version="5.18.3"))
    [files] = rendered(plan).values()
    assert [line.split(":")[0] for line in files["jetty-realm.properties"].splitlines()] == ["admin", "app"]
    assert files["groups.properties"] == "admins=admin\nusers=app\nbridges=bridge\n"
