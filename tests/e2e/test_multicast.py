"""Multicast on the local runtime never uses the machine's network card: seen by a capture on one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import Any

import pytest

from tests.e2e.machine import REPOSITORY, Machine, topology
from tests.e2e.nic import classify

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(
        os.geteuid() != 0 or shutil.which("unshare") is None or shutil.which("ip") is None,
        reason="a network namespace of its own takes root, unshare and ip",
    ),
]

TWO = """
apiVersion: amqctl/v1
name: {name}
activemq: 6.1.7
ports: {{offset: 100}}
defaults: {{jvm: {{heap: 256m}}}}
groups:
  a: {{brokers: {{m1: {{{more}}}}}}}
  b: {{brokers: {{m2: {{{more}}}}}}}
network:
  - {{name: found, multicast: {{}}}}
"""
# as ActiveMQ's own examples have it: whichever card comes last is used
BARE = "multicast://default?group={name}"
PATCH = """patch: [
  {{at: "//amq:networkConnector", set: {{uri: "{uri}"}}}},
  {{at: "//amq:transportConnector[@name='openwire']", set: {{discoveryUri: "{uri}"}}}}]"""


def seen_on_the_card(machine: Machine, name: str, more: str = "") -> dict[str, Any]:
    file = topology(name, TWO.format(name=name, more=more), machine.home)
    path = f"{machine.env['PATH']}:/usr/sbin:/sbin:/usr/bin:/bin"
    ran = subprocess.run(
        [str(shutil.which("unshare")), "--net", sys.executable, "-m", "tests.e2e.nic", file, name],
        env={**machine.env, "PATH": path, "PYTHONPATH": str(REPOSITORY)},
        cwd=machine.home, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return json.loads(ran.stdout)


def test_no_packet_leaves_by_the_network_card(machine: Machine) -> None:
    """Two brokers find each other by multicast and a message crosses, and the card has 0 of IGMP and 0 of them."""
    found = seen_on_the_card(machine, "links-quiet")
    assert [found[step]["code"] for step in ("up", "send", "recv")] == [0, 0, 0], found
    assert (found["seen"]["igmp"], found["seen"]["discovery"]) == (0, 0)


def test_the_capture_sees_a_cluster_that_is_not_kept_to_loopback(machine: Machine) -> None:
    """The same without joinNetworkInterface: the same capture counts what the brokers send by the card."""
    uri = BARE.format(name="links-loud")
    found = seen_on_the_card(machine, "links-loud", PATCH.format(uri=uri))
    assert found["seen"]["igmp"] > 0, found
    assert found["seen"]["discovery"] > 0, found


def test_what_counts_as_what() -> None:
    """Packets made by hand: IGMP, an announcement, another datagram, ARP, and one that is cut short."""

    def packet(protocol: int, port: int, ether: int = 0x0800) -> bytes:
        head = bytes(12) + ether.to_bytes(2, "big") + bytes([0x45]) + bytes(8) + bytes([protocol]) + bytes(10)
        return head + (40000).to_bytes(2, "big") + port.to_bytes(2, "big") + bytes(4)

    assert classify(packet(2, 0)) == "igmp"
    assert classify(packet(17, 6155)) == "discovery"
    assert classify(packet(17, 53)) is None
    assert classify(packet(6, 6155)) is None
    assert classify(packet(17, 6155, ether=0x0806)) is None
    assert classify(packet(17, 6155)[:20]) is None
