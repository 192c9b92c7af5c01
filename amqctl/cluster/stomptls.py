"""The `stomp.py` package over TLS of our own.

Its TLS hands writes to its reading thread, and a write that fails there is told to nobody: a send could not
say "not sent". So it is given a connected socket that two threads may use.
"""

from __future__ import annotations

import socket
from typing import Any

import stomp
from stomp.protocol import Protocol12

from amqctl.cluster.model import Address, Trust
from amqctl.cluster.tls import TlsSocket


class _Transport(stomp.transport.Transport):  # type: ignore[misc]
    def __init__(self, address: Address, trust: Trust, timeout: float) -> None:
        super().__init__([(address.host, address.port)], prefer_localhost=False, try_loopback_connect=False)
        self._to = (address, trust, timeout)

    def attempt_connection(self) -> None:
        address, trust, timeout = self._to
        link = socket.create_connection((address.host, address.port), timeout=timeout)
        try:
            self.socket = TlsSocket(link, address, trust)
        except BaseException:
            link.close()
            raise
        self.socket.settimeout(None)  # its thread waits for frames as long as it takes
        self.current_host_and_port = (address.host, address.port)


class Connection(stomp.StompConnection12):  # type: ignore[misc]
    def __init__(self, address: Address, trust: Trust, timeout: float) -> None:
        transport: Any = _Transport(address, trust, timeout)
        stomp.connect.BaseConnection.__init__(self, transport)
        Protocol12.__init__(self, transport, (0, 0), auto_content_length=False)
