"""The client of an NSX Manager of 2.0 and later, which restores by itself once it is started.

Sources: NSX-T 2.5.1 API, the vendor's binding vcf-nsx 9.1.1, and of the administration guide
"Restore a Backup".
"""

from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Final, TypeVar
from urllib.parse import quote, urlencode

import httpx
from pydantic import ValidationError

from bot.domain.errors import Kind, ManagerError, PlaceSetError
from bot.domain.values import Component
from bot.nsx import backup_models, guided_models
from bot.nsx.exchange import Answer, NoAnswer
from bot.nsx.reading import API, HttpManager, is_stale
from bot.nsx.verdicts import Errand, judged
from bot.nsx.words import malformed, own_words
from bot.ports import BackupAccess, BackupRun, StartReply
from bot.runbooks.actions import Selection
from bot.runbooks.observations import BackupPlace, Census, ListedRestore, Reply
from bot.runbooks.restoring import ADVANCE, RETRY_UPDATED, Order, Resource, RestoreStatus

_GLOBAL_API: Final = "/global-manager/api/v1"
"""Where a Global Manager has its backups and restores; node, cluster and the status of a restore it
has where every manager has them (vcf-nsx 9.1.1)."""

_TELLING: Final = {HTTPStatus.FORBIDDEN, HTTPStatus.SERVICE_UNAVAILABLE}
"""Statuses of a read whose body may be a restore status all the same (NSX-T 2.5.1 API)."""

_PAGE_LIMIT: Final = 1000
_PAGE_OF_RESOURCES: Final = 100
"""A resource has many fields, and a body is read up to a limit: so not the usual thousand."""
_LAST: Final = "0000"
"""How the cursor of a last page begins where it is told at all (vmware-nsxlib)."""

_NO_COUNT: Final = frozenset({Kind.TLS, Kind.REDIRECT, Kind.AUTH})
"""What stops even a count: it may be another host, or one login more that locks the account."""

_START: Final = Errand("start of the restore")

_Page = TypeVar("_Page", bound=guided_models.Page)


