"""Passwords as ENC(…), which ActiveMQ reads with Jasypt: in activemq.xml through a Spring configurer, in
users.properties by itself (org.apache.activemq.jaas.EncryptionSupport). Pure.

What Jasypt's StandardPBEStringEncryptor does is done here, so no key goes through a command line, as it would
with `activemq encrypt --password`. One thing differs: salt and IV are not random but an HMAC, by the key, of what is
encrypted and what for. So the same topology renders the same bytes, and nothing is told but that a password
is the same as it was.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers import CipherAlgorithm

VARIABLE = "ACTIVEMQ_ENCRYPTION_PASSWORD"  # where EncryptionSupport and the shipped activemq-security.xml look

Algorithm = Literal["PBEWithMD5AndDES", "PBEWithHmacSHA256AndAES_256", "PBEWithHmacSHA512AndAES_256"]
OF_OLD: Algorithm = "PBEWithMD5AndDES"  # the only one of Jasypt 1.9.2, and ActiveMQ's default ever since
OF_NOW: Algorithm = "PBEWithHmacSHA512AndAES_256"
_ROUNDS = 1000  # StandardPBEByteEncryptor.DEFAULT_KEY_OBTENTION_ITERATIONS
_TRIMMED = re.compile(r"[^\x20-\x7e]")  # PBEKey of the JDK takes no others


@dataclass(frozen=True, slots=True)
class _Way:
    """block: bytes of a block, and of the salt, which Jasypt makes as long."""

    block: int
    key: Callable[[bytes, bytes], bytes]
    iv_is_sent: bool


def default(*, aes: bool) -> Algorithm:
    return OF_NOW if aes else OF_OLD


def needs_iv(algorithm: Algorithm) -> bool:
    """Whether Jasypt must be told to use a random IV; only 1.9.3 can."""
    return _WAYS[algorithm].iv_is_sent


def wrong_key(key: str) -> str | None:
    """Why `key` cannot be one; None if it can."""
    found = _TRIMMED.search(key)
    return f"it has U+{ord(found[0]):04X}, and Java takes printable ASCII only" if found else None


def encrypted(text: str, key: str, algorithm: Algorithm, what_for: str) -> str:
    """ "ENC(…)" of `text`. key: printable ASCII. what_for: makes the salt of equal texts differ."""
    from cryptography.hazmat.primitives.ciphers import Cipher, modes
    from cryptography.hazmat.primitives.padding import PKCS7

    way = _WAYS[algorithm]
    noise = hmac.digest(key.encode(), f"{algorithm}\0{what_for}\0{text}".encode(), "sha256")
    salt, iv = noise[: way.block], noise[16 : 16 + way.block]
    made = way.key(key.encode("ascii"), salt)
    if not way.iv_is_sent:
        made, iv = made[:8], made[8:]
    padder = PKCS7(way.block * 8).padder()
    padded = padder.update(text.encode()) + padder.finalize()
    run = Cipher(_cipher(algorithm, made), modes.CBC(iv)).encryptor()
    body = run.update(padded) + run.finalize()
    return f"ENC({base64.b64encode(salt + (iv if way.iv_is_sent else b'') + body).decode()})"


def _cipher(algorithm: Algorithm, key: bytes) -> CipherAlgorithm:
    if algorithm == OF_OLD:
        from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES

        return TripleDES(key * 3)  # three times the same key is DES
    from cryptography.hazmat.primitives.ciphers.algorithms import AES

    return AES(key)


def _md5(key: bytes, salt: bytes) -> bytes:
    """PBKDF1: eight bytes of key, and eight of IV."""
    digest = hashlib.md5(key + salt, usedforsecurity=False).digest()
    for _ in range(_ROUNDS - 1):
        digest = hashlib.md5(digest, usedforsecurity=False).digest()
    return digest


def _pbkdf2(name: str) -> Callable[[bytes, bytes], bytes]:
    return lambda key, salt: hashlib.pbkdf2_hmac(name, key, salt, _ROUNDS, 32)


_WAYS = {
    "PBEWithMD5AndDES": _Way(8, _md5, iv_is_sent=False),
    "PBEWithHmacSHA256AndAES_256": _Way(16, _pbkdf2("sha256"), iv_is_sent=True),
    "PBEWithHmacSHA512AndAES_256": _Way(16, _pbkdf2("sha512"), iv_is_sent=True),
}
