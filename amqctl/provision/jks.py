"""Java's own key store format, as far as certificates go: they lie open in it, only keys are encrypted.

sun.security.provider.JavaKeyStore.engineLoad, versions 1 and 2 of the format.
"""

from __future__ import annotations

import hashlib
import struct
from hmac import compare_digest

from cryptography import x509

MAGIC = b"\xfe\xed\xfe\xed"
_SALT = b"Mighty Aphrodite"
_DIGEST = 20  # bytes at the end, SHA-1
_KEY, _TRUSTED = 1, 2


def certificates(data: bytes, password: str) -> tuple[list[x509.Certificate], list[x509.Certificate]]:
    """The chain of the first private key, its own certificate first, and all that are trusted.

    Raises ValueError for a wrong password and for what is not such a file.
    """
    body, digest = data[:-_DIGEST], data[-_DIGEST:]
    seen = hashlib.sha1(password.encode("utf-16-be") + _SALT + body, usedforsecurity=False).digest()
    if not compare_digest(seen, digest):
        raise ValueError("the password is wrong, or the file is damaged")
    try:
        return _Reader(body).read()
    except struct.error as exc:
        raise ValueError("the file is cut short") from exc


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = len(MAGIC)

    def read(self) -> tuple[list[x509.Certificate], list[x509.Certificate]]:
        self._version, count = self._number(), self._number()
        chain: list[x509.Certificate] = []
        trusted: list[x509.Certificate] = []
        for _ in range(count):
            kind = self._number()
            self._text()  # alias
            self._take(8)  # when it was made
            if kind == _KEY:
                self._take(self._number())
                found = [self._certificate() for _ in range(self._number())]
                chain = chain or found
            elif kind == _TRUSTED:
                trusted.append(self._certificate())
            else:
                raise ValueError(f"an entry of a kind that is not known: {kind}")
        return chain, trusted

    def _certificate(self) -> x509.Certificate:
        if self._version == 2:
            self._text()  # "X.509"
        return x509.load_der_x509_certificate(self._take(self._number()))

    def _number(self) -> int:
        (number,) = struct.unpack(">I", self._take(4))
        return int(number)

    def _text(self) -> bytes:
        (length,) = struct.unpack(">H", self._take(2))
        return self._take(length)

    def _take(self, count: int) -> bytes:
        found = self._data[self._at : self._at + count]
        if len(found) < count:
            raise struct.error("no more data")
        self._at += count
        return found
