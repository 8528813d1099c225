"""The certificate authority is real: what it issues is accepted or refused by a strict client."""

import asyncio
import hashlib
import ssl
from pathlib import Path

import pytest

from bot.sandbox.authority import Authority, Flaw, IssuedCertificate


async def _handshake(authority: Authority, issued: IssuedCertificate) -> bytes:
    async def close(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(close, "127.0.0.1", 0, ssl=issued.context)
    async with server:
        port = server.sockets[0].getsockname()[1]
        _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=authority.client_context())
        tls: ssl.SSLObject = writer.get_extra_info("ssl_object")
        der = tls.getpeercert(binary_form=True)
        writer.transport.abort()
        assert der is not None
        return der


async def test_a_sound_certificate_is_trusted_through_the_ca_file(tmp_path: Path) -> None:
    """A client that has only `ca.pem` accepts the certificate, and its digest is the one told."""
    authority = Authority(tmp_path)
    issued = authority.certificate("127.0.0.1", "localhost")

    der = await _handshake(authority, issued)

    assert hashlib.sha256(der).hexdigest() == issued.sha256


@pytest.mark.parametrize(
    ("flaw", "said"),
    [
        (Flaw.EXPIRED, "certificate has expired"),
        (Flaw.OTHER_HOST, "IP address mismatch"),
        (Flaw.SELF_SIGNED, "self-signed certificate"),
    ],
)
async def test_a_flawed_certificate_is_refused(tmp_path: Path, flaw: Flaw, said: str) -> None:
    """Each flaw is refused by a verifying client, for its own reason."""
    authority = Authority(tmp_path)

    with pytest.raises(ssl.SSLCertVerificationError, match=said):
        await _handshake(authority, authority.certificate("127.0.0.1", flaw=flaw))


def test_no_private_key_stays_on_disk(tmp_path: Path) -> None:
    """After issuing, the directory holds the authority's certificate and nothing else."""
    authority = Authority(tmp_path)
    authority.issue("localhost")
    authority.certificate("localhost", flaw=Flaw.SELF_SIGNED)

    assert [path.name for path in tmp_path.iterdir()] == ["ca.pem"]
    assert "PRIVATE" not in authority.ca_pem.read_text()
