"""A machine's network card in a network of its own, and what of multicast goes out by it.

    unshare --net python -m tests.e2e.nic FILE NAME

Brings the cluster in FILE up (as the environment says) where the card is one end of a veth pair with an address
and the default route, sends a message at group a, receives it at group b, takes the cluster down, and prints
as JSON what was seen on the card: packets of IGMP, and of UDP to the port of ActiveMQ's discovery.
"""

from __future__ import annotations

import json
import socket
import struct
import subprocess
import sys
import threading
import time
from typing import Any

CARD = "nic0"
DISCOVERY = 6155  # MulticastDiscoveryAgent.DEFAULT_PORT
EVERY_PROTOCOL = 3  # ETH_P_ALL
IPV4, IGMP, UDP = 0x0800, 2, 17


class Capture:
    """Counts from its start until stop()."""

    def __init__(self, card: str) -> None:
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(EVERY_PROTOCOL))
        self.socket.bind((card, 0))
        self.socket.settimeout(0.2)
        self.counts = {"igmp": 0, "discovery": 0, "all": 0}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while not self._over.is_set():
            try:
                packet = self.socket.recv(65535)
            except TimeoutError:
                continue
            self.counts["all"] += 1
            if kind := classify(packet):
                self.counts[kind] += 1

    def stop(self) -> dict[str, int]:
        self._over.set()
        self._thread.join()
        self.socket.close()
        return self.counts


def classify(packet: bytes) -> str | None:
    """ "igmp", "discovery", or None for whatever else there is on an Ethernet."""
    if len(packet) < 34 or struct.unpack("!H", packet[12:14])[0] != IPV4:
        return None
    header = (packet[14] & 0x0F) * 4
    protocol = packet[14 + 9]
    if protocol == IGMP:
        return "igmp"
    if protocol == UDP and len(packet) >= 14 + header + 4:
        return "discovery" if DISCOVERY in struct.unpack("!HH", packet[14 + header : 18 + header]) else None
    return None


def network() -> None:
    for words in (
        "ip link set lo up",
        f"ip link add {CARD} type veth peer name far0",
        f"ip addr add 192.0.2.1/24 dev {CARD}",
        f"ip link set {CARD} up",
        "ip link set far0 up",
        "ip route add default via 192.0.2.2",
    ):
        subprocess.run(words.split(), check=True)


def amqctl(*words: str) -> dict[str, Any]:
    ran = subprocess.run([sys.executable, "-m", "amqctl", *words], capture_output=True, text=True, timeout=200)
    return {"code": ran.returncode, "out": ran.stdout, "err": ran.stderr}


def main(file: str, name: str) -> None:
    network()
    capture = Capture(CARD)
    try:
        steps = {
            "up": amqctl("up", file, "--timeout", "40"),
            "send": amqctl("send", "q", "-c", name, "--to", "a"),
            "recv": amqctl("recv", "q", "-c", name, "--from", "b", "-n", "1", "--timeout", "10"),
        }
        time.sleep(2)  # of heartbeats, of which there are two a second
    finally:
        down = amqctl("down", name, "--volumes")
        counts = capture.stop()
    print(json.dumps({"seen": counts, **steps, "down": down}))


if __name__ == "__main__":
    main(*sys.argv[1:])
