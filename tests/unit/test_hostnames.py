"""Host names that a broker did not get: read out of what Java writes."""

from __future__ import annotations

import pytest

from amqctl.activemq.hostnames import closed, unresolved
from amqctl.cli.hostnames import since_start
from amqctl.plan.state import NodeState
from amqctl.runtimes.seam import LogLine

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


def test_what_was_written_before_its_start_is_mended() -> None:
    lines = [LogLine("a-1", 90.0, BOUND), LogLine("a-1", 110.0, "started")]
    assert since_start(lines, NodeState("a-1", "running", started_at=100.0)) == ["started"]
    again = NodeState("a-1", "running", started_at=100.0, restarts=3)
    assert since_start(lines, again) == [BOUND, "started"], "it is in the trap still, and has begun anew"
    assert since_start(lines, NodeState("a-1", "exited")) == [BOUND, "started"]
