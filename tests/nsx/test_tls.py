"""No request reaches a manager whose certificate was not accepted, by authority or by pin."""

import asyncio
import socket
import ssl
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.domain.errors import Kind, ManagerError
from bot.runbooks.observations import ManagerFacts
from bot.sandbox.authority import Authority, Flaw, IssuedCertificate
from tests.nsx.places import CLUSTER_RESTORE, a_place, a_restore_file, managers
from tests.nsx.raw_server import RawServer, raw_server, replying

_NODE = replying(200, b'{"product_version":"1.1.0","node_uuid":"422E"}')
_FACTS = ManagerFacts("1.1.0", "422e")


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """The authority that the target names."""
    return Authority(tmp_path)


@asynccontextmanager
async def _serving(certificate: IssuedCertificate) -> AsyncIterator[RawServer]:
    async with raw_server(certificate.context, _NODE) as server:
        yield server


async def _facts(server: RawServer, ca_file: Path | None, *pins: str) -> ManagerFacts:
    target = a_place(server.url, ca_file, also_accept_sha256=pins)
    async with managers()(target) as manager:
        return await manager.facts()


async def test_a_certificate_of_the_authority_is_accepted(authority: Authority) -> None:
    """The configured authority signs the manager's certificate."""
    async with _serving(authority.certificate("127.0.0.1")) as server:
        assert await _facts(server, authority.ca_pem) == _FACTS


@pytest.mark.parametrize("flaw", [Flaw.EXPIRED, Flaw.OTHER_HOST, Flaw.SELF_SIGNED])
@pytest.mark.parametrize("pins", [(), ("0" * 64,)])
async def test_another_certificate_gets_no_request(
    authority: Authority, flaw: Flaw, pins: tuple[str, ...]
) -> None:
    """Expired, for another host, or self-signed: refused before anything is written."""
    async with _serving(authority.certificate("127.0.0.1", flaw=flaw)) as server:
        with pytest.raises(ManagerError) as caught:
            await _facts(server, authority.ca_pem, *pins)
        assert server.received == []
    assert caught.value.kind is Kind.TLS


async def test_a_certificate_of_another_authority_gets_no_request(
    authority: Authority, tmp_path: Path
) -> None:
    """Only the named authority counts, not any other."""
    (tmp_path / "other").mkdir()
    other = Authority(tmp_path / "other")
    async with _serving(other.certificate("127.0.0.1")) as server:
        with pytest.raises(ManagerError, match="was not accepted"):
            await _facts(server, authority.ca_pem)
        assert server.received == []


@pytest.mark.parametrize("flaw", [Flaw.EXPIRED, Flaw.OTHER_HOST, Flaw.SELF_SIGNED])
async def test_a_pinned_certificate_is_accepted_as_it_is(authority: Authority, flaw: Flaw) -> None:
    """A pin names exactly one certificate, so its dates, names and signer do not matter."""
    certificate = authority.certificate("127.0.0.1", flaw=flaw)
    async with _serving(certificate) as server:
        assert await _facts(server, authority.ca_pem, "0" * 64, certificate.sha256) == _FACTS
        assert len(server.received) == 1


async def test_pins_do_not_replace_the_authority(authority: Authority) -> None:
    """With a pin for later, the certificate of the authority is still good."""
    async with _serving(authority.certificate("127.0.0.1")) as server:
        assert await _facts(server, authority.ca_pem, "0" * 64) == _FACTS


async def test_an_unknown_certificate_is_shown_when_pins_are_in_use(authority: Authority) -> None:
    """The error names the SHA-256 that was seen, so that it can be compared and pinned."""
    certificate = authority.certificate("127.0.0.1", flaw=Flaw.SELF_SIGNED)
    async with _serving(certificate) as server:
        with pytest.raises(ManagerError, match=certificate.sha256):
            await _facts(server, authority.ca_pem, "0" * 64)


async def test_a_restore_to_an_unknown_certificate_is_provably_unsent(
    authority: Authority,
) -> None:
    """No secret leaves this machine, so the request counts as refused, not as unknown."""
    certificate = authority.certificate("127.0.0.1", flaw=Flaw.SELF_SIGNED)
    async with _serving(certificate) as server:
        target = a_place(server.url, authority.ca_pem, also_accept_sha256=("0" * 64,))
        async with managers()(target) as manager:
            reply = await manager.restore(CLUSTER_RESTORE, a_restore_file())
        assert server.received == []
    assert reply.outcome == "refused"
    assert "never sent" in reply.said


