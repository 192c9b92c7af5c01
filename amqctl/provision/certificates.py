"""Keys and certificates: a cluster's own authority, and the stores that Java reads. No file, no clock."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    pkcs12,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

YEAR = timedelta(days=365)
AUTHORITY = 10 * YEAR
SERVER = 2 * YEAR
RENEW = timedelta(days=30)  # before their end, certificates are made anew
_SKEW = timedelta(days=1)  # a clock that is behind ours must not find them too young


@dataclass(frozen=True)
class Signer:
    """A certificate and its key: an authority, or who shows it in a handshake."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def new_authority(cluster: str, now: datetime) -> Signer:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(f"amqctl {cluster} CA")
    usage = x509.KeyUsage(
        digital_signature=True, key_cert_sign=True, crl_sign=True, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    builder = (
        _builder(name, name, key, now, now + AUTHORITY)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
    )
    return Signer(builder.sign(key, hashes.SHA256()), key)


def issue(authority: Signer, common_name: str, names: Iterable[str], now: datetime) -> Signer:
    """For a broker, which is a server, and a client of the brokers that it has bridges to."""
    key = ec.generate_private_key(ec.SECP256R1())
    end = min(now + SERVER, authority.certificate.not_valid_after_utc)
    public = authority.certificate.public_key()
    assert isinstance(public, ec.EllipticCurvePublicKey)
    builder = (
        _builder(_name(common_name), authority.certificate.subject, key, now, end)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([_general(n) for n in sorted(set(names))]), critical=False)
        .add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False
        )
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(public), critical=False)
    )
    return Signer(builder.sign(authority.key, hashes.SHA256()), key)


def key_store(signer: Signer, authority: x509.Certificate, password: str) -> bytes:
    """PKCS12, as every Java from 8u301 on reads it. No two calls give the same bytes."""
    encryption = BestAvailableEncryption(password.encode())
    return pkcs12.serialize_key_and_certificates(b"amqctl", signer.key, signer.certificate, [authority], encryption)


def trust_store(authorities: Sequence[x509.Certificate], password: str) -> bytes:
    """PKCS12 with the mark by which Java knows that a certificate is trusted."""
    found = [pkcs12.PKCS12Certificate(one, f"ca{number}".encode()) for number, one in enumerate(authorities)]
    return pkcs12.serialize_java_truststore(found, BestAvailableEncryption(password.encode()))


def pem(certificates: Iterable[x509.Certificate]) -> bytes:
    return b"".join(one.public_bytes(Encoding.PEM) for one in certificates)


def pem_with_key(signer: Signer) -> bytes:
    return pem_key(signer) + pem([signer.certificate])


def pem_key(signer: Signer) -> bytes:
    return signer.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def read_signer(text: bytes, key: bytes) -> Signer | None:
    """None where it is no certificate with an elliptic key, such as new_authority() and issue() make."""
    try:
        found = load_pem_private_key(key, None)
        certificate = x509.load_pem_x509_certificate(text)
    except ValueError:
        return None
    if not isinstance(found, ec.EllipticCurvePrivateKey) or found.public_key() != certificate.public_key():
        return None
    return Signer(certificate, found)


def lasts(certificate: x509.Certificate, now: datetime) -> bool:
    return certificate.not_valid_before_utc <= now and certificate.not_valid_after_utc - now > RENEW


def issued_by(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    from cryptography.exceptions import InvalidSignature

    try:
        certificate.verify_directly_issued_by(authority)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def names_of(certificate: x509.Certificate) -> frozenset[str]:
    """Its DNS names and addresses."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return frozenset()
    addresses = [str(address) for address in found.get_values_for_type(x509.IPAddress)]
    return frozenset([*found.get_values_for_type(x509.DNSName), *addresses])


def covers(certificate: x509.Certificate, host: str) -> bool:
    """Whether a client that connects to `host` takes it."""
    names = {name.lower() for name in names_of(certificate)}
    _, _, rest = host.lower().partition(".")
    return host.lower() in names or bool(rest and f"*.{rest}" in names)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime, end: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SKEW)
        .not_valid_after(end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name[:64])])


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)
