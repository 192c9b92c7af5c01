"""A message, and what can become of one that is sent: the same words for every client, `stomp` and `jms`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from amqctl.errors import AmqctlError


class ClientError(AmqctlError):
    """Base of what can go wrong between a client and a broker."""


class NotConnected(ClientError):
    """No CONNECTED frame: nobody listens there, it is a slave, or the broker declined the login."""


class NotSent(ClientError):
    """The frame never left this machine whole, so the broker cannot have stored the message."""


class Refused(ClientError):
    """The broker answered that it does not take the message, for a reason that comes before storing."""


class Indeterminate(ClientError):
    """No telling: the frame was written and no receipt came."""


@dataclass(frozen=True, slots=True)
class Message:
    """headers: as the broker sent them, unescaped. ack_id: what ack() needs; empty in ack mode auto."""

    id: str
    body: str
    destination: str
    ack_id: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def persistent(self) -> bool:
        return self.headers.get("persistent") == "true"

    @property
    def end_of_browse(self) -> bool:
        return self.headers.get("browser") == "end"
