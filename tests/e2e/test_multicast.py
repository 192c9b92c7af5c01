"""Multicast on the local runtime never uses the machine's network card: seen by a capture on all that it has."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import Any

import pytest

from tests.e2e.capture import Capture, cards, classify
from tests.e2e.machine import REPOSITORY, Machine, topology

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(
        os.geteuid() != 0 or shutil.which("unshare") is None or shutil.which("ip") is None,
        reason="a network namespace of its own takes root, unshare and ip",
    ),
]

DRILLS = ("membership", "reach")
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
WITHOUT_JOIN = "multicast://default?networkInterface=lo&timeToLive=0&group={name}"
# as ActiveMQ's own examples have it: whichever card comes last is used
BARE = "multicast://default?group={name}"
PATCH = """patch: [
  {{at: "//amq:networkConnector", set: {{uri: "{uri}"}}}},
  {{at: "//amq:transportConnector[@name='openwire']", set: {{discoveryUri: "{uri}"}}}}]"""


def verdicts(drills: str) -> dict[str, str]:
    return {d["name"]: d["verdict"] for d in json.loads(drills)["drills"]}


def in_a_network_of_its_own(
    machine: Machine, name: str, uri: str | None = None, within: tuple[str, str] = ("60", "60"),
    drills: tuple[str, ...] = DRILLS,
) -> dict[str, Any]:  # fmt: skip
    """What tests.e2e.nic found. uri: in place of amqctl's own form. within: of up, and of a drill's waits."""
    more = PATCH.format(uri=uri.format(name=name)) if uri else ""
    file = topology(name, TWO.format(name=name, more=more), machine.home)
    path = f"{machine.env['PATH']}:/usr/sbin:/sbin:/usr/bin:/bin"
    alone = [str(shutil.which("unshare")), "--net"]
    ran = subprocess.run(
        [*alone, sys.executable, "-m", "tests.e2e.nic", file, name, *within, *drills],
        env={**machine.env, "PATH": path, "PYTHONPATH": str(REPOSITORY)},
        cwd=machine.home, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    found: dict[str, Any] = json.loads(ran.stdout)
    assert found["known"]["igmp"] > 0 and found["known"]["discovery"] == 1, found  # the capture sees what there is
    assert found["seen"]["missed"] == 0, found
    return found


def test_no_packet_leaves_by_a_card_of_this_machine(machine: Machine) -> None:
    """Captured on every one of them, while two brokers find each other, one of them again, and messages cross."""
    capture = Capture(cards())
    try:
        machine.amq("up", topology("links-here", TWO.format(name="links-here", more=""), machine.home))
        drills = machine.amq("failover-test", *(w for d in DRILLS for w in ("--drill", d)), "-o", "json").out
        machine.amq("down", "--volumes")
    finally:
        seen = capture.stop()
    assert verdicts(drills) == dict.fromkeys(DRILLS, "valid")
    assert seen.cards and seen.missed == 0, seen
    assert (seen.igmp, seen.discovery) == (0, 0), seen


def test_no_packet_leaves_by_the_card_of_a_network_of_its_own(machine: Machine) -> None:
    """The same where the capture is shown to work, and where the other forms are tried."""
    found = in_a_network_of_its_own(machine, "links-quiet")
    assert (found["up"]["code"], found["drills"]["code"]) == (0, 0), found
    assert verdicts(found["drills"]["out"]) == dict.fromkeys(DRILLS, "valid")
    assert (found["seen"]["igmp"], found["seen"]["discovery"]) == (0, 0), found


def test_without_join_network_interface_a_broker_joins_by_the_card(machine: Machine) -> None:
    """Nothing else is changed. The card carries the joining, and nobody is found: who joined there does not hear what
    is announced on loopback."""
    found = in_a_network_of_its_own(machine, "links-half", WITHOUT_JOIN, within=("8", "3"), drills=("membership",))
    assert (found["up"]["code"], found["drills"]["code"]) == (3, 1), found
    assert "link found-a-b is not up" in found["up"]["err"]
    assert verdicts(found["drills"]["out"]) == {"membership": "invalid"}
    assert found["seen"]["igmp"] > 0, found
    assert found["seen"]["discovery"] == 0, found


def test_with_no_option_all_of_it_goes_by_the_card(machine: Machine) -> None:
    found = in_a_network_of_its_own(machine, "links-loud", BARE)
    assert (found["up"]["code"], found["drills"]["code"]) == (0, 0), found
    assert found["seen"]["igmp"] > 0, found
    assert found["seen"]["discovery"] > 0, found


def test_what_counts_as_what() -> None:
    """Packets made by hand: IGMP, with and without options, an announcement, others, and some that are cut short."""

    def packet(protocol: int, port: int, words: int = 5) -> bytes:
        head = bytes([0x40 | words]) + bytes(8) + bytes([protocol]) + bytes(4 * words - 10)
        return head + (40000).to_bytes(2, "big") + port.to_bytes(2, "big") + bytes(4)

    assert classify(packet(2, 0)) == classify(packet(2, 0, words=6)) == "igmp"
    assert classify(packet(17, 6155)) == classify(packet(17, 6155, words=6)) == "discovery"
    assert classify(packet(17, 53)) is None
    assert classify(packet(6, 6155)) is None
    assert classify(b"\x60" + packet(17, 6155)[1:]) is None
    assert classify(packet(17, 6155)[:20]) is classify(packet(2, 0)[:19]) is None
