"""Host names that a broker did not get: read out of what Java writes."""

from __future__ import annotations

import pytest

from amqctl.activemq.hostnames import closed, unresolved

BOUND = (
    "java.io.IOException: Failed to bind to server socket: tcp://mq-1.lab:61616 due to:"
    " java.net.UnknownHostException: mq-1.lab"
)


@pytest.mark.parametrize(
    ("line", "name"),
    [
        (BOUND, "mq-1.lab"),
        ("Caused by: java.net.UnknownHostException: vm: vm: Name or service not known", "vm"),
        ("WARN | Could not connect to remote URI: tcp://b:1: java.net.UnknownHostException: b | Bridge", "b"),
    ],
)
def test_a_name_that_is_not_known(line: str, name: str) -> None:
    assert list(unresolved(["a line", line])) == [name]


def test_other_words_are_no_names() -> None:
    assert unresolved(["catch (UnknownHostException e)", "java.net.ConnectException: Connection refused"]) == {}


def test_which_name_closed_a_connector() -> None:
    assert closed([BOUND], "mq-1.lab") and not closed([BOUND], "other")
    said = "java.io.IOException: Transport Connector could not be registered in JMX: java.net.UnknownHostException: mq1"
    assert closed([said], "mq1") and not closed([said], "other")
