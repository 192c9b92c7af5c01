"""`security.encryption`: passwords in files as ENC(…)."""

from __future__ import annotations

from collections.abc import Iterable

from amqctl.topology.model import Topology
from amqctl.topology.notes import CapsLike, Notes
from amqctl.topology.protection import Encryption
from amqctl.topology.settled import Row, SettledBroker
from amqctl.topology.users import source
from amqctl.topology.yamltext import Path

_SECTION: Path = ("security", "encryption")


def settle_encryption(topology: Topology, notes: Notes) -> tuple[Encryption | None, tuple[Row, ...]]:
    written = topology.security.encryption
    if written is None:
        return None, ()
    key = source(written.key, _SECTION, notes, word="key")
    origin = notes.origin(_SECTION)
    how = " ".join(filter(None, (key.kind, key.name)))
    return Encryption(key, written.algorithm), (
        Row("security.encryption.key", how, origin),
        Row("security.encryption.algorithm", written.algorithm or "by version", origin),
    )


def check_encryption(
    encryption: Encryption | None, brokers: Iterable[tuple[SettledBroker, CapsLike | None]], notes: Notes
) -> None:
    """brokers: each with what its version is like, None where that is not known."""
    if encryption is None:
        return
    known = list(brokers)
    if own := [broker.name for broker, _ in known if broker.own is not None]:
        what = f"{', '.join(own)}: with `conf` a broker's own files say how they have their passwords"
        notes.problem(what, "leave `encryption` out, or `conf`", _SECTION)
    if encryption.algorithm is None or "AES" not in encryption.algorithm:
        return
    old = [(broker.name, caps.version) for broker, caps in known if caps is not None and not caps.jasypt_aes]
    if old:
        names = ", ".join(f"{name} ({version})" for name, version in old)
        what = f"{encryption.algorithm} is not to be had by {names}: their Jasypt, 1.9.2, knows no initial vector"
        fix = "leave `algorithm` out: each broker's version then has what it can, or write PBEWithMD5AndDES"
        notes.problem(what, fix, (*_SECTION, "algorithm"), value=True)
