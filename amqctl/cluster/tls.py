"""TLS to one broker, and what it means when that does not come about."""

from __future__ import annotations

import socket
import ssl
import threading
from contextlib import suppress
from functools import lru_cache

from amqctl.cluster.model import Address, Trust
from amqctl.errors import AmqctlError

CHUNK = 65536
# what OpenSSL takes a greeting for that is none: "CONNECTED" begins like a request to a proxy
_NO_TLS = {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "HTTPS_PROXY_REQUEST", "RECORD_LAYER_FAILURE"}
_EXPIRED, _TOO_YOUNG, _OTHER_NAME, _OTHER_ADDRESS = 10, 9, 62, 64  # of OpenSSL's X509_V_ERR_…


class NotAdmitted(AmqctlError):
    """Somebody answers there, and is not to be trusted, or does not let us in."""


@lru_cache(maxsize=16)
def context(trust: Trust) -> ssl.SSLContext:
    """Raises AmqctlError where there is nothing to trust, or nothing to show."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # as in Java, what is trusted need not be the root of its chain
    made.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    try:
        made.load_verify_locations(cadata=trust.pem)
        if trust.certificate is not None:
            made.load_cert_chain(trust.certificate)
    except (OSError, ValueError) as exc:  # ssl.SSLError is an OSError
        file = trust.place if not trust.pem else trust.certificate or trust.place
        raise AmqctlError(f"{file} cannot be read: {exc}", hint="amqctl up FILE makes it anew") from exc
    return made


def wrapped(link: socket.socket, address: Address, trust: Trust | None) -> socket.socket:
    """link itself without TLS. For one thread; see TlsSocket. Raises NotAdmitted, or OSError where nobody answers."""
    if trust is None:
        return link
    try:
        return context(trust).wrap_socket(link, server_hostname=address.host)
    except ssl.SSLError as exc:
        raise refusal(exc, address, trust) or exc from exc


def refusal(exc: OSError, address: Address, trust: Trust) -> NotAdmitted | None:
    """None where it only says that nobody serves there (yet): a slave's port on an engine is open, and closes."""
    if isinstance(exc, ssl.SSLCertVerificationError):
        return _untrusted(exc, address, trust)
    reason = getattr(exc, "reason", None) or ""
    if reason in _NO_TLS:
        hint = "was it brought up without `tls:`? amqctl up FILE makes it as the file says"
        return NotAdmitted(f"{address} speaks no TLS", hint=hint)
    if "ALERT" in reason and ("CERTIFICATE" in reason or "UNKNOWN_CA" in reason):
        ours = f"our certificate ({trust.certificate})" if trust.certificate else "clients without a certificate"
        hint = "amqctl up FILE makes certificates anew, and gives brokers what they are to trust"
        return NotAdmitted(f"{address} refuses {ours}: {reason.lower().replace('_', ' ')}", hint=hint)
    return None


def _untrusted(exc: ssl.SSLCertVerificationError, address: Address, trust: Trust) -> NotAdmitted:
    renew = "amqctl up FILE renews what amqctl made; key stores of your own are yours to renew"
    if exc.verify_code == _EXPIRED:
        return NotAdmitted(f"the certificate of {address} has expired", hint=renew)
    if exc.verify_code == _TOO_YOUNG:
        return NotAdmitted(f"the certificate of {address} is not valid yet", hint="is the clock of this machine right?")
    if exc.verify_code in (_OTHER_NAME, _OTHER_ADDRESS):
        return NotAdmitted(f"the certificate of {address} is not for {address.host}", hint=renew)
    what = f"the certificate of {address} is signed by nobody that {trust.place} trusts ({exc.verify_message})"
    hint = "it is another cluster's, or was made with another authority; if it is yours, amqctl up FILE mends it"
    return NotAdmitted(what, hint=hint)


class TlsSocket:
    """What one thread may read while another writes. OpenSSL allows a connection one call at a time, and
    Python's SSLSocket does not see to that; here no call ever waits for the network.
    """

    def __init__(self, link: socket.socket, address: Address, trust: Trust) -> None:
        self._link = link
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context(trust).wrap_bio(self._in, self._out, server_hostname=address.host)
        self._state = threading.Lock()  # of the three above
        self._order = threading.Lock()  # records must leave as they were made
        self._whole = True  # no record was cut short
        try:
            self._handshake()
        except ssl.SSLError as exc:
            raise refusal(exc, address, trust) or exc from exc

    def _handshake(self) -> None:
        while True:
            try:
                self._tls.do_handshake()
                return self._flush()
            except ssl.SSLWantReadError:
                self._flush()
                self._fill()
            except ssl.SSLError:
                with suppress(OSError):  # tells the other side why
                    self._flush()
                raise

    def recv(self, count: int) -> bytes:
        while True:
            with self._state:
                with suppress(ssl.SSLWantReadError):
                    return self._read(count)
            self._flush()
            self._fill()

    def sendall(self, data: bytes) -> None:
        with self._order:
            view = memoryview(data)
            with self._state:
                while view:
                    view = view[self._tls.write(view) :]
                records = self._out.read()
            self._send(records)

    def shutdown(self, how: int) -> None:
        if self._whole:
            with suppress(OSError):  # it has gone, or waits for the other side's goodbye
                with self._state, suppress(ssl.SSLWantReadError):
                    self._tls.unwrap()
                self._flush()
        self._link.shutdown(how)

    def close(self) -> None:
        self._link.close()

    def getsockname(self) -> tuple[str, int]:
        name: tuple[str, int] = self._link.getsockname()
        return name

    def setsockopt(self, level: int, option: int, value: int | bytes) -> None:
        self._link.setsockopt(level, option, value)

    def settimeout(self, seconds: float | None) -> None:
        self._link.settimeout(seconds)

    def _read(self, count: int) -> bytes:
        try:
            return self._tls.read(count)
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return b""

    def _fill(self) -> None:
        data = self._link.recv(CHUNK)
        with self._state:
            if data:
                self._in.write(data)
            else:
                self._in.write_eof()

    def _flush(self) -> None:
        """What reading gave rise to: answers to the other side's handshake messages."""
        if self._out.pending:
            with self._order:
                with self._state:
                    records = self._out.read()
                self._send(records)

    def _send(self, records: bytes) -> None:
        try:
            self._link.sendall(records)
        except OSError:
            self._whole = False
            raise
