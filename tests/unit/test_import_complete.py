"""`amqctl import` loses nothing without a word: what a file says is in the rendered one, or in the table."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from amqctl.activemq.brokerxml import read
from amqctl.activemq.brokerxml.tree import Element
from amqctl.plan.importing.text import yaml_text
from tests.unit.test_import import AMQ, SHIPPED, facts_of, left, taken

BEAN = 'xmlns="http://www.springframework.org/schema/beans"'
SINK = f"""<beans {BEAN}>
<broker {AMQ} brokerName="sink" advisorySupport="false" schedulePeriodForDestinationPurge="10000">
  <destinations><queue physicalName="made.at.start"/></destinations>
  <destinationInterceptors><virtualDestinationInterceptor><virtualDestinations><virtualTopic name="VT.&gt;"
    prefix="C.*." selectorAware="true"/></virtualDestinations></virtualDestinationInterceptor></destinationInterceptors>
  <destinationPolicy><policyMap>
    <policyEntries>
      <policyEntry queue="a.&gt;" memoryLimit="1mb"><dispatchPolicy><roundRobinDispatchPolicy/></dispatchPolicy>
      </policyEntry>
      <policyEntry tempQueue="true" advisoryForConsumed="true"/>
    </policyEntries>
    <defaultEntry><policyEntry prioritizedMessages="true"/></defaultEntry>
  </policyMap></destinationPolicy>
  <ioExceptionHandler><defaultIOExceptionHandler ignoreNoSpaceErrors="false"/></ioExceptionHandler>
  <managementContext><managementContext createConnector="true" connectorPort="1099"/></managementContext>
  <persistenceAdapter><kahaDB directory="/x" journalMaxFileLength="32mb"/></persistenceAdapter>
  <plugins>
    <timeStampingBrokerPlugin ttlCeiling="1"/>
    <bean {BEAN} class="com.example.Plugin"><property name="store" ref="elsewhere"/></bean>
  </plugins>
  <systemUsage><systemUsage sendFailIfNoSpaceAfterTimeout="3000">
    <storeUsage><storeUsage limit="1 gb" total="2 gb"/></storeUsage>
    <jobSchedulerUsage><jobSchedulerUsage limit="9 mb"/></jobSchedulerUsage>
  </systemUsage></systemUsage>
  <transportConnectors>
    <transportConnector name="openwire" uri="tcp://0.0.0.0:61616?maximumConnections=9" updateClusterClients="true"
      rebalanceClusterClients="${{rebalance}}">
      <publishedAddressPolicy><publishedAddressPolicy publishedHostStrategy="IPADDRESS"/></publishedAddressPolicy>
    </transportConnector>
    <transportConnector name="http" uri="http://0.0.0.0:8080"/>
  </transportConnectors>
  <jmsBridgeConnectors><jmsQueueConnector outboundQueueConnectionFactory="#it"/></jmsBridgeConnectors>
  <shutdownHooks><bean {BEAN} class="com.example.Hook"/></shutdownHooks>
</broker>
<camelContext xmlns="http://camel.apache.org/schema/spring"/>
</beans>"""
# told under another name: a link by its connector's, rights and users by theirs (test_import.py has those)
ELSEWHERE = {
    "networkConnectors", "networkConnector", "authorizationEntry", "authenticationUser", "users",
    "simpleAuthenticationPlugin",
}  # fmt: skip
# amqctl's own; the announcement of a multicast link is rendered with the group and the interface that it has here
PLACES = ("uri", "name", "brokerName", "dataDirectory", "discoveryUri")


@pytest.mark.parametrize("file", [None, *SHIPPED], ids=lambda p: f"{p.parent.name}-{p.stem}" if p else "sink")
def test_nothing_is_lost_without_a_word(file: Path | None, tmp_path: Path) -> None:
    if file is None:
        file = tmp_path / "activemq.xml"
        file.write_text(SINK)
    made = taken(file)
    (now,) = facts_of(made, tmp_path).values()
    rendered = list(now.element.walk())
    have = {(e.name, k, v.replace(" ", "")) for e in rendered for k, v in e.attributes.items()}
    names = {e.name for e in rendered}
    said = " ".join(f"{one.element} {one.why}" for one in made.left)
    before = read(file.read_text()).facts.element
    assert list(_lost(before, have, names, said)) == []


def _lost(element: Element, have: set[tuple[str, str, str]], names: set[str], said: str) -> Iterator[str]:
    if element.name in ELSEWHERE or (element.name in said and element.name not in ("broker", "transportConnector")):
        return
    for key, value in element.attributes.items():
        same = (element.name, key, value.replace(" ", "")) in have
        # its options are amqctl's own, as those of the connector's uri
        same = same or (key == "discoveryUri" and any(h[:2] == (element.name, key) for h in have))
        if not same and key not in PLACES and key not in said and value not in said:
            yield f"{element.line}: {element.name} {key}={value}"
    if element.name not in names:
        yield f"{element.line}: {element.name}"
    for child in element.children:
        yield from _lost(child, have, names, said)


def test_a_topology_has_no_password_and_no_name_of_a_bean_that_is_not_there(tmp_path: Path) -> None:
    bridges = (
        '<jmsBridgeConnectors><jmsQueueConnector outboundUsername="u" outboundPassword="open-sesame"/>'
        "</jmsBridgeConnectors><messageAuthorizationPolicy><ref bean='policy'/></messageAuthorizationPolicy>"
    )
    file = tmp_path / "activemq.xml"
    file.write_text(f'<beans><broker {AMQ} brokerName="a">{bridges}</broker></beans>')
    made = taken(file)
    assert "open-sesame" not in yaml_text(made, "x")
    assert {one.split(":")[0] for one in left(made)} >= {"jmsBridgeConnectors", "messageAuthorizationPolicy"}
    assert facts_of(made, tmp_path)
