"""What every NSX Manager can be asked over HTTP, whatever its generation."""

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any, ClassVar, Final, TypeVar

import httpx
import pydantic_core
from pydantic import BaseModel, ValidationError

from bot.domain.errors import Kind, ManagerError
from bot.nsx import models
from bot.nsx.exchange import Answer, NoAnswer, exchange
from bot.nsx.words import Redaction, malformed, read_error, silence_error
from bot.runbooks.observations import ClusterStatus, ManagerFacts, Schedule

API: Final = "/api/v1"
"""The prefix of every path but some of a Global Manager's."""

_STALE: Final = {HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED}
"""Somebody wrote in between (vmware-nsxlib: StaleRevision); nothing was changed."""

_CONFIGURATION: Final = "backup configuration"

_Document = TypeVar("_Document", bound=BaseModel)


class HttpManager:
    """Talks to one manager. Each read is one request, or for the schedule a few; none is repeated.

    Args:
        client: speaks to the manager's own address and no other, and carries the login.
        seconds: the time for a request with its whole reply.
        secrets: what no text of ours may contain; it may grow.
        prefix: under which the manager has its backups and restores.
    """

    missing_advice: ClassVar[str]
    """What a 404 can mean, for a manager of this generation."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        *,
        seconds: float,
        secrets: Iterable[str],
        prefix: str = API,
    ) -> None:
        self._client = client
        self._seconds = seconds
        self._redaction = Redaction(secrets)
        self._cluster = f"{prefix}/cluster"

    async def facts(self) -> ManagerFacts:
        """Return version and identity. Raises `ManagerError`."""
        node = await self._read(f"{API}/node", models.NodeDocument, "node")
        return ManagerFacts(
            version=node.product_version,
            node=node.node_uuid.lower(),
            fqdn=node.fully_qualified_domain_name,
        )

    async def cluster_status(self) -> ClusterStatus:
        """Return the status words. Raises `ManagerError`."""
        path = f"{API}/cluster/status"
        return (await self._read(path, models.ClusterStatusDocument, "cluster status")).status()

    async def uptime(self) -> int | None:
        """Return milliseconds since the system started; `None` where it is not told."""
        path = f"{API}/node/status"
        told = await self._read_if_there(path, models.NodeStatusDocument, "uptime")
        return None if told is None else told.uptime

    async def schedule(self) -> Schedule:
        """Return whether automatic backups are enabled. Raises `ManagerError`."""
        return _schedule_of(await self._configuration())

    async def set_schedule(self, *, enabled: bool) -> Schedule:
        """Switch automatic backups and read again, if they are not so yet. Raises `ManagerError`.

        The object that was read is sent back with one key changed. Secrets are not part of it, and
        a manager keeps those that are left out (NSX-T 1.1 API, ConfigureBackupConfig).
        """

        def switch(configuration: dict[str, Any]) -> dict[str, Any] | None:
            if _schedule_of(configuration).enabled == enabled:
                return None
            return configuration | {"backup_enabled": enabled}

        if not await self._configure(switch):
            return Schedule(enabled)
        return await self.schedule()

    async def _configure(self, change: Callable[[dict[str, Any]], dict[str, Any] | None]) -> bool:
        """Read the backup configuration, change it and write it back; `None` leaves it as it is.

        Return whether it was written. Where somebody else wrote in between, it is read and changed
        once more (409 or 412), and no third time.
        """
        answer: Answer | NoAnswer
        for _ in range(2):
            changed = change(await self._configuration())
            if changed is None:
                return False
            answer = await self._put_configuration(changed)
            if not is_stale(answer):
                break
        self._good(answer)
        return True

    async def _put_configuration(self, configuration: dict[str, Any]) -> Answer | NoAnswer:
        return await self._send("PUT", f"{self._cluster}/backups/config", configuration)

    async def _configuration(self) -> dict[str, Any]:
        """Return the whole backup configuration, keys that we do not know included."""
        answer = await self._get(f"{self._cluster}/backups/config")
        try:
            configuration = pydantic_core.from_json(answer.body, allow_inf_nan=False)
        except ValueError:
            configuration = None
        if not answer.complete or not isinstance(configuration, dict):
            raise malformed(_CONFIGURATION)
        return configuration

    async def _read(self, path: str, document: type[_Document], what: str) -> _Document:
        return self._parsed(await self._get(path), document, what)

    async def _read_if_there(
        self, path: str, document: type[_Document], what: str
    ) -> _Document | None:
        """Read what not every version has; `None` for 404."""
        try:
            return await self._read(path, document, what)
        except ManagerError as error:
            if error.kind is Kind.MISSING:
                return None
            raise

    async def _get(self, path: str) -> Answer:
        return self._good(await self._send("GET", path, None))

    def _good(self, result: Answer | NoAnswer) -> Answer:
        if isinstance(result, NoAnswer):
            raise silence_error(result) from None
        error = read_error(result, self._redaction, self.missing_advice)
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


def is_stale(result: Answer | NoAnswer) -> bool:
    """Say whether a write was refused since somebody else wrote in between."""
    return isinstance(result, Answer) and result.status in _STALE


def _schedule_of(configuration: dict[str, Any]) -> Schedule:
    try:
        found = models.BackupConfigurationDocument.model_validate(configuration)
    except ValidationError:
        raise malformed(_CONFIGURATION) from None
    return Schedule(found.backup_enabled)