class HttpGuidedManager(HttpManager):
    """Talks to one manager of 2.0 and later; see `bot.ports.GuidedManager`.

    A read is one request, or one for each page; `start` and `order` are one request each.
    """

    missing_advice = (
        "It is restarting, or it does not have this: an NSX-T 1.x Manager, for one, has no restore "
        "that it leads itself."
    )

    def __init__(
        self,
        client: httpx.AsyncClient,
        *,
        seconds: float,
        secrets: Iterable[str],
        component: Component,
    ) -> None:
        self._global = component is Component.GLOBAL
        prefix = _GLOBAL_API if self._global else API
        super().__init__(client, seconds=seconds, secrets=secrets, prefix=prefix)

    async def publishes_fqdn(self) -> bool:
        """Return whether the manager publishes its FQDN. Raises `ManagerError`."""
        path = f"{API}/configs/management"
        document = backup_models.ManagementDocument
        return (await self._read(path, document, "FQDN")).publish_fqdns

    async def backup_place(self) -> BackupPlace | None:
        """Return where backups are kept, or `None` if that is not set. Raises `ManagerError`."""
        path = f"{self._cluster}/backups/config"
        document = backup_models.PlaceDocument
        return (await self._read(path, document, "backup configuration")).place()

    async def keep_backups(self, access: BackupAccess) -> None:
        """Tell the manager where backups are, with automatic backups disabled.

        What is written is what was read, with the server and its secrets put into it; whether it
        was taken is for the caller to verify. Raises `ManagerError`.
        """
        self._check(access)
        await self._configure(lambda found: backup_models.with_place(found, access))

    async def keep_backups_unless_set(self, access: BackupAccess) -> bool:
        """Tell the manager the same, if what it has names no server; read and written once each.

        Between the two lies no more than the way to the manager: there is no revision to bind them
        (NSX-T 2.0 to NSX 9.1 API, BackupConfiguration). Raises `ManagerError`.

        Return whether it was told: if it names this very place by now, as after another look of
        ours, it is not written to.

        Raises:
            PlaceSetError: it names another server, or somebody wrote in between (409, 412).
        """
        self._check(access)
        found = await self._configuration()
        place = backup_models.place_of(found)
        if place == access.place:
            return False
        if place is not None:
            there = f"{place.server}:{place.port}{place.directory}"
            raise PlaceSetError(
                f"Somebody set a backup server meanwhile: the manager keeps its backups at {there},"
                " and was not told ours."
            )
        answer = await self._put_configuration(backup_models.with_place(found, access))
        if isinstance(answer, Answer) and is_stale(answer):
            raise PlaceSetError(
                "Somebody wrote the manager's backup configuration meanwhile, so it was not told "
                f"our backup server: {own_words(answer, self._redaction)}."
            )
        self._good(answer)
        return True

    def _check(self, access: BackupAccess) -> None:
        """Refuse a place that cannot be right, and keep its secrets out of every text."""
        flaw = backup_models.place_flaw(access)
        if flaw is not None:
            advice = "Correct the target's backup server in the configuration."
            raise ManagerError(Kind.REFUSED, f"Nothing was sent: {flaw}.", advice)
        self._redaction.hide(access.password, access.passphrase)

    async def ssh_fingerprint(self, server: str, port: int) -> str | None:
        """Return the server's key as the manager sees it; `None` where it cannot be asked (404).

        That is no proof by itself: compare it with one got another way. Raises `ManagerError`.
        """
        path = f"{self._cluster}/backups?action=retrieve_ssh_fingerprint"
        result = await self._send("POST", path, {"server": server, "port": port})
        if isinstance(result, Answer) and result.status == HTTPStatus.NOT_FOUND:
            return None
        document = backup_models.FingerprintDocument
        return self._parsed(self._good(result), document, "SSH fingerprint").ssh_fingerprint

    async def backups(self) -> Sequence[ListedRestore]:
        """Return every backup in the list, of all managers, as they are. Raises `ManagerError`."""
        path = f"{self._cluster}/restore/backuptimestamps"
        pages = await self._pages(path, {}, guided_models.BackupsPage, "list of backups")
        return tuple(backup for page in pages for backup in page.seen())

    async def restore_status(self) -> RestoreStatus:
        """Return how the restore stands, as a half-started manager tells it too.

        Raises `ManagerError`; of kind `missing` while it restarts, or if it is no such manager.
        """
        # 2.x does not know the query, so it is sent only where it is needed.
        query = "?restore_component=GLOBAL_MANAGER" if self._global else ""
        result = await self._send("GET", f"{API}/cluster/restore/status{query}", None)
        if isinstance(result, Answer) and result.status in _TELLING:
            told = self._told(result)
            if told is not None:
                return told
        document = guided_models.RestoreStatusDocument
        found = self._parsed(self._good(result), document, "restore")
        return found.seen(self._redaction)

    async def resources(self, instruction: str, fields: Sequence[str]) -> Sequence[Resource]:
        """Return all resources of an instruction, with these of their fields as texts, in order.

        A field that a resource does not have is left out. Raises `ManagerError`.
        """
        path = f"{self._cluster}/restore/instruction-resources"
        query = {"instruction_id": instruction, "page_size": str(_PAGE_OF_RESOURCES)}
        pages = await self._pages(path, query, guided_models.ResourcesPage, "resources")
        found = (page.seen(fields, self._redaction) for page in pages)
        return tuple(resource for some in found for resource in some)

    async def start(self, node_id: str, timestamp: int) -> StartReply:
        """Send one start, once, and say what became of it; see `GuidedManager.start`."""
        flaw = guided_models.start_flaw(node_id, timestamp)
        if flaw is not None:
            return StartReply("refused", f"Nothing was sent: {flaw}.")
        body = guided_models.start_body(node_id, timestamp)
        result = await self._send("POST", f"{self._cluster}/restore?action=start", body)
        told = self._told(result)
        if told is not None and _conflicts(result):
            return StartReply("taken", f"The manager has a restore already: {_words(told)}.", told)
        reply = judged(result, _START, self._redaction)
        status = told if reply.outcome == "accepted" else None
        return StartReply(reply.outcome, reply.said, status)

    async def order(self, order: Order, answers: Sequence[Selection]) -> Reply:
        """Send one order, once, and say what became of it; see `GuidedManager.order`."""
        body = guided_models.advance_body(answers) if order == ADVANCE else None
        form = "/action/" if order == RETRY_UPDATED else "?action="
        result = await self._send("POST", f"{self._cluster}/restore{form}{order}", body)
        told = self._told(result)
        if told is not None and _conflicts(result):
            said = f"The manager refused (HTTP 409); its restore stands at {_words(told)}."
            return Reply("refused", said)
        errand = Errand(f"order to {order.replace('_', ' ')}", "it may or may not have been obeyed")
        return judged(result, errand, self._redaction)

    async def census(self) -> Census:
        """Count transport nodes and open alarms; `None` for what it does not tell, as 2.x alarms.

        No restore depends on a count, so one that cannot be had is not told, for whatever reason.
        A Global Manager has neither of its own. Raises `ManagerError` of the kinds in `_NO_COUNT`.
        """
        if self._global:
            return Census(None, None)
        nodes = await self._count("transport-nodes?page_size=1")
        return Census(nodes, await self._count("alarms?status=OPEN&page_size=1"))

    async def make_backup(self) -> None:
        """Begin a backup. Raises `ManagerError`, of kind `refused` while one is being made."""
        self._good(await self._send("POST", f"{self._cluster}?action=backup_to_remote", None))

    async def backup_run(self) -> BackupRun:
        """Return whether a backup is being made and how the last ended. Raises `ManagerError`."""
        # In this order: a backup that ends in between is then still running, not lost.
        current = await self._read(
            f"{self._cluster}/backups/status", backup_models.CurrentBackupDocument, "backup"
        )
        history = await self._read(
            f"{self._cluster}/backups/history", backup_models.HistoryDocument, "backup history"
        )
        return backup_models.backup_run(current, history, self._redaction)

    async def _count(self, listed: str) -> int | None:
        document = guided_models.CountDocument
        try:
            return (await self._read(f"{API}/{listed}", document, "number of things")).result_count
        except ManagerError as error:
            if error.kind in _NO_COUNT:
                raise
            return None

    async def _pages(
        self, path: str, query: dict[str, str], document: type[_Page], what: str
    ) -> list[_Page]:
        """Read all pages. A cursor that leads nowhere new ends in an error, not in a part."""
        pages: list[_Page] = []
        cursors = [""]
        while len(pages) < _PAGE_LIMIT:
            here = query | ({"cursor": cursors[-1]} if cursors[-1] else {})
            asked = f"{path}?{urlencode(here, safe='/', quote_via=quote)}" if here else path
            pages.append(await self._read(asked, document, what))
            cursor = pages[-1].cursor
            if not cursor or cursor.startswith(_LAST):
                return pages
            if cursor in cursors:
                break
            cursors.append(cursor)
        raise malformed(f"{what} (its pages have no end)")

    def _told(self, result: Answer | NoAnswer) -> RestoreStatus | None:
        """Return the restore status that an answer of any status holds, if it does."""
        if isinstance(result, NoAnswer) or not result.complete:
            return None
        try:
            found = guided_models.RestoreStatusDocument.model_validate_json(result.body)
        except ValidationError:
            return None
        return found.seen(self._redaction)


def _conflicts(result: Answer | NoAnswer) -> bool:
    return isinstance(result, Answer) and result.status == HTTPStatus.CONFLICT


def _words(status: RestoreStatus) -> str:
    return f'{status.where()}, "{status.said}"' if status.said else status.where()
