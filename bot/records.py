"""The rows, opened: for the bot itself, and for what the command line reads."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from bot.clock import SystemClock
from bot.credentials.references import References
from bot.domain.errors import CredentialError, Kind
from bot.domain.request import Request
from bot.domain.values import RequestId
from bot.durable import tables
from bot.durable.leader import Leadership, lock_of_file
from bot.ports import AuditEntry, AuditHead, Credentials
from bot.store import audit, revisions
from bot.store.database import Database, parse_url, private_file
from bot.store.ledger import SqlLedger
from config import file
from config.settings import Settings


def audit_key(settings: Settings, credentials: Credentials) -> bytes:
    """Return the key that seals the audit. Raises `CredentialError`."""
    if settings.audit_key is None:
        raise CredentialError(
            Kind.MISSING,
            "AUDIT_KEY is missing.",
            "Set it to a reference (env:NAME or file:/path) to a secret of at least 16 bytes.",
        )
    return credentials.resolve(settings.audit_key).encode()


@asynccontextmanager
async def database_of(settings: Settings) -> AsyncIterator[Database]:
    """Open the database, and see that its schema is ours. Raises `StoreError`."""
    async with Database.open(settings.database_url.get_secret_value()) as database:
        await revisions.check(database)
        yield database


async def check_audit_key(settings: Settings, credentials: Credentials, database: Database) -> None:
    """See that AUDIT_KEY is the key of this chain. Raises `CredentialError`, `StoreError`."""
    await audit.check_key(database, audit_key(settings, credentials))


async def migrate(settings: Settings) -> None:
    """Create or upgrade the schema, ours and the engine's; safe to repeat. Raises `StoreError`."""
    url = settings.database_url.get_secret_value()
    await revisions.migrate(url)
    await tables.migrate(url)


async def prepared(settings: Settings, stack: AsyncExitStack) -> Leadership | None:
    """Migrate, as the worker that it is about to be; an SQLite file that has one is left alone.

    Returns the lock of an SQLite file, which `stack` gives back.

    Raises:
        AlreadyRunningError: it has a worker already.
        OutsideError: the database or the lock cannot be used.

    """
    url = settings.database_url.get_secret_value()
    private_file(parse_url(url))
    leadership = lock_of_file(url)
    if leadership is not None:
        stack.callback(leadership.release)
    await migrate(settings)
    return leadership


async def requests(settings: Settings, *, target: str | None, limit: int) -> Sequence[Request]:
    """Return requests, newest first. Raises `StoreError`."""
    async with _reading(settings) as ledger:
        return await ledger.requests(target=target, limit=limit)


async def story(
    settings: Settings, request_id: RequestId
) -> tuple[Request, Sequence[AuditEntry], AuditHead | None]:
    """Return a request and all that happened to it. Raises `StoreError`, `NotFoundError`."""
    async with _reading(settings) as ledger:
        request = await ledger.get(request_id)
        return request, await ledger.story(request_id), await ledger.head()


async def verify(settings: Settings, anchor: AuditHead | None) -> audit.Verdict:
    """Verify the audit chain. Raises `StoreError`, `CredentialError`."""
    key = audit_key(settings, References())
    async with database_of(settings) as database:
        return await audit.verify(database, key, anchor)


async def export(settings: Settings) -> AsyncIterator[str]:
    """Yield all audit rows as JSON lines. Raises `StoreError`."""
    async with database_of(settings) as database:
        async for line in audit.export(database):
            yield line


@asynccontextmanager
async def _reading(settings: Settings) -> AsyncIterator[SqlLedger]:
    configuration = file.load(settings.nsx_restore_config)
    key = audit_key(settings, References())
    async with database_of(settings) as database:
        yield SqlLedger(
            database, SystemClock(), configuration.policy, key, people=configuration.people
        )
