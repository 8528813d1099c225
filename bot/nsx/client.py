"""The client of an NSX-T 1.x Manager, and what opens managers of every generation."""

import logging
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from bot.domain.target import Target
from bot.nsx import models
from bot.nsx.reading import HttpManager
from bot.nsx.tls import CertifiedTransport
from bot.nsx.verdicts import Errand, judged
from bot.nsx.words import Redaction
from bot.ports import Credentials, NsxManager, RestoreFile
from bot.runbooks.observations import Reply


class HttpNsxManager(HttpManager):
    """Talks to one manager of the 1.x generation."""

    missing_advice = "It is restarting, or it is not an NSX-T 1.x Manager."

    async def restore(self, path: str, file: RestoreFile) -> Reply:
        """Send one restore request, once, and say what became of it; see `NsxManager.restore`."""
        flaw = models.restore_flaw(file)
        if flaw is not None:
            return Reply("refused", f"Nothing was sent: {flaw}.")
        redaction = Redaction((*self._secrets, file.passphrase, file.password))
        answer = await self._send("POST", path, models.restore_body(file))
        return judged(answer, Errand("restore request"), redaction)


def _phases(target: Target) -> int:
    """Return in how many phases a connection may come about: TCP and TLS, for pins once more.

    Each gets its share of the time, so that a connection attempt ends by itself before the whole
    time is over: called off from outside in its TLS handshake, httpcore would leave it open.
    """
    return 4 if target.manager.also_accept_sha256 else 2


class HttpManagers:
    """Opens the managers of targets; the password is resolved anew each time."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials
        # Both write a line for every request, with its address.
        for name in ("httpx", "httpcore"):
            logging.getLogger(name).setLevel(logging.WARNING)

    @asynccontextmanager
    async def __call__(self, target: Target) -> AsyncIterator[NsxManager]:
        """Open a client for this target's manager.

        Raises:
            CredentialError: the password's reference leads nowhere.
            ManagerError: the authority's file cannot be used.
        """
        password = self._credentials.resolve(target.manager.password)
        username = target.manager.username
        login = b64encode(f"{username}:{password}".encode()).decode()
        seconds = target.timing.request_timeout.total_seconds()
        async with httpx.AsyncClient(
            base_url=target.manager.url,
            auth=httpx.BasicAuth(username, password),
            headers={
                "Accept": "application/json",
                "Accept-Encoding": "identity",
                "Content-Type": "application/json",
            },
            transport=CertifiedTransport(target.manager),
            timeout=httpx.Timeout(seconds, connect=seconds / _phases(target)),
            trust_env=False,
            follow_redirects=False,
        ) as client:
            yield HttpNsxManager(client, seconds=seconds, secrets=(password, login))
