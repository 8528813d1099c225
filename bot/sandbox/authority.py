"""A throw-away certificate authority: real TLS for the stand-ins, sound or with a flaw."""

import datetime as dt
import hashlib
import ipaddress
import ssl
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import assert_never

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

_OTHER_HOST = "other.example.com"
_LONG_AGO = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
_FAR_AHEAD = dt.datetime(2120, 1, 1, tzinfo=dt.UTC)


class Flaw(StrEnum):
    """What is wrong with a server certificate."""

    NONE = "none"
    EXPIRED = "expired"
    OTHER_HOST = "other host"
    SELF_SIGNED = "self-signed"


@dataclass(frozen=True, slots=True)
class IssuedCertificate:
    """A certificate ready to serve.

    `context` is a server-side context, `pem` the certificate alone, and `sha256` the digest of its
    DER form in 64 lower-case hex digits, which is the form of a pinned certificate.
    """

    context: ssl.SSLContext = field(repr=False)
    pem: str = field(repr=False)
    sha256: str


class Authority:
    """Issues server certificates; clients trust them through the file `ca_pem` in `directory`."""

    def __init__(self, directory: Path) -> None:
        self._ca = trustme.CA()
        self._directory = directory
        self._self_signed = 0
        self.ca_pem = directory / "ca.pem"
        self._ca.cert_pem.write_to_path(self.ca_pem)

    def issue(self, *hosts: str) -> ssl.SSLContext:
        """Return a server context with a sound certificate for these names and addresses."""
        return self.certificate(*hosts).context

    def certificate(self, *hosts: str, flaw: Flaw = Flaw.NONE) -> IssuedCertificate:
        """Issue a certificate for these names and addresses, sound or with one flaw."""
        match flaw:
            case Flaw.NONE:
                return _served(self._ca.issue_cert(*hosts))
            case Flaw.EXPIRED:
                past = _LONG_AGO + dt.timedelta(days=30)
                return _served(
                    self._ca.issue_cert(*hosts, not_before=_LONG_AGO, not_after=past),
                )
            case Flaw.OTHER_HOST:
                return _served(self._ca.issue_cert(_OTHER_HOST))
            case Flaw.SELF_SIGNED:
                return self._self_signed_certificate(hosts)
            case _:
                assert_never(flaw)

    def client_context(self) -> ssl.SSLContext:
        """Return a client context that trusts this authority and nothing else."""
        return ssl.create_default_context(cafile=str(self.ca_pem))

    def _self_signed_certificate(self, hosts: tuple[str, ...]) -> IssuedCertificate:
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = _self_sign(key, hosts)
        pem = certificate.public_bytes(serialization.Encoding.PEM)
        private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        self._self_signed += 1
        chain = self._directory / f"self-signed-{self._self_signed}.pem"
        chain.touch(mode=0o600)
        chain.write_bytes(private + pem)
        context = _server_context()
        context.load_cert_chain(chain)
        chain.unlink()
        return IssuedCertificate(context=context, pem=pem.decode(), sha256=_sha256(pem.decode()))


def _served(leaf: trustme.LeafCert) -> IssuedCertificate:
    context = _server_context()
    leaf.configure_cert(context)
    pem = leaf.cert_chain_pems[0].bytes().decode()
    return IssuedCertificate(context=context, pem=pem, sha256=_sha256(pem))


def _server_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _sha256(pem: str) -> str:
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()


def _self_sign(key: ec.EllipticCurvePrivateKey, hosts: tuple[str, ...]) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, hosts[0])])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_LONG_AGO)
        .not_valid_after(_FAR_AHEAD)
        .add_extension(
            x509.SubjectAlternativeName([_general_name(host) for host in hosts]), critical=False
        )
        .sign(key, hashes.SHA256())
    )


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
