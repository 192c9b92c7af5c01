"""Certificates for tests, made anew each time: a few milliseconds with elliptic keys."""

from __future__ import annotations

import hashlib
import struct
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from amqctl.provision import certificates as c

NOW = datetime.now(UTC).replace(microsecond=0)
LONG_AGO = NOW - timedelta(days=4000)
HERE = ("localhost", "127.0.0.1")


def authority(name: str = "test", at: datetime = NOW) -> c.Signer:
    return c.new_authority(name, at)


def jks(chain: list[x509.Certificate], trusted: list[x509.Certificate], password: str) -> bytes:
    """As keytool writes it; the private key is no key."""

    def text(value: str) -> bytes:
        return struct.pack(">H", len(value)) + value.encode()

    def certificate(one: x509.Certificate) -> bytes:
        der = one.public_bytes(Encoding.DER)
        return text("X.509") + struct.pack(">I", len(der)) + der

    out = b"\xfe\xed\xfe\xed" + struct.pack(">II", 2, bool(chain) + len(trusted))
    if chain:
        out += struct.pack(">I", 1) + text("own") + bytes(8) + struct.pack(">I", 3) + b"key"
        out += struct.pack(">I", len(chain)) + b"".join(certificate(one) for one in chain)
    for one in trusted:
        out += struct.pack(">I", 2) + text("ca") + bytes(8) + certificate(one)
    digest = hashlib.sha1(password.encode("utf-16-be") + b"Mighty Aphrodite" + out, usedforsecurity=False).digest()
    return out + digest
