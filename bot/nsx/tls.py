"""Who an NSX Manager is: a certificate signed by the right authority, or exactly a pinned one.

No request is ever written to a connection whose certificate has not been accepted.
"""

import hashlib
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Final, TypeGuard

import httpx

from bot.domain.errors import Kind, ManagerError
from bot.domain.target import ManagerAccess

_ADVICE: Final = (
    "If this is the right manager, name its authority under ca_file, or its certificate's SHA-256 "
    "under also_accept_sha256."
)


_BROKEN_OFF: Final = (
    ssl.SSLEOFError,
    ssl.SSLSyscallError,
    ssl.SSLWantReadError,
    ssl.SSLWantWriteError,
    ssl.SSLZeroReturnError,
)


class PinMismatchError(ssl.SSLCertVerificationError):
    """The certificate is none of the pinned ones; `seen` is its SHA-256."""

    def __init__(self, seen: str) -> None:
        super().__init__("the certificate is none of the pinned ones")
        self.seen = seen


class CertifiedTransport(httpx.AsyncBaseTransport):
    """Sends a request over TLS verified by authority, else over TLS verified by pin.

    The second way is tried only when there are pins and the first failed in its handshake because
    of the certificate, hence before anything of the request was written. Connections are not
    reused: between two requests a manager may restart, and a request that dies on a stale
    connection would have an unknown outcome.

    Raises:
        ManagerError: the authority's file, or the system's trust store, cannot be used.
    """

    def __init__(self, access: ManagerAccess) -> None:
        self._by_authority = _transport(_authority_context(access.ca_file))
        pins = frozenset(access.also_accept_sha256)
        self._by_pin = _transport(_pin_context(pins)) if pins else None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; see the class."""
        try:
            return await self._by_authority.handle_async_request(request)
        except httpx.ConnectError as error:
            if self._by_pin is None or certificate_failure(error) is None:
                raise
        return await self._by_pin.handle_async_request(request)

    async def aclose(self) -> None:
        """Close what is open."""
        await self._by_authority.aclose()
        if self._by_pin is not None:
            await self._by_pin.aclose()


def certificate_failure(error: BaseException) -> ssl.SSLCertVerificationError | None:
    """Return the verdict about the certificate that made a connection fail, if one did."""
    return next((e for e in _causes(error) if isinstance(e, ssl.SSLCertVerificationError)), None)


def tls_failure(error: BaseException) -> ManagerError | None:
    """Return what to tell about a connection that failed in TLS, or `None` if it did not."""
    certificate = certificate_failure(error)
    match certificate:
        case PinMismatchError():
            said = (
                "The manager's certificate is neither signed by the known authority nor pinned; "
                f"its SHA-256 is {certificate.seen}."
            )
            return ManagerError(Kind.TLS, said, _ADVICE)
        case ssl.SSLCertVerificationError():
            said = f"The manager's certificate was not accepted: {certificate.verify_message}."
            return ManagerError(Kind.TLS, said, _ADVICE)
        case None:
            pass
    failure = next((e for e in _causes(error) if _is_verdict(e)), None)
    if failure is None:
        return None
    reason = (failure.reason or "no agreement").replace("_", " ").lower()
    return ManagerError(
        Kind.TLS,
        f"No TLS connection with the manager came about: {reason}.",
        "Check that the address is the manager's and that it speaks TLS 1.2 or later.",
    )


def _is_verdict(error: BaseException) -> TypeGuard[ssl.SSLError]:
    """Tell a failure of TLS from a handshake that broke off, as with a restarting manager."""
    return isinstance(error, ssl.SSLError) and not isinstance(error, _BROKEN_OFF)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        # The contexts too: httpcore cuts the causes off.
        error = error.__cause__ or error.__context__


def _transport(context: ssl.SSLContext) -> httpx.AsyncHTTPTransport:
    return httpx.AsyncHTTPTransport(
        verify=context,
        trust_env=False,
        retries=0,
        limits=httpx.Limits(max_keepalive_connections=0),
    )


def _authority_context(ca_file: str | None) -> ssl.SSLContext:
    # Not `create_default_context`: that one obeys SSL_CERT_FILE and SSLKEYLOGFILE.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    cafile, capath = (ca_file, None) if ca_file is not None else _authorities_of_the_system()
    try:
        if cafile is None and capath is None:
            raise FileNotFoundError
        context.load_verify_locations(cafile=cafile, capath=capath)
    except OSError as error:
        raise ManagerError(
            Kind.TLS,
            f"The authority's file {ca_file or 'of the system'} cannot be used.",
            "Put the authority's certificate there, in PEM form, or name the right file under "
            "ca_file.",
        ) from error
    return context


def _authorities_of_the_system() -> tuple[str | None, str | None]:
    """Return the file and the folder of the system's trust store, where they exist."""
    paths = ssl.get_default_verify_paths()
    file, folder = Path(paths.openssl_cafile), Path(paths.openssl_capath)
    return str(file) if file.is_file() else None, str(folder) if folder.is_dir() else None


def _pin_context(pins: frozenset[str]) -> ssl.SSLContext:
    """Return a context whose handshake succeeds with a pinned certificate and no other.

    A pin names one certificate exactly, so its names, dates and signer prove nothing more. The
    handshake has shown that the other side holds the private key.
    """

    class PinnedConnection(ssl.SSLObject):
        def do_handshake(self) -> None:
            super().do_handshake()
            certificate = self.getpeercert(binary_form=True) or b""
            seen = hashlib.sha256(certificate).hexdigest()
            if seen not in pins:
                raise PinMismatchError(seen)

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # the handshake itself compares with the pins
    context.sslobject_class = PinnedConnection
    return context
