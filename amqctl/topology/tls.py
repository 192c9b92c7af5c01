"""`tls:`: whether connections are encrypted, and with whose keys."""

from __future__ import annotations

from collections.abc import Iterable

from amqctl.topology.model import Topology
from amqctl.topology.model.security import KeyFile as Written
from amqctl.topology.notes import Notes, text
from amqctl.topology.protection import KeyFile, Tls
from amqctl.topology.settled import Row, SettledBroker
from amqctl.topology.users import absolute, source
from amqctl.topology.yamltext import Path

_SECTION: Path = ("tls",)


def settle_tls(topology: Topology, notes: Notes) -> tuple[Tls | None, tuple[Row, ...]]:
    written = topology.tls
    if written is None:
        return None, ()
    settled = Tls(
        key_store=_store(written.keyStore, (*_SECTION, "keyStore"), notes),
        trust_store=_store(written.trustStore, (*_SECTION, "trustStore"), notes),
        client_auth=written.clientAuth,
    )
    origin = notes.origin(_SECTION)
    return settled, (
        Row("tls.keyStore", settled.key_store.file if settled.key_store else "generated", origin),
        Row("tls.trustStore", settled.trust_store.file if settled.trust_store else "generated", origin),
        Row("tls.clientAuth", text(settled.client_auth), origin),
    )


def check_own(tls: Tls | None, brokers: Iterable[SettledBroker], notes: Notes) -> None:
    """amqctl would speak TLS to all of them, and does not know what somebody's own files speak."""
    own = [broker.name for broker in brokers if broker.own is not None]
    if tls is not None and own:
        what = f"{', '.join(own)}: with `conf` a broker's own files say whether it speaks TLS"
        notes.problem(what, "leave `tls` out, or `conf`", _SECTION)


def _store(written: Written | None, path: Path, notes: Notes) -> KeyFile | None:
    if written is None:
        return None
    place = absolute(written.file, notes)
    if place is None:
        what = "a relative path, and no file it could be relative to"
        notes.problem(what, "write an absolute path", (*path, "file"), value=True)
    return KeyFile(place or written.file, source(written.password, path, notes))
