"""A cluster's keys and certificates: made once and kept beside its passwords, or the user's own.

    FOLDER/ca.pem, ca.key    the authority; ca.pem is for clients, with own key stores all that is trusted
    FOLDER/truststore.p12    the same for Java
    FOLDER/NODE.p12          a broker's key and certificate
    FOLDER/client.pem        what amqctl itself shows where brokers ask for certificates

They are kept as made: a PKCS12 file of the same content has other bytes each time, and what changes is a
reason to restart a broker.
"""

from __future__ import annotations

import base64
import shutil
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import pkcs12

from amqctl.events import silent
from amqctl.plan.model import Files, NodeSpec, Plan
from amqctl.plan.protection import KEYS, TRUST
from amqctl.provision import certificates as c
from amqctl.provision import private
from amqctl.provision.ownkeys import own_keys
from amqctl.provision.scratch import locked
from amqctl.topology.protection import KEY_STORE, TRUST_STORE

CA, CA_KEY, CLIENT = "ca.pem", "ca.key", "client.pem"
TRUSTED = f"{TRUST}.p12"  # also what JMS clients are handed
_HERE = ("localhost", "127.0.0.1", "::1")


def load_or_create(folder: Path, plan: Plan, passwords: Mapping[str, str], now: datetime) -> Files:
    """Each node's key stores, in base64; {} without TLS. passwords: of plan.settled.secrets.

    What is missing, ends within a month, lacks a name or cannot be opened with the password is made anew.
    Raises CannotRun with all that is wrong with the user's own.
    """
    tls = plan.settled.tls
    if tls is None:
        return {}
    if tls.key_store is not None and tls.trust_store is not None:
        own = own_keys(plan, passwords, now)
        with _changing(folder):
            _keep(folder / CA, c.pem(own.trusted))
            _keep(folder / TRUSTED, own.trust_store)
            if own.client is not None:
                _keep(folder / CLIENT, own.client)
        return own.files
    with _changing(folder):
        authority = _authority(folder, plan.cluster, now)
        _trust_store(folder, authority.certificate, passwords[TRUST_STORE])
        if tls.client_auth:
            _client(folder, authority, now)
        for node in plan.nodes:
            _node(folder, node, authority, passwords[KEY_STORE], now)
    return _kept(folder, plan)


def peek(folder: Path, plan: Plan) -> Files:
    """As they are now, without those that are not there. Writes nothing; for dry runs."""
    return {} if plan.settled.tls is None else _kept(folder, plan)


def forget(folder: Path) -> None:
    """Delete them all; absent is fine."""
    shutil.rmtree(folder, ignore_errors=True)
    _lock(folder).unlink(missing_ok=True)


def names(node: NodeSpec) -> frozenset[str]:
    """As what it is reached."""
    return frozenset({node.name, node.place.inside, node.place.dial, *_HERE})


def _kept(folder: Path, plan: Plan) -> Files:
    return {
        node.name: {
            name: base64.b64encode(path.read_bytes()).decode()
            for name, path in ((f"{KEYS}.p12", folder / f"{node.name}.p12"), (TRUSTED, folder / TRUSTED))
            if path.exists()
        }
        for node in plan.nodes
    }


def _authority(folder: Path, cluster: str, now: datetime) -> c.Signer:
    found = c.read_signer(_read(folder / CA), _read(folder / CA_KEY))
    if found is None or not c.lasts(found.certificate, now):
        found = c.new_authority(cluster, now)
        _keep(folder / CA_KEY, c.pem_key(found))
        _keep(folder / CA, c.pem([found.certificate]))
    return found


def _trust_store(folder: Path, authority: x509.Certificate, password: str) -> None:
    found = _opened(folder / TRUSTED, password)
    if found is None or [one.certificate for one in found.additional_certs] != [authority]:
        _keep(folder / TRUSTED, c.trust_store([authority], password))


def _client(folder: Path, authority: c.Signer, now: datetime) -> None:
    text = _read(folder / CLIENT)
    found = c.read_signer(text, text)
    if found is None or not _good(found.certificate, authority.certificate, [], now):
        _keep(folder / CLIENT, c.pem_with_key(c.issue(authority, "amqctl", ["amqctl"], now)))


def _node(folder: Path, node: NodeSpec, authority: c.Signer, password: str, now: datetime) -> None:
    path = folder / f"{node.name}.p12"
    found, wanted = _opened(path, password), names(node)
    if found is None or found.cert is None or not _good(found.cert.certificate, authority.certificate, wanted, now):
        signer = c.issue(authority, node.name, wanted, now)
        _keep(path, c.key_store(signer, authority.certificate, password))


def _good(one: x509.Certificate, authority: x509.Certificate, wanted: Iterable[str], now: datetime) -> bool:
    return c.lasts(one, now) and c.issued_by(one, authority) and set(wanted) <= c.names_of(one)


def _opened(path: Path, password: str) -> pkcs12.PKCS12KeyAndCertificates | None:
    try:
        return pkcs12.load_pkcs12(_read(path), password.encode())
    except ValueError:
        return None


def _read(path: Path) -> bytes:
    """Of a file that is not there, nothing."""
    return path.read_bytes() if path.exists() else b""


def _changing(folder: Path) -> AbstractContextManager[None]:
    for place in (folder.parent, folder):
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        place.chmod(0o700)
    return locked(_lock(folder), folder.name, silent)


def _lock(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.lock")


def _keep(path: Path, data: bytes) -> None:
    """A whole file or none, which at no moment another user can read; untouched where it is the same."""
    if _read(path) == data:
        return
    private.write(path, data)
