"""The address of a database: what may stand in DATABASE_URL, and how it is named to people.

libpq has the last word on what is an address: SQLAlchemy reads some texts otherwise (a password
with `/`), and the lock of a worker is taken with libpq alone.
"""

from typing import Final

import psycopg
from psycopg import conninfo, pq
from sqlalchemy.engine import URL

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
