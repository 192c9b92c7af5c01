"""Whether a port can be listened on here, and how a person is told who has it. For every runtime."""

from __future__ import annotations

import socket

from amqctl.errors import Problem
from amqctl.plan.model import Spec


def refused(address: str, port: int) -> int:
    """Why nobody could begin to listen on address:port of this machine now, an `errno`; 0: somebody could."""
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as exc:
            return exc.errno or -1
        return 0


def taken(node: Spec, kind: str, port: int, who: str) -> Problem:
    """kind: of the connector. who: has it, for a person."""
    return Problem(
        f"port {port} ({kind} of {node.name}) is taken by {who}",
        f"end that, set {node.port_key(kind)}, or use --port-offset",
    )
