"""The address of a database: what may stand in DATABASE_URL, and how it is named to people.

libpq has the last word on what is an address: SQLAlchemy reads some texts otherwise (a password
with `/`), and the lock of a worker is taken with libpq alone.
"""

from typing import Final

import psycopg
from psycopg import conninfo, pq
from sqlalchemy import exc
from sqlalchemy.engine import URL, make_url

from bot.domain.errors import Kind, StoreError

_WRITTEN: Final = (
    "Write it as postgresql://user:password@host/database, each of / ? # @ % in the password "
    "percent-encoded (@ is %40)."
)
_ELSEWHERE: Final = (
    "Write the password before the @, or leave it out and set PGPASSFILE to a file with it."
)
_SECRETS: Final = frozenset(
    {
        "oauth_client_secret",
        "passfile",
        "password",
        "scram_client_key",
        "scram_server_key",
        "sslpassword",
    }
)


def parse_url(url: str) -> URL:
    """Read a URL of the two kinds there are. Raises `StoreError`, without the URL's password."""
    advice = "Set DATABASE_URL to sqlite:///nsx-restore.db or postgresql://user@host/database."
    try:
        parsed = make_url(url)
    except (exc.ArgumentError, ValueError):
        raise StoreError("DATABASE_URL is not a database URL.", advice, Kind.MALFORMED) from None
    match parsed.get_backend_name():
        case "sqlite" if parsed.query:
            # The lock and the journal lie beside the file, and take their names from the URL too.
            said = (
                "DATABASE_URL has options after its file (from ? on), which SQLite takes none of."
            )
            raise StoreError(said, advice, Kind.MALFORMED)
        case "sqlite" if "\0" in (parsed.database or ""):
            said = "DATABASE_URL names a file with %00 in it, which no file has."
            raise StoreError(said, advice, Kind.MALFORMED)
        case "sqlite" if parsed.database and parsed.database != ":memory:":
            return parsed.set(drivername="sqlite+aiosqlite")
        case "sqlite":
            raise StoreError("DATABASE_URL names no file.", advice, Kind.MALFORMED)
        case "postgresql":
            checked(url, parsed)
            return parsed.set(drivername="postgresql+psycopg")
        case other:
            said = f"DATABASE_URL is for {other}, which is not supported."
            raise StoreError(said, advice, Kind.MALFORMED)


def checked(url: str, parsed: URL) -> None:
    """Refuse what libpq would not take, and secrets where they would be shown.

    Raises:
        StoreError: with a sentence that repeats nothing of the address, since any part of it can
            be the tail of a password.
    """
    address = f"postgresql://{url.partition('://')[2]}"
    if address.partition("?")[0].count("@") > 1:
        raise _refused("DATABASE_URL has more than one @.", _WRITTEN)
    for name in parsed.query:
        if name in _SECRETS:
            raise _refused(f"DATABASE_URL has {name} among its options (from ? on).", _ELSEWHERE)
        if name not in _known():
            said = "DATABASE_URL has an option (from ? on) that PostgreSQL does not know."
            raise _refused(said, _WRITTEN)
    if not _is_read_alike(address, parsed):
        raise _refused("DATABASE_URL is not an address that PostgreSQL understands.", _WRITTEN)


def named(url: URL) -> str:
    """Return a file as it is; of PostgreSQL host, port and database: no user and no option."""
    if url.get_backend_name() == "sqlite":
        return url.set(drivername="sqlite").render_as_string()
    return URL.create(
        "postgresql", host=url.host, port=url.port, database=url.database
    ).render_as_string()


def _known() -> frozenset[str]:
    return frozenset(option.keyword.decode() for option in pq.Conninfo.get_defaults())


def _is_read_alike(address: str, parsed: URL) -> bool:
    """Tell whether libpq takes the address, and finds the same password in it as SQLAlchemy."""
    try:
        read = conninfo.conninfo_to_dict(address)
    except psycopg.Error:
        # Its text may quote a piece of the password, so it must not be another error's context.
        return False
    return (read.get("password") or None) == (parsed.password or None)


def _refused(said: str, advice: str) -> StoreError:
    return StoreError(said, advice, Kind.MALFORMED)
