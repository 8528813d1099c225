"""The rows, opened: for the bot itself, and for what the command line reads."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from bot.credentials.references import References
from bot.domain.errors import CredentialError, Kind
from bot.domain.request import Request
from bot.domain.target import Configuration
from bot.domain.values import RequestId
from bot.durable import tables
from bot.durable.leader import Leadership, lock_of_file
from bot.ports import Announce, AuditEntry, AuditHead, Clock, Credentials, Looker, Telling
from bot.store import audit, requests, revisions
from bot.store.address import parse_url
from bot.store.database import Database
from bot.store.database_file import private_file
from bot.store.ledger import SqlLedger
from config.settings import Settings


def audit_key(settings: Settings, credentials: Credentials) -> bytes:
    """Return the key that seals the audit.

    Raises:
        CredentialError: AUDIT_KEY is missing, or leads to no value.
        StoreError: the key is too short.

    """
    if settings.audit_key is None:
        raise CredentialError(
            Kind.MISSING,
            "AUDIT_KEY is missing.",
            "Set it to a reference (env:NAME or file:/path) to a secret of at least 16 bytes.",
        )
    try:
        key = credentials.resolve(settings.audit_key).encode()
    except CredentialError as error:
        raise CredentialError(error.kind, f"AUDIT_KEY: {error.said}", error.advice) from None
    return audit.checked_key(key)


@asynccontextmanager
async def database_of(settings: Settings) -> AsyncIterator[Database]:
    """Open the database, and see that its schema is ours. Raises `StoreError`."""
    async with Database.open(settings.database_url.get_secret_value()) as database:
        await revisions.check(database)
        yield database


async def check_audit_key(settings: Settings, credentials: Credentials, database: Database) -> bool:
    """See that AUDIT_KEY is the key of this chain. Raises `CredentialError`, `StoreError`.

    Returns whether the chain has begun; before that, any key that is long enough is good.
    """
    return await audit.check_key(database, audit_key(settings, credentials))


async def migrate(settings: Settings) -> revisions.Migrated:
    """Create or upgrade the schema, ours and the engine's; safe to repeat. Raises `StoreError`.

    Returns what was done to ours.
    """
    url = settings.database_url.get_secret_value()
    done = await revisions.migrate(url)
    await tables.migrate(url)
    return done


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


async def listed(settings: Settings, *, target: str | None, limit: int) -> Sequence[Request]:
    """Return requests, newest first; no key is needed to read. Raises `StoreError`."""
    async with database_of(settings) as database, database.reading() as tx:
        return await requests.select(tx, active=False, target=target, limit=limit)


def announcing(
    settings: Settings, configuration: Configuration, clock: Clock, credentials: Credentials
) -> Announce:
    """Return what audits that a manager is told its backup server; the rows are opened only then.

    It raises `CredentialError` without the key of this chain, and `StoreError`.
    """

    async def announce(looker: Looker, telling: Telling) -> None:
        key = audit_key(settings, credentials)
        async with database_of(settings) as database:
            await audit.check_key(database, key)
            people = configuration.people
            ledger = SqlLedger(database, clock, configuration.policy, key, people=people)
            await ledger.announce(looker, telling)

    return announce


async def story(
    settings: Settings, request_id: RequestId
) -> tuple[Request, Sequence[AuditEntry], AuditHead | None]:
    """Return a request and all that happened to it, as it was at one moment.

    No key is needed to read: `verify` is what judges the chain.

    Raises:
        StoreError: the database cannot be used.
        NotFoundError: no such request.
    """
    async with database_of(settings) as database, database.reading() as tx:
        request = await requests.get(tx, request_id)
        return request, await audit.story(tx, request_id), await audit.head(tx)


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
