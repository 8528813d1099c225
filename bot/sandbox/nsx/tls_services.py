"""The part of a Manager that a restart takes away: its listener, certificate and sessions."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import assert_never

from aiohttp import web

from bot.sandbox.authority import Authority, Flaw, IssuedCertificate
from bot.sandbox.nsx.accounts import Accounts
from bot.sandbox.nsx.listener import Listener
from bot.sandbox.nsx.restart_faults import CertificateAfterRestart, RestartFaults

_NAMES = ("127.0.0.1", "localhost")


class TlsServices:
    """Serves an application over TLS, goes away for a restart, and comes back on the same port."""

    def __init__(self, *, accounts: Accounts, authority: Authority, faults: RestartFaults) -> None:
        self._accounts = accounts
        self._authority = authority
        self._faults = faults
        self._first = authority.certificate(*_NAMES, flaw=faults.certificate)
        self._certificate = self._first
        self._listener: Listener | None = None
        self._changing = asyncio.Lock()

    @property
    def port(self) -> int:
        """The port; raises `RuntimeError` before the first `open`."""
        return self._opened().port

    @property
    def listening(self) -> bool:
        """Whether the application is served at the moment."""
        return self._opened().listening

    @property
    def certificate_sha256(self) -> str:
        """The digest of the certificate served now."""
        return self._certificate.sha256

    @property
    def certificate_pem(self) -> str:
        """The certificate served now."""
        return self._certificate.pem

    async def open(self, app: web.Application, port: int = 0) -> None:
        """Serve this application on this port; 0 is one that the system chooses."""
        self._listener = Listener(app, port)
        await self._listener.open(self._certificate.context)

    async def close(self) -> None:
        """Stop for good."""
        await self._wholly(self._opened().close)

    async def stop(self) -> None:
        """Stop to serve and forget every session."""
        await self._wholly(self._stop)

    async def start(self) -> None:
        """Serve again, with the certificate that the faults ask for."""
        await self._wholly(self._start)

    async def renew(self) -> None:
        """Forget every session, and serve with the certificate from the beginning."""
        await self._wholly(self._renew)

    def forget_sessions(self) -> None:
        """Forget every session while serving goes on."""
        self._accounts.end_all_sessions()

    async def _stop(self) -> None:
        self._accounts.end_all_sessions()
        await self._opened().leave(self._faults.absence)

    async def _start(self) -> None:
        self._certificate = self._certificate_after_restart()
        await self._opened().come_back(self._certificate.context)

    async def _renew(self) -> None:
        await self._stop()
        self._certificate = self._first
        await self._opened().come_back(self._certificate.context)

    async def _wholly(self, change: Callable[[], Awaitable[None]]) -> None:
        """Carry a change through, one after the other, even if whoever asked is cancelled."""

        async def alone() -> None:
            async with self._changing:
                await change()

        await asyncio.shield(alone())

    def _opened(self) -> Listener:
        if self._listener is None:
            raise RuntimeError("the Manager is not running")
        return self._listener

    def _certificate_after_restart(self) -> IssuedCertificate:
        match self._faults.certificate_after_restart:
            case CertificateAfterRestart.SAME:
                return self._certificate
            case CertificateAfterRestart.REISSUED:
                return self._authority.certificate(*_NAMES)
            case CertificateAfterRestart.SELF_SIGNED:
                return self._authority.certificate(*_NAMES, flaw=Flaw.SELF_SIGNED)
            case change:
                assert_never(change)
