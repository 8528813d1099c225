"""The client of an NSX-T 1.x Manager, and what opens managers of every generation."""

import logging
from base64 import b64encode
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Final

import httpx

from bot.domain.errors import CredentialError
from bot.domain.target import Target
from bot.domain.values import SecretRef
from bot.nsx import models
from bot.nsx.guided import HttpGuidedManager
from bot.nsx.reading import HttpManager
from bot.nsx.tls import CertifiedTransport
from bot.nsx.verdicts import Errand, judged
from bot.ports import Credentials, GuidedManager, NsxManager, RestoreFile
from bot.runbooks.observations import Reply

_RESTORE: Final = Errand(
    "restore request",
    advice="Put the right passphrase behind its reference and file the request again; a "
    "lost passphrase cannot be recovered, another backup may have another one.",
)


class HttpNsxManager(HttpManager):
    """Talks to one manager of the 1.x generation."""

    missing_advice = "It is restarting, or it is not an NSX-T 1.x Manager."

    async def restore(self, path: str, file: RestoreFile) -> Reply:
        """Send one restore request, once, and say what became of it; see `NsxManager.restore`."""
        flaw = models.restore_flaw(file)
        if flaw is not None:
            return Reply("refused", f"Nothing was sent: {flaw}.")
        self._redaction.hide(file.passphrase, file.password)
        result = await self._send("POST", path, models.restore_body(file))
        return judged(result, _RESTORE, self._redaction)


class HttpManagers:
    """Opens the managers of targets; the password is resolved anew each time."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials
        # Both write a line for every request, with its address.
        for name in ("httpx", "httpcore"):
            logging.getLogger(name).setLevel(logging.WARNING)

    @asynccontextmanager
    async def __call__(self, target: Target) -> AsyncIterator[NsxManager]:
        """Open a client for this target's manager of 1.x.

        Raises:
            CredentialError: the password's reference leads nowhere.
            ManagerError: the authority's file cannot be used.
        """
        async with self._opened(target) as (client, secrets):
            yield HttpNsxManager(client, seconds=_seconds(target), secrets=secrets)

    @asynccontextmanager
    async def guided(self, target: Target) -> AsyncIterator[GuidedManager]:
        """Open a client for this target's manager of 2.0 and later; raises as a call does."""
        self._learn(target.backup.password, target.backup.passphrase)
        async with self._opened(target) as (client, secrets):
            yield HttpGuidedManager(
                client,
                seconds=_seconds(target),
                secrets=secrets,
                component=target.component,
            )

    @asynccontextmanager
    async def _opened(
        self, target: Target
    ) -> AsyncIterator[tuple[httpx.AsyncClient, Iterable[str]]]:
        """Open the connection; yields it with the secrets that no text may repeat."""
        password = self._credentials.resolve(target.manager.password)
        username = target.manager.username
        seconds = _seconds(target)
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
            yield client, _Unspoken(self._credentials, username)

    def _learn(self, *refs: SecretRef) -> None:
        """Get to know the secrets that a manager was told earlier and might repeat in its texts.

        They are not needed for reading, so one that cannot be had now keeps nobody from it: who
        sends it resolves it for that, and tells what is wrong with its reference.
        """
        for ref in refs:
            with suppress(CredentialError):
                self._credentials.resolve(ref)


class _Unspoken:
    """What no text may repeat: every secret that is known, and the logins made of them."""

    def __init__(self, credentials: Credentials, username: str) -> None:
        self._known = credentials.known()
        self._username = username

    def __iter__(self) -> Iterator[str]:
        for secret in self._known:
            yield secret
            yield b64encode(f"{self._username}:{secret}".encode()).decode()


def _seconds(target: Target) -> float:
    return target.timing.request_timeout.total_seconds()


def _phases(target: Target) -> int:
    """Return in how many phases a connection may come about: TCP and TLS, for pins once more.

    Each gets its share of the time, so that a connection attempt ends by itself before the whole
    time is over: called off from outside in its TLS handshake, httpcore would leave it open.
    """
    return 4 if target.manager.also_accept_sha256 else 2
