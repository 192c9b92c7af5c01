"""What of multicast this machine sends by its network cards: seen where packets leave, by AF_PACKET. Takes root.

Only what goes out is counted, and not at the ports of a bridge: what a container sends on the network of an engine
comes in at the card of the host, and is passed on by its ports. What the host itself sends goes out by a card.
"""

from __future__ import annotations

import ctypes
import errno
import json
import selectors
import socket
import struct
import subprocess
import threading
from dataclasses import asdict, dataclass, field
from typing import Any

DISCOVERY = 6155  # MulticastDiscoveryAgent.DEFAULT_PORT
IPV4, IGMP, UDP = 0x0800, 2, 17
# linux/if_packet.h, linux/if_ether.h
EVERY_PROTOCOL, OUTGOING, SOL_PACKET, STATISTICS = 0x0003, 4, 263, 6
SO_RCVBUFFORCE, SO_ATTACH_FILTER = 33, 26  # asm-generic/socket.h
ROOM, HEAD = 8 * 1024 * 1024, 128  # bytes that may wait to be looked at, and that are kept of each packet
# In the kernel, for what comes in would fill the room (linux/filter.h, classic BPF): load the packet's type; where it
# is OUTGOING keep the head of it, else nothing
ONLY_OUTGOING = b"".join(
    struct.pack("HBBI", *step)
    for step in ((0x20, 0, 0, 0xFFFFF004), (0x15, 0, 1, OUTGOING), (0x06, 0, 0, HEAD), (0x06, 0, 0, 0))
)


def cards() -> list[str]:
    """All of this network namespace, whether up or not, but loopback and the ports of bridges. Takes `ip`."""
    links = json.loads(subprocess.run(["ip", "-j", "link"], check=True, capture_output=True, text=True).stdout)
    return [link["ifname"] for link in links if link["link_type"] != "loopback" and "master" not in link]


@dataclass
class Seen:
    """sent: packets of any kind that went out. missed: those that came too fast to be looked at. told: what went where
    by which card, and how often."""

    cards: list[str]
    igmp: int = 0
    discovery: int = 0
    sent: int = 0
    missed: int = 0
    told: dict[str, int] = field(default_factory=dict)

    def data(self) -> dict[str, Any]:
        return asdict(self)


class Capture:
    """Counts from its start until stop()."""

    def __init__(self, names: list[str]) -> None:
        self.seen = Seen(names)
        self._ready = selectors.DefaultSelector()
        for name in names:
            # no protocol until it is bound: before, it would get every card's
            card = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)
            card.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, ROOM)
            steps = ctypes.create_string_buffer(ONLY_OUTGOING, len(ONLY_OUTGOING))
            card.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HL", 4, ctypes.addressof(steps)))
            card.bind((name, EVERY_PROTOCOL))
            card.setblocking(False)
            self._ready.register(card, selectors.EVENT_READ)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while not self._over.is_set():
            self._look(0.2)

    def _look(self, within: float) -> None:
        for key, _ in self._ready.select(within):
            try:
                packet, (name, protocol, way, *_) = key.fileobj.recvfrom(HEAD)  # type: ignore[union-attr]
            except OSError as exc:
                if exc.errno != errno.ENETDOWN:  # said once of a card that is down; it is heard when it comes up
                    raise
                continue
            if way != OUTGOING:
                continue
            self.seen.sent += 1
            if protocol == IPV4 and (kind := classify(packet)):
                setattr(self.seen, kind, getattr(self.seen, kind) + 1)
                what = f"{kind} to {socket.inet_ntoa(packet[16:20])} by {name}"
                self.seen.told[what] = self.seen.told.get(what, 0) + 1

    def stop(self) -> Seen:
        self._over.set()
        self._thread.join()
        while self._ready.select(0):
            self._look(0)
        for key in list(self._ready.get_map().values()):
            card: socket.socket = key.fileobj  # type: ignore[assignment]
            self.seen.missed += struct.unpack("II", card.getsockopt(SOL_PACKET, STATISTICS, 8))[1]
            card.close()
        return self.seen


def classify(packet: bytes) -> str | None:
    """What an IPv4 packet is, from its own header on: "igmp", "discovery", or None for whatever else there is."""
    if len(packet) < 20 or packet[0] >> 4 != 4:
        return None
    header, protocol = (packet[0] & 0x0F) * 4, packet[9]
    if protocol == IGMP:
        return "igmp"
    if protocol == UDP and len(packet) >= header + 4:
        return "discovery" if DISCOVERY in struct.unpack("!HH", packet[header : header + 4]) else None
    return None
