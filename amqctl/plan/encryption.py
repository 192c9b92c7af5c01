"""Passwords of a node's files as ENC(…). Pure.

In activemq.xml and what it imports stand ${names}, which Spring looks up in credentials-enc.properties;
users.properties has ENC(…) itself. The key is in no file: whoever starts the broker puts it into its environment.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from amqctl.activemq import jasypt
from amqctl.activemq.versions import Caps
from amqctl.errors import CannotRun, Problem
from amqctl.plan.properties import escape
from amqctl.topology.protection import ENCRYPTION_KEY
from amqctl.topology.settled import Settled

FILE = "credentials-enc.properties"


@dataclass(frozen=True, slots=True)
class Sealed:
    """named: a ${name} for each of Settled.secrets. users: ENC(…) by user. file: text of FILE. needs_iv: what Jasypt
    must be told of the algorithm."""

    algorithm: jasypt.Algorithm
    needs_iv: bool
    named: Mapping[str, str]
    users: Mapping[str, str]
    file: str


Sealer = Callable[[Caps], Sealed | None]


def sealer(settled: Settled, passwords: Mapping[str, str]) -> Sealer:
    """What seals for a version, each algorithm once: a thousand rounds a password. Raises CannotRun for a key
    that Java does not take."""
    if settled.encryption is None:
        return lambda caps: None
    key = passwords[ENCRYPTION_KEY]
    if wrong := jasypt.wrong_key(key):
        what = f"the key of security.encryption cannot be used: {wrong}"
        raise CannotRun([Problem(what, "change it where it is kept")])
    written = settled.encryption.algorithm
    known: dict[str, Sealed] = {}

    def seal(caps: Caps) -> Sealed:
        algorithm = written or jasypt.default(aes=caps.jasypt_aes)
        if algorithm not in known:
            known[algorithm] = _seal(settled, passwords, key, algorithm)
        return known[algorithm]

    return seal


def hashed(password: str) -> str:
    """For Jetty's realm file, which no Jasypt reads: what it compares with, from which nobody can go back to a
    password that cannot be guessed (org.eclipse.jetty.util.security.Credential.MD5)."""
    return "MD5:" + hashlib.md5(password.encode(), usedforsecurity=False).hexdigest()


def _seal(settled: Settled, passwords: Mapping[str, str], key: str, algorithm: jasypt.Algorithm) -> Sealed:
    secrets = {name: text for name, text in passwords.items() if name != ENCRYPTION_KEY}
    names = _names(secrets)
    lines = [
        f"{names[secret]}={escape(jasypt.encrypted(_literal(text), key, algorithm, names[secret]))}\n"
        for secret, text in secrets.items()
    ]
    return Sealed(
        algorithm=algorithm,
        needs_iv=jasypt.needs_iv(algorithm),
        named={secret: f"${{{name}}}" for secret, name in names.items()},
        users={u.name: jasypt.encrypted(passwords[u.name], key, algorithm, f"user {u.name}") for u in settled.users},
        file="".join(lines),
    )


def _names(secrets: Mapping[str, str]) -> Mapping[str, str]:
    """A property's name for each. Spring takes what is behind a ":" for a default."""
    found: dict[str, str] = {}
    for secret in secrets:
        name = re.sub(r"[^\w.-]", "_", secret, flags=re.ASCII) + ".password"
        while name in found.values():
            name = "_" + name
        found[secret] = name
    return found


def _literal(text: str) -> str:
    """As it comes out when Spring has looked for further ${names} and expressions in it."""
    return re.sub(r"([#$])\{", r"#{'\1'}{", text)
