"""Key stores of the user's own: opened, and looked at before a broker is started with them."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, pkcs12

from amqctl.errors import CannotRun, Problem
from amqctl.plan.model import Files, NodeSpec, Plan
from amqctl.plan.protection import KEYS, TRUST
from amqctl.provision import certificates as c
from amqctl.provision import jks
from amqctl.topology.protection import KEY_STORE, TRUST_STORE

CHAIN = 10  # certificates from a broker's to one that is trusted; more have never been seen


@dataclass(frozen=True)
class Own:
    """files: by node, in base64. trust_store: the same certificates for clients, as PKCS12. client: PEM of what
    amqctl itself shows, None where brokers do not ask."""

    files: Files
    trusted: tuple[x509.Certificate, ...]
    trust_store: bytes
    client: bytes | None


@dataclass(frozen=True)
class Store:
    """own: the certificate that comes with a key. key: PEM, None where it cannot be had (JKS)."""

    file: str
    data: bytes
    own: x509.Certificate | None
    others: tuple[x509.Certificate, ...]
    key: bytes | None

    @property
    def suffix(self) -> str:
        return ".jks" if self.data.startswith(jks.MAGIC) else ".p12"


class _Wrong(Exception):
    """problem: what cannot be read, and what to do."""

    def __init__(self, what: str, fix: str) -> None:
        super().__init__(what)
        self.problem = Problem(what, fix)


def own_keys(plan: Plan, passwords: Mapping[str, str], now: datetime) -> Own:
    """Raises CannotRun with all that would keep brokers or their clients from talking."""
    tls = plan.settled.tls
    assert tls is not None and tls.key_store is not None and tls.trust_store is not None
    problems: list[Problem] = []
    trust = _try(tls.trust_store.file, passwords[TRUST_STORE], problems)
    stores: dict[str, Store] = {}
    for node in plan.nodes:
        store = _try(tls.key_store.file.replace("{node}", node.name), passwords[KEY_STORE], problems)
        if store is not None:
            stores[node.name] = store
            problems += _wrong(store, trust, node, now, client_auth=tls.client_auth)
    if trust is not None and not (trust.others or trust.own):
        problems.append(Problem(f"the trust store {trust.file} has no certificate", "put the authority's into it"))
    if problems or trust is None:
        raise CannotRun(list(dict.fromkeys(problems)))
    files = {
        name: {f"{KEYS}{one.suffix}": _text(one.data), f"{TRUST}{trust.suffix}": _text(trust.data)}
        for name, one in stores.items()
    }
    trusted = _trusted(trust)
    client = _pem(next(iter(stores.values()))) if tls.client_auth else None
    return Own(files, trusted, c.trust_store(trusted, passwords[TRUST_STORE]), client)


def _try(file: str, password: str, problems: list[Problem]) -> Store | None:
    try:
        return opened(file, password)
    except _Wrong as exc:
        problems.append(exc.problem)
        return None


def opened(file: str, password: str) -> Store:
    try:
        data = Path(file).read_bytes()
    except OSError as exc:
        raise _Wrong(f"the key store {file}: {exc.strerror}", "write another path, or make the file") from exc
    return _read(file, data, password)


def trusts(data: bytes, password: str) -> frozenset[bytes] | None:
    """The certificates in it (DER): a PKCS12 file of the same ones has other bytes each time it is written. None where
    it cannot be opened."""
    try:
        return frozenset(one.public_bytes(Encoding.DER) for one in _trusted(_read("", data, password)))
    except _Wrong:
        return None


def _read(file: str, data: bytes, password: str) -> Store:
    try:
        if data.startswith(jks.MAGIC):
            chain, trusted = jks.certificates(data, password)
            return Store(file, data, chain[0] if chain else None, (*chain[1:], *trusted), None)
        found = pkcs12.load_pkcs12(data, password.encode())
    except ValueError as exc:
        what = f"the key store {file} cannot be opened: the password is wrong, or it is neither PKCS12 nor JKS"
        raise _Wrong(what, f"try: keytool -list -keystore {file}") from exc
    key = found.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) if found.key else None
    own = found.cert.certificate if found.cert and key else None
    others = [one.certificate for one in found.additional_certs]
    return Store(file, data, own, (*([found.cert.certificate] if found.cert and not key else []), *others), key)


def _wrong(store: Store, trust: Store | None, node: NodeSpec, now: datetime, *, client_auth: bool) -> Iterable[Problem]:
    one, where = store.own, f"the key store {store.file}"
    if one is None:
        yield Problem(f"{where} has no private key with a certificate", "import both, or name another file")
        return
    whose = f"{where}: the certificate of {one.subject.rfc4514_string()}"
    if one.not_valid_after_utc < now:
        yield Problem(f"{whose} has expired ({one.not_valid_after_utc:%Y-%m-%d})", "have it renewed")
    elif one.not_valid_before_utc > now:
        yield Problem(f"{whose} is not valid before {one.not_valid_before_utc:%Y-%m-%d %H:%M} UTC", "mind the clock")
    if trust is not None and not _leads_to(one, store.others, _trusted(trust)):
        fix = f"put the certificate of {one.issuer.rfc4514_string()} into that trust store"
        yield Problem(f"{whose} is signed by nobody whom {trust.file} trusts", fix)
    for how, host in (("other brokers reach", node.place.inside), ("clients here reach", node.place.dial)):
        if not c.covers(one, host):
            yield Problem(f"{whose} is not for {host}, as which {how} {node.name}", "it needs that alternative name")
    if client_auth and store.key is None:
        fix = "keytool -importkeystore -deststoretype PKCS12 converts it"
        yield Problem(f"{where} is JKS: amqctl cannot show its certificate to brokers (clientAuth)", fix)


def _leads_to(
    one: x509.Certificate, between: Iterable[x509.Certificate], trusted: tuple[x509.Certificate, ...]
) -> bool:
    pool, here = list(between), one
    for _ in range(CHAIN):
        if here in trusted or any(c.issued_by(here, anchor) for anchor in trusted):
            return True
        above = next((other for other in pool if other != here and c.issued_by(here, other)), None)
        if above is None:
            return False
        here = above
    return False


def _trusted(trust: Store) -> tuple[x509.Certificate, ...]:
    return (*([trust.own] if trust.own else []), *trust.others)


def _pem(store: Store) -> bytes:
    assert store.key is not None and store.own is not None  # _wrong() has looked
    return store.key + c.pem([store.own, *store.others])


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
