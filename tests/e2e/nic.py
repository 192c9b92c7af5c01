"""A machine's network card in a network of its own, and what of multicast goes out by it.

    unshare --net python -m tests.e2e.nic FILE NAME SECONDS PATIENCE DRILL...

Brings the cluster in FILE up (as the environment says, for so many seconds at most) where the card is one end of a
veth pair with an address and the default route, runs the drills with that patience, and takes the cluster down. Then
it announces something itself, which the same capture must see. Prints as JSON each step, what was seen of the cluster
("seen"), and what of the announcement ("known").
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Any

from amqctl.wait import NotYet, until
from tests.e2e.capture import DISCOVERY, Capture, Seen, cards

CARD, ADDRESS = "nic0", "192.0.2.1"
GROUP = "239.255.2.4"  # none of a cluster


def network() -> None:
    for words in (
        "ip link set lo up",
        f"ip link add {CARD} type veth peer name far0",
        f"ip addr add {ADDRESS}/24 dev {CARD}",
        f"ip link set {CARD} up",
        "ip link set far0 up",
        "ip route add default via 192.0.2.2",
    ):
        subprocess.run(words.split(), check=True)


def amqctl(*words: str) -> dict[str, Any]:
    ran = subprocess.run([sys.executable, "-m", "amqctl", *words], capture_output=True, text=True, timeout=200)
    return {"code": ran.returncode, "out": ran.stdout, "err": ran.stderr}


def cluster(file: str, name: str, seconds: str, patience: str, drills: Sequence[str]) -> dict[str, Any]:
    named = [word for drill in drills for word in ("--drill", drill)]
    try:
        return {
            "up": amqctl("up", file, "--timeout", seconds),
            "drills": amqctl("failover-test", name, *named, "--timeout", patience, "-o", "json"),
        }
    finally:
        amqctl("down", name, "--volumes")


def announce(capture: Capture) -> None:
    """One packet to discovery's port, and the IGMP of who joins a group, by the card."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        here = socket.inet_aton(ADDRESS)
        one.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(GROUP) + here)
        one.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, here)
        one.sendto(b"seen?", (GROUP, DISCOVERY))

        def told() -> None:
            if not (capture.seen.igmp and capture.seen.discovery):
                raise NotYet(f"{capture.seen}")

        until(told, what="the capture sees what is announced", within=10, every=0.1)


def seen_of(what: Callable[[Capture], Any]) -> tuple[Any, Seen]:
    capture = Capture(cards())
    try:
        found = what(capture)
    finally:
        seen = capture.stop()
    return found, seen


def main(file: str, name: str, seconds: str, patience: str, *drills: str) -> None:
    network()
    steps, seen = seen_of(lambda _: cluster(file, name, seconds, patience, drills))
    _, known = seen_of(announce)
    print(json.dumps({**steps, "seen": seen.data(), "known": known.data()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