async def test_trust_does_not_come_from_the_environment(
    authority: Authority, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Neither `SSL_CERT_FILE` nor a proxy nor a key log changes what is done."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.ca_pem))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys"))
    async with _serving(authority.certificate("127.0.0.1")) as server:
        with pytest.raises(ManagerError) as caught:
            await _facts(server, None)
        assert caught.value.kind is Kind.TLS
        assert await _facts(server, authority.ca_pem) == _FACTS
    assert not (tmp_path / "keys").exists()


async def test_old_tls_is_refused(authority: Authority) -> None:
    """Below TLS 1.2 nothing is said."""
    context = authority.issue("127.0.0.1")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    async with raw_server(context, _NODE) as server:
        with pytest.raises(ManagerError) as caught:
            await _facts(server, authority.ca_pem)
        assert server.received == []
    assert caught.value.kind in {Kind.TLS, Kind.UNREACHABLE}


async def test_a_port_without_tls_gets_no_request(authority: Authority) -> None:
    """A server that speaks plain HTTP never sees the request."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await reader.read(1000))
        await answer(writer)
        writer.close()

    seen: list[bytes] = []
    listener = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with listener:
        port = listener.sockets[0].getsockname()[1]
        async with managers()(a_place(f"https://127.0.0.1:{port}", authority.ca_pem)) as manager:
            with pytest.raises(ManagerError) as caught:
                await manager.facts()
    assert caught.value.kind is Kind.TLS
    assert b"Authorization" not in b"".join(seen)


def _refuse_clients(listener: socket.socket, context: ssl.SSLContext, count: int) -> None:
    """End so many connections with the alert that a certificate of the client is missing."""
    for _ in range(count):
        bare, _ = listener.accept()
        with context.wrap_socket(bare, server_side=True, do_handshake_on_connect=False) as talk:
            with pytest.raises(ssl.SSLError, match="PEER_DID_NOT_RETURN_A_CERTIFICATE"):
                talk.do_handshake()
            while socket.socket.recv(talk, 65_536):  # else the alert would be lost in a reset
                pass


async def test_an_alert_after_the_handshake_is_a_broken_connection(authority: Authority) -> None:
    """In TLS 1.3 a server may refuse a client that has its handshake behind it and has spoken.

    Whether the request was read cannot be known then, so a restore counts as unknown.
    """
    context = authority.issue("127.0.0.1")
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_mode = ssl.CERT_REQUIRED  # we have no certificate to show
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(5)
        refusing = asyncio.create_task(asyncio.to_thread(_refuse_clients, listener, context, 2))
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        async with managers()(a_place(url, authority.ca_pem)) as manager:
            with pytest.raises(ManagerError, match="broke the connection off") as caught:
                await manager.facts()
            reply = await manager.restore(CLUSTER_RESTORE, a_restore_file())
        await refusing
    assert caught.value.kind is Kind.UNREACHABLE
    assert reply.outcome == "unknown"


async def test_an_authority_file_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    """It may have gone since the start; the error says which file and what belongs there."""
    bad = tmp_path / "bad.pem"
    bad.write_text("not a certificate")
    for path in (bad, tmp_path / "nothing.pem"):
        with pytest.raises(ManagerError, match=str(path)):
            async with managers()(a_place("https://127.0.0.1:9", path)):
                pass


async def test_a_machine_without_authorities_is_told_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A slim image may have no trust store at all."""
    nowhere = str(tmp_path / "nothing")
    ours = ssl.get_default_verify_paths()
    paths = ours._replace(openssl_cafile=nowhere, openssl_capath=nowhere)
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: paths)
    with pytest.raises(ManagerError, match="name the right file under ca_file") as caught:
        async with managers()(a_place("https://127.0.0.1:9", None)):
            pass
    assert caught.value.kind is Kind.TLS
    assert "of the system" in caught.value.said


def test_no_context_trusts_everybody() -> None:
    """The only context without a chain check is the one whose handshake compares with the pins."""
    sources = Path(__file__).parents[2] / "bot"
    using = {
        path.relative_to(sources).as_posix()
        for path in sources.rglob("*.py")
        if "CERT_NONE" in path.read_text() and "sandbox" not in path.parts
    }
    assert using == {"nsx/tls.py"}
