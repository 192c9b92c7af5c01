"""Is a broker serving? Only a protocol handshake tells.

startPersistenceAdapter(), which takes the lock, comes before the transport connectors open
(BrokerService.start, 5.9 to 6.3): who completes a handshake is the master. A TCP connection proves
nothing; a container engine's proxy accepts for a slave.
"""

from __future__ import annotations

import secrets
import socket
import ssl

from amqctl.cluster.model import Address, Login
from amqctl.cluster.tls import NotAdmitted, refusal, wrapped

OPENWIRE_MAGIC = b"ActiveMQ"


def answers(kind: str, address: Address, login: Login, timeout: float) -> bool:
    """Whether the broker completes a handshake of `kind` within timeout seconds; never raises for a broker
    that is not there, or does not let us in."""
    try:
        return admitted(kind, address, login, timeout)
    except NotAdmitted:
        return False


def admitted(kind: str, address: Address, login: Login, timeout: float) -> bool:
    """As answers(), but raises NotAdmitted where somebody is there who refuses us, or whom we do not trust."""
    try:
        with socket.create_connection((address.host, address.port), timeout=timeout) as link:
            link.settimeout(timeout)
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with wrapped(link, address, login.tls) as talk:
                return _greeted(kind, talk, address, login)
    except OSError:  # refused, reset, timed out: not serving
        return False


def _greeted(kind: str, talk: socket.socket, address: Address, login: Login) -> bool:
    try:
        return _HANDSHAKES[kind](talk, login)
    except ssl.SSLError as exc:  # in TLS 1.3 a client's certificate is refused after the handshake
        if login.tls is not None and (refused := refusal(exc, address, login.tls)):
            raise refused from exc
        raise
    except _WrongPassword as exc:
        said = f": {exc}" if str(exc) else ""
        hint = "amqctl up FILE gives brokers the passwords that are kept, or stand in its variables and files, now"
        raise NotAdmitted(f"{address} refuses user {login.user}{said}", hint=hint) from exc


class _WrongPassword(Exception):
    """The broker is there, and says that we are not who we say."""


def _stomp(link: socket.socket, login: Login) -> bool:
    head = f"CONNECT\naccept-version:1.2\nhost:localhost\nheart-beat:0,0\nlogin:{login.user}\npasscode:{login.password}"
    link.sendall(head.encode() + b"\n\n\0")
    answer = _until(link, b"\0")
    if answer.lstrip().startswith(b"ERROR") and b"password" in answer:
        raise _WrongPassword(_message(answer))
    link.sendall(b"DISCONNECT\n\n\0")  # or the broker logs an EOFException
    return answer.lstrip().startswith(b"CONNECTED")


def _openwire(link: socket.socket, login: Login) -> bool:
    """The broker sends its WireFormatInfo first: length, type 1, "ActiveMQ", version (WireFormatInfo.MAGIC)."""
    return exactly(link, 13)[5:] == OPENWIRE_MAGIC


def _amqp(link: socket.socket, login: Login) -> bool:
    link.sendall(b"AMQP\x03\x01\x00\x00")  # SASL first; the broker answers with its own header
    return exactly(link, 8).startswith(b"AMQP")


def _mqtt(link: socket.socket, login: Login) -> bool:
    def text(value: str) -> bytes:
        data = value.encode()
        return len(data).to_bytes(2, "big") + data

    # a name of its own: a broker ends the session of whoever came under the same one before. 23 characters at most
    name = f"amqctl-{secrets.token_hex(8)}"
    body = text("MQTT") + b"\x04\xc2\x00\x05" + text(name) + text(login.user) + text(login.password)
    length, digits = len(body), bytearray()
    while True:
        length, digit = divmod(length, 128)
        digits.append(digit | (0x80 if length else 0))
        if not length:
            break
    link.sendall(b"\x10" + bytes(digits) + body)
    answer = exactly(link, 4)
    if answer[0] == 0x20 and answer[3] in (4, 5):  # bad user name or password, not authorized
        raise _WrongPassword
    link.sendall(b"\xe0\x00")
    return answer[0] == 0x20 and answer[3] == 0


def _message(frame: bytes) -> str:
    """The header of an ERROR that says why; the body is a stack trace."""
    lines = frame.partition(b"\n\n")[0].decode(errors="replace").splitlines()
    return next((line.partition(":")[2] for line in lines if line.startswith("message:")), "")


def _until(link: socket.socket, end: bytes, limit: int = 65536) -> bytes:
    data = b""
    while end not in data:
        more = link.recv(4096)
        if not more or len(data) > limit:
            raise ConnectionError("closed before the answer was whole")
        data += more
    return data


def exactly(link: socket.socket, count: int) -> bytes:
    """So many bytes of an answer. Raises ConnectionError where it ends before."""
    data = b""
    while len(data) < count:
        more = link.recv(count - len(data))
        if not more:
            raise ConnectionError("it closed the connection without a word" if not data else "it broke off")
        data += more
    return data


_HANDSHAKES = {"stomp": _stomp, "openwire": _openwire, "amqp": _amqp, "mqtt": _mqtt}
PREFERENCE = tuple(_HANDSHAKES)  # STOMP says goodbye properly, so it is asked first
