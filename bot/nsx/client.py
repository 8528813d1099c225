"""The client of an NSX-T 1.x Manager, and what opens it."""

import logging
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any, Final, TypeVar, assert_never

import httpx
import pydantic_core
from pydantic import BaseModel, ValidationError

from bot.domain.errors import Kind, ManagerError
from bot.domain.target import Target
from bot.nsx import models
from bot.nsx.exchange import Answer, NoAnswer, exchange
from bot.nsx.tls import CertifiedTransport
from bot.nsx.words import (
    Redaction,
    malformed,
    own_words,
    read_error,
    redirect_error,
    silence_error,
    silence_words,
)
from bot.ports import Credentials, NsxManager, RestoreFile
from bot.runbooks.observations import ClusterStatus, ManagerFacts, Reply, Schedule

_NODE: Final = "/api/v1/node"
_NODE_STATUS: Final = "/api/v1/node/status"
_CLUSTER_STATUS: Final = "/api/v1/cluster/status"
_BACKUP_CONFIGURATION: Final = "/api/v1/cluster/backups/config"
_ACCEPTED: Final = range(200, 300)
_REDIRECTED: Final = range(300, 400)
_REFUSED: Final = range(400, 500)
_MAYBE: Final = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}

_Document = TypeVar("_Document", bound=BaseModel)


class HttpNsxManager:
    """Talks to one manager. Each call is one request, or for the schedule a few; none is repeated.

    Args:
        client: speaks to the manager's own address and no other, and carries the login.
        seconds: the time for a request with its whole reply.
        secrets: what no text of ours may contain.
    """

    def __init__(
        self, client: httpx.AsyncClient, *, seconds: float, secrets: tuple[str, ...]
    ) -> None:
        self._client = client
        self._seconds = seconds
        self._secrets = secrets
        self._redaction = Redaction(secrets)

    async def facts(self) -> ManagerFacts:
        """Return version and identity. Raises `ManagerError`."""
        node = self._parsed(await self._get(_NODE), models.NodeDocument, "node")
        return ManagerFacts(version=node.product_version, node=node.node_uuid.lower())

    async def cluster_status(self) -> ClusterStatus:
        """Return the status words. Raises `ManagerError`."""
        answer = await self._get(_CLUSTER_STATUS)
        return self._parsed(answer, models.ClusterStatusDocument, "cluster status").status()

    async def uptime(self) -> int | None:
        """Return milliseconds since the system started; `None` where it is not told."""
        try:
            answer = await self._get(_NODE_STATUS)
        except ManagerError as error:
            if error.kind is Kind.MISSING:
                return None
            raise
        return self._parsed(answer, models.NodeStatusDocument, "uptime").uptime

    async def schedule(self) -> Schedule:
        """Return whether automatic backups are enabled. Raises `ManagerError`."""
        answer = await self._get(_BACKUP_CONFIGURATION)
        found = self._parsed(answer, models.BackupConfigurationDocument, "backup configuration")
        return Schedule(enabled=found.backup_enabled)

    async def set_schedule(self, *, enabled: bool) -> Schedule:
        """Switch automatic backups and read again, if they are not so yet. Raises `ManagerError`.

        The object that was read is sent back with one key changed. Secrets are not part of it, and
        a manager keeps those that are left out (NSX-T 1.1 API, ConfigureBackupConfig).
        """
        answer = await self._get(_BACKUP_CONFIGURATION)
        found = self._parsed(answer, models.BackupConfigurationDocument, "backup configuration")
        if found.backup_enabled == enabled:
            return Schedule(enabled)
        configuration: dict[str, Any] = pydantic_core.from_json(answer.body)
        changed = configuration | {"backup_enabled": enabled}
        self._good(await self._send("PUT", _BACKUP_CONFIGURATION, changed))
        return await self.schedule()

    async def restore(self, path: str, file: RestoreFile) -> Reply:
        """Send one restore request, once, and say what became of it; see `NsxManager.restore`."""
        flaw = models.restore_flaw(file)
        if flaw is not None:
            return Reply("refused", f"Nothing was sent: {flaw}.")
        redaction = Redaction((*self._secrets, file.passphrase, file.password))
        match await self._send("POST", path, models.restore_body(file)):
            case NoAnswer(sent=False) as silence:
                error = silence_error(silence)
                return Reply("refused", f"The restore request was never sent. {error}")
            case NoAnswer() as silence:
                said = f"The manager {silence_words(silence)}, so it may or may not have begun."
                return Reply("unknown", said)
            case Answer() as answer:
                return _judged(answer, redaction)
            case other:
                assert_never(other)

    async def _get(self, path: str) -> Answer:
        return self._good(await self._send("GET", path, None))

    def _good(self, result: Answer | NoAnswer) -> Answer:
        if isinstance(result, NoAnswer):
            raise silence_error(result) from None
        error = read_error(result, self._redaction)
        if error is not None:
            raise error
        return result

    def _parsed(self, answer: Answer, document: type[_Document], what: str) -> _Document:
        if not answer.complete:
            raise malformed(what)
        try:
            return document.model_validate_json(answer.body)
        except ValidationError:
            # The original error would carry parts of the body.
            raise malformed(what) from None

    async def _send(self, method: str, path: str, body: Any) -> Answer | NoAnswer:
        request = self._client.build_request(method, path, json=body)
        return await exchange(self._client, request, seconds=self._seconds)


def _phases(target: Target) -> int:
    """Return in how many phases a connection may come about: TCP and TLS, for pins once more.

    Each gets its share of the time, so that a connection attempt ends by itself before the whole
    time is over: called off from outside in its TLS handshake, httpcore would leave it open.
    """
    return 4 if target.manager.also_accept_sha256 else 2


def _judged(answer: Answer, redaction: Redaction) -> Reply:
    """Status first, body second: a body that makes no sense does not change what a status says."""
    words = own_words(answer, redaction)
    match answer.status:
        case status if status in _ACCEPTED:
            return Reply("accepted", f"The manager accepted the restore request (HTTP {status}).")
        case status if status in _REDIRECTED:
            return Reply("refused", str(redirect_error(answer)))
        case status if status in _REFUSED and status not in _MAYBE:
            return Reply("refused", f"The manager refused: {words}.{_advice(words)}")
        case _:
            return Reply("unknown", f"The manager answered {words}; it may or may not have begun.")


def _advice(words: str) -> str:
    if "passphrase" not in words.lower():
        return ""
    return (
        " Put the right passphrase behind its reference and file the request again; a lost "
        "passphrase cannot be recovered, another backup may have another one."
    )


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
